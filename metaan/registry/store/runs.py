"""Runs: what was asked and what came, one JSON file each, and the watermark: until when each search is complete.

``studies/runs/<time>-<n>.json`` is written once. ``studies/watermark.json`` is moved by the same commit, so that it
never says more than the runs do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from ...errors import RegistryError
from ...records.record import names_of_text
from ..model.types import Entry, Flag, Text
from ..text.files import project_of
from .candidate import read_all
from .json_files import bytes_of, plain_json, problems_of, refuse_hidden
from .set_aside import set_aside

WATERMARK = "watermark.json"
LINK = "another version"  # the severity of a notice that only names another text of the same work


class Change(Entry):
    """What has become of the registration of a known study or candidate, and on which day."""

    id: Text
    to: Text
    what: Literal["results posted", "changed"]
    day: str


class SearchRun(Entry):
    """One strategy as it was run.

    Attributes
    ----------
    strategy
        By what the watermark knows it: changes with the query.
    asked
        The query as it was sent; ``term`` is that of review.yaml.
    translation
        The query as the service says that it understood it.
    since
        The first day of the window, the overlap included; None for the whole source.
    count, identifiers
        What the service counts, and every record that it lists.
    fetched
        How many of them were new enough to be fetched.
    accepted
        What the service left out of the query, and a person has accepted as left out.
    answers
        SHA-256 of the raw answers to the search.
    no_longer
        Records of earlier runs of the same strategy that a whole search no longer lists.
    changes
        Of registrations that belong to a study or a candidate.
    """

    source: Text
    strategy: Text
    term: Text
    asked: Text
    translation: str = ""
    since: str | None = None
    count: int
    identifiers: tuple[str, ...] = ()
    fetched: int = 0
    accepted: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    no_longer: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    version: str | None = None


class FileRun(Entry):
    """One imported file: its name and digest, the database that it was exported from, what became of its records."""

    file: Text
    sha256: Text
    database: str | None = None
    identifiers: tuple[str, ...] = ()
    read: int
    new: int
    duplicate: int
    failed: int


class Notice(Entry):
    """Something published about a study of the registry: ``kind`` is PubMed's RefType, or Crossref's word.

    ``first`` is the day on which a run told of it first; a decision from before that day cannot be about it.
    """

    study: Text
    kind: Text
    severity: Text
    source: str = ""
    pmid: str | None = None
    doi: str | None = None
    by: Text
    known: Flag = False
    first: str = ""

    def __str__(self) -> str:
        """Return it in words, with where it stands and who says so."""
        where = ", ".join(filter(None, (self.source, self.pmid and f"PMID {self.pmid}", self.doi)))
        return f"{self.study}: {self.severity} ({self.kind}; {where or 'no source named'}; {self.by})"

    @property
    def names(self) -> tuple[str, ...]:
        """By what it is known again."""
        return names_of_text(self.kind, self.source, self.pmid, self.doi)

    @property
    def asks(self) -> bool:
        """Whether a person has to look at it now: it is new, and more than a link to another text."""
        return not self.known and self.severity != LINK


class Recheck(Entry):
    """The studies that were looked at again, those that no service knows, and the notices that stand about them.

    ``unasked`` are services that did not answer, each with the reason: what they know is not here.
    """

    studies: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    unasked: tuple[str, ...] = ()


class RunRecord(Entry):
    """One run of ``metaan update`` or ``metaan import``, which came to its end.

    Attributes
    ----------
    new
        Keys of the candidates that it found.
    known
        Identifier of a record -> study of the registry that it is, or is a known publication of.
    duplicates
        Identifier of a record -> key of the candidate that it is another record of.
    enriched
        Key of a candidate that was there -> the fields of which a further record said more.

    An identifier here has its source in front: ``pubmed:35925914``.
    """

    id: Text
    kind: Literal["update", "import"]
    started: Text
    finished: Text
    full: Flag = False
    versions: Mapping[str, str]
    searches: tuple[SearchRun, ...] = ()
    files: tuple[FileRun, ...] = ()
    new: tuple[str, ...] = ()
    known: Mapping[str, str] = Field(default_factory=dict)
    duplicates: Mapping[str, str] = Field(default_factory=dict)
    enriched: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    recheck: Recheck | None = None


class SearchMark(Entry):
    """Until when a strategy is complete: the day on which its last complete run began, and that run."""

    term: Text
    searched: date
    run: Text


Watermark = dict[str, dict[str, SearchMark]]  # source -> strategy -> mark
_WATERMARK = TypeAdapter(Watermark)


def strategy_key(term: str) -> str:
    """Return by what the watermark knows a query; blanks are no difference.

    >>> strategy_key("anakinra[tiab]  AND x") == strategy_key("anakinra[tiab] AND x ")
    True
    """
    return hashlib.sha256(" ".join(term.split()).encode()).hexdigest()[:12]


def run_id(folder: Path | str, started: datetime) -> str:
    """Return a name for a run that is not taken."""
    base, number = started.strftime("%Y%m%dT%H%M%SZ"), 1
    while (Path(folder) / "runs" / f"{base}-{number}.json").exists():
        number += 1
    return f"{base}-{number}"


def read_runs(folder: Path | str) -> tuple[RunRecord, ...]:
    """Return all runs, the earliest first; files that do not hold one are set aside."""
    return tuple(sorted(read_all(Path(folder) / "runs", RunRecord).values(), key=lambda run: (run.started, run.id)))


def read_watermark(folder: Path | str) -> Watermark:
    """Return until when each strategy is complete; nothing, where nothing was searched yet.

    A file that does not hold what was written is set aside: then everything is searched once more.
    """
    path = Path(folder) / WATERMARK
    try:
        return parse_watermark(path, bytes_of(path, project_of(Path(folder))))
    except FileNotFoundError:
        return {}
    except RegistryError as error:
        set_aside(error.problems)
        return {}


def parse_watermark(path: Path, raw: bytes) -> Watermark:
    """Return what the bytes of a watermark hold; a `RegistryError` where they hold none."""
    refuse_hidden(path, raw)
    try:
        return _WATERMARK.validate_json(raw)
    except ValidationError as error:
        raise RegistryError(problems_of(path, error)) from None


def watermark_bytes(watermark: Watermark) -> bytes:
    """Return the file of a watermark."""
    return plain_json(_WATERMARK.dump_python(watermark, mode="json"))
