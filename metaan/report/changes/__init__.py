"""metaan/report/changes."""
