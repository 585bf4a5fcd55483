"""What `metaan screen` shows: lists for scripts, a plain prompt, and the full screen."""
