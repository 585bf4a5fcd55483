"""The whole report as plain values: what the page says, with all digits of what it rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ...stats.numerics.numerals import portable_values
from ..document import Number, Text
from ..sections.contents import Content
from .export import to_json

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...synthesis.certainty import Evidence, SmallStudies
    from ...synthesis.recompute import ReportedCheck
    from ..language.answers import Answer
    from ..report import Report
    from ..sections.bias import Bias
    from ..sections.outcomes import OutcomeView
    from ..sections.summary import SummaryGroup, SummaryRow

Json = dict[str, Any]

#: What is taken over from the content of the page as it stands.
TAKEN = (
    "studies", "published_pools", "published_judgements", "waived", "flow",
    "searches", "methods", "references", "checklist", "cite", "commit",
)  # fmt: skip


def report_json(report: Report) -> Json:
    """Return the report as one object.

    Its analyses are those of `metaan.report.writers.export.to_json`, each with the sentences of its answer and, for
    each result under ``certainty``, the signed judgement (or null) and the suggestions with the numbers behind them.
    """
    said, analyses = Content(report), report.analyses
    views = {view.id: (view, group) for view, group in zip(said.outcomes, said.summary.groups, strict=True)}
    whole = {
        "title": said.review.title,
        "version": said.version,
        "registry": said.digest,
        "review": _review(report.review),
        "analyses": [
            one | _said(*views[analysis.plan.key], report.evidence_of(analysis))
            for one, analysis in zip(to_json(analyses)["analyses"], analyses, strict=True)
        ],
        "risk_of_bias": _bias(said.bias),
        "checks": [_check(check) for check in report.checks],
        **{name: plain(getattr(said, name)) for name in TAKEN},
        "changes": plain(said.changes),
    }
    return dict(portable_values(whole))


def _review(review: Review) -> Json:
    """Return the question, the eligibility, the dates and the rest that people wrote over the page."""
    names = ("question", "eligibility", "authors", "registration", "dates", "version", "license", "funding", "search")
    return {name: plain(getattr(review.info, name)) for name in names}


def _said(view: OutcomeView, group: SummaryGroup, found: Sequence[Evidence]) -> Json:
    padded = [found[i] if i < len(found) else None for i in range(len(group.rows))]
    return {
        "answers": [_answer(answer) for answer in view.answers],
        "agreement": str(view.agreement) or str(view.disagreement) or None,
        "certainty": [_certainty(row, one) for row, one in zip(group.rows, padded, strict=True)],
    }


def _answer(answer: Answer) -> Json:
    pieces = [{"text": str(part), "place": part.place if isinstance(part, Number) else ""} for part in answer.text]
    numbers = [[kind, str(part)] for kind, part in answer.numbers]
    return {**plain(answer), "numbers": numbers, "pieces": pieces}


def _certainty(row: SummaryRow, found: Evidence | None) -> Json:
    view = row.certainty
    numbers = plain(replace(found, small_studies=None)) if found else {}
    if found is not None and found.small_studies is not None:
        numbers["small_studies"] = _small_studies(found.small_studies)
    return {
        "result": view.pool,
        "statement": row.statement,
        "judged": plain(view.judged),
        "suggested": plain(view.suggested),
        "numbers": numbers,
    }


def _small_studies(found: SmallStudies) -> Json:
    test = found.test
    shown = None if test is None else {"name": test.name, "k": test.k, "stat": test.stat, "pval": test.pval}
    return {"levels": found.levels, "test": shown, "planned": found.planned, "why": found.why}


def _bias(bias: Bias) -> Json:
    groups = [{**plain(group, ("lights", "shares")), "rows": plain(group.rows)} for group in bias.groups]
    return {"groups": groups, "not_assessed": [name for name, _ in bias.missing]}


def _check(check: ReportedCheck) -> Json:
    printed = {name: value for name, value in plain(check.reported).items() if value is not None}
    return {
        "study": check.study.id, "where": check.where, "printed": printed, "verdict": check.verdict, "note": check.note,
        "recomputed": check.recomputed, "recomputed_ci": plain(check.recomputed_ci), "p_values": plain(check.p_values),
        "waiver": plain(check.waiver),
    }  # fmt: skip


def plain(value: Any, without: Sequence[str] = ("href", "figure")) -> Any:
    """Return dataclasses, tuples and dates as what JSON holds; links within the page are left out.

    >>> plain(((0.5, 2.0), date(2026, 11, 22)))
    [[0.5, 2.0], '2026-11-22']
    """
    if isinstance(value, Text):
        return str(value)
    if is_dataclass(value):
        found = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in without}
        return {name: plain(inner, without) for name, inner in found.items()}
    if isinstance(value, BaseModel):
        keys = {name: field.alias or name for name, field in type(value).model_fields.items()}
        return {key: plain(getattr(value, name), without) for name, key in keys.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(inner, without) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, without) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
