"""PubMed's dates: year, month and day as far as they are given, seasons and free text by their year."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from .markup import clean_text

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class PublicationDate:
    """A date as precise as it was given, ``extra`` with what does not fit: the raw text, the electronic date."""

    year: int | None
    published: str | None
    extra: dict[str, str] = field(default_factory=dict)


def publication_date(printed: Element, electronic: Element) -> PublicationDate:
    """Return the date of the issue, or the electronic one when there is no other.

    >>> from xml.etree.ElementTree import fromstring
    >>> publication_date(fromstring("<PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate>"), Element("none"))
    PublicationDate(year=1998, published='1998', extra={'date': '1998 Dec-1999 Jan'})
    """
    online = _iso(electronic)
    extra = {"electronic": online} if online else {}
    raw = clean_text(" ".join(electronic.itertext() if printed.tag == "none" else printed.itertext()))
    iso = _iso(printed) or online
    if iso is None:
        found = _YEAR.search(raw)
        return PublicationDate(int(found[0]) if found else None, found[0] if found else None, extra | _raw(raw))
    odd = printed.find("Season") is not None
    return PublicationDate(int(iso[:4]), iso, extra | (_raw(raw) if odd else {}))


def _raw(text: str) -> dict[str, str]:
    return {"date": text} if text else {}


def _iso(date: Element) -> str | None:
    """Return "2021", "2021-02" or "2021-02-05"; a part that is no number ends it there."""
    year = clean_text(date.findtext("Year") or "")
    if not re.fullmatch(r"\d{4}", year):
        return None
    month = _month(clean_text(date.findtext("Month") or ""))
    if month is None:
        return year
    day = clean_text(date.findtext("Day") or "")
    if not (day.isascii() and day.isdigit() and 1 <= int(day) <= 31):
        return f"{year}-{month:02d}"
    return f"{year}-{month:02d}-{int(day):02d}"


def _month(text: str) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text) if 1 <= int(text) <= 12 else None
    name = text[:3].casefold()
    return _MONTHS.index(name) + 1 if name in _MONTHS else None
