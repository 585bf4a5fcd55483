"""Values become words, plots, pages and files. Nothing here computes a statistic.

`sections` say what is told, `language` in which words, `writers` in which format.
"""
