"""Versions of a review: revisions in git compared, merged, checked.

`diff` compares two, `merge` puts two clones together, `checking` looks at one.
"""
