"""metaan/stats/small_studies."""
