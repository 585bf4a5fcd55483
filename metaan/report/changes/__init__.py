"""A difference between two versions as sections, tables and plots.

`view` holds what is shown, `words` the sentences, `json` the plain values.
"""
