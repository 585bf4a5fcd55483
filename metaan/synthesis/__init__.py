"""metaan/synthesis."""
