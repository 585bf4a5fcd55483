"""Every plot but the forest plot: data, geometry, drawing, and conversion to PDF, PNG and EPS.

To add a plot, write its data and its drawing and enter it in `catalogue`.
"""
