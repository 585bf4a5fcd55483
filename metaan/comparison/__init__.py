"""metaan/comparison."""
