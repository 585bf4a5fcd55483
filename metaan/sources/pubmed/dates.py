"""PubMed's dates: year, month and day as far as they are given, seasons and free text by their year."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ...records.citation import day, find_year
from ...records.markup import clean_text


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
        found = find_year(raw)
        return PublicationDate(int(found) if found else None, found, extra | _raw(raw))
    odd = printed.find("Season") is not None
    return PublicationDate(int(iso[:4]), iso, extra | (_raw(raw) if odd else {}))


def _raw(text: str) -> dict[str, str]:
    return {"date": text} if text else {}


def _iso(date: Element) -> str | None:
    """Return "2021", "2021-02" or "2021-02-05"; a part that is no number ends it there."""
    year = clean_text(date.findtext("Year") or "")
    if not re.fullmatch(r"\d{4}", year):
        return None
    return day(year, clean_text(date.findtext("Month") or ""), clean_text(date.findtext("Day") or ""))
