"""YAML text as a tree with lines, edits that keep layout and comments, and files that are written whole.

Only here are project files opened; to edit one, use `edit`, to write one, `atomic`.
"""
