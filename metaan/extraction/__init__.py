"""Proposals of numbers from abstracts and posted results: never taken without a person.

`text` reads abstracts, `trial_results` tables of ClinicalTrials.gov, `review_tables` another review, `typed` a line
that a person types. To add a source, a module that yields `proposal.Proposal`.
"""
