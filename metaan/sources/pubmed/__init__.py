"""metaan/sources/pubmed."""
