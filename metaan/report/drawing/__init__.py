"""metaan/report/drawing."""
