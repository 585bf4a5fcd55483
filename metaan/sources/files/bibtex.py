"""BibTeX -> `Record`: what cannot be read is reported entry by entry, and never takes others with it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...records.citation import day, find_year
from ...records.markup import clean_text
from ...records.record import Failure, Read, Record
from ..formats.encoding import decode, read_file
from ..formats.said import said
from .assemble import assemble
from .bibtex_names import read_authors
from .latex import to_text

_BEHIND = re.compile(r"(?:\0|^\s*\w+)\s*[A-Za-z][\w-]*\s*=")


def read_bibtex(path: Path | str) -> Read:
    """Return the records of a BibTeX file.

    Raises
    ------
    SourceError
        The file cannot be opened, or is too large to be a list of references.
    """
    return parse_bibtex(decode(read_file(path)))


def parse_bibtex(text: str) -> Read:
    r"""Return the records in a BibTeX text; an entry that is there twice comes back twice.

    >>> read = parse_bibtex(r"@article{a, title={A {\'e}tude}, author={Doe, Jane Q. and {The Group}}, year=2021}")
    >>> read.records[0].title, read.records[0].authors, read.records[0].year
    ('A étude', ('Doe JQ', 'The Group'), 2021)
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import ResolveStringReferencesMiddleware

    _silence()
    library = parse_string(text, parse_stack=[ResolveStringReferencesMiddleware(True)])
    strings = {string.key.casefold(): string.value for string in library.strings}
    entries, failed = [*library.entries], []
    for block in library.failed_blocks:
        kept = getattr(block, "ignore_error_block", None)
        if kept is None:
            failed.append(_failure(block))
        elif hasattr(kept, "fields"):  # else it is a macro that is defined twice: nothing is lost
            entries.append(kept)
    unparted = [entry for entry in entries if _unparted(entry)]
    failed += [_failure_of(entry) for entry in unparted]
    entries = [entry for entry in entries if entry not in unparted]
    entries.sort(key=lambda entry: entry.start_line or 0)
    by_key = {entry.key.casefold(): _fields(entry, strings) for entry in reversed(entries)}
    return Read(tuple(_record(entry, _fields(entry, strings), by_key) for entry in entries), tuple(failed))


def _silence() -> None:
    """Keep the library's warnings off the terminal: everything that failed is in the result."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)


def _failure(block: Any) -> Failure:
    raw = clean_text((block.raw or "")[:400])
    error = getattr(block, "error", None)
    reason = clean_text(str(getattr(error, "abort_reason", "") or error or "not understood")).rstrip(".")[:200]
    return Failure((block.start_line or 0) + 1, reason, raw[:80])


def _unparted(entry: Any) -> str | None:
    """Return the field after which a comma is missing: behind the end of its value stands the next name."""
    return next((field.key for field in entry.fields if _BEHIND.search(_outside(str(field.value).strip()))), None)


def _outside(raw: str) -> str:
    """Return what of a value stands outside its braces and quotation marks; one mark in place of each of these."""
    kept, depth, quoted = [], 0, False
    for char in raw if raw[:1] in '{"' or "=" in raw else "":
        depth += (char == "{") - (char == "}")
        quoted ^= char == '"' and depth == 0
        if char in '}"':
            kept.append("" if depth else "\0")
        elif depth == 0 and not quoted:
            kept.append(char)
    return "".join(kept)


def _failure_of(entry: Any) -> Failure:
    reason = f"a comma is missing after {clean_text(_unparted(entry) or '')}"
    return Failure((entry.start_line or 0) + 1, reason, clean_text((entry.raw or "")[:400])[:80])


def _fields(entry: Any, strings: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of an entry by lower-case name, the first of each that says something."""
    fields: dict[str, str] = {}
    for field in entry.fields:
        value = _value(str(field.value), strings)
        if value:
            fields.setdefault(field.key.casefold(), value)
    return fields


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Return a value without its delimiters, its pieces joined and its macros replaced."""
    return "".join(_pieces(raw.strip(), strings)).strip()


def _pieces(raw: str, strings: Mapping[str, str]) -> Iterator[str]:
    for piece in _split_concatenation(raw):
        if len(piece) > 1 and piece[0] + piece[-1] in {"{}", '""'}:
            yield piece[1:-1]
        else:
            macro = strings.get(piece.casefold(), piece)
            yield macro[1:-1] if len(macro) > 1 and macro[0] + macro[-1] in {"{}", '""'} else macro


def _split_concatenation(raw: str) -> list[str]:
    """Split ``nejm # " (Suppl)"`` at the signs that stand outside braces and quotes."""
    if "#" not in raw:
        return [raw]
    pieces, depth, quoted, start = [], 0, False, 0
    for position, char in enumerate(raw):
        depth += (char == "{") - (char == "}")
        quoted ^= char == '"' and depth == 0
        if char == "#" and depth == 0 and not quoted:
            pieces.append(raw[start:position].strip())
            start = position + 1
    return [*pieces, raw[start:].strip()]


def _record(entry: Any, fields: dict[str, str], by_key: Mapping[str, dict[str, str]]) -> Record:
    """Turn the fields of one entry into a record; what it lacks is taken from the entry that it refers to."""
    parent = by_key.get(fields.get("crossref", "").casefold(), {})
    inherited = {name: parent[name] for name in _INHERITED if name in parent}
    if "title" in parent and "crossref" in fields:
        inherited["booktitle"] = parent["title"]
    found = inherited | fields
    given = {field: [to_text(found[name]) for name in names if name in found] for field, names in NAMES.items()}
    for field in ("doi", "links", "pmid", "registrations"):
        given[field] = [_bare(found[name]) for name in NAMES[field] if name in found]
    given["links"] = [text for text in given["links"] if "doi.org/" in text.lower()]
    given["pmid"] += _pmids(found)
    given["pmcid"] = [f"PMC{text.strip('PMCpmc')}" for text in given["pmcid"]]
    given["keywords"] = [word for text in given["keywords"][:1] for word in re.split(r"[;,\n]", text)]
    given["types"].insert(0, entry.entry_type.lower())
    given["date"] = [published] if (published := _published(found)) else []
    authors, complete = read_authors(said(found.get("author", "")))
    rest = {clean_text(name): clean_text(to_text(text)) for name, text in fields.items() if name not in _KNOWN}
    extra = {**rest, "key": clean_text(entry.key), "line": str((entry.start_line or 0) + 1)}
    return replace(assemble(given, "bibtex", extra), authors=authors, authors_complete=complete)


NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "journal": ("journal", "journaltitle", "booktitle"),
    "journal_abbreviation": ("shortjournal", "journal-iso", "journal_abbreviation"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "article_number": ("article-number", "eid", "art_number"),
    "doi": ("doi",),
    "links": ("url", "ee", "note"),
    "pmid": ("pmid", "pubmed_id", "pubmedid"),
    "pmcid": ("pmcid", "pmc"),
    "registrations": ("note", "annote", "registration"),
    "abstract": ("abstract",),
    "keywords": ("keywords", "keyword", "author_keywords"),
    "types": ("document_type", "type"),
}
_KNOWN = {name for names in NAMES.values() for name in names} - {"note", "annote"} | {
    "author",
    "year",
    "date",
    "month",
    "day",
}
_INHERITED = (
    "journal",
    "journaltitle",
    "booktitle",
    "year",
    "date",
    "month",
    "volume",
    "number",
    "publisher",
    "editor",
)


def _first(fields: Mapping[str, str], *names: str) -> str:
    return next((fields[name] for name in names if name in fields), "")


def _bare(text: str) -> str:
    """Undo the little LaTeX that stands in identifiers, which must not be decoded like prose."""
    text = text.replace("\\textless", "<").replace("\\textgreater", ">")
    return re.sub(r"\\([_%&#$])|[{}]", r"\1", text).strip()


def _pmids(fields: Mapping[str, str]) -> list[str]:
    """Return the PMIDs that other fields than their own hold."""
    if _first(fields, "eprinttype", "archiveprefix").casefold() == "pubmed":
        return [_bare(fields.get("eprint", ""))]
    return re.findall(r"PMID:?\s*\d{1,9}\b", fields.get("note", ""))


def _published(fields: Mapping[str, str]) -> str | None:
    """Return the date as precisely as year and month, or BibLaTeX's date, give it."""
    if iso := re.match(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?=$|[/T~?])", fields.get("date", "")):
        return "-".join(part for part in iso.groups() if part)
    year = find_year(f"{fields.get('year', '')} {fields.get('date', '')}")
    return day(year, _bare(fields.get("month", "")), _bare(fields.get("day", ""))) if year else None
