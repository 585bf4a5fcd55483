"""Whether two records are of one publication: the evidence, and the rules that it is judged by.

To add a rule: a function from `MatchEvidence` and both `Keys` to whether it applies, entered in `RULES`, the surest
first. A rule merges without anybody looking, so what it allows must be safe; `_worth_asking` is for what is only
likely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .compare import compare, goes_on, is_slip, misspelt, one_page, similarity
from .keys import Keys

SIMILAR = 85.0
SHORT_TITLE = 4  # words; "Editorial" and "COVID-19" are no evidence


@dataclass(frozen=True, slots=True)
class MatchEvidence:
    """What speaks for and against two records being of one publication.

    Attributes
    ----------
    similarity
        Of the titles, 0 to 100, the order of words apart; 100 for the same words.
    agree, differ
        What both say and say alike, and what both say and say differently: ``pmid``, ``doi``, ``year``, ``volume``,
        ``page``, ``last page``, ``journal``, ``author``, ``authors`` (all of them), ``abstract`` (how it begins),
        ``numbers`` (in the title), ``about`` (a notice about another), ``kind`` (article, preprint, conference abstract
        ...).
    rule
        The rule that merged them; for a question, why it is one.
    """

    similarity: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    rule: str = ""

    def has(self, *names: str) -> bool:
        """Whether all of these agree."""
        return all(name in self.agree for name in names)

    def has_one(self, *names: str) -> bool:
        """Whether one of these agrees."""
        return any(name in self.agree for name in names)

    def against(self, *names: str) -> bool:
        """Whether one of these differs."""
        return any(name in self.differ for name in names)


def judge(a: Keys, b: Keys) -> MatchEvidence | None:
    """Return the evidence on two records with the first rule that applies, or None where nothing speaks for one."""
    alike = similarity(a, b)
    if alike < SIMILAR and not _one_thing(a, b):
        return None
    found = MatchEvidence(alike, *compare(a, b))
    rule = next((name for name, applies in RULES.items() if applies(found, a, b)), None)
    if rule is None and not _worth_asking(found, a):
        return None
    return MatchEvidence(found.similarity, found.agree, found.differ, rule or _why(found))


def _one_thing(a: Keys, b: Keys) -> bool:
    """Whether something beside the title could make two records with unlike titles one."""
    if (a.pmid and a.pmid == b.pmid) or (a.doi and a.doi == b.doi):
        return True
    return bool(a.starts) and one_page(a, b)


def is_merger(evidence: MatchEvidence) -> bool:
    """Whether a rule merged them, as against a question."""
    return evidence.rule in RULES


def is_kin(evidence: MatchEvidence) -> bool:
    """Whether two records are alike because one is about the other, or an earlier form of it: no question, a link."""
    return evidence.against("about", "kind")


def contradict(a: Keys, b: Keys) -> bool:
    """Whether two records can never be in one group, whatever a third record says."""
    agree, differ = compare(a, b)
    e = MatchEvidence(0, agree, differ)
    if e.against("pmid", "about", "kind"):
        return True
    if e.has_one("pmid", "doi", "page"):
        return False
    if "volume" in e.differ and e.against("page", "journal"):
        return True
    if "page" in e.differ and (a.page + b.page).isdigit() and not _online_first(a, b) and not _overlap(a, b):
        return True
    return ("doi" in e.differ and not is_slip(a.doi, b.doi)) or (e.against("numbers") and similarity(a, b) >= SIMILAR)


def _same_pmid(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    return e.has("pmid") and (_titles_fit(e, a, b) or len({"volume", "page", "author", "journal"} & {*e.agree}) > 1)


def _same_doi(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """A supplement has one DOI for all its abstracts: pages or authors that differ need the same title."""
    if not e.has("doi") or e.against("pmid", "about", "kind"):
        return False
    elsewhere = "page" in e.differ and not _online_first(a, b)
    doubtful = elsewhere or e.against("author") or ("numbers" in e.differ and not e.has("page"))
    supplement = a.in_supplement or b.in_supplement
    if (doubtful or supplement) and a.title and b.title:
        cut = goes_on(a, b) and (not doubtful or (not supplement and e.has("author", "journal", "volume")))
        return cut or e.similarity == 100 or misspelt(a.title, b.title)
    return _titles_fit(e, a, b) or e.has("page", "author")


def _titles_fit(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Whether the titles of two records with one identifier fit; one without a title must not name another page."""
    if not a.title or not b.title:
        return "page" not in e.differ
    return e.similarity >= 60 or goes_on(a, b)


def _same_place(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """From the same page to the same page of one volume: one article, be its title translated in two ways."""
    if not e.has("volume", "page", "last page", "year") or e.against("pmid", "doi", "about", "kind", "author"):
        return False
    if _other_part(e, a, b):
        return False
    if e.has("authors") and len(a.names) > 1:
        return True
    pages = int(a.last) - int(a.page) if a.page.isdigit() else len(a.page) - 2
    beside = e.has("journal") + e.has("author") + (e.similarity >= 60) + (pages > 2)
    return pages > 0 and beside > 2


def _other_part(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Whether two titles are alike but for the part or the number at their end."""
    return e.similarity >= SIMILAR and a.numbers[1:] != b.numbers[1:]


def _same_abstract(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """One text at one place: what was printed twice, or first as a preprint, stands at two."""
    if not e.has("abstract", "year") or e.against("pmid", "about", "kind", "volume") or e.similarity < 60:
        return False
    if e.has("page"):
        return e.has_one("doi", "volume", "journal")
    return e.has("volume", "journal") and not e.against("page", "doi", "numbers") and e.similarity >= SIMILAR


def _same_title(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """The same words, and the same place in print as far as both name one."""
    if e.similarity < 100 or e.against("pmid", "about", "numbers", "kind"):
        return False
    if e.has("page"):
        return _one_place(e, a, b)
    if e.against("year") or ("doi" in e.differ and not is_slip(a.doi, b.doi)):
        return False
    if len(a.title.split()) < SHORT_TITLE and not _vouched(e, a, b):
        return False
    if "page" in e.differ:
        return _other_pages(e, a, b)
    if e.against("volume"):
        return a.issue == b.volume or b.issue == a.volume
    return e.has_one("volume", "journal") or _bare(e, a, b)


def _one_place(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Whether, with the same page, volume, journal and year allow that it is the same place."""
    if e.against("year"):
        return e.has("volume", "journal") and not a.is_cochrane and abs(a.year - b.year) < 4
    if a.is_cochrane and b.is_cochrane and e.against("doi"):
        return False
    if e.against("volume", "author") or len(a.title.split()) < SHORT_TITLE:
        beside = len({"volume", "journal", "last page", "author"} & {*e.agree})
        return beside > 1 and (e.has("author") or not e.against("volume", "author"))
    return e.has_one("volume", "journal", "last page") or (e.has("author") and not e.against("journal"))


def _other_pages(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Whether pages that differ are one article's: an article number, the proofs, or a slip in an overlapping range."""
    if e.against("author", "journal"):
        return False
    if _online_first(a, b):
        return e.has("journal", "author")
    if a.in_supplement or b.in_supplement or not e.has("volume", "journal"):
        return False
    numbered = not (a.page.isdigit() and b.page.isdigit()) or "1" in (a.page, b.page)
    return numbered or (_overlap(a, b) and e.has("authors") and a.year == b.year)


def _online_first(a: Keys, b: Keys) -> bool:
    """Whether one was exported before it had a volume: its pages count from 1."""
    return any(key.page == "1" and not key.volume for key in (a, b))


def _overlap(a: Keys, b: Keys) -> bool:
    if not (a.last.isdigit() and b.last.isdigit() and a.page.isdigit() and b.page.isdigit()):
        return False
    return int(a.page) < int(b.last) and int(b.page) < int(a.last)


def _vouched(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Whether everything beside a short title of three words agrees."""
    beside = e.has("author", "journal") and a.year == b.year and not e.against("page")
    return beside and len(a.title.split()) == SHORT_TITLE - 1


def _bare(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """A record that does not say where it was printed: the same author, the same year, and nothing against."""
    if not e.has("author", "year") or a.year != b.year or e.against("page", "volume"):
        return False
    nowhere = not (a.volume or b.volume or a.page or b.page)
    return not e.against("journal") or (nowhere and e.has("authors") and len(a.names) > 1)


def _similar_title(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """Nearly the same words at the same place in print; in a supplement or without pages, the same words misspelt."""
    words = min(len(key.title.split()) for key in (a, b))
    if e.against("pmid", "doi", "year", "about", "kind") or words < SHORT_TITLE or e.similarity < SIMILAR:
        return False
    place = {"page", "volume", "journal", "author"} & {*e.agree}
    if e.has("page") and not (a.in_supplement or b.in_supplement) and not e.against("volume", "journal"):
        one_number = "numbers" not in e.differ or (e.has("last page") and not _other_part(e, a, b))
        return one_number and len(place) >= (2 if e.similarity >= 95 else 3)
    if e.against("page", "volume", "journal", "author", "numbers") or not misspelt(a.title, b.title):
        return False
    return len(place) >= 2 or (words >= 8 and bool(place))


def _part_of_title(e: MatchEvidence, a: Keys, b: Keys) -> bool:
    """One title goes on where the other ends, at the same page by the same author."""
    if not e.has("page", "year") or e.against("pmid", "doi", "about", "kind", "journal", "volume"):
        return False
    if a.in_supplement or b.in_supplement or "author" in e.differ or not e.has_one("volume", "journal"):
        return False
    return min(len(key.title.split()) for key in (a, b)) >= SHORT_TITLE and goes_on(a, b)


def _worth_asking(e: MatchEvidence, a: Keys) -> bool:
    """Whether a person should look: identifiers, or titles with something beside them, speak for a merger."""
    if e.has_one("pmid", "doi"):
        return e.similarity >= 50 or e.has("page")
    if len(a.title.split()) < SHORT_TITLE:
        return e.has("page", "volume", "author") and e.similarity >= 90
    beside = len({"page", "volume", "journal", "author", "year"} & {*e.agree})
    return (e.similarity >= 95 and beside >= 1) or (e.similarity >= SIMILAR and beside >= 3)


def _why(e: MatchEvidence) -> str:
    if e.against("about"):
        return "one is a notice about the other, or an answer to it"
    if e.against("kind"):
        return "one is a preprint, a registration or a conference abstract of the other"
    against = ", ".join(e.differ)
    return f"alike, but these differ: {against}" if against else "alike, but too little is said beside the title"


RULES: dict[str, Callable[[MatchEvidence, Keys, Keys], bool]] = {
    "same PMID": _same_pmid,
    "same DOI": _same_doi,
    "same title": _same_title,
    "same place": _same_place,
    "same abstract": _same_abstract,
    "similar title": _similar_title,
    "part of the title": _part_of_title,
}
