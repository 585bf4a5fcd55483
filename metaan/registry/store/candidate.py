"""Candidates: what searches and imported files found and nobody has judged yet; one line of JSON each.

A line of ``studies/candidates/<xx>.jsonl`` (`metaan.registry.store.shards`) changes only where a further record of it
says more: git shows what it gained. Who judged it, and how, stands in ``studies/decisions.jsonl``; which run found it,
in ``studies/runs``; the bytes that the service sent for it, in ``studies/raw/<sha256>.xml.gz`` (or .json.gz): unpacked,
they have the digest of their name.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, overload

from pydantic import Field

from ...errors import Problem, RegistryError, UsageError, did_you_mean
from ...records.record import POOLED
from ..model.types import Entry, Text
from ..text.files import MOST_BYTES, project_of, read, unreadable
from .commit import Staging
from .json_files import Model, parsed, read_back, read_entry
from .metadata import Publication
from .set_aside import set_aside
from .shards import ShardPlace, line_of, listed, place_of, put_lines

FOLDER = "candidates"
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_KEY = 80
Suffix = Literal["xml", "json"]


class Sighting(Entry):
    """Where a candidate was seen: the source or the file, its identifier there, and the digest of what it said."""

    source: Text
    id: Text
    digest: str | None = None
    url: str | None = None


class PublicationLink(Entry):
    """Another publication that has to do with this one, and how; ``to`` is a study or a candidate."""

    to: Text
    how: Text


class LikelyDuplicate(Entry):
    """A study or candidate that may be the same publication: a question for a person, with the evidence."""

    to: Text
    title: str = ""
    why: Text
    similarity: float
    agree: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()


class Candidate(Publication):
    """One publication that may be of a study for the review.

    Attributes
    ----------
    key
        The name of its line: from PMID or registration, else from its label and a digest.
    mentioned
        The one registration number that its text mentions, where the source itself gives none.
    found, run
        When and in which run, of one that was written before runs alone said so: the same record has the same line.
    """

    key: Text
    pmid: str | None = None
    pmcid: str | None = None
    mentioned: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = Field(min_length=1)
    linked: tuple[PublicationLink, ...] = ()
    questions: tuple[LikelyDuplicate, ...] = ()
    found: str | None = None
    run: str | None = None

    @property
    def own_registrations(self) -> tuple[str, ...]:
        """The registration of its own trial, found when it was."""
        return () if POOLED & set(self.publication_types) else self.registrations or self.mentioned


def candidate_key(pmid: str | None, registration: str | None, words: str, identity: str) -> str:
    """Return a name for a candidate, of a-z, 0-9 and hyphens whatever the record holds.

    Parameters
    ----------
    pmid, registration
        Used where there is one, in this order; a registration only where the record *is* a registration.
    words
        What people call it; for the eye.
    identity
        What tells it from every other: DOI, title, year, authors.

    Examples
    --------
    >>> candidate_key("35925914", None, "", ""), candidate_key(None, None, "Doe ../2026", "10.5555/x")
    ('pmid-35925914', 'doe-2026-e6d4f5bb')
    """
    if pmid:
        return f"pmid-{_safe(pmid)}"
    if registration and _safe(registration):
        return _safe(registration)
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    return f"{_safe(words)[:40].strip('-') or 'record'}-{digest}"


def _safe(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_KEY].strip("-")


class Candidates(Mapping[str, Candidate]):
    """The candidates of a folder in the order of their keys, each read when it is looked at."""

    def __init__(self, folder: Path | str) -> None:
        self._project, self._folder = project_of(Path(folder)), Path(folder) / FOLDER
        self._few: dict[str, ShardPlace | Path | None] = {}

    @cached_property
    def _places(self) -> dict[str, ShardPlace | Path]:
        return listed(self._folder)

    def _place(self, key: str) -> ShardPlace | Path | None:
        """Return where one stands; while nobody has asked for all of them, only its own file is looked at."""
        if "_places" in self.__dict__ or not KEY.fullmatch(key):
            return self._places.get(key)
        if key not in self._few:
            self._few[key] = place_of(self._folder, key)
        return self._few[key]

    def __getitem__(self, key: str) -> Candidate:
        """Return one; `RegistryError` where its place does not hold what was written."""
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        if isinstance(place, Path):
            return read_candidate(place)
        return parsed(place.path, place.read(self._project), Candidate, line=place.number)

    def __contains__(self, key: object) -> bool:
        """Say whether there is one, without reading it."""
        return isinstance(key, str) and self._place(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def read_candidates(folder: Path | str) -> dict[str, Candidate]:
    """Return all candidates by key, in the order of their keys; what holds none is set aside."""
    return {candidate.key: candidate for candidate in each_candidate(folder)}


def each_candidate(folder: Path | str) -> Iterator[Candidate]:
    """Yield one candidate after the other, as `read_candidates` returns them."""
    return readable(Candidates(folder))


def put_candidates(change: Staging, candidates: Iterable[Candidate], again: Collection[str] = ()) -> None:
    """Write new candidates into a change, as they come; `drop_old` follows once it is decided.

    Those with a key in ``again`` take the place of what was there.

    Raises
    ------
    RegistryError
        One could not be read back: nothing is written that the next command stumbles over.
    """
    lines = ((one.key, read_back(one, line_of(one.model_dump(mode="json")))) for one in candidates)
    put_lines(change, FOLDER, lines, again)


def _misnamed(path: Path) -> Problem:
    return Problem(str(path), 1, "key", "not the file's name", "the key")


def readable(candidates: Mapping[str, Candidate], keys: Iterable[str] | None = None) -> Iterator[Candidate]:
    """Yield the candidates of some keys, or all; those that are read only now, and cannot be, are set aside."""
    for key in candidates if keys is None else keys:
        try:
            yield candidates[key]
        except RegistryError as error:
            set_aside(error.problems)


def read_candidate(path: Path) -> Candidate:
    """Return the candidate of a file of its own; a `RegistryError` where it holds none, or is not there."""
    try:
        candidate = read_entry(path, Candidate)
    except OSError as error:  # version control may have taken it away since the folder was listed
        gone = Problem(str(path), 1, "", error.strerror or str(error), "start again, which lists the files anew")
        raise RegistryError([gone]) from None
    if candidate.key != path.stem:
        raise RegistryError([_misnamed(path)])
    return candidate


class Stored(Sequence[Candidate]):
    """Some of the candidates of a folder, each read when it is looked at: thousands of abstracts need no memory."""

    def __init__(self, folder: Path | str, keys: Sequence[str], there: Mapping[str, Candidate] | None = None) -> None:
        self._folder, self._keys, self._there = folder, keys, there

    @overload
    def __getitem__(self, index: int) -> Candidate: ...

    @overload
    def __getitem__(self, index: slice) -> Stored: ...

    def __getitem__(self, index: int | slice) -> Candidate | Stored:
        """Return one, read anew, or a part of them."""
        if isinstance(index, slice):
            return Stored(self._folder, self._keys[index], self._there)
        if self._there is None:
            self._there = Candidates(self._folder)
        return self._there[self._keys[index]]

    def __len__(self) -> int:
        return len(self._keys)


def read_all(folder: Path, model: type[Model]) -> dict[Path, Model]:
    """Return every JSON file of a folder as a model, in the order of the names; what holds none is set aside."""
    return dict(_each(folder, model))


def _each(folder: Path, model: type[Model]) -> Iterator[tuple[Path, Model]]:
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            entry = read_entry(path, model)
        except RegistryError as error:
            set_aside(error.problems)
        except FileNotFoundError:  # taken away since the folder was listed
            continue
        else:
            yield path, entry


def raw_name(digest: str, suffix: Suffix) -> str:
    """Return the name, below the folder of the studies, of the file that keeps an answer by its digest."""
    return f"raw/{digest}.{suffix}.gz"


def packed(body: bytes) -> bytes:
    """Return what that file holds: the same bytes for the same answer, whenever it came."""
    return gzip.compress(body, 6, mtime=0)


def read_raw(folder: Path | str, digest: str) -> bytes | None:
    """Return the kept bytes with a digest, or None where they were not kept.

    Raises
    ------
    RegistryError
        The file is there and holds something else.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UsageError(f"{digest!r} is no digest; allowed: 64 digits, 0 to 9 and a to f")
    for path in (Path(folder) / "raw").glob(f"{digest}.*.gz"):
        try:
            packed = io.BytesIO(read(path, project_of(Path(folder))))
        except OSError as error:
            raise RegistryError([unreadable(path, error)]) from None
        try:
            body = gzip.GzipFile(fileobj=packed).read(MOST_BYTES + 1)
        except (OSError, EOFError):
            body = b""
        if hashlib.sha256(body).hexdigest() != digest:
            raise RegistryError([Problem(str(path), 1, "", "other bytes than those of its name", "restore the file")])
        return body
    return None


def find_candidate(candidates: Mapping[str, Candidate], name: str) -> Candidate:
    """Return the candidate with a key, a PMID, a DOI or a registration number.

    Raises
    ------
    UsageError
        There is none, or there are several.
    """
    if name in candidates:
        return candidates[name]
    word = name.strip().casefold()
    if (key := f"pmid-{word}") in candidates:
        return candidates[key]
    fits = [c for c in readable(candidates) if word in _names(c)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        keys = ", ".join(candidate.key for candidate in fits)
        raise UsageError(f"candidate {name!r} could be several; allowed: one of {keys}")
    raise UsageError(f"candidate {name!r} is unknown; {_allowed(word, candidates)}")


def _names(candidate: Candidate) -> Iterable[str]:
    return {text.casefold() for text in (candidate.pmid, candidate.doi, *candidate.registrations) if text}


def _allowed(word: str, candidates: Mapping[str, Candidate]) -> str:
    """Say what is allowed; thousands of keys would hide it."""
    if len(candidates) <= 20:
        return did_you_mean(word, candidates) if candidates else "there are no candidates; run metaan update"
    return f"allowed: one of the {len(candidates):,} keys, PMIDs or DOIs that metaan screen --list shows"
