"""Proposals of numbers from abstracts and posted results: never taken without a person.

To add a pattern, enter it in `patterns` and its reading in `pattern_reading`.
"""
