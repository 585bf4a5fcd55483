"""The databases that metaan knows: how people call each, how it is asked, and by what its answers name a record.

To add one, enter it in `DATABASES`, make a folder with its calls, and give its address a field in `Settings` and in
review.yaml; where review.yaml may name a search of it, enter a function in `SEARCHERS` of `workflows.search.searching`.
A database that only people search needs no entry: review.yaml names it, `metaan import --database` takes its files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """How a database is asked.

    Attributes
    ----------
    url
        Its base URL, where no other is set.
    rate
        Requests per second; ``rate_known`` where ``better_with``, a field of `Settings`, is set.
    tells
        Parameter -> field of `Settings`: what goes with every request where it is set.
    forms
        Whether it reads a query that is sent as a form.
    """

    url: str
    rate: float
    tells: tuple[tuple[str, str], ...] = ()
    better_with: str | None = None
    rate_known: float = 0.0
    forms: bool = False


@dataclass(frozen=True, slots=True)
class Database:
    """One entry of `DATABASES`.

    Attributes
    ----------
    name
        How people call it.
    accession
        By what an answer of it is known to name a record.
    """

    name: str
    accession: re.Pattern[bytes]
    service: Service


_EUTILS = (("tool", "tool"), ("email", "email"), ("api_key", "api_key"))

#: By what review.yaml, candidates and runs call it.
DATABASES: dict[str, Database] = {
    # NCBI allows 3 and 10 requests a second, and counts them a little differently.
    "pubmed": Database(
        "PubMed",
        re.compile(rb'"idlist"\s*:\s*\[\s*"'),
        Service("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 2.5, _EUTILS, "api_key", 8.0, forms=True),
    ),
    # About 1 is what it bears, and its 429 names no time. It is told nothing of who asks.
    "ctgov": Database(
        "ClinicalTrials.gov", re.compile(rb'"nctId"'), Service("https://clinicaltrials.gov/api/v2/", 0.9)
    ),
    # Lists are allowed 1, and 3 to who gives an address: the polite pool.
    "crossref": Database(
        "Crossref",
        re.compile(rb'"DOI"\s*:'),
        Service("https://api.crossref.org/", 0.9, (("mailto", "email"),), "email", 2.5),
    ),
    # 10 are said to be allowed, nowhere in writing.
    "europepmc": Database(
        "Europe PMC",
        re.compile(rb'"id"\s*:'),
        Service("https://www.ebi.ac.uk/europepmc/webservices/rest/", 4.0, (("email", "email"),)),
    ),
}
