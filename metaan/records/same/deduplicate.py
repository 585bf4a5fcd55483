"""Which records are of the same publication: merged where that is safe, asked where it is likely.

A report is not a study: the conference abstract and the full paper of one trial are two publications, and so are a
preprint and its article, a paper and its erratum. They are asked about or linked, and never merged by themselves. The
rules are in `metaan.records.same.rules`; a new key to find candidates by is one entry in `BLOCKS`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from ..record import Record
from .compare import goes_on, similarity
from .keys import Keys
from .rules import RULES, MatchEvidence, contradict, is_kin, is_merger, judge

LEAST_ALIKE = 70  # of 100; titles that share a weak key and are less alike than this are not looked at
ALL_PAIRS = 20  # records that share a key, of which each is compared with each
MOST_ALIKE = 8  # of more records: with how many, those with the most alike titles, each is compared
LARGEST_BLOCK = 400  # records; of still more only neighbours by title, in windows of this many, are looked at
WINDOW = 40

Pair = tuple[int, int]


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
        Pairs of publications of one study, never merged: they name one registration, or one is the other's erratum,
        reply, preprint or registration, of which their ``evidence`` tells.
    evidence
        For every pair that was merged or asked about.
    n
        The number of records.
    """

    groups: list[list[int]]
    questions: list[Pair]
    linked: list[Pair]
    evidence: Mapping[Pair, MatchEvidence]
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
    return find_duplicates([Keys.of(record) for record in records], [record.registrations for record in records])


def find_duplicates(of: Sequence[Keys], registrations: Sequence[Sequence[str]], settled: int = 0) -> Deduplication:
    """Do what `deduplicate` does of the records' keys and registration numbers, which take less room than they do.

    The first ``settled`` records have been compared with each other before, and are not again.
    """
    keys = _own_dois(list(of))
    judged = {pair: found for pair in _candidates(keys, settled) if (found := judge(keys[pair[0]], keys[pair[1]]))}
    merged, asked = _merge(keys, judged)
    groups = sorted(group for group in merged if len(group) > 1)
    together = {index: at for at, group in enumerate(groups) for index in group}
    alike = _alike(asked, judged, together)
    questions = [pair for pair in alike if not is_kin(judged[pair])]
    linked = sorted({*_registered(registrations), *alike} - {*questions})
    return Deduplication(groups, questions, [p for p in linked if not _joined(p, together)], judged, len(keys))


def _own_dois(keys: list[Keys]) -> list[Keys]:
    """Take away the DOIs that stand for a whole supplement or volume: three records or more, and unlike titles."""
    by_doi: defaultdict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        by_doi[key.doi].append(index)
    for doi, same in by_doi.items():
        titled = [keys[index] for index in same if keys[index].title]
        if doi and len(same) > 2 and any(_of_another_work(titled[0], key) for key in titled[1:]):
            for index in same:
                keys[index] = replace(keys[index], doi="")
    return keys


def _of_another_work(a: Keys, b: Keys) -> bool:
    return similarity(a, b) < 60 and not goes_on(a, b) and not (a.page and a.page == b.page)


def _candidates(keys: Sequence[Keys], settled: int) -> Iterator[Pair]:
    """Yield each pair that shares a key once; weak keys only where the titles are at all alike."""
    seen: set[Pair] = set()
    for name, key_of in BLOCKS.items():
        blocks: defaultdict[Hashable, list[int]] = defaultdict(list)
        for index, key in enumerate(keys):
            if (value := key_of(key)) is not None:
                blocks[value].append(index)
        for block in blocks.values():
            if len(block) > 1 and block[-1] >= settled:
                for pair in _pairs(block, keys, settled, strong=name in _STRONG):
                    if pair not in seen:
                        seen.add(pair)
                        yield pair


def _pairs(block: list[int], keys: Sequence[Keys], settled: int, strong: bool) -> Iterable[Pair]:
    """Return the pairs of a block that are judged: at most some for each record, however many share its key."""
    if len(block) <= ALL_PAIRS:
        pairs = (pair for pair in combinations(block, 2) if pair[1] >= settled)
        return pairs if strong else _alike_one_by_one(pairs, keys)
    if len(block) <= LARGEST_BLOCK:
        return _alike_at_once(block, keys, settled)
    block = sorted(block, key=lambda index: keys[index].title)  # what is alike stands close
    windows = (block[at : at + WINDOW] for at in range(0, len(block) - WINDOW // 2, WINDOW // 2))
    return (pair for window in windows for pair in _alike_at_once(sorted(window), keys, settled))


def _alike_one_by_one(pairs: Iterable[Pair], keys: Sequence[Keys]) -> Iterator[Pair]:
    from rapidfuzz import fuzz

    return ((x, y) for x, y in pairs if fuzz.ratio(keys[x].ordered, keys[y].ordered, score_cutoff=LEAST_ALIKE))


def _alike_at_once(block: list[int], keys: Sequence[Keys], settled: int) -> Iterator[Pair]:
    """Yield for each record that is not settled those of the block whose titles are the most like its own."""
    import numpy as np
    from rapidfuzz import fuzz, process

    first = bisect_left(block, settled)
    if first == len(block):
        return
    titles = [keys[index].ordered for index in block]
    alike = process.cdist(titles[first:], titles, scorer=fuzz.ratio, score_cutoff=LEAST_ALIKE, dtype=np.float32)
    np.fill_diagonal(alike[:, first:], 0)
    best = np.argsort(-alike, axis=1, kind="stable")[:, :MOST_ALIKE]
    for at, others in enumerate(best.tolist(), first):
        for other in others:
            if alike[at - first, other]:
                yield (block[at], block[other]) if at < other else (block[other], block[at])


def _merge(keys: Sequence[Keys], judged: Mapping[Pair, MatchEvidence]) -> tuple[list[list[int]], list[Pair]]:
    """Join pair after pair, the surest first; groups that contradict each other stay apart, and are asked about."""
    leader = list(range(len(keys)))
    members = [[index] for index in leader]
    asked = []
    order = {name: at for at, name in enumerate(RULES)}
    for pair in sorted(judged, key=lambda p: (order.get(judged[p].rule, len(order)), -_weight(judged[p]), p)):
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
    """Whether a record of one group cannot be of the publication of a record in the other: A~B and B~C make no A~C."""
    return any(contradict(keys[x], keys[y]) for x in one for y in other)


def _alike(asked: Sequence[Pair], judged: Mapping[Pair, MatchEvidence], together: Mapping[int, int]) -> list[Pair]:
    """Return one pair for every two groups that are alike and were not merged: the likeliest."""
    best: dict[Hashable, Pair] = {}
    for pair in sorted(asked, key=lambda p: (-_weight(judged[p]), p)):
        if not _joined(pair, together):
            ends = tuple(sorted(str(together.get(index, f"-{index}")) for index in pair))
            best.setdefault(ends, pair)
    return list(best.values())


def _weight(e: MatchEvidence) -> float:
    return e.similarity + 10 * len(e.agree) - 10 * len(e.differ)


def _joined(pair: Pair, together: Mapping[int, int]) -> bool:
    return pair[0] in together and together[pair[0]] == together.get(pair[1])


def _registered(registrations: Sequence[Sequence[str]]) -> list[Pair]:
    """Return each two neighbours among the records that name one registration number."""
    by_number: defaultdict[str, list[int]] = defaultdict(list)
    for index, numbers in enumerate(registrations):
        for number in numbers:
            by_number[number].append(index)
    return sorted({pair for same in by_number.values() for pair in pairwise(same)})


BLOCKS: dict[str, Callable[[Keys], Hashable]] = {
    "pmid": lambda key: key.pmid or None,
    "doi": lambda key: key.doi or None,
    "title": lambda key: key.ordered or None,
    "squeezed": lambda key: key.title.replace(" ", "") or None,
    "other": lambda key: key.other or None,
    "place": lambda key: (key.volume, key.page.removeprefix("e")) if key.volume and key.page else None,
    "start": lambda key: " ".join(key.title.split()[:3]) or None,
    "end": lambda key: " ".join(key.title.split()[-3:]) or None,
    "author": lambda key: (key.year, key.author) if key.year and key.author else None,
    "page": lambda key: (key.page.removeprefix("e"), key.author) if key.page and key.author else None,
}
_STRONG = frozenset({"pmid", "doi", "title", "squeezed", "other", "place", "page"})
