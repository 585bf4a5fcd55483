"""metaan/stats/pooling."""
