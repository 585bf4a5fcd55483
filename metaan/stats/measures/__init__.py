"""metaan/stats/measures."""
