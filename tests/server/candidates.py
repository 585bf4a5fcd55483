"""Candidates written without a search: as many as are wanted, with the run that found them."""

from __future__ import annotations

from pathlib import Path

from metaan.records.record import AbstractPart
from metaan.registry.store.candidate import Candidate, Sighting
from metaan.registry.store.json_files import json_bytes
from metaan.registry.store.runs import RunRecord, SearchRun

FOUND = "2026-11-22T12:00:00Z"
PAGE = "Of the bees, 9 and 3 died of zymodrug; none of the mice did, at any dose, in any of the groups. "


def candidate(number: int, length: int = 1) -> Candidate:
    """Return a made-up one; ``length`` is that of the abstract, in sentences."""
    return Candidate(
        key=f"pmid-90{number}",
        title=f"Zymodrug in wasps: made-up trial number {number}.",
        authors=(f"Nobody{number} A",),
        year=2025,
        published="2025",
        journal="Journal of Made-up Trials",
        pmid=f"90{number}",
        doi=f"10.5555/metaan.{number}",
        abstract=(AbstractPart(label="RESULTS", text=(PAGE * length).strip()),),
        sightings=(Sighting(source="pubmed", id=f"90{number}"),),
        found=FOUND,
        run="made-up-1",
    )


def written(folder: Path, n: int, length: int = 1) -> Path:
    """Write n candidates and their run into the folder of a review, and return it."""
    made = [candidate(number, length) for number in range(1, n + 1)]
    for name in ("candidates", "runs"):
        (folder / name).mkdir(exist_ok=True)
    for one in made:
        (folder / "candidates" / f"{one.key}.json").write_bytes(json_bytes(one))
    identifiers = tuple(str(one.pmid) for one in made)
    search = SearchRun(source="pubmed", strategy="s", term="t", asked="t", count=n, identifiers=identifiers, fetched=n)
    new, times = tuple(one.key for one in made), {"started": FOUND, "finished": FOUND}
    run = RunRecord(id="made-up-1", kind="update", versions={"metaan": "0"}, searches=(search,), new=new, **times)
    (folder / "runs" / "made-up-1.json").write_bytes(json_bytes(run))
    return folder
