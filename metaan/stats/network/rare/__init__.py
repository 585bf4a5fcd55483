"""Networks of rare events, in which no cell is added to: Mantel-Haenszel and conditional likelihoods.

`tables` says what can be used, `methods` lists the methods; to add one, enter it in `NETWORK_METHODS` there.
"""
