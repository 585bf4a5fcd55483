"""metaan/stats/numerics."""
