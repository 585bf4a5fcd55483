"""Several records of one publication -> what they say together; who came first makes no difference.

Each field has an order of its own: the value that says most counts, so that joining more records only ever adds. To add
a field of `Record`, give it an order in `RANKS`, or say in `UNITED` that the values of all records are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .record import Correction, Record

RETRACTED = "Retracted Publication"


def joined(records: Sequence[Record]) -> Record:
    """Return what records of one publication say together.

    The same for every order of them, and for every way of joining some of them before the others.

    Examples
    --------
    >>> ahead = Record("A trial", ("Doe J",), year=2020, doi="10.5555/a")
    >>> final = Record("A trial", ("Doe J",), year=2021, volume="12", pages="1-9", pmid="42")
    >>> both = joined([ahead, final])
    >>> both.year, both.volume, both.doi, both.pmid, both == joined([final, ahead])
    (2021, '12', '10.5555/a', '42', True)
    """
    if len(records) == 1:
        return records[0]
    values: dict[str, Any] = {}
    for names, rank in RANKS.items():
        best = max((tuple(getattr(record, name) for name in names) for record in records), key=rank)
        values |= zip(names, best)
    for name, key in UNITED.items():
        values[name] = _united([getattr(record, name) for record in records], key)
    if any(RETRACTED in record.publication_types for record in records):
        values["publication_types"] = (*(t for t in values["publication_types"] if t != RETRACTED), RETRACTED)
    return Record(**values, extra=_extra(records))


def _united(lists: Sequence[Sequence[Any]], key: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return what all lists hold; a list that all of them share stays as it is."""
    filled = [one for one in lists if one]
    if all(one == filled[0] for one in filled):
        return tuple(filled[0]) if filled else ()
    return tuple(sorted({value for one in filled for value in one}, key=key))


def _extra(records: Sequence[Record]) -> Mapping[str, str]:
    """Return what the sources say beyond the fields; of several values of one name the longest."""
    found: dict[str, str] = {}
    for record in records:
        for name, text in record.extra.items():
            found[name] = max(found.get(name, ""), text, key=lambda value: (len(value), value))
    return dict(sorted(found.items()))


def gained(before: Record, after: Record) -> tuple[str, ...]:
    """Return the names of the fields in which a record says something else than before; its source is none of them."""
    names = [name for names in RANKS for name in names if name not in _BESIDE] + list(UNITED)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _longest(values: tuple[Any, ...]) -> Any:
    text = str(values[0] or "")
    return values[0] is not None, len(text), text


def _words(values: tuple[Any, ...]) -> Any:
    """Prefer what is not all in capitals, nor in brackets as a translated title is; the longer; fewer capitals."""
    text = str(values[0] or "")
    capitals = sum(map(str.isupper, text))
    return bool(text), not text.isupper(), text[:1] != "[", len(text.rstrip(" .")), -capitals, text, str(values[-1])


def _names(values: tuple[Any, ...]) -> Any:
    authors, complete = values
    return bool(authors), complete, len(authors), sum(map(len, authors)), authors


def _date(values: tuple[Any, ...]) -> Any:
    """Prefer the later year, which is that of the final version, and the more precise date of it."""
    year, published = values
    return year or 0, len(published or ""), published or ""


def _pages(values: tuple[Any, ...]) -> Any:
    text = values[0] or ""
    return bool(text), "-" in text, len(text), text


def _doi(values: tuple[Any, ...]) -> Any:
    """Prefer the publisher's to that of a database's own entry; then the shorter."""
    text = values[0] or ""
    return bool(text), not text.startswith("10.1002/central/"), -len(text), text


def _smallest(values: tuple[Any, ...]) -> Any:
    text = values[0] or ""
    return bool(text), -len(text), [-ord(letter) for letter in text]


def _abstract(values: tuple[Any, ...]) -> Any:
    parts = values[0]
    return sum(len(part.text) for part in parts), len(parts), [(part.label or "", part.text) for part in parts]


def _list(values: tuple[Any, ...]) -> Any:
    return len(values[0]), values[0]


def _types(values: tuple[Any, ...]) -> Any:
    """Prefer words to the codes of file formats, and the longer list."""
    types = [word for word in values[0] if word != RETRACTED]
    return sum(not word.isupper() for word in types), len(types), types


def _correction(one: Correction) -> tuple[str, ...]:
    return one.kind, one.source or "", one.pmid or "", one.note or ""


#: Fields that belong together -> by what one of several values is the best.
RANKS: dict[tuple[str, ...], Callable[[tuple[Any, ...]], Any]] = {
    ("title", "title_markup"): _words,
    ("authors", "authors_complete"): _names,
    ("year", "published"): _date,
    ("journal",): _words,
    ("journal_abbreviation",): _words,
    ("volume",): _longest,
    ("issue",): _longest,
    ("pages",): _pages,
    ("doi",): _doi,
    ("pmid",): _smallest,
    ("pmcid",): _smallest,
    ("abstract",): _abstract,
    ("mesh",): _list,
    ("keywords",): _list,
    ("publication_types",): _types,
    ("publication_type_uis",): _list,
    ("source",): _smallest,
}
#: Fields of which the values of all records are kept -> their order.
UNITED: dict[str, Callable[[Any], Any]] = {"registrations": str, "corrections": _correction}
_BESIDE = frozenset({"title_markup", "authors_complete", "published", "source"})
