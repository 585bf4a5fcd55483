"""Print the JSON Schema of the registry's YAML files, for editors and other programs.

`metaan schema study > study.schema.json` is what an editor with YAML support needs to complete and check keys.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "kind", nargs="?", choices=["study", "review"], help="one of the two schemas (default: both, as one object)"
    )
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="write one file per schema into DIR instead")


def run(args: Namespace) -> int:
    """Print or write the schemas."""
    from ..registry.write import schema, write_text

    schemas = schema()
    if args.output is not None:
        args.output.mkdir(exist_ok=True)
        for kind in [args.kind] if args.kind else schemas:
            write_text(args.output / f"{kind}.schema.json", json.dumps(schemas[kind], indent=2) + "\n")
            print(args.output / f"{kind}.schema.json")
        return 0
    print(json.dumps(schemas[args.kind] if args.kind else schemas, indent=2))
    return 0
