"""Numbers as numbers: in which columns they stand, how many digits are written, which are equal, where one is zero.

Everything else in `stats` may use this; it knows no study and no method.
"""
