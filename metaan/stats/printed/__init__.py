"""metaan/stats/printed."""
