"""The screen on which candidates are judged, and the plain prompt where there is none.

`app` is the full screen, `prompt` the plain one, `listing` the table.
"""
