"""metaan/records."""
