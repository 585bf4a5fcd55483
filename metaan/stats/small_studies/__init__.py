"""Small-study effects: tests of asymmetry, PET-PEESE, trim and fill, excess significance, fail-safe numbers.

To add a test, write it in `catalogue` and enter it in `SMALL_STUDY_TESTS` with the measures that it fits.
"""
