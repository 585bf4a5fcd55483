"""Several effects of one study: three-level and crossed models; correlated sampling errors.

`blocks` cuts apart what shares nothing, `covariance` makes V and aggregates, `likelihood` finds variance components.
"""
