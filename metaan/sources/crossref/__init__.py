"""Crossref: works, and what was published against them.

`service` asks, `work` reads.
"""
