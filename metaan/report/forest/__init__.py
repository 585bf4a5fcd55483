"""metaan/report/forest."""
