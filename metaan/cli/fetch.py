"""Fetch what PubMed says of each study, and store it beside the study files.

Studies are found by PMID or DOI. Nothing is written before every answer was sound; a disagreement between PubMed and
the registry is printed and never overwritten. Where PubMed is and who asks: METAAN_PUBMED_URL, METAAN_EMAIL and
NCBI_API_KEY in the environment, or `services:` in review.yaml.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from .progress import aloud
from .project import studies_folder

if TYPE_CHECKING:
    from ..workflows.search.fetch import FetchReport


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("studies", nargs="*", metavar="STUDY", help="ids of studies (default: all)")
    parser.add_argument("--json", action="store_true", help="print what became of each study as JSON")


def run(args: Namespace) -> int:
    """Fetch, store, say what happened."""
    from ..workflows.search.fetch import fetch

    with aloud("fetch") as run:
        report = fetch(studies_folder(args), args.studies or None, run)
    print(json.dumps(_as_dict(report), indent=2, ensure_ascii=False) if args.json else _as_text(report))
    return 0


def _as_text(report: FetchReport) -> str:
    lines = []
    for study in report.studies:
        lines.append(f"{study.study_id}: {study.state}" + (f" ({study.reason})" if study.reason else ""))
        lines += [f"  disagreement - {disagreement}" for disagreement in study.disagreements]
    counts = ", ".join(f"{len(report.in_state(s))} {s}" for s in ("fetched", "unchanged", "not found"))
    return "\n".join([*lines, f"as of {report.checked}: {counts}"])


def _as_dict(report: FetchReport) -> dict[str, Any]:
    return {
        "checked": report.checked,
        "studies": [
            {
                "id": study.study_id,
                "state": study.state,
                "reason": study.reason or None,
                "disagreements": [
                    {"field": d.field, "registry": d.registry, "pubmed": d.pubmed} for d in study.disagreements
                ],
            }
            for study in report.studies
        ],
    }
