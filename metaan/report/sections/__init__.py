"""metaan/report/sections."""
