"""A text read as numbers: found by `patterns`, each with its arm by `attachment`, put together by `grouping`.

To add a pattern, enter it in `patterns` and its reading in `pattern_reading`; a word for a role in `mentions`, a
circumstance under which a number is no result in `circumstances`, a synonym of an outcome in `suggest`.
"""
