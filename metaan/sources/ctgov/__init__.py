"""metaan/sources/ctgov."""
