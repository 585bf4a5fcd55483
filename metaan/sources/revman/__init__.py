"""metaan/sources/revman."""
