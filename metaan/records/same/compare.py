"""Two records' keys against each other: how alike their titles are, what agrees, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .keys import Keys, same_journal
from .names import same_person


def similarity(a: Keys, b: Keys) -> float:
    """Return how alike two titles are, 0 to 100: as they stand, or their words sorted, whichever is more."""
    from rapidfuzz import fuzz

    if a.ordered == b.ordered or a.title.replace(" ", "") == b.title.replace(" ", ""):
        return 100.0
    alike = float(max(fuzz.ratio(a.ordered, b.ordered), fuzz.ratio(a.title, b.title)))
    if not a.other and not b.other:
        return alike
    pairs = [(x, y) for x in (a.title, a.other) for y in (b.title, b.other) if x and y]
    return max(alike, *(100.0 if x == y else float(fuzz.ratio(x, y)) for x, y in pairs))


def compare(a: Keys, b: Keys) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what agrees and of what differs; what one does not say is in neither."""
    agree = [name for name in ("pmid", "doi", "volume") if (x := getattr(a, name)) and x == getattr(b, name)]
    differ = [
        name for name in ("pmid", "doi", "volume") if (x := getattr(a, name)) and (y := getattr(b, name)) and x != y
    ]
    for name, same in _compared(a, b, agree):
        (agree if same else differ).append(name)
    return tuple(agree), tuple(differ)


def _compared(a: Keys, b: Keys, known: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield what is more than equal or not: whether pages, authors, years, journals, numbers and kinds agree."""
    page = one_page(a, b)
    if a.page and b.page:
        yield "page", page
    if page and a.last and b.last:
        yield "last page", a.last == b.last
    if a.names and b.names:
        yield from _authors(a, b)
    if a.year and b.year:
        yield "year", abs(a.year - b.year) <= (0 if a.is_cochrane else 1)
    if (a.journal or a.short_journal) and (b.journal or b.short_journal):
        yield "journal", same_journal(a, b)
    if a.abstract and a.abstract == b.abstract:
        yield "abstract", True
    if a.numbers != b.numbers and a.title and b.title and not (a.other or b.other):
        yield "numbers", False
    if a.about != b.about:
        yield "about", False
    if a.kind != b.kind and _kinds_differ(a, b, page and "volume" in known):
        yield "kind", False


def one_page(a: Keys, b: Keys) -> bool:
    """Whether both name a first page, the same one; of articles printed in pieces, one of them."""
    x, y = a.page.removeprefix("e"), b.page.removeprefix("e")
    return bool(a.page and b.page) and (x == y or bool(a.starts & b.starts))


def _authors(a: Keys, b: Keys) -> Iterator[tuple[str, bool]]:
    """Yield whether the first author is the same one, and whether all are; another order is no contradiction."""
    first = same_person(a.names[0], b.names[0])
    shared = sum(any(one & other for other in b.names) for one in a.names[1 if first else 0 :]) + first
    if first or 2 * shared < min(len(a.names), len(b.names)):
        yield "author", first
    if shared == len(a.names) == len(b.names):
        yield "authors", True


def _kinds_differ(a: Keys, b: Keys, one_place: bool) -> bool:
    """Whether the kinds rule one publication out; databases call what stands at one place by many names."""
    for one, other in ((a, b), (b, a)):
        if one.kind in ("preprint", "registration") and (other.kind or other.journal or other.volume):
            return True
        if one.kind == "abstract" and other.kind == "article" and not one_place:
            return True
    return False


def goes_on(a: Keys, b: Keys) -> bool:
    """Whether one title is the beginning or the end of the other."""
    shorter, longer = sorted((a.title, b.title), key=len)
    cut = len(shorter) > 30 and longer.startswith(shorter)
    return cut or longer.startswith(f"{shorter} ") or longer.endswith(f" {shorter}")


def misspelt(one: str, other: str) -> bool:
    """Whether two titles are the same but for a letter here and there: men and women are not, nor cats and rats.

    >>> misspelt("a randomised trial in tumour", "a randomized trial in tumor"), misspelt("old men", "old women")
    (True, False)
    """
    from rapidfuzz.distance import Levenshtein

    first, second = (Counter(title.split()) for title in (one, other))
    left, right = [*(first - second).elements()], [*(second - first).elements()]
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    if len(left) != len(right):
        return len("".join(left)) > 8 and Levenshtein.distance("".join(left), "".join(right)) <= 1
    return all(any(_one_word(x, y) for y in right) for x in left)


def _one_word(x: str, y: str) -> bool:
    """Whether two words are one misspelt: typical and atypical are two."""
    from rapidfuzz.distance import Levenshtein

    return (
        f"{x}s" == y or f"{y}s" == x or (x[0] == y[0] and min(len(x), len(y)) > 4 and Levenshtein.distance(x, y) <= 1)
    )


def is_slip(one: str, other: str) -> bool:
    """Whether two DOIs differ as a slip would: cut, or in one character."""
    from rapidfuzz.distance import Levenshtein

    shorter, longer = sorted((one, other), key=len)
    return (len(shorter) > 12 and longer.startswith(shorter)) or Levenshtein.distance(one, other) <= 1
