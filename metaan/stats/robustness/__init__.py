"""What a result hangs on: single studies, subsets, methods, and the rules of other programs.

To add a program to compare with, enter its rules in `presets.PRESETS`.
"""
