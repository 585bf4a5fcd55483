"""From values to pages; nothing here computes a statistic.

The map: `formats` turns numbers into text; `words`, `designs` and `spread` turn results into sentences; `methods` says
what was done. `forest` is the plot as data (with `columns` and `axis`), `layout` makes a `drawing` of it, measured with
`fonts`, and `svg` writes that down. `outcomes`, `studies` and `provenance` are what the templates see, `page` fills
them. `terminal` prints, `export` writes JSON and CSV.
"""
