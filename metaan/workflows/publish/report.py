"""Writing the report of a review, as a page or in another format."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError, choose
from ...registry.store.numbers import last_opinion
from ...registry.text.files import project_of
from ...report.report import Report, Stamp
from ...report.writers.catalogue import WRITERS
from ...report.writers.page import panel as panel_page
from ...synthesis.analyse import PROTOCOL, Choices, analyse
from ...synthesis.certainty import evidence
from ...synthesis.recompute import reported_checks
from ..git import Git
from ..outputs import format_of, write_output
from ..versions.changes_since import changes_since
from .flow_of_records import flow_of_records

if TYPE_CHECKING:
    from ...registry.load import Review


def default_output(review: Review, form: str = "html", panel: bool = False) -> Path:
    """Return outputs/NAME.FORMAT beside the studies, NAME being the project folder's or the review's short name."""
    project = review.folder.resolve().parent
    name = re.sub(r"[^a-z0-9]+", "-", (review.info.name or project.name).casefold()).strip("-") or "report"
    return project / "outputs" / f"{name}{'-panel' * panel}.{form}"


def write_report(
    review: Review,
    path: str | Path,
    choices: Choices = PROTOCOL,
    form: str | None = None,
    since: str | None = None,
    *,
    panel: bool = False,
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
        A key of `metaan.report.writers.catalogue.WRITERS`; None: as the file's name ends, HTML where it has no ending.
    since
        The git revision with which the page compares the registry; where it is None, the release before, if any.
    panel
        Whether to write the two sheets for a panel in place of the whole page.

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
    form = format_of(Path(path), form, WRITERS, "html")
    writer = choose(WRITERS, form, "format")
    if since is not None and "since" not in writer.can:
        raise UsageError(f"--since goes with the HTML report, not with {form}; metaan diff says what changed")
    if panel and form != "html":
        raise UsageError(f"--panel goes with the HTML report, not with {form}")
    made = (panel_page if panel else writer.write)(make_report(review, choices, since, writer.can))
    return write_output(Path(path), made, project_of(review.folder))


def make_report(
    review: Review, choices: Choices = PROTOCOL, since: str | None = None, parts: Container[str] = ("results", "text")
) -> Report:
    """Analyse a review and return its report, with the parts that a writer can say: see its ``can``."""
    made = Report(review)
    if "results" in parts:
        analyses = analyse(review, choices=choices)
        made = replace(made, analyses=analyses, evidence={one.plan.key: evidence(one) for one in analyses})
    if "text" in parts:
        (flow, searches), stamp = flow_of_records(review), Stamp(commit=Git(review.folder).last_change())
        changes, checks = changes_since(review, since), reported_checks(review)
        numbers = last_opinion(review.folder)
        made = replace(made, flow=flow, searches=searches, stamp=stamp)
        made = replace(made, checks=checks, changes=changes, numbers=numbers)
    return made
