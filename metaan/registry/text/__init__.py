"""metaan/registry/text."""
