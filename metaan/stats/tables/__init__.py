"""Tables of counts pooled as they are: Mantel-Haenszel, Peto, and the tests of their strata.

To add an estimator, enter it in the table of its measure in `mantel_haenszel`.
"""
