"""Files of references that databases and reference managers write. `read` recognises the format.

A reader says what stands where (`assemble.FIELDS`); `assemble` understands the values of all of them. To add a format,
write a parser from bytes to `Read` in a module here and enter it in `read.FORMATS`.
"""
