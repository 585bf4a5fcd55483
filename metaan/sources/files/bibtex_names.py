"""BibTeX's lists of names -> "Family AB", as PubMed writes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from ...records.markup import clean_text
from ...records.names import inverted_name, unordered_name
from .latex import to_text


def read_authors(raw: str) -> tuple[tuple[str, ...], bool]:
    """Return the names, and whether the list is complete: BibTeX ends a cut one with ``and others``.

    >>> read_authors("Doe, Jane Q. and {The Group} and others")
    (('Doe JQ', 'The Group'), False)
    """
    names = [name for name in _split_names(raw) if name]
    cut = any(_is_rest(name) for name in names)
    found = (_name(name) for name in names if not _is_rest(name))
    return tuple(name for name in found if name), not cut


def _is_rest(name: str) -> bool:
    return clean_text(name).casefold().rstrip(".") in {"others", "et al"}


def _split_names(raw: str) -> Iterator[str]:
    """Split at ``and`` outside braces."""
    depth = 0
    words: list[str] = []
    for word in raw.split():
        if depth <= 0 and word.casefold() == "and":
            yield " ".join(words)
            words = []
        else:
            words.append(word)
            depth += word.count("{") - word.count("}")
    yield " ".join(words)


def _name(raw: str) -> str | None:
    """Return "Family AB Jr"; a name in braces of its own is a group's and stays as it is."""
    if _is_braced(raw):
        return clean_text(to_text(raw[1:-1])) or None
    parts = [clean_text(to_text(part)) for part in _split_commas(raw)]
    if len(parts) == 1:
        return unordered_name(parts[0])
    return inverted_name(*parts)


def _is_braced(raw: str) -> bool:
    """Whether the brace that a name begins with is closed by the one that it ends with, and by no other."""
    depths = accumulate((char == "{") - (char == "}") for char in raw[:-1])
    return raw[:1] + raw[-1:] == "{}" and len(raw) > 1 and min(depths) > 0


def _split_commas(raw: str) -> list[str]:
    """Split at the first two commas outside braces; BibTeX knows no name of more parts."""
    parts: list[str] = []
    depth = start = 0
    for position, char in enumerate(raw):
        depth += (char == "{") - (char == "}")
        if char == "," and depth <= 0 and len(parts) < 2:
            parts.append(raw[start:position])
            start = position + 1
    return [*parts, raw[start:]]
