"""One effect from many by inverse variance: models, tau2, intervals, prediction, heterogeneity, likelihood.

To add an estimator of tau2, write a function of `heterogeneity.Moments` in `tau2` and enter it in `TAU2_METHODS`;
intervals of the mean (`intervals`), prediction intervals (`prediction`) and intervals of tau2 (`tau2_ci`) likewise.
"""
