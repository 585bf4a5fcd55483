"""The entry point: parses, dispatches, and turns every error into one message and an exit status.

To add a command: write a module with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int`` and enter it in
`COMMANDS`. A command module imports what is heavy inside ``run``.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from .. import __version__
from ..errors import MetaanError, UsageError
from . import (
    add,
    check,
    diff,
    explain,
    extract,
    fetch,
    import_,
    init,
    plot,
    pool,
    release,
    report,
    schema,
    screen,
    update,
    watch,
)

#: Imports make tens of thousands of objects that stay; looking through them again and again costs a tenth of a start.
GC_THRESHOLD = 50_000

DONE, AT_FAULT, MISUSED, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
examples:
  metaan pool                     pool every outcome of the protocol
  metaan pool death --measure RR  one outcome, as risk ratios
  metaan report                   write the HTML report
  metaan plot death --kind funnel write one plot as SVG
  metaan init my-review           start a review of your own

exit status: 0 done; 1 the data or a service is at fault; 2 the command line is at fault
(metaan watch has two more: 3 something is to be judged; 4 a conclusion would change)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    gc.set_threshold(GC_THRESHOLD)
    args = build_parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except UsageError as error:
        return _fail(args.command, error, MISUSED)
    except MetaanError as error:
        return _fail(args.command, error, AT_FAULT)
    except KeyboardInterrupt:
        print("metaan: interrupted; nothing half-written was left", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        return _fail(args.command, error, AT_FAULT)
    return status


def entry() -> int:
    """Run one command as a process of its own."""
    status = main()
    # The process ends here: looking once more through everything that was imported would only delay its end.
    gc.freeze()
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="metaan",
        description="Living evidence synthesis: from a registry of studies to pooled results and a report.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"metaan {__version__}")
    _add_project(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_project(command, default=argparse.SUPPRESS)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _add_project(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Take --project before and after the command; the later one must not undo the earlier one."""
    parser.add_argument(
        "--project", metavar="DIR", default=default, help="the folder that holds studies/ (default: this one or above)"
    )


def _fail(command: str, error: Exception, status: int) -> int:
    print(f"metaan {command}: {error}", file=sys.stderr)
    return status


COMMANDS: dict[str, ModuleType] = {
    "pool": pool,
    "report": report,
    "plot": plot,
    "explain": explain,
    "diff": diff,
    "check": check,
    "fetch": fetch,
    "update": update,
    "import": import_,
    "screen": screen,
    "extract": extract,
    "watch": watch,
    "release": release,
    "add": add,
    "init": init,
    "schema": schema,
}

if __name__ == "__main__":
    sys.exit(entry())
