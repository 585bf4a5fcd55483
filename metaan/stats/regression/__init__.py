"""metaan/stats/regression."""
