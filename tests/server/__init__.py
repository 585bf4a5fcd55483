"""Services of our own that behave like the real ones, well and badly; bound to 127.0.0.1 only."""
