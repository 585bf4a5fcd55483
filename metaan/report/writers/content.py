"""What the report says, in whatever form it is written: views of the registry and of its analyses, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..language import formats, methods, words
from ..language.words import Arms
from ..sections import provenance
from ..sections.bias import bias
from ..sections.certainty import astray
from ..sections.checklist import checklist
from ..sections.checks import check_row, tally, waived
from ..sections.flow import boxes
from ..sections.outcomes import outcome
from ..sections.studies import StudyView, states, studies
from ..sections.summary import summary
from ..sections.workings import Workings

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...synthesis.certainty import Evidence
    from ...synthesis.values import Analysis, ReportedCheck
    from ..changes.view import ChangesView

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


def content(
    review: Review,
    analyses: Sequence[Analysis],
    checks: Sequence[ReportedCheck] = (),
    *,
    version: str,
    evidence: Mapping[str, Sequence[Evidence]] | None = None,
    flow: Mapping[str, Any] | None = None,
    commit: str = "",
    changes: ChangesView | str | None = None,
) -> dict[str, Any]:
    """Return what every form of the report says, by the names that the templates use.

    Parameters
    ----------
    review, analyses, checks, version, evidence, flow, commit, changes
        As `metaan.report.writers.page.render` takes them.
    """
    return {
        **_results(review, analyses, checks),
        **_appraisal(review, analyses, evidence or {}),
        **_search(review, analyses, flow or {}),
        "version": version,
        "digest": review.digest,
        "cite": cite(review, version),
        "commit": commit,
        "changes": changes,
        "changes_known": not isinstance(changes, str | None),
    }


def _results(review: Review, analyses: Sequence[Analysis], checks: Sequence[ReportedCheck]) -> dict[str, Any]:
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
        "pubmed": _pubmed(shown),
        "fetched": any(study.flag.code != "unknown" for study in shown),
        "settings": any(study.setting for study in shown if study.state == "included"),
        "judged": sum(bool(study.risk_of_bias) for study in review.studies),
    }


def _appraisal(
    review: Review, analyses: Sequence[Analysis], evidence: Mapping[str, Sequence[Evidence]]
) -> dict[str, Any]:
    """Return what a panel judges by: the summary of findings, certainty, and risk of bias."""
    arms = Arms(review.info.labels.experimental, review.info.labels.control)
    table = summary(review, analyses, arms, evidence)
    return {
        "workings": [Workings.of(analysis, evidence.get(analysis.plan.key, ())) for analysis in analyses],
        "summary": table,
        "suggestions": [row.certainty for row in table.rows if row.certainty.suggested],
        "astray": astray(review, analyses),
        "bias": bias(review),
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
        return (
            "PubMed's records were not fetched: there are no abstracts here, and retractions and corrections were not "
            "looked up."
        )
    missing = len(shown) - known
    rest = f"; for {formats.plural(missing, 'study', 'studies')} it was not fetched" if missing else ""
    return f"PubMed's record is there for {known} of {formats.plural(len(shown), 'study', 'studies')}{rest}."


def _published(review: Review) -> Iterable[PoolRow]:
    for study in review.studies:
        for i, pool in enumerate(study.published_pools):
            low, high = map(formats.written, pool.ci)
            size = [formats.plural(pool.k, "study", "studies")] if pool.k else []
            size += [f"{pool.n} people"] if pool.n else []
            yield PoolRow(
                study=study.id,
                label=study.label,
                outcome=words.upper_first(pool.name or review.outcome(pool.outcome).name),
                effect=f"{pool.measure} {formats.written(pool.estimate)} ({low} to {high})",
                size=", ".join(size),
                i2=formats.percent(pool.i2),
                href="#" + provenance.anchor(study.id, "published_pools", i, "estimate"),
            )
