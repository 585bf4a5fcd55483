"""Numbers proposed from what a study printed: its abstract, and its results on ClinicalTrials.gov.

Pure functions: text and tables in, proposals with their places out. A proposal asserts nothing; which outcome, which
time and which arm a number belongs to is a suggestion, and a person takes it or leaves it.
"""
