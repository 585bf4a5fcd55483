"""metaan/report/writers."""
