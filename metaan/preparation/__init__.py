"""A result of a study becomes rows that can be pooled: which numbers enter, how they were converted, or why none are.

`choose` in `choice` is the way in, `rows` holds what it returns. To add a kind of data: an entry in `kinds.KINDS`; to
add a conversion: its function in the module of its subject, and its words in `rows.METHODS`.
"""
