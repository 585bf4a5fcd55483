"""What PubMed said of a study, kept beside the study files so that pages need no network.

One JSON file a study, ``studies/metadata/<id>.json``, with sorted keys and a newline at the end: git shows each change.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field

from ...records.markup import escape, plain_text
from ...records.record import AbstractPart, Correction, Record
from ..model.types import ID_PATTERN, Entry, Flag, Text
from ..text.atomic import write_text
from ..text.files import project_of, stay_inside
from .json_files import plain_json, read_back, read_entry


class Publication(Entry):
    """A record as it is stored: the fields of `metaan.records.record.Record`, its title as a markup string.

    What a record works out, ``retracted`` and ``concern``, is stored beside what it is worked out from.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    authors_complete: Flag = True
    journal: str | None = None
    journal_abbreviation: str | None = None
    published: str | None = None
    year: int | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    abstract: tuple[AbstractPart, ...] = ()
    mesh: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    retracted: Flag = False
    concern: Flag = False

    @classmethod
    def of(cls, record: Record, **more: Any) -> Self:
        """Return what is stored of a record, with what is stored beside it."""
        said = {name: getattr(record, name) for name in cls.model_fields if hasattr(record, name)}
        return cls(**said | {"title": record.title_markup or escape(record.title)} | more)

    def record(self, source: str) -> Record:
        """Return the record that is stored, of a source."""
        said = {field.name: getattr(self, field.name) for field in fields(Record) if hasattr(self, field.name)}
        return Record(**said | {"title": plain_text(self.title), "title_markup": self.title, "source": source})


class Metadata(Publication):
    """PubMed's record of one study.

    Attributes
    ----------
    fetched
        When this content was first fetched: ISO 8601, UTC.
    checked
        The last day on which PubMed was asked and still said the same: what a page calls "as of".
    url, digest
        What was asked (without a key), and the SHA-256 of the raw answer.
    told
        By what notices are known again, with the day on which they were first there; a file without it knows no days.
    """

    pmid: str
    fetched: Text
    checked: Text | None = None
    url: Text
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    told: Mapping[str, str] = Field(default_factory=dict)

    def notice(self, about: str) -> str:
        """Return where the notice of a retraction, a concern or a correction stands; empty where PubMed names none."""
        said = ((link.source, link.pmid and f"PMID {link.pmid}") for link in self.links(about))
        return "; ".join(", ".join(filter(None, words)) for words in said)

    def links(self, about: str) -> tuple[Correction, ...]:
        """Return the links to notices of a retraction, a concern or a correction."""
        return tuple(link for link in self.corrections if link.kind in NOTICES.get(about, ()))


#: What a decision is about -> PubMed's RefTypes of the notices.
NOTICES = {
    "retraction": ("RetractionIn", "RetractedandRepublishedIn"),
    "concern": ("ExpressionOfConcernIn",),
    "correction": ("ErratumIn", "CorrectedandRepublishedIn"),
}


def path_of(folder: Path | str, study_id: str) -> Path:
    """Return where the metadata of a study is kept; an id that would leave the folder is refused."""
    if not re.fullmatch(ID_PATTERN, study_id):
        raise ValueError(f"{study_id!r} is not a study id")
    return Path(folder) / "metadata" / f"{study_id}.json"


def read(folder: Path | str, study_id: str) -> Metadata | None:
    """Return the stored metadata of a study, None where nothing was fetched yet.

    Parameters
    ----------
    folder
        The folder of the study files.
    study_id
        The study's id, which names the file.

    Raises
    ------
    RegistryError
        The file is there and does not hold what `write` writes.
    """
    try:
        return read_entry(path_of(folder, study_id), Metadata, "run metaan fetch for this study to write the file anew")
    except FileNotFoundError:
        return None


def write(folder: Path | str, study_id: str, metadata: Metadata) -> Path:
    """Store the metadata of a study atomically, and return where."""
    path = path_of(folder, study_id)
    stay_inside(path, project_of(Path(folder)))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text_of(metadata))
    return path


def text_of(metadata: Metadata) -> str:
    """Return the text of the file that stores metadata."""
    unsaid = None if metadata.told else {"told"}
    return read_back(metadata, plain_json(metadata.model_dump(mode="json", exclude=unsaid))).decode()
