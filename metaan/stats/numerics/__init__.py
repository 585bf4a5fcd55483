"""Numbers as numbers: how many digits are written, which computed values are equal, where a function is zero.

Everything else in `stats` may use this; it knows no study and no method.
"""
