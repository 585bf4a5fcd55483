"""How long `metaan report` takes, how much memory, and how large its page is, for a review of 1,000 studies.

    python benchmarks/report.py [--studies 1000] [--explore] [--keep FOLDER]

Writes a review of made-up trials into a temporary folder, runs `metaan pool` and `metaan report` on it as a user does,
each in a process of its own, and compares with what is promised: a page below 10 MB for each 1,000 studies, in less
than 4 times the time of pooling plus 2 s, and in memory that grows with the studies, to 1.5 GB at 10,000. Exit status 1
where that does not hold. ``--explore`` asks for leave-one-out too, the largest of what can be explored.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from metaan.records.record import AbstractPart
from metaan.registry.store.metadata import Metadata, write

MEGABYTE = 1_000_000
LARGEST_PAGE = 10 * MEGABYTE  # of 1,000 studies
MEMORY, MORE_MEMORY = 140_000, 100 * MEGABYTE  # bytes a study, and for the program itself
TIMES, MORE_SECONDS = 4, 2
REPEATS = 3

SENTENCE = "People at risk were assigned to the treatment or to usual care, and followed for a year or until death. "

REVIEW = """\
title: A review of many trials
question: {population: people at risk, intervention: a treatment, comparator: usual care}
labels: {experimental: treatment, control: usual care}
outcomes:
  - {id: death, name: death from any cause, direction: bad, measure: OR, time: end of follow-up}
analyses:
  - outcome: death
"""

EXPLORED = "    explore: {leave_one_out: true}\n"

STUDY = """\
id: {id}
label: {label}
title: 'A trial of the treatment in centre {number}: randomised, multi-centre, with blinded assessment of outcomes'
doi: 10.1000/trial.{number}
pmid: "{pmid}"
citation: {{authors: [Author A, Writer B], journal: Journal of Trials, published: "{year}", volume: "{volume}"}}
design: {{kind: {kind}{control}}}
status: {{state: included}}
setting: {number} hospitals
population: adults at risk
arms:
  - {{id: treatment, role: experimental, name: treatment, description: once daily for 28 days, randomised: {n}}}
  - {{id: control, role: control, name: usual care, randomised: {n}}}
results:
  - outcome: death
    name: death from any cause
    time: end of follow-up
    arms:
      treatment: {{events: {a}, total: {n}}}
      control: {{events: {c}, total: {n}}}
    source: {{document: article, place: Table 2, quote: "{a} of {n} and {c} of {n} had died", level: primary}}
"""


def write_review(folder: Path, studies: int, explore: str = "") -> None:
    """Write the registry; the same number gives the same files. ``explore`` is put behind the analysis."""
    folder.mkdir(parents=True)
    (folder / "review.yaml").write_text(REVIEW + explore, encoding="utf-8")
    abstract = tuple(AbstractPart(label=label, text=SENTENCE * 4) for label in ("Background", "Methods", "Results"))
    chance = random.Random(studies)
    for number in range(1, studies + 1):
        trial = number % 3 > 0
        n = chance.randint(40, 900)
        a, c = chance.randint(2, n // 3), chance.randint(3, n // 3)
        text = STUDY.format(
            id=f"author-{number}", label=f"Author {number}", number=number, pmid=30_000_000 + number,
            year=1980 + number % 45, volume=number % 60 + 1, kind="randomised" if trial else "non-randomised",
            control="" if trial else ", control: concurrent", n=n, a=a, c=c,
        )  # fmt: skip
        (folder / f"author-{number}.yaml").write_text(text, encoding="utf-8")
        write(folder, f"author-{number}", _metadata(number, abstract))


def _metadata(number: int, abstract: tuple[AbstractPart, ...]) -> Metadata:
    """Return what PubMed would say of a trial, with an abstract of the usual length."""
    return Metadata(
        pmid=str(30_000_000 + number), title=f"A trial of the treatment in centre {number}", abstract=abstract,
        mesh=("Humans", "Female", "Male", "Treatment Outcome"), fetched="2026-11-20T10:00:00Z",
        url="https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi", digest="0" * 64,
    )  # fmt: skip


def seconds(*command: str) -> float:
    """Return the shortest time that a metaan command takes, process and all."""
    return min(_once(command) for _ in range(REPEATS))


def _once(command: tuple[str, ...]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "metaan", *command], check=True, capture_output=True)
    return time.perf_counter() - begin


def measure(project: Path, studies: int, explore: str) -> bool:
    """Print what was measured, and return whether all promises hold."""
    import resource  # of POSIX

    write_review(project / "studies", studies, explore)
    page = project / "report.html"
    pooling = seconds("--project", str(project), "pool", "--json")
    report = seconds("--project", str(project), "report", "-o", str(page))
    size, allowed = page.stat().st_size, TIMES * pooling + MORE_SECONDS
    largest = LARGEST_PAGE * max(studies / 1000, 1)
    memory = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of the largest process
    most = MEMORY * studies + MORE_MEMORY
    print(f"{studies} studies")
    print(f"metaan pool      {pooling:6.2f} s")
    print(f"metaan report    {report:6.2f} s   allowed: {allowed:.2f} s")
    print(f"memory           {memory / MEGABYTE:6.0f} MB  allowed: {most / MEGABYTE:.0f} MB")
    print(f"size of the page {size / MEGABYTE:6.2f} MB  allowed: {largest / MEGABYTE:.0f} MB")
    return report < allowed and size < largest and memory < most


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--explore", action="store_const", const=EXPLORED, default="", help="leave-one-out too")
    parser.add_argument(
        "--keep", type=Path, help="a folder that does not exist yet; the review and its page stay there"
    )
    args = parser.parse_args()
    if args.keep:
        return 0 if measure(args.keep, args.studies, args.explore) else 1
    with tempfile.TemporaryDirectory() as scratch:
        return 0 if measure(Path(scratch) / "project", args.studies, args.explore) else 1


if __name__ == "__main__":
    raise SystemExit(main())
