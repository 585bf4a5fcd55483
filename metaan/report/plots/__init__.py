"""Every plot that is not the forest plot of an analysis.

The map: `figure` is a plot as data; `funnel`, `studies`, `curves` and `refits` build them; `chart` gives a figure its
geometry, `markup` writes SVG, `standalone` makes a file of it, `catalogue` holds the table of all kinds. To add a plot:
a function from a `Request` to a `Figure` or a forest plot, and an entry in `metaan.report.plots.catalogue.PLOTS`.
"""
