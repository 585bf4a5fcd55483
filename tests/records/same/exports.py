"""Made-up papers, and each of them as several databases would export it. All of it is seeded."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from metaan.records.record import Record

Chance = random.Random
Change = Callable[[Record, Chance], Record]

JOURNALS = {
    "The New England journal of medicine": ("N Engl J Med", "New England Journal of Medicine"),
    "Lancet (London, England)": ("Lancet", "The Lancet"),
    "JAMA": ("JAMA", "JAMA - Journal of the American Medical Association"),
    "BMJ (Clinical research ed.)": ("BMJ", "British Medical Journal"),
    "Annals of internal medicine": ("Ann Intern Med", "Annals of Internal Medicine"),
    "Annals of the rheumatic diseases": ("Ann Rheum Dis", "Annals of the Rheumatic Diseases"),
    "Arthritis & rheumatology (Hoboken, N.J.)": ("Arthritis Rheumatol", "Arthritis and Rheumatology"),
    "The European respiratory journal": ("Eur Respir J", "European Respiratory Journal"),
    "American journal of respiratory and critical care medicine": (
        "Am J Respir Crit Care Med",
        "American Journal of Respiratory and Critical Care Medicine",
    ),
    "Critical care (London, England)": ("Crit Care", "Critical Care"),
    "Clinical infectious diseases : an official publication of the Infectious Diseases Society of America": (
        "Clin Infect Dis",
        "Clinical Infectious Diseases",
    ),
    "PloS one": ("PLoS One", "PLoS ONE"),
    "Blood": ("Blood", "Blood"),
    "Diabetes care": ("Diabetes Care", "Diabetes Care"),
    "Diabetologia": ("Diabetologia", "Diabetologia"),
    "Journal of clinical oncology : official journal of the American Society of Clinical Oncology": (
        "J Clin Oncol",
        "Journal of Clinical Oncology",
    ),
    "Deutsche medizinische Wochenschrift (1946)": ("Dtsch Med Wochenschr", "Deutsche Medizinische Wochenschrift"),
    "International journal of cardiology": ("Int J Cardiol", "International Journal of Cardiology"),
    "Proceedings of the National Academy of Sciences of the United States of America": (
        "Proc Natl Acad Sci U S A",
        "Proceedings of the National Academy of Sciences of the United States of America",
    ),
    "Zhonghua yi xue za zhi": ("Zhonghua Yi Xue Za Zhi", "National Medical Journal of China"),
}
ONLINE = {"PloS one"}
FAMILIES = (
    "Müller", "Sørensen", "García-López", "Nguyen", "O'Brien", "Kyriazopoulou", "Łukasiewicz", "Giamarellos-Bourboulis",
    "Wang", "Li", "Zhang", "Smith", "Jones", "Kim", "Rossi", "Dupont", "Schmidt", "Jürgens", "Bækgaard", "Yılmaz",
    "Hašek", "Andersson", "Fernández", "Martin", "Silva", "Costa", "Tanaka", "Suzuki", "Chen", "Haddad", "Novák",
    "Petrov", "Cohen", "Kowalski", "Levy", "Singh", "Patel", "Murphy", "Brown", "Lopes", "Peeters", "Jansen",
    "Virtanen", "Papadakis",
)  # fmt: skip
PARTICLES = ("", "", "", "", "", "van der ", "de ", "von ")
GIVEN = (
    "Anna", "Bernd", "Carla", "David", "Eva", "Frank", "Gerda", "Hans", "Inge", "Jean-Marc", "Kaija", "Lars", "Mona",
    "Nadia", "Olaf", "Petra", "Qi", "Rosa", "Sven", "Tove",
)  # fmt: skip
DRUGS = (
    "anakinra", "tocilizumab", "colchicine", "baricitinib", "dexamethasone", "sarilumab", "canakinumab",
    "interleukin-1β", "TNF-α", "rituximab",
)  # fmt: skip
DISEASES = (
    "COVID-19 pneumonia", "rheumatoid arthritis", "type 2 diabetes mellitus", "acute myocardial infarction",
    "septic shock", "Still's disease", "familial Mediterranean fever", "acute ischaemic stroke", "gout flares",
    "non-small cell lung cancer", "haemophagocytic lymphohistiocytosis", "Behçet's disease", "CO2 retention",
)  # fmt: skip
OUTCOMES = (
    "mortality", "respiratory failure", "28-day survival", "disease activity", "oedema", "quality of life",
    "C-reactive protein (CRP)", "tumour growth", "length of stay in hospital", "leukaemia relapse",
)  # fmt: skip
PEOPLE = (
    "adults",
    "children",
    "hospitalised patients",
    "older people",
    "pregnant women",
    "men",
    "patients with anaemia",
)
DESIGNS = (
    "a randomised controlled trial", "a retrospective cohort study", "a double-blind placebo-controlled phase II trial",
    "results of a multicentre study", "a systematic review and meta-analysis", "a case series", "a pilot study",
)  # fmt: skip
VERBS = (
    "Effect of {d} on {o} in {p} with {x}",
    "{D} for {x} in {p}",
    "Early {d} and {o} in {x}",
    "{o} under {d} in {p}",
)
AMERICAN = {
    "andomise": "andomize", "italise": "italize", "aem": "em", "oed": "ed", "umour": "umor", "centre": "center",
}  # fmt: skip


def paper(chance: Chance, number: int) -> Record:
    """Return one paper, complete."""
    words = {
        "d": chance.choice(DRUGS),
        "o": chance.choice(OUTCOMES),
        "p": chance.choice(PEOPLE),
        "x": chance.choice(DISEASES),
    }
    title = chance.choice(VERBS).format(**words, D=words["d"].capitalize())
    title = title[0].upper() + title[1:]
    if chance.random() < 0.7:
        title += f": {chance.choice(DESIGNS)}"
    people = tuple(
        f"{chance.choice(PARTICLES)}{chance.choice(FAMILIES)}, {chance.choice(GIVEN)} {chance.choice('ABCDEFG')}."
        for _ in range(chance.randint(1, 9))
    )
    journal = chance.choice([*JOURNALS])
    year, start = chance.randint(1990, 2024), chance.randint(2, 2900)
    pages = f"e{number:06d}" if journal in ONLINE else f"{start}-{start + chance.randint(1, 14)}"
    return Record(
        title,
        people,
        year=year,
        journal=journal,
        journal_abbreviation=JOURNALS[journal][0],
        volume=str(year - 1930 + len(journal)),
        issue=str(chance.randint(1, 12)),
        pages=pages,
        doi=f"10.{1000 + len(journal)}/{re.sub(r'[^a-z]', '', journal.lower())[:6]}.{year}.{number:05d}",
        pmid=str(20_000_000 + number) if chance.random() < 0.9 else None,
    )


def initials(people: tuple[str, ...], dots: str = "", between: str = " ") -> tuple[str, ...]:
    out = []
    for name in people:
        family, _, given = name.partition(", ")
        letters = [part[0] for part in re.split(r"[ -]", given) if part]
        out.append(f"{family}{between}{''.join(letter + dots for letter in letters)}".strip())
    return tuple(out)


def _plain(text: str) -> str:
    table = str.maketrans("üøíóŁłæışăéöäçáñ", "uoioLlaisaeoacan")
    return text.replace("ß", "ss").replace("β", "beta").replace("α", "alpha").translate(table)


def pubmed(r: Record, chance: Chance) -> Record:
    """PubMed: a stop at the end, initials, abbreviated page range."""
    return replace(r, title=f"{r.title}.", authors=initials(r.authors), pages=_short(r.pages), source="pubmed")


def embase(r: Record, chance: Chance) -> Record:
    """Embase over Ovid: initials with stops, the plain name of the journal, no PMID, sometimes no DOI."""
    doi = r.doi if chance.random() < 0.7 else None
    name = JOURNALS[r.journal or ""][1]
    return replace(r, title=_plain(r.title), authors=initials(r.authors, "."), journal=name,
                   journal_abbreviation=None, doi=doi, pmid=None, year=_about(r.year, chance))  # fmt: skip


def scopus(r: Record, chance: Chance) -> Record:
    """Scopus: Title Case, the first page alone where the article has a number, the DOI as a rule."""
    title = " ".join(word if len(word) < 4 or not word[0].islower() else word.capitalize() for word in r.title.split())
    pages = None if (r.pages or "").startswith("e") and chance.random() < 0.5 else r.pages
    return replace(r, title=title, authors=initials(r.authors, "."), journal=JOURNALS[r.journal or ""][1],
                   journal_abbreviation=JOURNALS[r.journal or ""][0], pages=pages, pmid=None)  # fmt: skip


def web_of_science(r: Record, chance: Chance) -> Record:
    """Web of Science: capitals for journals, no diacritics, American letters for Greek ones."""
    people, doi = initials(tuple(map(_plain, r.authors))), r.doi if chance.random() < 0.8 else None
    journal = JOURNALS[r.journal or ""][1].upper()
    return replace(r, title=_plain(r.title), authors=people, journal=journal, doi=doi, pmid=None)


def cochrane(r: Record, chance: Chance) -> Record:
    """CENTRAL: neither DOI nor PMID as a rule, pages with a p, sometimes without authors' accents."""
    return replace(r, doi=None, pmid=None, authors=initials(tuple(map(_plain, r.authors))),
                   pages=(r.pages or "").replace("-", "‐"), journal=r.journal_abbreviation)  # fmt: skip


def endnote(r: Record, chance: Chance) -> Record:
    """A reference manager's own file: full names, British or American spelling, no DOI."""
    return replace(r, title=american(r.title), authors=initials(r.authors, between=" "), doi=None, pmid=None,
                   journal=r.journal_abbreviation, issue=None)  # fmt: skip


def psycinfo(r: Record, chance: Chance) -> Record:
    """PsycINFO: sentence case, given names, no issue."""
    words = [word if sum(map(str.isupper, word)) > 1 else word.lower() for word in r.title.split()]
    return replace(r, title=" ".join(words), authors=tuple(n.replace(".", "") for n in r.authors),
                   journal=JOURNALS[r.journal or ""][1], pmid=None, issue=None)  # fmt: skip


def scholar(r: Record, chance: Chance) -> Record:
    """Google Scholar: given names first, no accents, little else."""
    return replace(r, authors=tuple(" ".join(name.split(", ")[::-1]) for name in map(_plain, r.authors[:4])),
                   doi=None, pmid=None, journal=JOURNALS[r.journal or ""][1], issue=None)  # fmt: skip


def _short(pages: str | None) -> str | None:
    """Return 123-129 as 123-9."""
    first, _, last = (pages or "").partition("-")
    if not last or len(first) != len(last):
        return pages
    same = next((at for at in range(len(first)) if first[at] != last[at]), len(first) - 1)
    return f"{first}-{last[same:]}"


def _about(year: int | None, chance: Chance) -> int | None:
    return (year or 0) + (chance.choice([-1, 1]) if chance.random() < 0.05 else 0)


def american(title: str) -> str:
    """Return a title in American spelling."""
    for british, other in AMERICAN.items():
        title = title.replace(british, other)
    return title


EXPORTS: dict[str, Change] = {
    "PubMed": pubmed,
    "Embase": embase,
    "Scopus": scopus,
    "Web of Science": web_of_science,
    "Cochrane": cochrane,
    "EndNote": endnote,
    "PsycINFO": psycinfo,
    "Google Scholar": scholar,
}
