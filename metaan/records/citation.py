"""Years, months and pages, as all kinds of citations write them."""

from __future__ import annotations

import re
from datetime import date

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PAGES_WORD = re.compile(r"^(?:pages?|pp?)\b\.?[\s:]*(?=\S*\d)", re.IGNORECASE)
_DASHES = re.compile(r"\s*[-‐‑‒–—−]+\s*")


def find_year(text: str) -> str | None:
    """Return the first year, from 1500 on, that a text names.

    >>> find_year("1998 Dec-1999 Jan"), find_year("in press")
    ('1998', None)
    """
    found = _YEAR.search(text)
    return found[0] if found else None


def month_number(text: str) -> int | None:
    """Return the number of a month that stands as a number, a name, or the first letters of one.

    >>> month_number("Sept"), month_number("02"), month_number("13")
    (9, 2, None)
    """
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 3 and 1 <= int(text) <= 12 else None
    name = text[:3].casefold()
    return _MONTHS.index(name) + 1 if name in _MONTHS else None


def day(year: str, month: str | None = None, number: str | None = None) -> str:
    """Return "2021", "2021-02" or "2021-02-05": as much of a date as is one.

    >>> day("2021", "Feb", "5"), day("2021", "Spring", "5"), day("2021", "2", "31")
    ('2021-02-05', '2021', '2021-02')
    """
    found = month_number((month or "").strip())
    if found is None:
        return year
    last = (number or "").strip()
    try:
        return date(
            int(year), found, int(last) if last.isascii() and last.isdigit() and len(last) < 3 else 0
        ).isoformat()
    except ValueError:
        return f"{year}-{found:02d}"


def page_range(text: str) -> str | None:
    """Return pages as they are printed, without what only says that they are pages; None where there are none.

    A range is not written out: "1008-12" stays so.

    >>> page_range("pp. 1008 – 12"), page_range("e123"), page_range(" ")
    ('1008-12', 'e123', None)
    """
    return _DASHES.sub("-", _PAGES_WORD.sub("", " ".join(text.split()))).strip("- ") or None
