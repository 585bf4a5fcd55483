"""The studies in YAML: read, checked, written, and what commands store beside them.

`load` is the way in. What a file may hold is in `model`, what is checked in `check`, what commands write in `store`.
"""
