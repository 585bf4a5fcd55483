"""A new study enters the registry: its record is fetched or read, duplicates are refused, a form is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from ...errors import ConflictError, DataError, RegistryError, SourceError, UsageError
from ...records.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ...records.label import label_of, unique_id
from ...records.record import NOT_TRIALS
from ...registry.check.draft import read_document
from ...registry.load import Review, load
from ...registry.model.public import Study
from ...registry.model.types import Registration
from ...registry.scaffold import StudyForm, scaffold_study
from ...registry.store import metadata as stored
from ...registry.store.commit import taking_turns
from ...registry.write import change
from ...sources.files.bibtex import read_bibtex
from ..run import REAL, Run, settings_of
from ..search.fetch import metadata_of, oddities, title_key
from ..search.lookup import Libraries, by_doi, by_pmid
from .design_guess import design_of

if TYPE_CHECKING:
    from ...records.record import Read, Record
    from ...registry.model.public import Outcome


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one record.

    Attributes
    ----------
    name
        How it is called: first author and year, or the place in the file.
    study_id, file
        The new study and its file; None where there is a ``problem``.
    problem
        Why it was not added.
    notes
        What a person should look at.
    """

    name: str
    study_id: str | None = None
    file: Path | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


def add(
    folder: Path | str,
    *,
    doi: str | None = None,
    pmid: str | None = None,
    bibtex: Path | str | None = None,
    run: Run = REAL,
) -> list[Added]:
    """Add the study with a DOI or a PMID, or every study of a BibTeX file, to the registry; it then awaits its numbers.

    Parameters
    ----------
    folder
        The folder of the study files.
    doi, pmid, bibtex
        One of them: what PubMed is asked for, and Crossref and Europe PMC for a DOI that it does not have; or a
        file, of which every sound entry is added.
    run
        The time, who is told, and who answers.

    Returns
    -------
    list of Added
        One for each record. Only entries of a file come back with a ``problem``; the others are raised.

    Raises
    ------
    UsageError
        Not exactly one of the three is given, or it is not a DOI or a PMID.
    ConflictError
        The study is in the registry already; the message names the file.
    SourceError
        PubMed could not be reached, or nobody has such a record, or the file cannot be read. Nothing was written.
    RegistryError
        The registry is at fault.
    """
    if sum(one is not None for one in (doi, pmid, bibtex)) != 1:
        raise UsageError("give one of --doi, --pmid and --bibtex")
    review = load(folder)
    if bibtex is not None:
        read = read_bibtex(bibtex)
        with taking_turns(folder):
            return list(_add_file(bibtex, read, load(folder)))
    kind, value = _checked_key(doi, pmid)
    _Taken.of(review).refuse([(kind, value)])
    libraries = Libraries.of(run, settings_of(review))
    found = (by_doi if kind == "DOI" else by_pmid)(value, libraries, run.voice.progress)
    metadata = metadata_of(found.article, libraries.pubmed.url, run.now()) if found.article else None
    new_study(review, found.record)
    with taking_turns(folder):  # while the service was asked, somebody else may have added it
        review = load(folder)
        new = new_study(review, found.record)
        new.write(review.folder, metadata)
    return [Added(new.label, new.id, review.folder / f"{new.id}.yaml", notes=(*found.notes, *new.notes))]


@dataclass(frozen=True, slots=True)
class NewStudy:
    """The study that a record is of, before it is written; ``notes`` are what a person should look at."""

    id: str
    label: str
    text: str
    notes: tuple[str, ...]

    def write(self, folder: Path, metadata: stored.Metadata | None = None) -> Path:
        """Write its file, and before that what PubMed said of it: where there is a study, it is complete.

        Raises
        ------
        ConflictError
            A file of this name is there.
        """
        if metadata is None:
            stored.path_of(folder, self.id).unlink(missing_ok=True)  # of a run that was killed before the study's file
        else:
            stored.write(folder, self.id, metadata)
        path = folder / f"{self.id}.yaml"
        try:
            change(path, None, self.text.encode())
        except ConflictError:  # it has come by hand since the review was loaded
            stored.path_of(folder, self.id).unlink(missing_ok=True)
            raise
        return path


def new_study(review: Review, record: Record) -> NewStudy:
    """Return the study that a record is of; who writes it holds the turn since the review was loaded.

    Raises
    ------
    ConflictError
        The study is in the registry already; the message names the file.
    """
    return _new(record, review, _Taken.of(review))


def _checked_key(doi: str | None, pmid: str | None) -> tuple[str, str]:
    """Return what is asked for as a kind and a value."""
    if doi is not None:
        if found := normalise_doi(doi):
            return "DOI", found
        raise UsageError(f"{doi!r} is no DOI; allowed: 10.nnnn/..., such as 10.1371/journal.pone.0269065")
    if found := normalise_pmid(pmid):
        return "PMID", found
    raise UsageError(f"{pmid!r} is no PMID; allowed: up to nine digits, such as 35925914")


class _Taken:
    """What the registry holds already: which file each identifier stands in, and which ids are taken."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}
        self.ids: set[str] = set()

    @classmethod
    def of(cls, review: Review) -> _Taken:
        taken = cls()
        for study in review.studies:
            taken.put(study.id, review.file(study.id), _keys_of_study(study, review.metadata.get(study.id)))
        taken.ids |= {path.stem.casefold() for path in review.folder.iterdir()}
        return taken

    def put(self, study_id: str, file: str, keys: Iterable[tuple[str, str]]) -> None:
        self.ids.add(study_id)
        for key in keys:
            self.files.setdefault(key, file)

    def refuse(self, keys: Iterable[tuple[str, str]]) -> None:
        """Raise a `ConflictError` when one of the identifiers is there."""
        for kind, value in keys:
            if file := self.files.get((kind, value)):
                what = "a study with this title" if kind == "title" else f"the {kind} {value}"
                raise ConflictError(f"{what} is in {file} already; nothing was written for it")


def _keys_of_study(study: Study, metadata: stored.Metadata | None) -> Iterator[tuple[str, str]]:
    """Return the identifiers under which a study, its notices and its stored record are known."""
    dois = [study.doi, *(relation.doi for relation in study.relations if relation.kind != "overlaps with")]
    pmids = [study.pmid, *(relation.pmid for relation in study.relations if relation.kind != "overlaps with")]
    numbers = [*study.registrations]
    if metadata:
        dois.append(metadata.doi)
        pmids.append(metadata.pmid)
        numbers += metadata.registrations
    yield from (("DOI", doi) for doi in map(normalise_doi, dois) if doi)
    yield from (("PMID", pmid) for pmid in map(normalise_pmid, pmids) if pmid)
    yield from (("registration", normalise_registration(number)) for number in numbers)
    yield "title", title_key(study.title)


def _keys_of_record(record: Record) -> list[tuple[str, str]]:
    """Return the identifiers of a record; its title counts only where it has no other."""
    found = [("DOI", record.doi), ("PMID", record.pmid)]
    found += [("registration", number) for number in record.own_registrations]
    if not (record.doi or record.pmid):
        found.append(("title", title_key(record.title)))
    return [(kind, value) for kind, value in found if value]


def _add_file(path: Path | str, read: Read, review: Review) -> Iterator[Added]:
    """Add every sound entry of a file; an entry that fails, or is there already, is reported."""
    taken = _Taken.of(review)
    if not (read.records or read.failed):
        raise SourceError(f"{path}: no BibTeX entry found")
    for record in read.records:
        name = f"{path}:{record.extra['line']}: {record.extra['key']}"
        try:
            new = _new(record, review, taken)
            yield Added(new.label, new.id, new.write(review.folder), notes=new.notes)
        except (ConflictError, DataError, RegistryError) as error:
            yield Added(name, problem=str(error))
    yield from (Added(f"{path}:{failure.line}", problem=f"{failure.reason}: {failure.text}") for failure in read.failed)


def _new(record: Record, review: Review, taken: _Taken) -> NewStudy:
    """Return one new study, whose identifiers are then taken."""
    if not record.title:
        raise DataError("the record has no title; allowed: one with a title, such as a BibTeX entry that says it")
    keys = _keys_of_record(record)
    taken.refuse(keys)
    label = label_of(record.authors, record.title, record.year)
    study_id = unique_id(label, taken.ids)
    path = review.folder / f"{study_id}.yaml"
    text = _text(record, study_id, label, review)
    _, problems = read_document(str(path), study_id, text.encode(), Study)
    if problems:
        raise RegistryError(problems)
    taken.put(study_id, f"{review.folder.resolve().name}/{path.name}", [*keys, ("title", title_key(record.title))])
    return NewStudy(study_id, label, text, tuple(_notes(record)))


def _text(record: Record, study_id: str, label: str, review: Review) -> str:
    """Return the text of the study file."""
    kept = tuple(number for number in record.own_registrations if _is_number(number))
    known = replace(record, title=_without_full_stop(record.title), registrations=kept)
    labels = review.info.labels
    form = StudyForm(_outcomes(review), design_of(record)[0], labels.experimental, labels.control)
    return scaffold_study(study_id, label, known, form)


def _is_number(text: str) -> bool:
    """Whether a study file takes a registration number: databases hold misprints, and what is none at all."""
    try:
        TypeAdapter(Registration).validate_python(text)
    except ValidationError:
        return False
    return True


def _outcomes(review: Review) -> list[Outcome]:
    """Return the outcomes that the protocol pools, each once."""
    return [review.outcome(name) for name in dict.fromkeys(plan.outcome for plan in review.info.analyses)]


def _without_full_stop(title: str) -> str:
    """PubMed ends every title with a full stop that is not the authors'."""
    return re.sub(r"(?<!\.)\.$", "", title)


def _notes(record: Record) -> Iterator[str]:
    """Say what a person should look at before filling in numbers."""
    yield from oddities(record)
    if kinds := sorted(NOT_TRIALS & set(record.publication_types)):
        yield f"PubMed calls it {', '.join(kinds)}: look at design.kind"
    elif doubt := design_of(record)[1]:
        yield doubt
    if wrong := [number for number in record.own_registrations if not _is_number(number)]:
        yield f"left out, for no registry has such a number: {', '.join(wrong)}"
    if (number := record.own_registrations) and number != record.registrations:
        yield f"the registration {number[0]} was found in its text: check that it is the study's own"
