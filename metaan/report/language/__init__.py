"""metaan/report/language."""
