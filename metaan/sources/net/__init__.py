"""metaan/sources/net."""
