"""Several effects of one study: levels, crossed groups, correlated sampling errors, cluster-robust inference.

`multilevel` fits by likelihood, `rve` by moments, `robust` makes a sandwich of any fit, `covariance` makes V and one
effect a study, `location_scale` explains heterogeneity; `blocks` cuts apart what shares nothing.
"""
