"""Files of references: RIS, NBIB, BibTeX, CSV, EndNote XML. `read` recognises the format.

To add a format, write a parser from bytes to `Read` in a module here and enter it in `read.FORMATS`.
"""
