"""From values to pages; nothing here computes a statistic.

The map: `formats` turns numbers into text, `words` turns results into sentences, `methods` says what was done, `forest`
is the plot as data, `layout` gives it a geometry with `fonts`, `svg` writes that down, `page` fills the templates,
`terminal` prints, `export` writes JSON and CSV.
"""
