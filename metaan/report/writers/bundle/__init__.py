"""What readers take along: the analyses as an R script, and a ZIP of that with data, tables and figures.

To let R repeat another method, enter it in a table at the foot of `calls`; another file of the ZIP in `archive.FILES`.
"""
