"""Many treatments in one model: a network of comparisons, from contrasts or from arms.

`contrasts` reads and checks, `studies` makes rows that are independent, `fit` solves; all else asks a fit.
"""
