"""metaan/sources/crossref."""
