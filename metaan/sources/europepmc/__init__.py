"""Europe PMC: searches and records.

`service` asks, `record` reads.
"""
