"""Which records are of the same publication: merged where that is safe, asked where it is likely.

A report is not a study: the conference abstract and the full paper of one trial are two publications, and so are a
preprint and its article. They are asked about or linked, and never merged by themselves. The rules are in `RULES`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from .dedupe_keys import Keys, same_journal
from .record import Record

LARGEST_BLOCK = 400  # records that share a weak key; beyond it the key says nothing
SIMILAR = 85.0
SHORT_TITLE = 4  # words; "Editorial" and "COVID-19" are no evidence

Pair = tuple[int, int]


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


@dataclass(frozen=True, slots=True)
class Deduplication:
    """What became of n records.

    Attributes
    ----------
    groups
        Lists of two or more indices, merged automatically; each ascending, in the order of their first.
    questions
        Pairs of indices for a person, the likeliest first; their ``evidence`` says why.
    linked
        Pairs of publications of one study by their registration number, not merged.
    evidence
        For every pair that was merged or asked about.
    n
        The number of records.
    """

    groups: list[list[int]]
    questions: list[Pair]
    linked: list[Pair]
    evidence: Mapping[Pair, Evidence]
    n: int

    @property
    def clusters(self) -> list[list[int]]:
        """All records: the groups, and each record that is in none by itself."""
        grouped = {index for group in self.groups for index in group}
        return sorted([*self.groups, *([index] for index in range(self.n) if index not in grouped)])

    @property
    def kept(self) -> list[int]:
        """One index a publication: the first of each group, and every other."""
        return [cluster[0] for cluster in self.clusters]


def deduplicate(records: Sequence[Record]) -> Deduplication:
    """Find the records that are of the same publication.

    Parameters
    ----------
    records
        In any order; the answer speaks of them by their index.

    Examples
    --------
    >>> a = Record("Anakinra in severe COVID-19: a trial", ("Doe J",), year=2021, journal="Lancet", pages="1-9")
    >>> b = Record("Anakinra in Severe COVID-19: A Trial.", ("Doe, J",), year=2021, journal="The Lancet", pages="1")
    >>> deduplicate([a, b, Record("Tocilizumab in COVID-19")]).groups
    [[0, 1]]
    """
    keys = [Keys.of(record) for record in records]
    judged = {pair: found for pair in _candidates(keys) if (found := judge(keys[pair[0]], keys[pair[1]]))}
    merged, asked = _merge(keys, judged)
    groups = sorted(group for group in merged if len(group) > 1)
    together = {index: at for at, group in enumerate(groups) for index in group}
    questions = _questions(asked, judged, together)
    linked = [pair for pair in _linked(records) if not _joined(pair, together)]
    return Deduplication(groups, questions, linked, judged, len(records))


def judge(a: Keys, b: Keys) -> Evidence | None:
    """Return the evidence on two records with the first rule that applies, or None where nothing speaks for one."""
    similarity = _similarity(a, b)
    agree, differ = _compare(a, b)
    found = Evidence(similarity, agree, differ)
    rule = next((name for name, applies in RULES.items() if applies(found, a, b)), None)
    if rule is None and not _worth_asking(found, a):
        return None
    return Evidence(similarity, agree, differ, rule or _why(found))


def is_merger(evidence: Evidence) -> bool:
    """Whether a rule merged them, as against a question."""
    return evidence.rule in RULES


def _similarity(a: Keys, b: Keys) -> float:
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
            (agree if x == y else differ).append(name)
    if a.year and b.year:
        apart = 0 if "cochrane" in a.journal else 1  # its reviews are updated under one number and title
        (agree if abs(a.year - b.year) <= apart else differ).append("year")
    if (a.journal or a.short_journal) and (b.journal or b.short_journal):
        (agree if same_journal(a, b) else differ).append("journal")
    differ += [name for name, same in (("numbers", a.numbers == b.numbers), ("about", a.about == b.about)) if not same]
    return tuple(agree), tuple(differ)


def _same_pmid(e: Evidence, a: Keys, b: Keys) -> bool:
    return "pmid" in e.agree and _titles_fit(e, a, b, 60)


def _same_doi(e: Evidence, a: Keys, b: Keys) -> bool:
    """A supplement has one DOI for all its abstracts: pages or numbers that differ need nearly the same title."""
    if "doi" not in e.agree or _against(e, "pmid", "about"):
        return False
    return _titles_fit(e, a, b, 95 if _against(e, "page", "numbers", "author") else 60)


def _titles_fit(e: Evidence, a: Keys, b: Keys, at_least: float) -> bool:
    """Whether the titles of two records with one identifier fit; one without a title must not name another page."""
    if not a.title or not b.title:
        return "page" not in e.differ
    return e.similarity >= at_least or _goes_on(a, b)


def _goes_on(a: Keys, b: Keys) -> bool:
    """Whether one title is the beginning or the end of the other."""
    shorter, longer = sorted((a.title, b.title), key=len)
    return longer.startswith(f"{shorter} ") or longer.endswith(f" {shorter}")


def _same_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """The same words, and the same place in print as far as both name one."""
    if e.similarity < 100 or _against(e, "pmid", "year", "about", "numbers"):
        return False
    if "page" in e.agree:
        return _same_place(e)
    if len(a.title.split()) < SHORT_TITLE or _against(e, "doi"):
        return False
    if "page" in e.differ:
        unlike = not (a.page.isdigit() and b.page.isdigit()) or "1" in (
            a.page,
            b.page,
        )  # an article number, or its pages
        return unlike and {"volume", "journal"} <= {*e.agree} and "author" not in e.differ and a.year == b.year
    return "volume" not in e.differ and ({"volume", "journal"} & {*e.agree} != set() or _bare(e, a, b))


def _same_place(e: Evidence) -> bool:
    """Whether, with the same page, volume and journal allow that it is the same place."""
    if {"volume", "journal"} & {*e.agree}:
        return True
    return "author" in e.agree and not _against(e, "volume", "journal")


def _bare(e: Evidence, a: Keys, b: Keys) -> bool:
    """A record that does not say where it was printed: the same author, the same year, and nothing against."""
    return {"author", "year"} <= {*e.agree} and a.year == b.year and not _against(e, "journal", "page", "volume")


def _similar_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """Nearly the same words at the same place in print."""
    words = min(len(key.title.split()) for key in (a, b))
    if _against(e, "pmid", "doi", "year", "about", "numbers") or words < SHORT_TITLE:
        return False
    place = {"page", "volume", "journal", "author"} & {*e.agree}
    if "page" in place and not _against(e, "volume", "journal"):
        return len(place) >= (2 if e.similarity >= 95 else 3) and e.similarity >= SIMILAR
    if _against(e, "page", "volume", "journal", "author"):
        return False
    return (e.similarity >= 95 and len(place) >= 2) or (e.similarity >= 97 and words >= 8 and bool(place))


def _part_of_title(e: Evidence, a: Keys, b: Keys) -> bool:
    """One title goes on where the other ends, at the same volume, page and year by the same author."""
    if not {"page", "volume", "year", "author"} <= {*e.agree} or _against(e, "pmid", "doi", "about", "journal"):
        return False
    return min(len(key.title.split()) for key in (a, b)) >= SHORT_TITLE and _goes_on(a, b)


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


def _candidates(keys: Sequence[Keys]) -> Iterator[Pair]:
    """Yield each pair that shares a key once; weak keys only where the titles are at all alike."""
    seen: set[Pair] = set()
    for name, key_of in BLOCKS.items():
        blocks: defaultdict[Hashable, list[int]] = defaultdict(list)
        for index, key in enumerate(keys):
            if (value := key_of(key)) is not None:
                blocks[value].append(index)
        for block in blocks.values():
            if len(block) > 1:
                yield from _pairs(block, keys, seen, strong=name in _STRONG)


def _pairs(block: list[int], keys: Sequence[Keys], seen: set[Pair], strong: bool) -> Iterator[Pair]:
    from rapidfuzz import fuzz

    if len(block) > LARGEST_BLOCK:  # neighbours by title: what is alike stands close
        block = sorted(block, key=lambda index: keys[index].title)
        pairs: Iterable[Pair] = ((x, y) for at, x in enumerate(block) for y in block[at + 1 : at + 20])
    else:
        pairs = combinations(block, 2)
    for x, y in pairs:
        pair = (x, y) if x < y else (y, x)
        if pair in seen:
            continue
        if strong or fuzz.ratio(keys[x].ordered, keys[y].ordered, score_cutoff=60):
            seen.add(pair)
            yield pair


def _merge(keys: Sequence[Keys], judged: Mapping[Pair, Evidence]) -> tuple[list[list[int]], list[Pair]]:
    """Join pair after pair, the surest first; groups whose PMIDs differ stay apart, and the pair is asked about."""
    leader = list(range(len(keys)))
    members = [[index] for index in leader]
    asked = []
    order = {name: at for at, name in enumerate(RULES)}
    for pair in sorted(judged, key=lambda p: (order.get(judged[p].rule, len(order)), p)):
        x, y = leader[pair[0]], leader[pair[1]]
        if not is_merger(judged[pair]) or (x != y and _contradict(keys, members[x], members[y])):
            asked.append(pair)
        elif x != y:
            if len(members[x]) < len(members[y]):
                x, y = y, x
            for index in members[y]:
                leader[index] = x
            members[x] += members[y]
            members[y] = []
    return [sorted(group) for group in members if group], asked


def _contradict(keys: Sequence[Keys], one: list[int], other: list[int]) -> bool:
    """Whether two groups have PMIDs and none in common, or, without a DOI in common, pages and none in common."""

    def apart(name: str) -> bool:
        first, second = ({getattr(keys[index], name) for index in group} - {""} for group in (one, other))
        if name == "page":
            first, second = ({page for page in pages if page.isdigit() and page != "1"} for pages in (first, second))
        return bool(first and second and not first & second)

    shared_doi = {keys[index].doi for index in one} & {keys[index].doi for index in other} - {""}
    return apart("pmid") or (not shared_doi and apart("page"))


def _questions(asked: Sequence[Pair], judged: Mapping[Pair, Evidence], together: Mapping[int, int]) -> list[Pair]:
    """Return one pair for every two groups that are asked about: the likeliest."""
    best: dict[Hashable, Pair] = {}
    for pair in sorted(asked, key=lambda p: (-_weight(judged[p]), p)):
        if not _joined(pair, together):
            ends = tuple(sorted(str(together.get(index, f"-{index}")) for index in pair))
            best.setdefault(ends, pair)
    return list(best.values())


def _weight(e: Evidence) -> float:
    return e.similarity + 10 * len(e.agree) - 10 * len(e.differ)


def _joined(pair: Pair, together: Mapping[int, int]) -> bool:
    return pair[0] in together and together[pair[0]] == together.get(pair[1])


def _linked(records: Sequence[Record]) -> list[Pair]:
    """Return each two neighbours among the records that name one registration number."""
    by_number: defaultdict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for number in record.registrations:
            by_number[number].append(index)
    return sorted({pair for same in by_number.values() for pair in pairwise(same)})


BLOCKS: dict[str, Callable[[Keys], Hashable]] = {
    "pmid": lambda key: key.pmid or None,
    "doi": lambda key: key.doi or None,
    "title": lambda key: key.ordered or None,
    "place": lambda key: (key.volume, key.page) if key.volume and key.page else None,
    "start": lambda key: " ".join(key.title.split()[:3]) or None,
    "end": lambda key: " ".join(key.title.split()[-3:]) or None,
    "author": lambda key: (key.year, key.author) if key.year and key.author else None,
    "page": lambda key: (key.page, key.author) if key.page and key.author else None,
}
_STRONG = frozenset({"pmid", "doi", "title"})

RULES: dict[str, Callable[[Evidence, Keys, Keys], bool]] = {
    "same PMID": _same_pmid,
    "same DOI": _same_doi,
    "same title": _same_title,
    "similar title": _similar_title,
    "part of the title": _part_of_title,
}
