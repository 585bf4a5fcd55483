"""Findings and numbers as words; no layout.

To add a sentence, write a function from values to text in the module of its subject.
"""
