"""What a person reads of a candidate, with the words that the review looks for marked, and who that person is."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping

from ..registry.candidates import Candidate
from ..sources.markup import clean_text, plain_text
from .slug import label_of


def reviewer(given: str | None, env: Mapping[str, str] | None = None) -> str:
    """Return who judges: as given, else METAAN_REVIEWER, else git's user.name, else the login."""
    environment = os.environ if env is None else env
    if name := given or environment.get("METAAN_REVIEWER"):
        return name
    try:
        asked = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, timeout=5, check=False)
        name = asked.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        name = ""
    return name or environment.get("USER") or environment.get("USERNAME") or "unnamed"


def called(candidate: Candidate) -> str:
    """Return how people call a candidate: first author and year."""
    return plain(label_of(candidate.authors, plain_text(candidate.title), candidate.year))


def plain(markup: str) -> str:
    """Return a markup string as text that a terminal shows and never obeys."""
    return clean_text(plain_text(markup))


def search_terms(queries: Iterable[str]) -> tuple[str, ...]:
    """Return the words that queries look for, the longest first, for highlighting.

    >>> search_terms(['(anakinra[tiab] OR "COVID-19"[mh]) AND cov*[ti] NOT (animals[mh] NOT humans[mh])'])
    ('anakinra', 'COVID-19', 'cov')
    """
    found: dict[str, str] = {}
    for query in queries:
        wanted = re.sub(r"\bNOT\b(?:\s*\([^()]*\)|\s*\S+)", " ", query)
        for match in re.finditer(
            r'"([^"]{2,60})"|([^\s()"\[\]]{3,60})(?=\[|\s|\)|$)', re.sub(r"\[[^\]]*\]", " ", wanted)
        ):
            word = (match[1] or match[2]).strip("*")
            if word.upper() not in ("AND", "OR", "NOT") and not re.fullmatch(r"[\d/:]+", word):
                found.setdefault(word.casefold(), word)
    return tuple(sorted(found.values(), key=len, reverse=True))


def highlighted(text: str, terms: Iterable[str], mark: Callable[[str], str]) -> str:
    """Return a text in which every occurrence of a term is marked.

    >>> highlighted("Anakinra in COVID-19", ["anakinra"], lambda word: f"*{word}*")
    '*Anakinra* in COVID-19'
    """
    pattern = "|".join(re.escape(term) for term in terms)
    return re.sub(pattern, lambda match: mark(match[0]), text, flags=re.IGNORECASE) if pattern else text
