"""The formats of a report: page, Word, Markdown, JSON, CSV, citations, R, ZIP; and what the terminal is told.

To add a format, write a module from `metaan.report.report.Report` to bytes and enter it in `catalogue.WRITERS`.
"""
