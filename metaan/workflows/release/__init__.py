"""metaan/workflows/release."""
