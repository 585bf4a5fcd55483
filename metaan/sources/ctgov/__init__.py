"""ClinicalTrials.gov: searches, trials, and the results that they posted.

`service` asks, `trial` and `results` read.
"""
