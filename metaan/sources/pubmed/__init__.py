"""PubMed: searches, records, dates, queries.

`service.PubMed` asks, `xml` reads.
"""
