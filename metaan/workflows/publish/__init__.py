"""Reports and plots of a review, written to files.

`report` is the way in: it makes the `Report`, and `metaan.report.writers.catalogue` holds the formats.
"""
