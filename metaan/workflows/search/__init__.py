"""metaan/workflows/search."""
