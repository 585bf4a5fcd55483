"""A made-up living review: one study in the registry, and a PubMed that knows more than it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from metaan.records.record import Record
from metaan.registry.write import scaffold_review, scaffold_study
from metaan.sources.databases import DATABASES
from metaan.sources.net import services
from metaan.sources.net.client import Client
from metaan.sources.net.limiter import Limiter
from metaan.workflows.run import Run

from .crossref import Crossref
from .europepmc import EuropePMC
from .pace import FakeTime, client_at
from .papers import Paper

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
_RCT = (("D016428", "Journal Article"), ("D016449", "Randomized Controlled Trial"))


def paper(pmid: str, title: str, day: str = "2026/11/01", **more: Any) -> Paper:
    """Return a made-up trial; ``day`` is the one on which PubMed had it."""
    year, month, date = day.split("/")
    known = {
        "journal": "Journal of Made-up Trials",
        "authors": (f"Nobody{pmid[-2:]} A",),
        "types": _RCT,
        "date": (year, month, date),
        "doi": f"10.5555/metaan.{pmid[-2:]}",
        "volume": pmid[-2:],
        "pages": f"{pmid[-2:]}1-9",
        "abstract": (("RESULTS", "Of the bees, 9 and 3 died."),),
    }
    return Paper(pmid, title, **(known | more))


STUDY = paper(
    "900000011", "Zymodrug in bees: a made-up trial.", "2024/05/01", registration=("ClinicalTrials.gov", "NCT99999911")
)
PAPERS = {
    one.pmid: one
    for one in (
        STUDY,
        paper("900000012", "Zymodrug in wasps: a made-up trial of another animal.", "2025/02/01"),
        paper(
            "900000013",
            "Long-term follow-up of bees after zymodrug.",
            "2026/03/01",
            registration=("ClinicalTrials.gov", "NCT99999911"),
        ),
        paper("900000014", "Erratum: Zymodrug in bees.", "2026/04/01", corrections=(("ErratumFor", "x", "900000011"),)),
        paper("900000015", "Zymodrug in wasps: a made-up trial of another animals.", "2025/06/01", volume="99"),
    )
}
RETRACTED = paper(
    STUDY.pmid,
    STUDY.title,
    "2024/05/01",
    registration=STUDY.registration,
    types=(*_RCT, ("D016441", "Retracted Publication")),
    corrections=(("RetractionIn", "J Made-up Trials. 2026;1:99. doi: 10.5555/metaan.notice", "900000099"),),
)
LATER = paper("900000021", "Zymodrug in hornets: a made-up trial of a third animal.", "2026/11/25")


def empty_registry(root: Path) -> Path:
    """Write a review without studies into a folder, and return that of the studies."""
    for name, text in scaffold_review("A made-up review").items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "studies" / "example-2026.yaml").unlink()
    return root / "studies"


def registry(root: Path, search: str = "[{source: pubmed, query: 'zymodrug[tiab]'}]", more: str = "") -> Path:
    """Write the review into a folder, and return that of the studies."""
    folder = empty_registry(root)
    review = (folder / "review.yaml").read_text(encoding="utf-8")
    kept = review.split("\nsearch:")[0] + f"\nsearch: {search}\n{more}"
    (folder / "review.yaml").write_text(kept, encoding="utf-8")
    known = {"pmid": STUDY.pmid, "doi": STUDY.doi, "registrations": ("NCT99999911",), "published": "2024"}
    (folder / "bees.yaml").write_text(
        scaffold_study("bees", "Bees 2024", Record(STUDY.title, **known)), encoding="utf-8"
    )
    return folder


def clients(**urls: str) -> Callable[..., Client]:
    """Return what makes clients that never really wait, by the URLs of the local services."""

    def make(source: str, settings: object, keep: Any) -> Client:
        url = urls.get(source) or _KNOWING_NOTHING[source]()
        database = DATABASES[source]
        return client_at(url, FakeTime(), database.name, forms=database.service.forms, keep=keep)

    return make


def at(when: datetime, **urls: str) -> Run:
    """Return a run at a time that stands still, which asks local services."""
    return Run(lambda: when, services=clients(**urls) if urls else None)


@cache
def crossref_without_works() -> str:
    """Return the URL of a Crossref that knows nothing, for all tests that are not about it."""
    return Crossref(works={}, rate=None).__enter__().url


@cache
def europepmc_without_results() -> str:
    """Return the URL of a Europe PMC that knows nothing."""
    return EuropePMC(results=(), rate=None).__enter__().url


_KNOWING_NOTHING = {"crossref": crossref_without_works, "europepmc": europepmc_without_results}


@pytest.fixture(autouse=True)
def nobody_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from Crossref and Europe PMC themselves, and from waiting for their pace."""
    monkeypatch.setenv("METAAN_CROSSREF_URL", crossref_without_works())
    monkeypatch.setenv("METAAN_EUROPEPMC_URL", europepmc_without_results())
    paced = services.shared

    def shared(service: str, rate: float) -> Limiter:
        return Limiter(1e9) if service in ("crossref", "europepmc") else paced(service, rate)

    monkeypatch.setattr(services, "shared", shared)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of the store but the lock, by its name: the state that a run may change."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".update" not in path.parts
    }
