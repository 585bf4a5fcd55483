"""metaan/stats/robustness."""
