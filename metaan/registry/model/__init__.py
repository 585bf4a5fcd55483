"""metaan/registry/model."""
