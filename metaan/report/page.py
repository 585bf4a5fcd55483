"""The report: one HTML file that needs nothing else.

Everything it shows is in the values it is given; no clock, no network, no random id, so the same input gives the same
bytes. A project's own ``templates`` folder replaces the packaged parts one by one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..resources import templates as packaged_templates
from . import formats, methods, provenance, words
from .bias import bias
from .certainty import astray
from .checklist import checklist
from .checks import check_row, tally, waived
from .explorer import explorable
from .flow import boxes
from .outcomes import outcome
from .studies import StudyView, states, studies
from .summary import summary
from .words import Arms

if TYPE_CHECKING:
    from ..analysis import Analysis, ReportedCheck
    from ..certainty import Evidence
    from ..registry.load import Review
    from .changes_view import ChangesView

DIGEST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A published pool of a review, with the link to where it was read."""

    study: str
    label: str
    outcome: str
    effect: str
    size: str
    i2: str
    href: str


def render(
    review: Review,
    analyses: Sequence[Analysis],
    checks: Sequence[ReportedCheck],
    *,
    version: str,
    templates: Path | None = None,
    evidence: Mapping[str, Sequence[Evidence]] | None = None,
    flow: Mapping[str, Any] | None = None,
    commit: str = "",
    changes: ChangesView | str | None = None,
) -> str:
    """Return the report as one self-contained HTML page.

    Parameters
    ----------
    review, analyses, checks
        The registry, what was pooled from it, and printed effects beside recomputed ones.
    version
        metaan's version, for the methods and the citation.
    templates
        A folder whose files replace the packaged templates of the same name.
    evidence
        By an analysis' key what `metaan.certainty.evidence` gives: effects per 1000, and suggestions for certainty.
    flow
        Counts of the records that searches found, as `metaan.report.flow.boxes` reads them, and under ``searches`` a
        mapping for each search that was run: source, day, since, records.
    commit
        The git commit that holds the registry, where there is one.
    changes
        What changed since the version before, or why that is not known; None where there is no such version.

    Examples
    --------
    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> render(review, ma.analyse(review), (), version=ma.__version__).splitlines()[0]
    '<!doctype html>'
    """
    context = _context(review, analyses, checks, version) | _appraisal(review, analyses, evidence or {})
    found = {"commit": commit, "changes": changes, "changes_known": not isinstance(changes, str | None)}
    return fill("page.html", context | _search(review, analyses, flow or {}) | found, templates)


def fill(name: str, context: Mapping[str, Any], templates: Path | None = None) -> str:
    """Return a template filled in, with stylesheet and script, and the hashes that let the browser take only them."""
    environment = _environment(templates)
    style, script = _source(environment, "style.css"), _source(environment, "script.js")
    return environment.get_template(name).render(
        **context,
        style=Markup(style),  # noqa: S704  the designer's own file
        style_hash=_hash(style),
        script=Markup(script),  # noqa: S704  the designer's own file
        script_hash=_hash(script),
    )


def _environment(templates: Path | None) -> Environment:
    folders = [*([templates] if templates is not None else []), packaged_templates()]
    loaders: list[BaseLoader] = [FileSystemLoader(folder, encoding="utf-8") for folder in folders]
    return Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(environment: Environment, name: str) -> str:
    """Return a file as it stands, with the line ends that a browser sees when it checks the hash."""
    loader = environment.loader or ChoiceLoader([])
    return loader.get_source(environment, name)[0].replace("\r\n", "\n")


def _hash(text: str) -> str:
    """Return what the policy names a style or a script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _context(
    review: Review, analyses: Sequence[Analysis], checks: Sequence[ReportedCheck], version: str
) -> dict[str, Any]:
    info = review.info
    arms = Arms(info.labels.experimental, info.labels.control)
    shown = studies(review)
    return {
        "review": info,
        "arms": arms,
        "outcomes": [outcome(analysis, arms) for analysis in analyses],
        "studies": shown,
        "states": states(review),
        "included": [study for study in shown if study.state == "included"],
        "not_included": [study for study in shown if study.state != "included"],
        "published_pools": list(_published(review)),
        "checks": [check_row(check) for check in checks],
        "waived": waived(review),
        "tally": tally(checks),
        "sources": provenance.rows(review),
        "methods": methods.paragraphs(analyses),
        "references": methods.references(analyses),
        "version": version,
        "digest": review.digest,
        "pubmed": _pubmed(shown),
        "judged": sum(bool(study.risk_of_bias) for study in review.studies),
        "cite": cite(review, version),
        "explore": explorable(analyses),
    }


def _appraisal(
    review: Review, analyses: Sequence[Analysis], evidence: Mapping[str, Sequence[Evidence]]
) -> dict[str, Any]:
    """Return what a panel judges by: the summary of findings, certainty, and risk of bias."""
    arms = Arms(review.info.labels.experimental, review.info.labels.control)
    table = summary(review, analyses, arms, evidence)
    return {
        "summary": table,
        "suggestions": [row.certainty for row in table.rows if row.certainty.suggested],
        "astray": astray(review, analyses),
        "bias": bias(review),
        "upper_first": words.upper_first,
    }


def _search(review: Review, analyses: Sequence[Analysis], flow: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of searches and of what they found, and the checklist that asks for it."""
    searches = flow.get("searches", ())
    items = checklist(review, analyses, dated=bool(searches or review.info.dates.searched))
    return {
        "flow": boxes(review, flow),
        "searched": bool(flow.get("identified")),
        "searches": searches,
        "checklist": items,
        "written": sum(bool(item.href) for item in items),
    }


def cite(review: Review, version: str) -> str:
    """Return how to cite the report."""
    info = review.info
    updated = info.dates.updated
    parts = [
        formats.listing(info.authors) if info.authors else "",
        info.title,
        f"Version {info.version}" if info.version else "",
        f"Updated {updated.isoformat()}" if updated else "",
        f"Computed with metaan {version}, registry {review.digest[:DIGEST_SHOWN]}",
    ]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def _pubmed(shown: Sequence[StudyView]) -> str:
    """Say for how many studies PubMed's record is there."""
    known = sum(study.flag.code != "unknown" for study in shown)
    if known == 0:
        return "PubMed's records were not fetched, so retractions and corrections were not looked up."
    missing = len(shown) - known
    rest = f"; for {formats.plural(missing, 'study', 'studies')} it was not fetched" if missing else ""
    return f"PubMed's record is there for {known} of {formats.plural(len(shown), 'study', 'studies')}{rest}."


def _published(review: Review) -> Iterable[PoolRow]:
    for study in review.studies:
        for i, pool in enumerate(study.published_pools):
            size = [formats.plural(pool.k, "study", "studies")] if pool.k else []
            size += [f"{pool.n} people"] if pool.n else []
            yield PoolRow(
                study=study.id,
                label=study.label,
                outcome=words.upper_first(pool.name or review.outcome(pool.outcome).name),
                effect=f"{pool.measure} {pool.estimate:g} ({pool.ci[0]:g} to {pool.ci[1]:g})",
                size=", ".join(size),
                i2=formats.percent(pool.i2),
                href="#" + provenance.anchor(study.id, "published_pools", i, "estimate"),
            )
