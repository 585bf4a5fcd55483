"""How much reading the order of relevance saves, and how long it takes: simulated reviews, and labelled sets.

    python benchmarks/screening.py [--labels FILE.csv ...] [--column NAME] [--candidates 10000] [--no-times] [--json]

A labelled set is a CSV file with title, abstract, keywords where there are any, and a column of 0 and 1
(`label_included`, `included`, `label`, or the one that --column names); it is sorted by year, else by PMID, else taken
as it is. Of each set, in this order of time:

- *read*: screening is played. The oldest inclusion and the oldest exclusion are known; the ranker orders the rest, the
  first of them are read, and it learns anew, until all is read.
- *later*: time-ordered cross-validation, as `metaan screen --stop` does it: each fifth is ranked by those before it.

WSS@95 is the work saved over sampling at 95 % recall; beside it stands its ceiling, 0.95 times the share that is not
included, and what a random order gives. Recall at 24 % is what is found after 24 % of the reading. The simulated
reviews are made of words drawn at random; excluded records are of other topics, or share one or two of three with what
is included: the drug, the patients, the design.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

import scale  # noqa: E402
import screen  # noqa: E402

from metaan.errors import NotEstimableError  # noqa: E402
from metaan.stats.evidence.recall import ceiling_of_work_saved, recall_at, work_saved  # noqa: E402
from metaan.workflows.screen.ranking import Ranker, in_time_order, text_of  # noqa: E402

SHARE = 0.24
RARE = 0.1  # the share of inclusions up to which a set counts for the median
LABELS = ("label_included", "included", "label")
TOPICS = 20
SIMULATED = ((1000, 0.02), (1000, 0.05), (2000, 0.01), (2000, 0.1), (3000, 0.03))  # records, share included


@dataclass(frozen=True)
class Measured:
    """One set: what reading by relevance saves, played and cross-validated (None: nothing to learn from)."""

    name: str
    records: int
    included: int
    ceiling: float
    wss_read: float
    recall_read: float
    wss_later: float | None
    recall_later: float | None
    wss_random: float


def played(ranker: Ranker, labels: Sequence[bool]) -> list[bool]:
    """Return the labels in the order in which they would be read; a tenth more, and at least three, at a time."""
    seen = {at: labels[at] for at in (labels.index(True), labels.index(False))}
    while len(seen) < len(labels):
        seen |= {at: labels[at] for at in ranker.order(seen)[: max(3, len(seen) // 10)]}
    return list(seen.values())


def measured(name: str, texts: Sequence[str], labels: Sequence[bool]) -> Measured:
    """Return what the order saves on one set, which is in the order of time."""
    ranker = Ranker(texts)
    read = played(ranker, labels)
    shuffled = [random.Random(seed).sample(list(labels), len(labels)) for seed in range(50)]
    try:
        later = in_time_order(ranker, dict(enumerate(labels))).labels
    except NotEstimableError:
        later = ()
    return Measured(
        name,
        len(labels),
        sum(labels),
        ceiling_of_work_saved(sum(labels) / len(labels)),
        work_saved(read),
        recall_at(read, SHARE),
        work_saved(later) if later else None,
        recall_at(later, SHARE) if later else None,
        statistics.mean(work_saved(one) for one in shuffled),
    )


def labelled(path: Path, column: str | None) -> tuple[list[str], list[bool]]:
    """Read a labelled set, oldest first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            {key.strip().casefold(): value or "" for key, value in row.items() if key} for row in csv.DictReader(file)
        ]
    if not rows:
        raise SystemExit(f"{path}: no records")
    label = next((name for name in ((column.casefold(),) if column else LABELS) if name in rows[0]), None)
    if label is None or "title" not in rows[0]:
        allowed = f"title, abstract, keywords and one of {', '.join(LABELS)} (or --column)"
        raise SystemExit(f"{path}: columns {', '.join(rows[0])}; needed: {allowed}")
    when = next((name for name in ("year", "pubmedid", "pmid") if name in rows[0]), None)
    if when:
        rows.sort(key=lambda row: int(row[when]) if row[when].isdecimal() else 0)
    texts = [text_of(row["title"], row.get("abstract", ""), row.get("keywords", "").split(";")) for row in rows]
    return texts, [row[label].strip() in ("1", "1.0", "True", "true", "yes") for row in rows]


def simulated(n: int, share: float, seed: int) -> tuple[list[str], list[bool]]:
    """Make a review up: what is included has most words of its drug, its patients and its design; the rest, some."""
    draw = random.Random(seed)
    words = [f"{a}{b}{c}" for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
    draw.shuffle(words)
    topics = [words[at : at + 12] for at in range(0, 12 * TOPICS, 12)]  # the first three: drug, patients, design
    common = words[12 * TOPICS :]
    weights = [1 / rank for rank in range(1, len(common) + 1)]
    texts, labels = [], []
    for _ in range(n):
        included = draw.random() < share
        about = [topic for topic in topics[:3] if draw.random() < (0.95 if included else 0.15)]
        about = about if included else [*about[:2], *draw.sample(topics[3:], 2)]
        named = [word for topic in about for word in draw.choices(topic, k=draw.randint(3, 8))]
        text = draw.choices(common, weights, k=draw.randint(60, 200)) + named
        draw.shuffle(text)
        texts.append(text_of(" ".join([*named[::5], *text[:8]]), " ".join(text), ()))
        labels.append(included)
    return texts, labels


def sets(files: Sequence[Path], column: str | None) -> Iterator[tuple[str, list[str], list[bool]]]:
    for seed, (n, share) in enumerate(SIMULATED):
        yield (f"simulated, {n} records, {100 * share:g} %", *simulated(n, share, seed))
    for path in files:
        yield (path.stem, *labelled(path, column))


def seconds(*command: str, cwd: Path) -> float:
    """Return the processor's time of `metaan screen` with some options, in a process of its own."""
    return scale.spent(sys.executable, "-m", "metaan", "screen", *command, "--by", "ada", cwd=cwd)["seconds"]


def times(n: int) -> dict[str, float]:
    """Return processor seconds: an order of n records, the first and the next, and commands of n candidates."""
    texts, labels = simulated(n, 0.03, 1)
    began = time.process_time()
    ranker = Ranker(texts)
    half = dict(enumerate(labels[: n // 2]))
    ranker.order(half)
    first = time.process_time() - began
    began = time.process_time()
    ranker.order(half)
    found = {"first order": first, "next order": time.process_time() - began}
    with tempfile.TemporaryDirectory() as root:
        folder = screen.prepared(Path(root), n).parent
        found |= {name: seconds(name, cwd=folder) for name in ("--list", "--left")}
        found["--left --order relevance"] = seconds("--left", "--order", "relevance", cwd=folder)
        found["--exclude"] = seconds("--exclude", f"pmid-90{n - 1}", "--reason", "not a trial", cwd=folder)
    return found


_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


def printed(found: Sequence[Measured]) -> None:
    heads = ("records", "included", "WSS@95 read", "later", "ceiling", "random", "recall 24 % read", "later")
    print(f"{'set':42}" + "".join(f"{head:>18}" for head in heads))
    for one in found:
        values = (one.wss_read, one.wss_later, one.ceiling, one.wss_random, one.recall_read, one.recall_later)
        cells = "".join(f"{'-' if value is None else format(value, '.3f'):>18}" for value in values)
        print(f"{one.name[:42]:42}{one.records:18,}{one.included:18,}{cells}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--column", help="the column of 0 and 1")
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = [measured(*one) for one in sets(args.labels, args.column)]
    rare = [one for one in found if one.included <= RARE * one.records]
    own = [one.wss_read for one in rare if not one.name.startswith("simulated")]
    median = {
        "median WSS@95, read, all sets with inclusions up to 10 %": statistics.median(one.wss_read for one in rare),
        "the same, labelled sets alone": statistics.median(own) if own else None,
    }
    took = {} if args.no_times else times(args.candidates)
    if args.json:
        print(json.dumps({"sets": [asdict(one) for one in found], "median": median, "seconds": took}, indent=2))
        return
    printed(found)
    print("\n".join(f"{name}: {value:.3f}" for name, value in median.items() if value is not None))
    print("\n".join(f"{name:>30} {value:8.2f} s" for name, value in took.items()))


if __name__ == "__main__":
    main()
