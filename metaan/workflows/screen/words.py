"""What a person reads of a candidate, with the words that the review looks for marked, and who that person is."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...records.label import label_of
from ...records.markup import clean_text, plain_text
from ...registry.flow import NOT_RETRIEVED
from ...registry.store.candidate import Candidate
from ...registry.store.decisions import Stage
from ..git import Git

if TYPE_CHECKING:
    from ...registry.model.review import ReviewFile

Mark = Literal["include", "exclude", ""]
_MOST_USED = 9
_COMMON = ("with", "without", "from", "dose", "route", "usual", "care", "added", "placebo", "alone", "other")


def reviewer(given: str | None, env: Mapping[str, str] | None = None) -> str:
    """Return who judges: as given, else METAAN_REVIEWER, else git's user.name, else the login."""
    environment = os.environ if env is None else env
    if name := given or environment.get("METAAN_REVIEWER"):
        return name
    return Git(Path()).user() or environment.get("USER") or environment.get("USERNAME") or "unnamed"


def called(candidate: Candidate) -> str:
    """Return how people call a candidate: first author and year."""
    return plain(label_of(candidate.authors, plain_text(candidate.title), candidate.year)) or "[no author]"


def title_of(candidate: Candidate) -> str:
    """Return a candidate's title as people read it; a record without one is a record all the same."""
    return plain(candidate.title) or "[no title]"


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


def question_terms(review: ReviewFile) -> tuple[str, ...]:
    """Return what speaks for a candidate: what review.yaml lists, and the words of its searches or its question."""
    listed = review.screening.highlight.include
    words = search_terms(strategy.query for strategy in review.search)
    if not (words or listed):
        text = f"{review.question.population} {review.question.intervention}"
        words = tuple(word for word in re.findall(r"[^\W_][\w-]{3,}", text) if word.casefold() not in _COMMON)
    return tuple(sorted(dict.fromkeys([*listed, *words]), key=len, reverse=True))


def reasons(review: ReviewFile, stage: Stage, used: Iterable[str | None] = ()) -> tuple[str, ...]:
    """Return the reasons to choose from: of review.yaml, its criteria of exclusion, and those used most so far."""
    missing = (NOT_RETRIEVED,) if stage == "full-text" else ()
    often = (reason for reason, _ in Counter(filter(None, used)).most_common(_MOST_USED))
    offered = [*missing, *review.screening.reasons, *review.eligibility.exclude, *often]
    return tuple(dict.fromkeys(plain(reason) for reason in offered))


def pieces(text: str, wanted: Iterable[str], unwanted: Iterable[str] = ()) -> Iterator[tuple[str, Mark]]:
    """Yield a text in pieces, each with what its words do: speak for a candidate, against it, or neither.

    >>> list(pieces("Anakinra in mice", ["anakinra"], ["mice"]))
    [('Anakinra', 'include'), (' in ', ''), ('mice', 'exclude')]
    """
    marks: dict[str, Mark] = {word.casefold(): "include" for word in wanted}
    marks |= {word.casefold(): "exclude" for word in unwanted}
    pattern = "|".join(_at_start(word) for word in sorted(marks, key=len, reverse=True))
    end = 0
    for match in re.finditer(pattern, text, re.IGNORECASE) if pattern else ():
        if match.start() > end:
            yield text[end : match.start()], ""
        yield match[0], marks.get(match[0].casefold(), "include")
        end = match.end()
    if text[end:]:
        yield text[end:], ""


def _at_start(word: str) -> str:
    """Return the pattern of a word, which does not begin inside another; Chinese knows no such thing."""
    return (r"(?<![A-Za-z0-9])" if word[:1].isascii() and word[:1].isalnum() else "") + re.escape(word)
