"""CSL JSON, as Zotero and citation managers write it -> `Record`: a list of items, or an object that holds one.

The items of ClinicalTrials.gov's and Europe PMC's own JSON are read by the readers of these services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...records.markup import clean_text
from ...records.record import Failure, Read, Record
from ..ctgov.trial import parse_trial
from ..europepmc.record import parse_result
from ..formats.json_text import document, items_at, text_at, texts_at, value_at
from ..formats.tagged import NOTHING_SAID, says_something
from ..net.answers import UnreadableError
from .assemble import assemble

_NOTED = re.compile(r"^(?:PMID|PMCID|DOI)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)


def parse_csl_json(raw: bytes) -> Read:
    """Return the records of a list of CSL items.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, or no list of items.

    Examples
    --------
    >>> item = b'{"title": "A", "author": [{"family": "Doe", "given": "Jane"}], "issued": {"raw": "2021"}}'
    >>> read = parse_csl_json(b"[" + item + b"]")
    >>> read.records[0].authors, read.records[0].year
    (('Doe J',), 2021)
    """
    body = raw.removeprefix(b"\xef\xbb\xbf").strip()
    found = document(b'{"items": ' + body + b"}" if body[:1] == b"[" else body)
    listed = next((items for path in LISTS if isinstance(items := value_at(found, *path), list)), None)
    if listed is None and not _KNOWN_ITEM.isdisjoint(found):
        listed = [found]
    if listed is None:
        raise UnreadableError("a list of CSL items was due, something else came")
    records, failed = [], []
    for at, item in enumerate(listed, start=1):
        record, reason = _record(item, at)
        if record:
            records.append(record)
        else:
            failed.append(Failure(at, f"record {at}: {reason}", clean_text(json.dumps(item))[:80]))
    return Read(tuple(records), tuple(failed))


def _record(item: object, at: int) -> tuple[Record | None, str]:
    """Return the record of an item, which may be of a service that is asked too; else why there is none."""
    try:
        if not isinstance(item, Mapping):
            return None, NOTHING_SAID
        if "protocolSection" in item:
            return parse_trial(item).record(), ""
        if "authorString" in item or "journalInfo" in item:
            return parse_result(item), ""
    except UnreadableError as error:
        return None, str(error)
    record = assemble(_fields(item), "csl", _rest(item) | {"record": str(at)})
    return (record, "") if says_something(record) else (None, NOTHING_SAID)


def _fields(item: Mapping[str, Any]) -> dict[str, list[str]]:
    given = {field: [text for name in names for text in texts_at(item, name)] for field, names in NAMES.items()}
    given["authors"] = [name for one in items_at(item, "author") if (name := _name(one))]
    given["date"] = [*_dates(item)]
    note = str(value_at(item, "note") or "")
    given["pmid"] += [
        f"PMID {found[1]}" for found in _NOTED.finditer(note) if found[0][:5].upper() in ("PMID:", "PMID ")
    ]
    given["pmcid"] += [found[1] for found in _NOTED.finditer(note) if found[0].upper().startswith("PMCID")]
    given["doi"] += [found[1] for found in _NOTED.finditer(note) if found[0].upper().startswith("DOI")]
    given["registrations"] = [note]
    given["keywords"] = [word for text in given["keywords"] for word in re.split(r"[,;]", text)]
    return given


def _name(one: Mapping[str, Any]) -> str:
    """Return "Family, Given, Jr"; small words before a family name belong to it."""
    if literal := text_at(one, "literal"):
        return literal
    family = " ".join(part for part in (text_at(one, "non-dropping-particle"), text_at(one, "family")) if part)
    given = " ".join(part for part in (text_at(one, "given"), text_at(one, "dropping-particle")) if part)
    return ", ".join(part for part in (family, given, text_at(one, "suffix")) if part)


def _dates(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dates of publication: in parts, or as somebody wrote them."""
    for name in ("issued", "published-print", "published-online", "available-date"):
        parts = value_at(item, name, "date-parts")
        if isinstance(parts, list) and parts and isinstance(parts[0], list):
            yield "/".join(str(part) for part in parts[0][:3] if part)
        yield from (text for key in ("raw", "literal") for text in texts_at(item, name, key))
        if isinstance(value_at(item, name), str):
            yield str(item[name])


def _rest(item: Mapping[str, Any]) -> dict[str, str]:
    """Return what is not understood, by its name."""
    known = {name for names in NAMES.values() for name in names} | {"author", "issued"}
    values = {name: "; ".join(texts_at(item, name)) for name in item if name not in known}
    return {clean_text(name): text for name, text in values.items() if text}


#: Where a list of items stands: in our own object around a list, in those of services.
LISTS = (("items",), ("references",), ("studies",), ("resultList", "result"), ("message", "items"))
_KNOWN_ITEM = frozenset({"title", "protocolSection", "DOI"})

NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "journal": ("container-title", "collection-title"),
    "journal_abbreviation": ("container-title-short", "journalAbbreviation"),
    "volume": ("volume",),
    "issue": ("issue",),
    "pages": ("page",),
    "first_page": ("page-first",),
    "article_number": ("number",),
    "doi": ("DOI",),
    "links": ("URL",),
    "pmid": ("PMID",),
    "pmcid": ("PMCID",),
    "abstract": ("abstract",),
    "keywords": ("keyword", "categories"),
    "types": ("type",),
}
