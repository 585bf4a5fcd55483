"""Numbers as numbers: in which columns they stand and by which names, how many digits are written, which are equal.

Everything else in `stats` may use this; it knows no study and no method.
"""
