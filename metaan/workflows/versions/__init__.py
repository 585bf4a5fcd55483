"""metaan/workflows/versions."""
