"""metaan/sources/formats."""
