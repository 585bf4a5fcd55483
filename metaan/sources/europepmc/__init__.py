"""metaan/sources/europepmc."""
