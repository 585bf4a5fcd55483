"""metaan/records/same."""
