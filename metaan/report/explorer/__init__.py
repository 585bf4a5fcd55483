"""metaan/report/explorer."""
