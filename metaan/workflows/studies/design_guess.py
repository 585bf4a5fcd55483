"""What design a record may be of: a suggestion, so that nothing enters among the randomised trials by default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...records.record import Record

RANDOMISED, OTHER = "randomised", "non-randomised"
_PLAIN = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | {"\u00a0": " "})


def design_of(record: Record) -> tuple[str, str]:
    """Return the design that a record says it is of, and what a person should look at (empty where it says it).

    Publication types come first, then the title. Nothing is taken for randomised that does not say so.

    Examples
    --------
    >>> from ...records.record import Record
    >>> design_of(Record(title="A randomised trial of bees"))
    ('randomised', '')
    >>> design_of(Record(title="A non-randomised study of bees"))[0]
    'non-randomised'
    """
    types, title = set(record.publication_types), (record.title or "").translate(_PLAIN)
    typed = (kind for kind, names in TYPES.items() if names & types)
    titled = (kind for kind, words in TITLES.items() if words.search(title))
    if found := next(typed, None) or next(titled, None):
        return found, ""
    what = "neither its title nor its publication types say that it was randomised"
    return OTHER, f"{what}: design.kind is {OTHER} until somebody has looked (metaan extract ID --design KIND)"


#: Publication types of PubMed that say which design it is, the first that fits.
TYPES = {
    RANDOMISED: frozenset({"Randomized Controlled Trial"}),
    "systematic review": frozenset({"Systematic Review", "Meta-Analysis"}),
    "narrative review": frozenset({"Review"}),
    "case series": frozenset({"Case Reports"}),
}

#: Words of a title that say so, the first that fit.
TITLES = {
    "systematic review": re.compile(r"\bmeta-?\s?analys|\bsystematic review", re.IGNORECASE),
    "narrative review": re.compile(r"\b(?:narrative|nonsystematic) review", re.IGNORECASE),
    "case series": re.compile(r"\bcase (?:series|report)", re.IGNORECASE),
    RANDOMISED: re.compile(
        r"(?<!\bnon[- ])(?<!\bnot )(?<!\bnot yet )(?<!\bquasi[- ])(?<!\bpseudo[- ])\brandomi[sz]ed", re.IGNORECASE
    ),
}
