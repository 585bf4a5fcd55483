"""metaan/sources/files."""
