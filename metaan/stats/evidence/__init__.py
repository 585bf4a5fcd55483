"""What a panel judges by: absolute effects, information size, agreement of raters, attribution of a change.

Each module answers one question and holds the table of its choices.
"""
