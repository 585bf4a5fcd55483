"""RevMan's review files and tables of analyses -> the data rows of each analysis, under the names of our statistics.

Read are the file of RevMan 5 (.rm5, XML), the table that RevMan 5 exports of its analyses, and the data rows that
RevMan Web exports. What a review says of a study is a claim about its publication: numbers from here are proposals,
and whoever takes them over names the publication that they were checked against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from ...errors import SourceError
from ...records.citation import find_year, page_range
from ...records.identifiers import find_registrations, normalise_doi, written_pmid
from ...records.markup import clean_text, plain_text
from ...records.names import short_name
from ...records.record import Failure, Read, Record
from ..formats.encoding import decode, read_file
from ..formats.tagged import NOTHING_SAID, says_something
from ..formats.xml_guard import sound_tree
from ..formats.xml_text import markup, text_at
from ..net.answers import UnreadableError
from .rows import COUNTS, EFFECTS, LOG_RANK, MEANS, TOTALS, Place, RevMan, RevManAnalysis, RevManRow, number_of, row_of
from .tables import parse_analyses


def read_revman(path: Path | str) -> RevMan:
    """Return the analyses of a review of RevMan, with the data of each study.

    Parameters
    ----------
    path
        A file of RevMan 5, the table of analyses that it exports, or the data rows that RevMan Web exports.

    Raises
    ------
    SourceError
        The file cannot be opened or is none of these, or its XML is not sound.
    """
    raw = read_file(path)
    try:
        return parse_rm5(raw) if b"<COCHRANE_REVIEW" in raw[:4_096] else parse_analyses(decode(raw))
    except (SourceError, UnreadableError) as error:
        raise SourceError(f"{path}: {error}") from None


def parse_rm5(body: bytes) -> RevMan:
    """Return the analyses of a review file.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, declares entities, or is another kind of document.
    """
    root = sound_tree(body)
    studies = {study.get("ID", ""): study for study in root.iter("STUDY")}
    analyses, failed = [], []
    for comparison in root.iterfind("ANALYSES_AND_DATA/COMPARISON"):
        for outcome in comparison:
            if kind := _OUTCOMES.get(outcome.tag):
                found = list(_rm5_rows(comparison.get("NO", ""), outcome, kind, studies))
                failed += [row for row in found if isinstance(row, Failure)]
                analyses.append(_rm5_analysis(comparison, outcome, kind, found))
    return RevMan(tuple(analyses), tuple(failed))


def parse_references(body: bytes) -> Read:
    """Return the publications that a review file lists of its studies, the excluded and the awaited ones too.

    Raises
    ------
    UnreadableError
        As in `parse_rm5`.
    """
    records, failed = [], []
    for at, (study, reference) in enumerate(_references(sound_tree(body)), start=1):
        record = record_of(study, reference)
        if says_something(record):
            records.append(record)
        else:
            failed.append(Failure(at, f"reference {at}: {NOTHING_SAID}", record.extra["study"][:80]))
    return Read(tuple(records), tuple(failed))


def _references(root: Element) -> Iterator[tuple[Element, Element]]:
    return ((study, reference) for study in root.iter("STUDY") for reference in study.iterfind("REFERENCE"))


def record_of(study: Element, reference: Element) -> Record:
    """Return a publication of a study."""
    title = markup(reference.find("TI"))
    year = find_year(text_at(reference, "YR") or "")
    own = (*reference.iterfind("IDENTIFIERS/IDENTIFIER"), *study.iterfind("IDENTIFIERS/IDENTIFIER"))
    numbers = [(found.get("TYPE", "").upper(), clean_text(found.get("VALUE", ""))) for found in own]
    pmids = (written_pmid(number) for kind, number in numbers if kind in ("PUBMED", "MEDLINE", "PMID"))
    names = (short_name(name) for name in (text_at(reference, "AU") or "").replace(";", ",").split(","))
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=tuple(name for name in names if name),
        year=int(year) if year else None,
        published=year,
        journal=text_at(reference, "SO"),
        volume=text_at(reference, "VL"),
        issue=text_at(reference, "NO"),
        pages=page_range(text_at(reference, "PG") or ""),
        doi=next((doi for _, number in numbers if (doi := normalise_doi(number))), None),
        pmid=next((pmid for pmid in pmids if pmid), None),
        registrations=find_registrations(" ".join(number for _, number in numbers)),
        publication_types=tuple(filter(None, [clean_text(reference.get("TYPE", "")).replace("_", " ").capitalize()])),
        source="revman",
        extra={"study": f"{clean_text(study.get('NAME', ''))} {clean_text(study.get('YEAR', ''))}".strip()},
    )


def _rm5_analysis(comparison: Element, outcome: Element, kind: str, rows: list[RevManRow | Failure]) -> RevManAnalysis:
    return RevManAnalysis(
        number=f"{comparison.get('NO', '')}.{outcome.get('NO', '')}",
        comparison=text_at(comparison, "NAME") or "",
        name=text_at(outcome, "NAME") or "",
        kind=kind,
        measure=clean_text(outcome.get("EFFECT_MEASURE", "")) or text_at(outcome, "EFFECT_MEASURE") or "",
        experimental=text_at(outcome, "GROUP_LABEL_1") or "",
        control=text_at(outcome, "GROUP_LABEL_2") or "",
        rows=tuple(row for row in rows if isinstance(row, RevManRow)),
        method=outcome.get("METHOD", "" if kind == "counts" else "IV"),
        random=_FLAGS.get(outcome.get("RANDOM", "")),
        level=(number_of(outcome.get("CI_TOTAL", "")) or 95) / 100,
        log=_FLAGS.get(outcome.get("LOG_DATA", "")),
        totals=outcome.get("TOTALS", "YES"),
        unit=clean_text(outcome.get("UNITS", "")),
        favours=(text_at(outcome, "GRAPH_LABEL_1") or "", text_at(outcome, "GRAPH_LABEL_2") or ""),
        swapped=outcome.get("SWAP_EVENTS") == "YES",
        pooled=_stored(outcome),
    )


def _stored(outcome: Element) -> dict[str, tuple[float, float, float]]:
    """Return the results that the file stores of an outcome, by subgroup; "" is the total."""
    parts = [("", outcome)] if outcome.get("TOTALS", "YES") == "YES" else []
    if outcome.get("TOTALS") != "NO":
        subgroups = outcome.iterfind(f"{outcome.tag.removesuffix('_OUTCOME')}_SUBGROUP")
        parts += [(text_at(part, "NAME") or "", part) for part in subgroups]
    found = {name: [number_of(part.get(key, "")) for key in _RESULT] for name, part in parts}
    whole = {name: [n for n in numbers if n is not None] for name, numbers in found.items()}
    return {name: (n[0], n[1], n[2]) for name, n in whole.items() if len(n) == len(_RESULT)}


def _rm5_rows(
    number: str, outcome: Element, kind: str, studies: Mapping[str, Element]
) -> Iterator[RevManRow | Failure]:
    """Yield the rows of an outcome: those of its subgroups, and those that stand in none."""
    prefix = outcome.tag.removesuffix("_OUTCOME")
    for place in (outcome, *outcome.iterfind(f"{prefix}_SUBGROUP")):
        subgroup = "" if place is outcome else text_at(place, "NAME") or ""
        for data in place.iterfind(f"{prefix}_DATA"):
            study = studies.get(data.get("STUDY_ID", ""))
            name = clean_text((study.get("NAME", "") if study is not None else "") or data.get("STUDY_ID", ""))
            year = study.get("YEAR", "") if study is not None else ""
            of, note = f"analysis {number}.{outcome.get('NO', '')}", text_at(data, "FOOTNOTE") or ""
            yield row_of(Place(name, year, subgroup, kind, 0, of, note), _RM5[kind], data.get, _BESIDE.get(kind))


_OUTCOMES = {"DICH_OUTCOME": "counts", "CONT_OUTCOME": "means", "IV_OUTCOME": "effects", "IPD_OUTCOME": "log-rank"}
_COUNTS = dict(zip(COUNTS, ("EVENTS_1", "TOTAL_1", "EVENTS_2", "TOTAL_2")))
_RM5 = {
    "counts": _COUNTS,
    "means": dict(zip(MEANS, ("MEAN_1", "SD_1", "TOTAL_1", "MEAN_2", "SD_2", "TOTAL_2"))),
    "effects": dict(zip(EFFECTS, ("ESTIMATE", "SE"))),
    "log-rank": dict(zip(LOG_RANK, ("O_E", "VAR"))),
}
_BESIDE = {"log-rank": _COUNTS, "effects": dict(zip(TOTALS, ("TOTAL_1", "TOTAL_2")))}
_RESULT = ("EFFECT_SIZE", "CI_START", "CI_END")
_FLAGS = {"YES": True, "NO": False}
