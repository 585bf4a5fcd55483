"""A whole review of RevMan 5: its analyses, its studies with texts and judgements, and all other text verbatim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ...records.markup import clean_text
from ...records.record import Record
from ..formats.tagged import says_something
from ..formats.xml_guard import sound_tree
from ..formats.xml_text import text_at
from .revman import parse_rm5, record_of
from .rows import RevMan


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the review says of one domain of bias: its name, the judgement (a key of the file) and the words for it."""

    domain: str
    judgement: str
    support: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A text of the file, where it stands, and in which of several there: a name or a line."""

    place: str
    text: str
    which: str = ""

    @property
    def where(self) -> str:
        """The place in full."""
        return f"{self.place} ({self.which})" if self.which else self.place


@dataclass(frozen=True, slots=True)
class RevManStudy:
    """One included study.

    Attributes
    ----------
    name, year
        As the review names it; rows of analyses name it so too.
    records
        Its publications, the primary one first.
    texts
        Its characteristics: a heading (`TEXTS`) to what stands there.
    bias
        The judgements, in the order of the file.
    """

    name: str
    year: str = ""
    records: tuple[Record, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    bias: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeReview:
    """What a file of RevMan holds; ``kept`` is what stands in none of the other attributes."""

    title: str
    data: RevMan
    studies: tuple[RevManStudy, ...]
    authors: tuple[str, ...] = ()
    searched: str = ""
    population: str = ""
    kept: tuple[Kept, ...] = ()


def parse_review(body: bytes) -> WholeReview:
    """Return all that a file of RevMan 5 holds.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, declares entities, or is another kind of document.
    """
    root = sound_tree(body)
    included = root.findall("STUDIES_AND_REFERENCES/STUDIES/INCLUDED_STUDIES/STUDY")
    return WholeReview(
        title=text_at(root, "COVER_SHEET/TITLE") or "",
        data=parse_rm5(body),
        studies=tuple(_study(root, study) for study in included),
        authors=tuple(filter(None, map(_person, root.iterfind("COVER_SHEET/CREATORS/PERSON")))),
        searched=_day(root.find("COVER_SHEET/DATES/LAST_SEARCH/DATE")),
        population=text_at(root, f"{_CRITERIA}/CRIT_PARTICIPANTS") or "",
        kept=tuple(_kept(root, "")),
    )


def _person(person: Element) -> str:
    names = (text_at(person, key) for key in ("FIRST_NAME", "MIDDLE_INITIALS", "LAST_NAME"))
    return " ".join(filter(None, names))


def _day(date: Element | None) -> str:
    numbers = [] if date is None else [date.get(key, "") for key in ("YEAR", "MONTH", "DAY")]
    return "-".join(number.zfill(2) for number in numbers) if numbers and all(map(str.isdecimal, numbers)) else ""


def _study(root: Element, study: Element) -> RevManStudy:
    key = study.get("ID", "")
    references = sorted(study.iterfind("REFERENCE"), key=lambda reference: reference.get("PRIMARY") != "YES")
    records = (record_of(study, reference) for reference in references)
    of = next((one for one in root.iter("INCLUDED_CHAR") if one.get("STUDY_ID") == key), Element("none"))
    return RevManStudy(
        clean_text(study.get("NAME", "") or key),
        study.get("YEAR", ""),
        tuple(record for record in records if says_something(record)),
        {heading: text for tag, heading in TEXTS.items() if (text := text_at(of, tag))},
        tuple(_judgements(root, key)),
    )


def _judgements(root: Element, key: str) -> Iterator[Judgement]:
    for item in root.iterfind("QUALITY_ITEMS/QUALITY_ITEM"):
        for entry in item.iterfind("QUALITY_ITEM_DATA/QUALITY_ITEM_DATA_ENTRY"):
            if entry.get("STUDY_ID") == key:
                group = next((g for g in item.iter("QUALITY_ITEM_DATA_ENTRY_GROUP")
                              if g.get("ID") == entry.get("GROUP_ID", "")), Element("none"))  # fmt: skip
                said = [text_at(group, "NAME"), text_at(entry, "DESCRIPTION")]
                yield Judgement(text_at(item, "NAME") or "", entry.get("RESULT", ""), ": ".join(filter(None, said)))


def _kept(element: Element, place: str) -> Iterator[Kept]:
    """Yield the texts that are read nowhere else, each with the tags above it; blocks of text stay whole."""
    for child in element:
        path = f"{place}/{child.tag}".lstrip("/")
        if path in _READ:
            continue
        if (child.text or "").strip() or any(inner.tag in _OF_TEXT for inner in child):
            if text := clean_text("".join(_pieces(child))):
                yield Kept(path, text, _name(child))
        else:
            yield from _kept(child, path)


def _pieces(element: Element) -> Iterator[str]:
    """Yield the pieces of a text, with a blank behind what stands on lines of its own."""
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield (" " if child.tag in _OWN_LINES else "") + (child.tail or "")


def _name(element: Element) -> str:
    return element.get("STUDY_ID") or element.get("NAME") or element.get("ID") or ""


#: Tags of the characteristics of a study -> their headings.
TEXTS = {
    "CHAR_METHODS": "methods", "CHAR_PARTICIPANTS": "participants", "CHAR_INTERVENTIONS": "interventions",
    "CHAR_OUTCOMES": "outcomes", "CHAR_NOTES": "notes",
}  # fmt: skip

_CRITERIA = "MAIN_TEXT/BODY/METHODS/SELECTION_CRITERIA"
_STUDY = "STUDIES_AND_REFERENCES/STUDIES/INCLUDED_STUDIES/STUDY"
_ITEM = "QUALITY_ITEMS/QUALITY_ITEM"
_OUTCOME = "ANALYSES_AND_DATA/COMPARISON"
_KINDS = ("DICH", "CONT", "IV", "IPD")
_OWN_LINES = frozenset(("P", "HEADING", "SUBSECTION", "TABLE", "TR", "TD", "TH", "OL", "UL", "LI", "BR"))
_OF_TEXT = _OWN_LINES | {"B", "I", "LINK"}
#: What stands in the attributes of a review.
_READ = frozenset((
    "COVER_SHEET/TITLE", "COVER_SHEET/CREATORS/PERSON/FIRST_NAME", "COVER_SHEET/CREATORS/PERSON/MIDDLE_INITIALS",
    "COVER_SHEET/CREATORS/PERSON/LAST_NAME", f"{_CRITERIA}/CRIT_PARTICIPANTS",
    *(f"{_STUDY}/REFERENCE/{tag}" for tag in ("AU", "TI", "SO", "YR", "VL", "NO", "PG")),
    *(f"CHARACTERISTICS_OF_STUDIES/CHARACTERISTICS_OF_INCLUDED_STUDIES/INCLUDED_CHAR/{tag}" for tag in TEXTS),
    f"{_ITEM}/NAME", f"{_ITEM}/QUALITY_ITEM_DATA",
    f"{_OUTCOME}/NAME",
    *(f"{_OUTCOME}/{kind}_OUTCOME/{tag}" for kind in _KINDS for tag in (
        "NAME", "EFFECT_MEASURE", "GROUP_LABEL_1", "GROUP_LABEL_2", "GRAPH_LABEL_1", "GRAPH_LABEL_2",
        f"{kind}_DATA", f"{kind}_SUBGROUP")),
))  # fmt: skip
