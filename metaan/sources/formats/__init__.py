"""How bytes become text: encodings, XML without entities, JSON of bounded depth, tagged lines.

Every reader goes through these, so that a guard is written once.
"""
