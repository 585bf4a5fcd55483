"""What a paper prints, made into numbers: from intervals, errors, p values, quantiles and percentages.

To add a conversion, write a function that returns `conversions.Converted` beside those of its kind.
"""
