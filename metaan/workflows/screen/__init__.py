"""Judging candidates: cards, sessions, decisions, and the studies that come of them.

`judge` writes a decision, `session` guides a person through those that wait.
"""
