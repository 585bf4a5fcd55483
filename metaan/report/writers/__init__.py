"""The formats of a report: page, Markdown, JSON, CSV, citations, terminal.

To add a format, write a module from the content to text and enter it in `workflows.publish.report.REPORTS`.
"""
