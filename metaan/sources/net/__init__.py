"""Asking services politely: settings, limits, retries, sizes, and what an answer must look like.

To add a service, enter its address and its limits in `metaan.sources.databases.DATABASES`.
"""
