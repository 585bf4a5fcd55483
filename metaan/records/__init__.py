"""A publication as a source describes it: record, identifiers, names, markup, labels. No network, no registry.

To add a field, give `record.Record` a name, a type and what it means; readers fill it, nothing guesses it.
"""
