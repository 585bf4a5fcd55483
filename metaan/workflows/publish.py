"""Writing the report of a review."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..certainty import evidence
from ..recompute import reported_checks
from ..registry.write import write_text
from ..report.page import render
from ..synthesis import PROTOCOL, Choices, analyse
from .commit import commit_of
from .living import store_of

if TYPE_CHECKING:
    from ..registry.load import Review


def default_output(review: Review) -> Path:
    """Return outputs/NAME.html beside the studies, NAME being the project folder's or the review's short name."""
    project = review.folder.resolve().parent
    name = re.sub(r"[^a-z0-9]+", "-", (review.info.name or project.name).casefold()).strip("-") or "report"
    return project / "outputs" / f"{name}.html"


def write_report(review: Review, path: str | Path, choices: Choices = PROTOCOL) -> Path:
    """Analyse a review by its protocol and write the report as one self-contained HTML file.

    Parameters
    ----------
    review
        What `metaan.load` returned.
    path
        The file to write; folders are made, and the file appears whole or not at all.
    choices
        What to put in place of the protocol.

    Returns
    -------
    Path
        The file.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    own = review.folder.resolve().parent / "templates"
    analyses = analyse(review, choices=choices)
    page = render(
        review,
        analyses,
        reported_checks(review),
        version=__version__,
        templates=own if own.is_dir() else None,
        evidence={analysis.plan.key: evidence(analysis) for analysis in analyses},
        flow=store_of(review),
        commit=commit_of(review.folder),
    )
    write_text(target, page)
    return target
