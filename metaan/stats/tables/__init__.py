"""metaan/stats/tables."""
