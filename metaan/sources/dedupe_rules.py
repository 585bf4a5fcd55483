"""Whether two records are of one publication: the evidence, and the rules that it is judged by.

To add a rule: a function from `Evidence` and both `Keys` to whether it applies, entered in `RULES`, the surest first. A
rule merges without anybody looking, so what it allows must be safe; `_worth_asking` is for what is only likely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .dedupe_keys import Keys, same_journal

SIMILAR = 85.0
SHORT_TITLE = 4  # words; "Editorial" and "COVID-19" are no evidence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against two records being of one publication.

    Attributes
    ----------
    similarity
        Of the titles, 0 to 100, the order of words apart; 100 for the same words.
    agree, differ
        What both say and say alike, and what both say and say differently: ``pmid``, ``doi``, ``year``, ``volume``,
        ``page``, ``journal``, ``author``, ``numbers`` (in the title), ``about`` (a notice about another).
    rule
        The rule that merged them; for a question, why it is one.
    """

    similarity: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    rule: str = ""


def judge(a: Keys, b: Keys) -> Evidence | None:
    """Return the evidence on two records with the first rule that applies, or None where nothing speaks for one."""
    alike = similarity(a, b)
    agree, differ = _compare(a, b)
    found = Evidence(alike, agree, differ)
    rule = next((name for name, applies in RULES.items() if applies(found, a, b)), None)
    if rule is None and not _worth_asking(found, a):
        return None
    return Evidence(alike, agree, differ, rule or _why(found))


def is_merger(evidence: Evidence) -> bool:
    """Whether a rule merged them, as against a question."""
    return evidence.rule in RULES


def similarity(a: Keys, b: Keys) -> float:
    """Return how alike two titles are, 0 to 100: as they stand, or their words sorted, whichever is more."""
    from rapidfuzz import fuzz

    if a.ordered == b.ordered:
        return 100.0
    return float(max(fuzz.ratio(a.ordered, b.ordered), fuzz.ratio(a.title, b.title)))


def _compare(a: Keys, b: Keys) -> tuple[tuple[str, ...], tuple[str, ...]]:
    agree: list[str] = []
    differ: list[str] = []
    for name in ("pmid", "doi", "volume", "page", "author"):
        x, y = getattr(a, name), getattr(b, name)
        if x and y:
            (agree if x == y or _as_good_as(name, x, y) else differ).append(name)
    if a.year and b.year:
        apart = 0 if "cochrane" in a.journal else 1  # its reviews are updated under one number and title
        (agree if abs(a.year - b.year) <= apart else differ).append("year")
    if (a.journal or a.short_journal) and (b.journal or b.short_journal):
        (agree if same_journal(a, b) else differ).append("journal")
    differ += [name for name, same in (("numbers", a.numbers == b.numbers), ("about", a.about == b.about)) if not same]
    return tuple(agree), tuple(differ)


def _as_good_as(name: str, x: str, y: str) -> bool:
    """Whether two pages differ only by an e, or two authors only by a given name that stands with the family name."""
    if name == "author":
        shorter, longer = sorted((x, y), key=len)
        return len(shorter) > 2 and (longer.startswith(shorter) or longer.endswith(shorter))
    return name == "page" and x.removeprefix("e") == y.removeprefix("e")


def _same_pmid(e: Evidence, a: Keys, b: Keys) -> bool:
    return "pmid" in e.agree and _titles_fit(e, a, b, 60)


def _same_doi(e: Evidence, a: Keys, b: Keys) -> bool:
    """A supplement has one DOI for all its abstracts: pages or authors that differ need the same title."""
    if "doi" not in e.agree or _against(e, "pmid", "about"):
        return False
    doubtful = _against(e, "page", "author") or ("numbers" in e.differ and "page" not in e.agree)
    return misspelt(a.title, b.title) if doubtful and a.title and b.title else _titles_fit(e, a, b, 60)


def _titles_fit(e: Evidence, a: Keys, b: Keys, at_least: float) -> bool:
    """Whether the titles of two records with one identifier fit; one without a title must not name another page."""
    if not a.title or not b.title:
        return "page" not in e.differ
    return e.similarity >= at_least or goes_on(a, b)


def goes_on(a: Keys, b: Keys) -> bool:
    """Whether one title is the beginning or the end of the other."""
    shorter, longer = sorted((a.title, b.title), key=len)
    return longer.startswith(f"{shorter} ") or longer.endswith(f" {shorter}")


def _same_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """The same words, and the same place in print as far as both name one."""
    if e.similarity < 100 or _against(e, "pmid", "year", "about", "numbers"):
        return False
    if "page" in e.agree:
        return _same_place(e)
    if _against(e, "doi") or not (len(a.title.split()) >= SHORT_TITLE or _vouched(e, a, b)):
        return False
    if "page" in e.differ:
        unlike = not (a.page.isdigit() and b.page.isdigit()) or "1" in (
            a.page,
            b.page,
        )  # an article number, or its pages
        return unlike and {"volume", "journal"} <= {*e.agree} and "author" not in e.differ and a.year == b.year
    return "volume" not in e.differ and ({"volume", "journal"} & {*e.agree} != set() or _bare(e, a, b))


def _vouched(e: Evidence, a: Keys, b: Keys) -> bool:
    """Whether everything beside a short title of three words agrees."""
    beside = {"author", "journal"} <= {*e.agree} and a.year == b.year and not _against(e, "page")
    return beside and len(a.title.split()) == SHORT_TITLE - 1


def _same_place(e: Evidence) -> bool:
    """Whether, with the same page, volume and journal allow that it is the same place."""
    if {"volume", "journal"} & {*e.agree}:
        return True
    return "author" in e.agree and not _against(e, "volume", "journal")


def _bare(e: Evidence, a: Keys, b: Keys) -> bool:
    """A record that does not say where it was printed: the same author, the same year, and nothing against."""
    return {"author", "year"} <= {*e.agree} and a.year == b.year and not _against(e, "journal", "page", "volume")


def _similar_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """Nearly the same words at the same place in print; in a supplement or without pages, the same words misspelt."""
    words = min(len(key.title.split()) for key in (a, b))
    if _against(e, "pmid", "doi", "year", "about", "numbers") or words < SHORT_TITLE or e.similarity < SIMILAR:
        return False
    place = {"page", "volume", "journal", "author"} & {*e.agree}
    if "page" in place and a.page[:1].isdigit() and not _against(e, "volume", "journal"):
        return len(place) >= (2 if e.similarity >= 95 else 3)
    if _against(e, "page", "volume", "journal", "author") or not misspelt(a.title, b.title):
        return False
    return len(place) >= 2 or (words >= 8 and bool(place))


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
    from rapidfuzz.distance import Levenshtein

    return f"{x}s" == y or f"{y}s" == x or (min(len(x), len(y)) > 4 and Levenshtein.distance(x, y) <= 1)


def _part_of_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """One title goes on where the other ends, at the same volume, page and year by the same author."""
    if not {"page", "volume", "year", "author"} <= {*e.agree} or _against(e, "pmid", "doi", "about", "journal"):
        return False
    return min(len(key.title.split()) for key in (a, b)) >= SHORT_TITLE and goes_on(a, b)


def _against(e: Evidence, *names: str) -> bool:
    return any(name in e.differ for name in names)


def _worth_asking(e: Evidence, a: Keys) -> bool:
    """Whether a person should look: identifiers, or titles with something beside them, speak for a merger."""
    if {"pmid", "doi"} & {*e.agree}:
        return e.similarity >= 50 or "page" in e.agree
    if len(a.title.split()) < SHORT_TITLE:
        return {"page", "volume", "author"} <= {*e.agree} and e.similarity >= 90
    beside = len({"page", "volume", "journal", "author", "year"} & {*e.agree})
    return (e.similarity >= 95 and beside >= 1) or (e.similarity >= SIMILAR and beside >= 3)


def _why(e: Evidence) -> str:
    against = ", ".join(e.differ)
    return f"alike, but these differ: {against}" if against else "alike, but too little is said beside the title"


RULES: dict[str, Callable[[Evidence, Keys, Keys], bool]] = {
    "same PMID": _same_pmid,
    "same DOI": _same_doi,
    "same title": _same_title,
    "similar title": _similar_title,
    "part of the title": _part_of_title,
}
