"""The registry as a spreadsheet, and back.

`metaan table export -o data.xlsx` writes studies, arms, results by kind, what was reported, risk of bias, certainty and
more, a sheet each; with -o data.csv, a CSV file for each sheet (data.counts.csv ...). Columns have notes, and lists to
choose from. `metaan table import data.xlsx` says what would change; with --write it changes the study files, and
nothing in them but these values: comments and layout stay. A cell that was left as it was changes nothing, an emptied
one takes the value out, a row without a number is new, and a row that was taken out of the table stays in the file.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..errors import one_line
from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", choices=("export", "import"), help="write the table, or read it back")
    parser.add_argument("file", nargs="?", type=Path, help="the table to import: XLSX, or CSV files of an export")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to export: .xlsx or .csv (default: outputs/table.xlsx)"
    )
    parser.add_argument("--write", action="store_true", help="make the changes, and not only say them")


def run(args: Namespace) -> int:
    """Export, or import."""
    from ..errors import UsageError

    folder = studies_folder(args)
    if args.action == "export":
        if args.file or args.write:
            raise UsageError("export takes no file and writes no study; allowed: metaan table export -o FILE")
        return _export(folder, args.output or folder.parent / "outputs" / "table.xlsx")
    if args.file is None or args.output:
        raise UsageError("which table? allowed: metaan table import FILE [--write]")
    return _import(folder, args.file, args.write)


def _export(folder: Path, path: Path) -> int:
    from ..workflows.outputs import format_of, write_output
    from ..workflows.spreadsheets.export import tables_of
    from ..workflows.spreadsheets.files import csv_files, workbook

    form = format_of(path, None, ("xlsx", "csv"), "xlsx")
    tables = tables_of(folder)
    files = csv_files(path, tables) if form == "csv" else {path: workbook(tables)}
    for name, content in files.items():
        write_output(name, content, folder.parent)
        print(f"wrote {one_line(str(name))}")
    return 0


def _import(folder: Path, path: Path, write: bool) -> int:
    from ..workflows.spreadsheets.changes import changes_of

    changes = changes_of(folder, path)
    for file in changes.files:
        print(one_line(f"{file.path}{'' if file.before is not None else ' (new)'}"))
        print("".join(f"  {one_line(words)}\n" for words in file.words), end="")
    for doubt in changes.doubts:
        print(f"metaan table: doubtful afterwards: {doubt}", file=sys.stderr)
    if not changes.files:
        print("nothing to change")
        return 0
    if write:
        changes.write()
    n = len(changes.files)
    done = "changed" if write else "would change; --write changes them"
    print(f"{n} file{'' if n == 1 else 's'} {done}")
    return 0
