"""metaan/stats/evidence."""
