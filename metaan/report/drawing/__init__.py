"""From a plot as data to boxes and lines, and to SVG.

To add a shape, give it a class in `drawing` and a writer in `svg.WRITERS`.
"""
