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

_ANAKINRA = tuple(  # those that the registry has without a PMID
    work(doi, title, issued={"date-parts": [[year]]}, **{"container-title": [journal], "volume": volume, "page": pages})
    for doi, title, journal, year, volume, pages in (
        (
            "10.3389/fmicb.2023.1098703",
            "Evaluation of anakinra in the management of patients with COVID-19 infection: A randomized clinical trial",
            "Frontiers in Microbiology",
            2023,
            "14",
            "1098703",
        ),
        (
            "10.1016/j.ijid.2020.11.149",
            "Anakinra in hospitalized patients with severe COVID-19 pneumonia requiring oxygen therapy: Results of a "
            "prospective, open-label, interventional study",
            "International Journal of Infectious Diseases",
            2021,
            "103",
            "288-296",
        ),
        (
            "10.1136/annrheumdis-2020-217706",
            "Targeting the inflammatory cascade with anakinra in moderate to severe COVID-19 pneumonia: case series",
            "Annals of the Rheumatic Diseases",
            2020,
            "79",
            "1381-1382",
        ),
        (
            "10.3389/fimmu.2021.734279",
            "Interleukin-1 inhibitors and vaccination including COVID-19 in inflammatory rheumatic diseases: a "
            "nonsystematic review",
            "Frontiers in Immunology",
            2021,
            "12",
            "734279",
        ),
        (
            "10.1371/journal.pone.0273202",
            "Anakinra in hospitalized COVID-19 patients guided by baseline soluble urokinase plasminogen receptor "
            "plasma levels: a real world, retrospective cohort study",
            "PLoS One",
            2023,
            "18",
            "e0273202",
        ),
        (
            "10.7554/eLife.66125",
            "An open label trial of anakinra to prevent respiratory failure in COVID-19",
            "eLife",
            2021,
            "",
            "",
        ),
        (
            "10.1016/S2665-9913(20)30164-8",
            "Anakinra for severe forms of COVID-19: a cohort study",
            "The Lancet Rheumatology",
            2020,
            "",
            "",
        ),
    )
)

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
    for found in (*(_work_of(paper) for paper in PAPERS.values() if paper.doi), *_ANAKINRA, *_NOTICES)
}
AGENCIES = {"10.5555/data.1": "DataCite"}
