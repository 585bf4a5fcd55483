"""metaan/workflows/publish."""
