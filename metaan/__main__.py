"""Run the command line as ``python -m metaan``."""

import sys

from .cli.main import entry

sys.exit(entry())
