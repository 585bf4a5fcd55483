"""What a user does, across layers, without printing: `cli` parses and prints.

A folder is a task; `outputs` says where its files go, `run` what it has of the world, `git` what git says.
"""
