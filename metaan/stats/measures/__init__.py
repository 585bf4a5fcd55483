"""Effect sizes: from the columns of a table to ``yi`` and ``vi``, and the scales that they are shown on.

To add a measure, write a function of its columns in the file of its family and enter it in that file's table;
`catalogue.MEASURES` puts the families together, and the completeness test asks for a reference value.
"""
