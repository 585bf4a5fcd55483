"""Writing the report of a review, as a page or in another format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError, choose
from ...registry.text.files import project_of
from ...report.writers.citations import to_bibtex, to_ris
from ...report.writers.content import content
from ...report.writers.export_csv import to_csv
from ...report.writers.markdown import to_markdown
from ...report.writers.page import pieces, shown
from ...report.writers.whole_json import report_json
from ...synthesis.analyse import PROTOCOL, Choices, analyse
from ...synthesis.certainty import evidence
from ...synthesis.recompute import reported_checks
from ...version import __version__
from ..outputs import for_spreadsheet, format_of, write_output
from ..versions.git import commit_of
from ..versions.since import changes_since
from .living import store_of

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...synthesis.values import Analysis


def default_output(review: Review, form: str = "html") -> Path:
    """Return outputs/NAME.FORMAT beside the studies, NAME being the project folder's or the review's short name."""
    project = review.folder.resolve().parent
    name = re.sub(r"[^a-z0-9]+", "-", (review.info.name or project.name).casefold()).strip("-") or "report"
    return project / "outputs" / f"{name}.{form}"


def write_report(
    review: Review, path: str | Path, choices: Choices = PROTOCOL, form: str | None = None, since: str | None = None
) -> Path:
    """Analyse a review by its protocol and write the report as one self-contained HTML file, or in another format.

    Parameters
    ----------
    review
        What `metaan.load` returned.
    path
        The file to write, whole or not at all; a folder that is not there is made in the review's project only.
    choices
        What to put in place of the protocol.
    form
        A key of `REPORTS`; None: as the file's name ends, HTML where it has no ending.
    since
        The git revision with which the page compares the registry; where it is None, the release before, if any.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        The format is unknown, or is not a page and ``since`` is given; or there is no such folder.
    SourceError, RegistryError
        The revision cannot be read.
    """
    form = format_of(Path(path), form, REPORTS, "html")
    make = choose(REPORTS, form, "format")
    if since is not None and form != "html":
        raise UsageError(f"--since goes with the HTML report, not with {form}; metaan diff says what changed")
    return write_output(Path(path), make(review, choices, since), project_of(review.folder))


def _page(review: Review, choices: Choices, since: str | None) -> bytes:
    own = review.folder.resolve().parent / "templates"
    analyses = analyse(review, choices=choices)
    given = shown(review, analyses, reported_checks(review), **_found(review, analyses, since))
    page = BytesIO()
    page.writelines(piece.encode() for piece in pieces("page.html", given, own if own.is_dir() else None))
    return page.getvalue()


def _found(review: Review, analyses: Sequence[Analysis], since: str | None) -> dict[str, Any]:
    """Return what is known beside the registry and its analyses: appraisal, searches, commit and changes."""
    return {
        "version": __version__,
        "evidence": {analysis.plan.key: evidence(analysis) for analysis in analyses},
        "flow": store_of(review),
        "commit": commit_of(review.folder),
        "changes": changes_since(review, since),
    }


def _json(review: Review, choices: Choices, since: str | None) -> bytes:
    analyses, checks = analyse(review, choices=choices), reported_checks(review)
    found = _found(review, analyses, since)
    said = content(review, analyses, checks, **found)
    whole = report_json(review, analyses, checks, found["evidence"], said)
    return (json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _markdown(review: Review, choices: Choices, since: str | None) -> bytes:
    analyses = analyse(review, choices=choices)
    said = content(review, analyses, reported_checks(review), **_found(review, analyses, since))
    return to_markdown(analyses, said).encode()


def _csv(review: Review, choices: Choices, _: str | None) -> bytes:
    analyses = analyse(review, choices=choices)
    return for_spreadsheet(to_csv(analyses, {analysis.plan.key: evidence(analysis) for analysis in analyses}))


#: Name of a format, which is also the end of its files' names, to what writes it.
REPORTS: dict[str, Callable[[Review, Choices, str | None], bytes]] = {
    "html": _page,
    "md": _markdown,
    "json": _json,
    "csv": _csv,
    "ris": lambda review, choices, _: to_ris(review).encode(),
    "bib": lambda review, choices, _: to_bibtex(review).encode(),
}
