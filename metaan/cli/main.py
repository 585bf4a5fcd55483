"""The entry point: parses, dispatches, and turns every error into one message and an exit status.

To add a command: write a module with ``add_arguments(parser)`` and ``run(args) -> int`` and enter its name and its
line of help in `COMMANDS`. Only the module of the command that is called is imported; what is heavy,
it imports inside ``run``.
"""

from __future__ import annotations

import argparse
import gc
import keyword
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from ..errors import MetaanError, SetAsideWarning, UsageError
from ..version import __version__
from .streams import streams

#: Imports make many thousands of objects that stay; looking through them again and again costs a tenth of a start.
#: Looking more seldom than this lets what a large review throws away fill the memory.
GC_THRESHOLD = 50_000

AT_FAULT, MISUSED, INTERRUPTED = 1, 2, 130

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


@streams()
def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    gc.set_threshold(GC_THRESHOLD)
    words = sys.argv[1:] if argv is None else argv
    if not words:
        build_parser().print_help(sys.stderr)
        return MISUSED
    args = build_parser().parse_args(words)
    with warnings.catch_warnings():
        warnings.showwarning = partial(_say, args.command, warnings.showwarning)
        warnings.simplefilter("default", SetAsideWarning)
        return _run(args)


def _say(command: str, otherwise: Callable[..., None], message: Warning | str, *about: Any) -> None:
    """Say what was set aside as the other messages of a command are said; all else as Python does."""
    if isinstance(message, SetAsideWarning):
        print(f"metaan {command}: {message}", file=sys.stderr)
    else:
        otherwise(message, *about)


def _run(args: argparse.Namespace) -> int:
    """Run a command; every error is one message and an exit status."""
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
    except OSError as error:
        return _fail(args.command, _plain(error), AT_FAULT)
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
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands", parser_class=_CommandParser
    )
    for name, line in COMMANDS.items():
        commands.add_parser(name, help=line, command=name, formatter_class=argparse.RawDescriptionHelpFormatter)
    return parser


def command_module(name: str) -> ModuleType:
    """Import the module of a command."""
    return import_module(f".{name}_" if keyword.iskeyword(name) else f".{name}", __package__)


class _CommandParser(argparse.ArgumentParser):
    """The parser of one command, which imports the command when it is called."""

    def __init__(self, *, command: str, **options: Any) -> None:
        super().__init__(**options)
        self._command = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Learn the arguments from the command's module, then parse."""
        if self.description is None:
            module = command_module(self._command)
            self.description = module.__doc__
            _add_project(self, default=argparse.SUPPRESS)
            module.add_arguments(self)
            self.set_defaults(run=module.run)
        return super().parse_known_args(args, namespace)


def _add_project(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Take --project before and after the command; the later one must not undo the earlier one."""
    parser.add_argument(
        "--project", metavar="DIR", default=default, help="the folder that holds studies/ (default: this one or above)"
    )


def _plain(error: OSError) -> str:
    """Return what the system says, and about which file, without its number."""
    if error.strerror is None:
        return str(error)
    where = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | os.PathLike) else ""
    return f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"


def _fail(command: str, error: Exception | str, status: int) -> int:
    print(f"metaan {command}: {error}", file=sys.stderr)
    return status


#: Names and their lines of help. The rest of a command is in the module of its name.
COMMANDS: dict[str, str] = {
    "pool": "pool the studies of one or more outcomes and print the results",
    "batch": "pool many analyses of one long table at once",
    "report": "write the HTML report, or its results and references in other formats",
    "export": "write figures, tables and results as a ZIP, or an R script that repeats the analyses",
    "plot": "write one plot of an outcome as SVG, PDF, PNG or EPS: forest, funnel, Baujat, ...",
    "explain": "why programs differ: one outcome under the rules of metafor, meta, RevMan, Stata, IQWiG",
    "diff": "what changed since a git revision, and what each change did to the conclusions",
    "check": "validate the registry; print every problem with its file and line",
    "fetch": "fetch PubMed metadata for the studies",
    "update": "search again: new candidates, corrections and retractions",
    "import": "make candidates of exported files of references",
    "screen": "judge candidates: include, exclude with a reason, later",
    "extract": "propose numbers from the abstract and from posted trial results",
    "merge": "put together what a git merge of two clones has left in conflict",
    "watch": "update, look again, what if: for a scheduler, with an exit status",
    "release": "publish a version: report, record, changelog and tag",
    "add": "enter a new study from its DOI, its PMID or a BibTeX file",
    "table": "the registry as a spreadsheet, and back",
    "init": "start a new review in a folder",
    "schema": "print the JSON Schema of review.yaml and of the study files",
}

if __name__ == "__main__":
    sys.exit(entry())
