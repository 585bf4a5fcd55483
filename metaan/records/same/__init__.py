"""Are two records one publication? Keys find candidates, rules judge pairs, a person answers what is left.

To add a rule, write it in `rules`; to add what pairs are compared by, a key in `keys`.
"""
