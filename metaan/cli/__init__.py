"""The command line: one file per command; each reads its arguments, calls one library function, and prints."""
