"""A review becomes analyses: which studies enter, in which groups, what is pooled, explored, recomputed.

The only place where a study meets an array. `analyse` is the way in; `values` holds what it returns.
"""
