"""Which studies are seen: models of selection by p-value or precision, and estimates that lean on the large studies.

To add a selection function, write it in `functions` and enter it in `SELECTION_FUNCTIONS` with its bounds.
"""
