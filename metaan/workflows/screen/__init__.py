"""metaan/workflows/screen."""
