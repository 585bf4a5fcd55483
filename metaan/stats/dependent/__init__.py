"""Several effects of one study: levels, crossed groups, correlated sampling errors, cluster-robust inference.

`multilevel` fits by likelihood (`structures`: inner factors), `rve` by moments, `robust` makes a sandwich of any fit,
`covariance` makes V and one effect a study, `location_scale` explains heterogeneity.
"""
