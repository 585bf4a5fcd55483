"""What the local Crossref knows: the works behind `papers`, and made-up notices about the made-up ones."""

from __future__ import annotations

from typing import Any

from .papers import PAPERS, Paper

Work = dict[str, Any]


def work(doi: str, title: str, **more: Any) -> Work:
    """Return a work as Crossref sends it."""
    return {"DOI": doi, "title": [title], "type": "journal-article", "container-title": [], "relation": {}} | more


def update(doi: str, kind: str, source: str, *day: int) -> Work:
    """Return one entry of updated-by or update-to."""
    return {"DOI": doi, "type": kind, "label": kind.title(), "source": source, "updated": {"date-parts": [list(day)]}}


def _work_of(paper: Paper) -> Work:
    parts = [int(paper.date[0])] if paper.date else [None]
    authors = [
        {"name": name[1:]} if name.startswith(":") else {"family": name.rpartition(" ")[0], "given": name.split()[-1]}
        for name in paper.authors
    ]
    more = {
        "container-title": [paper.journal] if paper.journal else [],
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.pages,
        "author": authors,
        "issued": {"date-parts": [parts]},
    }
    if paper.registration:
        more["clinical-trial-number"] = [
            {"clinical-trial-number": paper.registration[1].lower(), "registry": "10.18810"}
        ]
    return work(paper.doi, paper.title.rstrip("."), **more)


_LINKS: dict[str, Work] = {
    "10.5555/metaan.1": {
        "relation": {"has-preprint": [{"id-type": "doi", "id": "10.5555/PREPRINT.1", "asserted-by": "object"}]},
        "update-to": [update("10.5555/metaan.1", "correction", "publisher", 2024, 3, 1)],
        "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title><jats:p>Nothing &amp; "
        "<jats:bold>less</jats:bold>, p &lt; 0.05.</jats:p></jats:sec>",
    },
    "10.5555/metaan.2": {
        "updated-by": [
            update("10.5555/Notice.2", "retraction", "publisher", 2024, 2, 5),
            update("10.5555/notice.2", "retraction", "retraction-watch", 2024, 2, 4),
            update("10.5555/notice.1", "correction", "publisher", 2023, 6, 1),
        ]
    },
}

_NOTICES = (
    work(
        "10.5555/notice.2",
        "Retraction: A made-up trial that was withdrawn",
        **{"update-to": [update("10.5555/metaan.2", "retraction", "publisher", 2024, 2, 5)]},
    ),
    work(  # the article itself does not say so
        "10.5555/notice.3",
        "Expression of concern",
        **{"update-to": [update("10.5555/METAAN.3", "expression_of_concern", "publisher", 2024)]},
    ),
    work(
        "10.1038/s41591-021-01569-2",
        "Erratum",
        **{"update-to": [update("10.1038/s41591-021-01499-z", "erratum", "publisher", 2021)]},
    ),
    work(
        "10.5555/preprint.1",
        "A made-up trial of nothing",
        type="posted-content",
        subtype="preprint",
        relation={"is-preprint-of": [{"id-type": "doi", "id": "10.5555/metaan.1", "asserted-by": "subject"}]},
    ),
    work(
        "10.5555/withdrawn.4", "WITHDRAWN: A made-up paper whose title alone says so", issued={"date-parts": [[None]]}
    ),
)

WORKS: dict[str, Work] = {
    found["DOI"].lower(): found | _LINKS.get(found["DOI"], {})
    for found in (*(_work_of(paper) for paper in PAPERS.values() if paper.doi), *_NOTICES)
}
AGENCIES = {"10.5555/data.1": "DataCite"}
