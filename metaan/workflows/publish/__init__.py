"""Reports and plots of a review, written to files.

`report` is the way in; to add a format, enter its writer in `report.REPORTS`.
"""
