"""metaan/workflows/studies."""
