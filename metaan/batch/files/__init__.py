"""Tables in files: read in parts of whole analyses, pooled, written as they come.

To add a format: an entry in `source.READERS`, and in `writing.WRITERS`.
"""
