"""The registry as a table of people, and back: `metaan table`.

`layout` says what stands in which column of which sheet; to add one, add its line there.
"""
