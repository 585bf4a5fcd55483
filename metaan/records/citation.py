"""Years, months and pages, as all kinds of citations write them."""

from __future__ import annotations

import re
from datetime import date

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PAGES_WORD = re.compile(r"^(?:pages?|pp?)\b\.?[\s:]*(?=\S*\d)", re.IGNORECASE)
_DASHES = re.compile(r"\s*[-‐‑‒–—−]+\s*")
_NUMERIC = re.compile(r"^(\d{4})[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01]))?(?=$|[/T\s-])")
_SPELT = re.compile(r"(\d{4})(?:[ /-]+([A-Za-z]{3,9}|\d{1,2})(?:[ /-]+(\d{1,2}))?)?(?=$|[^\w-])")
_RUN_TOGETHER = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")


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


def find_date(text: str) -> str | None:
    """Return the date that a text begins with as precisely as it is certain, else the first year that it names.

    >>> find_date("2021/02/05/"), find_date("2021 Feb 5"), find_date("20210205"), find_date("4/3/2024")
    ('2021-02-05', '2021-02-05', '2021-02-05', '2024')
    """
    if found := _NUMERIC.match(text):
        return "-".join(f"{int(part):02d}" for part in found.groups() if part)
    found = _SPELT.match(text) or _RUN_TOGETHER.match(text)
    return day(*found.groups()) if found and find_year(found[1]) else find_year(text)


def citation_parts(text: str) -> dict[str, str]:
    """Return journal, date, volume, issue and pages of a citation that stands in one field; what it lacks is not there.

    >>> citation_parts("Lancet. 395(10223):514-523, 2020 02 15.")
    {'journal': 'Lancet', 'volume': '395', 'issue': '10223', 'pages': '514-523', 'date': '2020 02 15'}
    """
    words = " ".join(text.split())[:600]
    found = next((hit for pattern in CITATIONS.values() if (hit := pattern.match(words))), None)
    parts = {name: value.strip(" .,:;") for name, value in found.groupdict().items() if value} if found else {}
    if "journal" in parts:
        parts["journal"] = _MEETING.sub("", parts["journal"]).strip(" .")
    return {name: value for name, value in parts.items() if value}


def page_range(text: str) -> str | None:
    """Return pages as they are printed, without what only says that they are pages; None where there are none.

    A range is not written out: "1008-12" stays so.

    >>> page_range("pp. 1008 – 12"), page_range("e123"), page_range(" ")
    ('1008-12', 'e123', None)
    """
    return _DASHES.sub("-", _PAGES_WORD.sub("", " ".join(text.split()))).strip("- ") or None


# What Ovid and PubMed print after the journal.
_MEETING = re.compile(
    r"\.\s+(?:Conference|Series Information|Meeting)\s?:.*|\s*\[(?:Electronic Resource|Preprint)\]", re.I
)
_VOLUME = r"(?P<volume>[\w./-]{1,20}(?: (?:Suppl|Pt|Part)\.? ?\w{0,6})?)"
_ISSUE = r"(?: ?\((?P<issue>(?!pp?\b|no pagination)[^()]{1,60})\))?"
_PAGES = r"(?P<pages>(?=[\w.]*\d|[ivxlcdm]+[-–‐])[\w.]{1,20}(?:[-–‐][\w.]{1,20})?(?:, ?[\w.]{1,20}-[\w.]{1,20}){0,3})"
_ADDED = r"(?: ?\[[^\]]{1,40}\])?"

# As the services write them, each tried in this order.
CITATIONS: dict[str, re.Pattern[str]] = {
    "PubMed": re.compile(
        rf"(?P<journal>[^;]{{1,200}}?)\. (?P<date>\d{{4}}(?: [A-Z][\w/-]{{2,12}})?(?: \d{{1,2}}(?:-\d{{1,2}})?)?);\s?"
        rf"(?:{_VOLUME})?{_ISSUE}{_ADDED}(?::\s?{_PAGES})?(?=[.;\s]|$)"
    ),
    "PubMed, ahead of print": re.compile(
        r"(?P<journal>[^;:]{1,200}?)\. (?P<date>\d{4} [A-Z][a-z]{2}(?: \d{1,2})?)"
        r"(?::\s?(?P<pages>[\w.-]{1,30}?))?\.(?= |$)"
    ),
    "Embase.com": re.compile(
        r"(?P<journal>[^()]{2,200}(?:\([^()\d]{1,60}\)[^()]{0,60})?) \((?P<date>\d{4})\) (?P<volume>[\w/-]{1,12})?"
        r"(?::(?P<issue>[^\s(]{1,30}(?: \d{1,4})?))?(?: [^(]{0,40}?)??(?: ?\((?P<pages>[\w.-]{1,30})\)| ?Article"
        r" Number: (?P<article>[\w.-]{1,30}?)\.?(?= |$))?(?=$|[ .])"
    ),
    "PsycINFO": re.compile(
        rf"(?P<journal>.{{1,250}}?)[.,] Vol\.? ?{_VOLUME}{_ISSUE},? (?P<date>[\w ,./-]{{0,30}}?\d{{4}})"
        rf"(?:, (?:pp?\. ?)?(?:Art(?:icle)? ?(?:ID )?)?(?:{_PAGES}|No Pagination Specified))?(?=[.,\s]|$)"
    ),
    "Ovid Embase": re.compile(
        rf"(?P<journal>.{{1,400}}?)\. (?:{_VOLUME})?{_ISSUE} ?\((?:pp?\.? ?{_PAGES}|no pagination)[^()]{{0,40}}\),"
        r" (?P<date>(?:[\w ]{0,12} )?\d{4})(?:.{0,80}?Article Number: (?P<article>[\w.-]{1,30}?)\.?(?= |$))?"
    ),
    "Ovid": re.compile(
        rf"(?P<journal>.{{1,250}}?)\. {_VOLUME}{_ISSUE} ?: ?{_PAGES}, "
        r"(?P<date>[\w ,./-]{0,30}?\d{4}(?: [\w -]{1,15})?)(?=[.;]|$)"
    ),
    "Ovid, without pages": re.compile(
        rf"(?P<journal>.{{1,250}}?)\. {_VOLUME}{_ISSUE} ?:?, "
        r"(?P<date>[\w ,./-]{0,30}?\d{4}(?: [\w -]{1,15})?)(?=[.;]|$)"
    ),
    "Ovid, ahead of print": re.compile(r"(?P<journal>[^,;]{1,200}?)\. ?, (?P<date>\d{4}(?: [\w -]{1,15})?)\.?$"),
    "Embase.com, ahead of print": re.compile(r"(?P<journal>.{1,200}?) \((?P<date>\d{4})\)\. Date of Publication"),
    "EBSCO": re.compile(
        rf"(?P<journal>.{{1,200}}?)[,.] (?P<date>[\w/ ,.-]{{0,20}}?\d{{4}})[;,] ?(?:Vol\.? ?)?{_VOLUME}{_ISSUE}[:,;]? ?"
        rf"(?:Issue (?P<number>\w{{1,9}}), )?(?:pp?\.? ?)?(?:{_PAGES})?(?=[.,;\s]|$)"
    ),
    "BVS": re.compile(
        rf"(?P<journal>[^;]{{1,200}});\s?{_VOLUME}{_ISSUE} ?(?:: ?{_PAGES})?, ?"
        r"(?P<date>[^;]{0,30}?\d{4})(?=[.;,\s]|$)"
    ),
    "Scholar": re.compile(rf"(?P<journal>[^\d]{{2,200}}?),? {_VOLUME}{_ISSUE}, {_PAGES}(?:, (?P<date>\d{{4}}))?$"),
}
