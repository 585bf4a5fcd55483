"""Names of people as reference managers write them -> "Family AB"."""

from __future__ import annotations

import re

from .markup import clean_text

_SUFFIX = re.compile(r"^(?:jr|sr|i{2,3}|iv|2nd|3rd)\.?$", re.IGNORECASE)

_BETWEEN = re.compile(r"[\s.\-‐]+")
_GIVEN_FIRST = re.compile(r"^((?:[^\W\d_]\.[\s-]*){1,5})([^\W\d_]{2}.*)$")


def short_name(raw: str) -> str | None:
    """Return "Family AB Jr" for "Family, Given Name, Jr"; what has no comma stays as it is.

    >>> short_name("van der Berg, Jean-Marc Q."), short_name("J. Smith"), short_name("RECOVERY Group")
    ('van der Berg JMQ', 'Smith J', 'RECOVERY Group')
    """
    parts = [clean_text(part) for part in raw.split(",")]
    if len(parts) == 1 or len(parts) > 3:
        name = clean_text(raw)
        first = _GIVEN_FIRST.match(name)
        return f"{first[2]} {initials(first[1].strip())}" if first else _without_stops(name) or None
    suffix = parts[2] if len(parts) == 3 and _SUFFIX.match(parts[2]) else ""
    given = parts[1] if suffix or len(parts) == 2 else f"{parts[1]} {parts[2]}"
    return " ".join(part for part in (parts[0], initials(given), suffix) if part) or None


def initials(given: str) -> str:
    """Return "Jean-Marc Q." as "JMQ"; up to three capitals in one word are initials already.

    >>> initials("JQ"), initials("J.Q."), initials("Jane")
    ('JQ', 'JQ', 'J')
    """
    if len(given) < 4 and given.isalpha() and given.isupper():
        return given
    words = _BETWEEN.split(given)
    return "".join(
        word if word.isupper() and len(word) < 3 else word[0].upper() for word in words if word[:1].isalpha()
    )


def _without_stops(name: str) -> str:
    """Return "Smith J.A." as "Smith JA": stops after initials only."""
    return re.sub(r"\b([^\W\d_])\.(?:\s*(?=[^\W\d_]\.)|-(?=[^\W\d_]\.))?", r"\1", name)
