"""Versions that are published, and the watch that says when one is due.

`release` and `watch` are the ways in.
"""
