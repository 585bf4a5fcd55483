"""Two reviews become a difference: what changed in the files, and what each change did to the results.

`difference` is the way in; `whatif` pools again with one change at a time.
"""
