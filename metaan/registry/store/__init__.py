"""metaan/registry/store."""
