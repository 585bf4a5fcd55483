"""How many of the numbers that are proposed for an arm of an abstract are its results, and how many of these are found.

    python benchmarks/extraction.py CSV ... [--labels FILE] [--show] [--json]

The tables hold abstracts with the columns `pubmedID` and `abstract` (as the published screening sets do); the labels,
beside this file, say by PMID what an abstract prints for each arm. A number that is proposed for no arm counts neither
as right nor as wrong; one of several for the same arm with the same numbers counts once.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metaan.extraction.proposal import Passage
from metaan.extraction.text import abstract
from metaan.extraction.text.suggest import context_of
from metaan.registry.model.study import Arm, Study

ROLES = {"e": "experimental", "c": "control"}


def labels(path: Path) -> dict[str, dict[str, tuple[Arm, list[str]]]]:
    """Return by PMID the arms, each with its results as they are written in the labels."""
    found: dict[str, dict[str, tuple[Arm, list[str]]]] = {}
    arms: dict[str, tuple[Arm, list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.isdecimal():
            arms = found[line] = {}
        elif line and not line.startswith("#"):
            head, _, cells = line.partition(":")
            name, role, title = head.split(" ", 2)
            arms[name] = Arm(id=name, role=ROLES[role], name=title), cells.split()
    return found


def abstracts(paths: list[Path]) -> dict[str, str]:
    """Return the abstracts of the tables by PMID."""
    rows = [row for path in paths for row in csv.DictReader(path.open(encoding="utf-8", newline=""))]
    return {row["pubmedID"]: row["abstract"] for row in rows}


def proposed(text: str, arms: dict[str, tuple[Arm, list[str]]]) -> Iterator[tuple[str, str]]:
    """Yield each number that is proposed for an arm, as the labels write it."""
    study = Study.model_construct(arms=tuple(arm for arm, _ in arms.values()))
    passages = [Passage("", part.strip()) for part in re.split(r"(?<=\.);", text)]
    context = context_of(study, [])
    context = abstract.with_sizes(context, abstract.sizes(passages, context))
    for proposal in abstract.propose(passages, context):
        for cell in (*proposal.cells, *proposal.values):
            if getattr(cell, "arm", None):
                yield cell.arm, written(cell)


def written(cell: Any) -> str:
    """Return a cell as the labels write it."""
    if hasattr(cell, "spread"):
        return f"{cell.value}±{cell.bounds[-1]}" if len(cell.bounds) == 1 else f"{cell.value}[{cell.bounds}]"
    share = "" if cell.events is None else f"{cell.events}" + (f"/{cell.total}" if cell.total else "")
    return "=".join(filter(None, (share, str(cell.percent or ""))))


def compare(said: list[tuple[str, str]], known: dict[str, tuple[Arm, list[str]]]) -> dict[str, list[tuple[str, str]]]:
    """Return the proposals that are right and those that are wrong, and the labels that were not found."""
    left = Counter((arm, cell) for arm, (_, cells) in known.items() for cell in cells)
    right, wrong = [], []
    for one in dict.fromkeys(said):
        (right if left.pop(one, 0) else wrong).append(one)
    return {"right": right, "wrong": wrong, "missed": list(left.elements())}


def main() -> None:
    """Print the two shares, and on request every proposal that is wrong and every number that was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path, default=Path(__file__).with_name("extraction_labels.txt"))
    parser.add_argument("--show", action="store_true", help="what is wrong and what was missed, by PMID")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    texts, total = abstracts(args.tables), Counter[str]()
    for pmid, known in labels(args.labels).items():
        found = compare(list(proposed(texts[pmid], known)), known)
        total.update({name: len(cells) for name, cells in found.items()})
        if args.show and (found["wrong"] or found["missed"]):
            print(pmid, "wrong:", *found["wrong"], "missed:", *found["missed"])
    said, there = total["right"] + total["wrong"], total["right"] + total["missed"]
    if args.json:
        print(json.dumps(dict(total) | {"proposed": said, "labelled": there}))
    else:
        print(f"of {said} that are proposed {total['right']} are right ({total['right'] / max(said, 1):.0%})")
        print(f"of {there} that are there {total['right']} are found ({total['right'] / there:.0%})")


if __name__ == "__main__":
    main()
