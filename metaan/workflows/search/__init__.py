"""Searching again: services and files are read, what is new becomes candidates, what was published is noticed.

`update` is the way in for services, `import_records` for files, `fetch` for PubMed's metadata.
"""
