"""Meta-regression and subgroups: design, fit, intervals, tests, residuals, predictions.

To add an estimator of residual tau2 or an interval, enter it in the table of `tau2`, `ci` or `inference`.
"""
