"""The command line: one module a command, with `add_arguments` and `run`.

To add a command, write its module and enter its name and its line of help in `main.COMMANDS`.
"""
