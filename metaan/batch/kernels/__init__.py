"""Compiled functions: loops over the studies of many analyses, one thread, no lock, the numbers of `metaan.stats`.

To add one: beside the function of `metaan.stats` that it mirrors, with `jit.kernel`, and a case in `tests/batch`.
"""
