"""Time and memory of `metaan update` against the local services, of its parsers, and of finding duplicates.

    python benchmarks/update.py [--records 10000] [--runs 5] [--json]

What is timed, in one session on one machine:

- the first search of N made-up records: asked for, parsed, compared, and written as candidates;
- a second one of N further records, compared with the N that are there;
- the requests that looking at n studies again costs, counted by the server, beside n / 200 rounded up;
- the parsers of PubMed's XML and of its NBIB files, beside Biopython's where that is installed;
- duplicates among 10 N records, a tenth of which are second exports of others;
- how many duplicates are found in made-up exports of eight databases with what goes wrong in them, and how many
  publications that only look alike are merged by mistake, in all and by what made them.

The server is unpaced and runs in a process of its own; so does every update, whose peak memory is that of its process.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from metaan.records.record import Record  # noqa: E402
from metaan.records.same.deduplicate import deduplicate  # noqa: E402
from metaan.registry.write import scaffold_study  # noqa: E402
from metaan.sources.files.nbib import parse_nbib  # noqa: E402
from metaan.sources.pubmed.xml import parse as parse_xml  # noqa: E402
from metaan.workflows.search.update import update  # noqa: E402
from tests.records.same.lookalikes import cases, score  # noqa: E402
from tests.server.eutils import Eutils  # noqa: E402
from tests.server.living import at, paper, registry  # noqa: E402
from tests.server.papers import Paper, article_set  # noqa: E402

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
BETWEEN = datetime(2024, 1, 1, tzinfo=UTC)
STUDIES = (1, 200, 201, 450)
BATCH = 200
DTD = b"pubmed_190101"  # the newest that Biopython brings; it would ask the network for another
TEXT = """
randomised controlled trial of anakinra tocilizumab sarilumab in adults with severe disease and respiratory failure
mortality at day twenty eight the intervention group received standard care dose was reduced when renal function
declined primary outcome secondary outcomes adverse events were recorded by masked assessors interval
"""
WORDS = TEXT.split()


def made_up(n: int, first: int, since: datetime) -> list[Paper]:
    """Return papers as long as PubMed's, always the same, spread over the 1,000 days from one on."""
    chance = random.Random(first)

    def text(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."

    made = []
    for number in range(first, first + n):
        labels = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")
        made.append(
            paper(
                str(910_000_000 + number),
                f"Zymodrug {number:x}: {text(12)}",
                (since + timedelta(days=number % 1_000)).strftime("%Y/%m/%d"),
                doi=f"10.5555/metaan.{number}",
                volume=str(number % 400),
                pages=f"{number}-{number % 1_000}",
                authors=tuple(f"{chance.choice(WORDS).capitalize()}{number % 97} A{n}" for n in range(8)),
                abstract=tuple((label, text(60)) for label in labels),
            )
        )
    return made


def timed_update(folder: Path, url: str, now: datetime) -> dict[str, Any]:
    """Run one update in a process of its own."""
    command = [sys.executable, __file__, "--child", str(folder), url, now.isoformat()]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def child(folder: str, url: str, now: str) -> None:
    """Update, and print time, peak memory and what was found."""
    start = time.perf_counter()
    day = datetime.fromisoformat(now)
    report = update(folder, run=at(day, pubmed=url))
    seconds, used = time.perf_counter() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    found = {"seconds": seconds, "processor_seconds": used, "peak_megabytes": peak}
    print(json.dumps(found | {"candidates": len(report.candidates)}))


def updates(n: int, folder: Path) -> dict[str, Any]:
    """Time the first search of n records, and that of n more."""
    first, more = made_up(n, 0, FIRST_DAY), made_up(n, n, BETWEEN)
    studies = registry(folder)
    (studies / "bees.yaml").unlink()
    found = {}
    with Eutils(papers={one.pmid: one for one in first}, rate=None) as server:
        found["first"] = timed_update(studies, server.url, BETWEEN) | {"requests": len(server.calls)}
        server.reset()
        server.papers = {one.pmid: one for one in (*first, *more)}
        found["second"] = timed_update(studies, server.url, BETWEEN + timedelta(days=1_001))
        found["second"]["requests"] = len(server.calls)
    return found


def looking_again(folder: Path) -> list[dict[str, int]]:
    """Count the requests that looking at n studies again costs."""
    counted = []
    for n in STUDIES:
        known = made_up(n, 0, FIRST_DAY)
        studies = registry(folder / str(n), "[{source: pubmed, query: 'nothing[tiab]'}]")
        (studies / "bees.yaml").unlink()
        for i, one in enumerate(known):
            text = scaffold_study(f"study-{i}", f"Study {i}", Record(one.title, pmid=one.pmid, published="2024"))
            (studies / f"study-{i}.yaml").write_text(text, encoding="utf-8")
        with Eutils(papers={one.pmid: one for one in known}, rate=None) as server:
            update(studies, run=at(BETWEEN, pubmed=server.url))
            asked = sum(call.path.endswith("efetch.fcgi") for call in server.calls)
        counted.append({"studies": n, "requests": asked, "expected": math.ceil(n / BATCH)})
    return counted


def nbib(papers: Sequence[Paper]) -> bytes:
    """Return papers as PubMed's own export file."""
    return "\n".join(line for one in papers for line in _nbib_lines(one)).encode()


def _nbib_lines(one: Paper) -> Iterator[str]:
    yield from (f"PMID- {one.pmid}", f"TI  - {one.title}", f"JT  - {one.journal}", f"DP  - {' '.join(one.date)}")
    yield from (f"VI  - {one.volume}", f"PG  - {one.pages}", f"LID - {one.doi} [doi]")
    yield f"AB  - {' '.join(f'{label}: {text}' for label, text in one.abstract)}"
    yield from (f"FAU - {author.replace(' ', ', ')}" for author in one.authors)
    yield from ("PT  - Journal Article", "")


def parsers(runs: int) -> dict[str, Any]:
    """Time the parsers on the same 200 records, ours and Biopython's in turn."""
    papers = made_up(BATCH, 0, FIRST_DAY)
    xml, text = article_set(papers).replace(b"pubmed_250101", DTD), nbib(papers)
    calls: dict[str, Callable[[], int]] = {
        "XML, metaan": lambda: len(parse_xml(xml)),
        "NBIB, metaan": lambda: len(parse_nbib(text.decode()).records),
    }
    with suppress(ImportError):
        from Bio import Entrez, Medline

        calls["XML, Biopython"] = lambda: len(Entrez.read(io.BytesIO(xml))["PubmedArticle"])
        calls["NBIB, Biopython"] = lambda: len(list(Medline.parse(io.StringIO(text.decode()))))
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(runs + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            read = call()
            seconds[name].append(time.perf_counter() - start)
            if read != BATCH:
                raise SystemExit(f"{name} read {read} of {BATCH} records")
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}  # the first run warms up
    ratios = {
        form: medians[f"{form}, metaan"] / medians[f"{form}, Biopython"]
        for form in ("XML", "NBIB")
        if f"{form}, Biopython" in medians
    }
    return {"records": BATCH, "median_seconds": medians, "ratio_of_metaan": ratios}


def duplicates(n: int) -> dict[str, Any]:
    """Time the search for duplicates among n records, a tenth of which another database has exported too."""
    tenth = n // 11
    records = [Record(one.title, one.authors, doi=one.doi, pmid=one.pmid, year=int(one.date[0]), volume=one.volume,
                      journal=one.journal, pages=one.pages) for one in made_up(n - tenth, 0, FIRST_DAY)]  # fmt: skip
    again = [replace(one, pmid=None, doi=None, title=one.title.upper()) for one in records[:tenth]]
    start = time.perf_counter()
    found = deduplicate([*records, *again])
    return {"records": n, "planted": tenth, "merged": len(found.groups), "seconds": time.perf_counter() - start}


def accuracy(papers: int, seeds: Sequence[int] = (101, 102, 103, 104, 105)) -> dict[str, Any]:
    """Count what is found and what is merged by mistake among the exports of papers, seed by seed."""
    rows, of, missed, made, wrong = [], Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for seed in seeds:
        some = cases(papers, seed)
        one = score(some, deduplicate([case.record for case in some]).clusters)
        rows.append({"seed": seed, "records": len(some), "duplicates": one.duplicates, "publications": one.works,
                     "sensitivity": one.sensitivity, "false_mergers": one.false_mergers})  # fmt: skip
        made.update({case.work: case.made_by for case in some if ":" in case.work}.values())
        of, missed, wrong = of + one.of, missed + one.missed, wrong + one.wrong
    return {
        "runs": rows,
        "duplicates_missed": {name: f"{missed[name]} of {of[name]}" for name in sorted(of)},
        "look_alikes_merged": {name: f"{wrong[name]} of {made[name]}" for name in sorted(made)},
    }


def show(found: dict[str, Any], n: int) -> None:
    """Print what was found for the eye."""
    for name, against in (("first", 0), ("second", n)):
        one = found["update"][name]
        took = f"{one['seconds']:8.1f} s ({one['processor_seconds']:.1f} s of the processor)"
        print(
            f"{took}  {one['peak_megabytes']:.0f} MB  {one['requests']} requests: {n:,} records asked for, "
            f"parsed, compared with {against:,} and written"
        )
    for row in found["looking_again"]:
        print(f"{row['studies']:8} studies looked at again: {row['requests']} request(s), expected {row['expected']}")
    for name, seconds in found["parsers"]["median_seconds"].items():
        print(f"{seconds * 1000:8.1f} ms  {BATCH} records, {name}")
    for form, ratio in found["parsers"]["ratio_of_metaan"].items():
        print(f"metaan takes {ratio:.2f} times Biopython for {form}")
    if not found["parsers"]["ratio_of_metaan"]:
        print("Biopython is not installed here: no comparison with it")
    one = found["duplicates"]
    print(
        f"{one['seconds']:8.1f} s  duplicates among {one['records']:,}: {one['merged']:,} of {one['planted']:,} found"
    )
    show_accuracy(found["accuracy"])


def show_accuracy(found: dict[str, Any]) -> None:
    """Print what de-duplication found and mistook."""
    for row in found["runs"]:
        print(
            f"{row['records']:8,} records of {row['publications']:,} publications: {row['sensitivity']:.4f} of "
            f"{row['duplicates']:,} duplicates found, {row['false_mergers']:.4f} of the publications merged by mistake"
        )
    for title, name in (("missed", "duplicates_missed"), ("merged by mistake", "look_alikes_merged")):
        for made_by, count in found[name].items():
            print(f"    {title}: {count:>14}  {made_by}")


def main() -> None:
    """Time everything in turn, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="of the parsers")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(*args.child)
        return
    with tempfile.TemporaryDirectory(prefix="metaan-") as scratch:
        found = {
            "python": platform.python_version(),
            "update": updates(args.records, Path(scratch) / "living"),
            "looking_again": looking_again(Path(scratch) / "again"),
            "parsers": parsers(args.runs),
            "duplicates": duplicates(10 * args.records),
            "accuracy": accuracy(args.records // 4),
        }
    print(json.dumps(found, indent=2)) if args.json else show(found, args.records)


if __name__ == "__main__":
    main()
