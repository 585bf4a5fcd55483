"""What goes wrong on a paper's way through the databases, and the other publications that resemble it.

`SLIPS` spoils one export of a paper, which stays a duplicate. `OTHERS` makes another publication, which must not be
merged. `cases` mixes both with clean exports; `score` counts as the published evaluations do (Rathbone et al. 2015).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from metaan.records.record import Record

from .exports import EXPORTS, JOURNALS, Chance, Change, initials, paper

NOWHERE = dict.fromkeys(("journal", "journal_abbreviation", "volume", "issue", "pages", "doi", "pmid"))
UNPAGED = {"volume": None, "issue": None, "pages": None}
NOTES = ("[Letter]", "[Review] [45 refs]", "(Provisional abstract)", "[see comment]", "[French]")
ENTITIES = {"β": "&beta;", "α": "&#945;", "'": "&#39;", " and ": " &amp; ", "CO2": "CO<sub>2</sub>"}
UMLAUTS = {"ü": "ue", "ø": "oe", "ä": "ae"}
ERRATA = ("Erratum: ", "Correction to: ", "Corrigendum to: ", "Author Correction: ", "Erratum to ", "Correction: ")
COMMENTS = ("Comment on: ", "Re: ", "Commentary: ", "Letter to the editor regarding: ", "Comments on ")
REPLIES = (": reply", " - author reply", ": Response to comments")
RETRACTIONS = ("Retraction: ", "Retraction notice to: ", "Notice of retraction: ", "Statement of Retraction: ")
GENERIC = ("Editorial", "Reply", "In this issue", "Abstracts", "Author's reply", "Introduction", "Letter to the editor")
MEDRXIV = "medRxiv : the preprint server for health sciences"


@dataclass(frozen=True)
class Case:
    """One record with the publication that it is of, and what made it."""

    record: Record
    work: str
    made_by: str


@dataclass
class Score:
    """Duplicate records that were found, publications that vanished in another's group, and what made them."""

    duplicates: int = 0
    found: int = 0
    works: int = 0
    vanished: int = 0
    of: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def sensitivity(self) -> float:
        """Share of the duplicate records that are in the group of their publication."""
        return self.found / self.duplicates

    @property
    def false_mergers(self) -> float:
        """Share of the publications that are lost in a group of another."""
        return self.vanished / self.works


def _swapped(text: str, table: dict[str, str]) -> str:
    for one, other in table.items():
        text = text.replace(one, other)
    return text


def _titled(before: str = "", behind: str = "") -> Change:
    return lambda r, c: replace(r, title=f"{before}{r.title}{behind}")


def _capitals(r: Record, c: Chance) -> Record:
    return replace(r, title=r.title.upper(), authors=tuple(author.upper() for author in r.authors))


def _misspelt(r: Record, c: Chance) -> Record:
    at = c.choice([at for at, char in enumerate(r.title) if char.isalpha() and 3 < at < len(r.title) - 1])
    return replace(r, title=r.title[:at] + c.choice(["", r.title[at] * 2]) + r.title[at + 1 :])


def _erratum_named(r: Record, c: Chance) -> Record:
    return replace(r, title=f"{r.title} [Erratum appears in {r.journal_abbreviation}. {(r.year or 0) + 1};15(1):187]")


def _german(r: Record, c: Chance) -> str:
    return f"Behandlung einer Krankheit mit Anakinra: Erfahrungen aus {r.volume} Kliniken, Untersuchung an {c.random()}"


SLIPS: dict[str, Change] = {
    "capitals": _capitals,
    "brackets of a translation": _titled("[", "]"),
    "a database's note": lambda r, c: replace(r, title=f"{r.title} {c.choice(NOTES)}"),
    "its erratum named": _erratum_named,
    "marked retracted": _titled("RETRACTED: "),
    "entities": lambda r, c: replace(r, title=_swapped(r.title, ENTITIES)),
    "a letter wrong": _misspelt,
    "subtitle left out": lambda r, c: replace(r, title=r.title.split(": ")[0]),
    "title cut": lambda r, c: replace(r, title=r.title[: max(40, len(r.title) * 2 // 3)] + "..."),
    "umlauts": lambda r, c: replace(r, authors=tuple(_swapped(author, UMLAUTS) for author in r.authors)),
    "no authors": lambda r, c: replace(r, authors=()),
    "a group for an author": lambda r, c: replace(r, authors=("RECOVERY Collaborative Group", *r.authors)),
    "another order of authors": lambda r, c: replace(r, authors=r.authors[1:] + r.authors[:1]),
    "year off by one": lambda r, c: replace(r, year=(r.year or 0) + c.choice([-1, 1])),
    "online first": lambda r, c: replace(r, year=(r.year or 0) - 1, **UNPAGED),
    "online first, from page 1": lambda r, c: replace(r, **UNPAGED | {"pages": "1-9"}),
    "no pages": lambda r, c: replace(r, pages=None),
    "no volume": lambda r, c: replace(r, volume=None, issue=None),
    "no journal": lambda r, c: replace(r, journal=None, journal_abbreviation=None),
    "an article number for pages": lambda r, c: replace(r, pages=f"e{c.randint(1000, 99999)}"),
    "issue for volume": lambda r, c: replace(r, volume=r.issue),
    "DOI of another": lambda r, c: replace(r, doi="10.1000/of.the.issue", pmid=None),
    "DOI with a slip": lambda r, c: replace(r, doi=r.doi and r.doi[:-1] + c.choice("0123456789")),
    "no identifiers": lambda r, c: replace(r, doi=None, pmid=None),
    "title and authors alone": lambda r, c: replace(r, **NOWHERE),
    "another language": lambda r, c: replace(r, title=_german(r, c), doi=None, pmid=None),
    "two languages": lambda r, c: replace(r, title=f"{r.title.rstrip('.')} [{_german(r, c)}]"),
}


def _elsewhere(r: Record, c: Chance, **changes: object) -> Record:
    """Return a record printed in another journal."""
    other = c.choice([name for name in JOURNALS if name != r.journal])
    at = c.randint(2, 2900)
    place = {"journal": other, "journal_abbreviation": JOURNALS[other][0], "volume": str(c.randint(1, 300))}
    base = {"issue": None, "pages": f"{at}-{at + 7}", "doi": f"10.7777/other.{c.randint(0, 10**9)}", "pmid": None}
    return replace(r, **place | base | changes)


def _further(r: Record, c: Chance, **changes: object) -> Record:
    """Return a record printed further on in the same volume."""
    at = c.randint(3000, 5000)
    base = {"pages": f"{at}-{at + 5}", "doi": f"10.7777/further.{c.randint(0, 10**9)}", "pmid": None}
    return replace(r, **base | changes)


def _notice(*before: str, behind: Sequence[str] = ("",)) -> Change:
    return lambda r, c: _further(r, c, title=f"{c.choice(before or ('',))}{r.title}{c.choice(behind)}")


def _conference(r: Record, c: Chance) -> Record:
    year = (r.year or 0) - c.randint(0, 2)
    return _elsewhere(r, c, year=year, pages=f"S{c.randint(1, 900)}", doi="10.7777/supplement.1")


def _own_conference(r: Record, c: Chance) -> Record:
    place = {"volume": str(int(r.volume or 1) - 1), "pages": f"A{c.randint(1, 900)}"}
    return replace(r, year=(r.year or 0) - 1, **NOWHERE | place | {"journal": r.journal})


def _embase_erratum(r: Record, c: Chance) -> Record:
    return _further(r, c, title=f"{r.title} ({r.journal_abbreviation} ({r.year}) {r.volume} ({r.pages}))")


def _preprint(r: Record, c: Chance) -> Record:
    doi = c.choice([None, f"10.1101/2020.05.05.{c.randint(10**7, 10**8)}"])
    return replace(r, **NOWHERE | {"journal": c.choice(["medRxiv", MEDRXIV]), "doi": doi})


def _registration(r: Record, c: Chance) -> Record:
    place = {"journal": "https://clinicaltrials.gov/show/NCT01234567", "authors": ("Made-up Pharma",)}
    return replace(r, **NOWHERE | place)


def _other_words(one: str, other: str, otherwise: str) -> Change:
    def change(r: Record, c: Chance) -> Record:
        title = r.title.replace(one, other) if one in r.title else f"{r.title.split(': ')[0]} {otherwise}"
        return _further(r, c, title=title)

    return change


def _same_authors(r: Record, c: Chance) -> Record:
    other = paper(c, c.randint(10**6, 10**7))
    place = {"journal": r.journal, "journal_abbreviation": r.journal_abbreviation, "volume": r.volume, "year": r.year}
    return replace(other, authors=r.authors, **place)


OTHERS: dict[str, Change] = {
    "conference abstract": _conference,
    "abstract in the journal of the paper": _own_conference,
    "erratum": _notice(*ERRATA),
    "erratum as Web of Science names it": _notice(behind=(" (vol 12, pg 345, 2020)",)),
    "erratum as Embase names it": _embase_erratum,
    "comment": _notice(*COMMENTS),
    "reply": _notice(behind=REPLIES),
    "retraction notice": _notice(*RETRACTIONS),
    "expression of concern": _notice("Expression of Concern: "),
    "preprint": _preprint,
    "part II": _notice(behind=(". Part II", ", part 2", ": II")),
    "another year's update": lambda r, c: _elsewhere(r, c, title=f"{r.title}: 2019 update", year=2019),
    "protocol": lambda r, c: _elsewhere(r, c, title=f"{r.title}: study protocol", year=(r.year or 0) - 2),
    "secondary analysis": lambda r, c: _elsewhere(r, c, title=f"{r.title}: a secondary analysis"),
    "published in two journals": _elsewhere,
    "published in two journals, one without pages": lambda r, c: _elsewhere(r, c, pages=None, doi=None),
    "registration": _registration,
    "women for men": _other_words(" men", " women", "in women"),
    "a word more": _other_words(" in ", " without sepsis in ", "without sepsis"),
    "a further paper under the title": _further,
    "the same authors": _same_authors,
}


def cases(papers: int, seed: int, slips: float = 0.25, others: float = 0.3) -> list[Case]:
    """Return the exports of papers, a share of them spoilt, and of what resembles a share of the papers, shuffled."""
    chance = random.Random(seed)
    made: list[Case] = []
    for number in range(papers):
        one, work = paper(chance, number), f"paper {number}"
        for name in chance.sample([*EXPORTS], chance.choices([1, 2, 3, 4, 5], [4, 3, 2, 1, 1])[0]):
            slip = chance.choice([*SLIPS]) if chance.random() < slips else ""
            clean = EXPORTS[name](one, chance)
            made.append(Case(SLIPS[slip](clean, chance) if slip else clean, work, slip or name))
        if chance.random() < others:
            which = chance.choice([*OTHERS])
            other = OTHERS[which](one, chance)
            names = chance.sample([*EXPORTS], chance.choice([1, 1, 2]))
            made += [Case(_exported(other, name, chance), f"{work}: {which}", which) for name in names]
        if chance.random() < 0.05:
            made += _generic(one, chance, work)
    chance.shuffle(made)
    return made


def _exported(record: Record, name: str, chance: Chance) -> Record:
    """Return a record as a database writes it; what is in no journal of the list stays as it is."""
    known = record.journal in JOURNALS
    return EXPORTS[name](record, chance) if known else replace(record, authors=initials(record.authors))


def _generic(one: Record, chance: Chance, work: str) -> list[Case]:
    """Return two items of one author in one volume under one title that says nothing."""
    first = replace(one, title=chance.choice(GENERIC), pages=str(chance.randint(1, 400)), doi=None, pmid=None)
    again = replace(first, pages=str(chance.randint(401, 900)), issue="13")
    return [Case(record, f"{work}: generic {at}", "generic title") for at, record in enumerate((first, again))]


def score(made: Sequence[Case], clusters: Sequence[Sequence[int]]) -> Score:
    """Count the duplicates that were found, and the publications that vanished, of all that was made."""
    where = {index: at for at, cluster in enumerate(clusters) for index in cluster}
    found = Score()
    works: defaultdict[str, list[int]] = defaultdict(list)
    for index, case in enumerate(made):
        works[case.work].append(index)
    for records in works.values():
        (main, _), *rest = Counter(where[index] for index in records).most_common()
        found.duplicates += len(records) - 1
        found.found += len(records) - 1 - len(rest)
        if len(records) > 1:
            found.of.update(made[index].made_by for index in records)
            found.missed.update(made[index].made_by for index in records if where[index] != main)
    for cluster in clusters:
        _, *lost = Counter(made[index].work for index in cluster).most_common()
        found.vanished += len(lost)
        for work, _ in lost:
            found.wrong[next(made[index].made_by for index in cluster if made[index].work == work)] += 1
    found.works = len(works)
    return found
