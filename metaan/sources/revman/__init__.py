"""RevMan files: references and tables of numbers.

`revman` is the way in; `tables` and `rows` hold what the file has of outcomes.
"""
