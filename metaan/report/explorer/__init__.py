"""What the script of the page is given, so that a reader can sort, filter and pool again.

What the script cannot compute is said by `data.why_not`.
"""
