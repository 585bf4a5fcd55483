"""Analyses as CSV: the numbers and scales of `metaan.report.writers.export`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from ...preparation.kinds import KINDS, ROLES, arms_of, kind_of
from ...stats.numerics.numerals import portable, portable_values
from ...stats.pooling.models import MODELS
from ...stats.selection.functions import SELECTION_FUNCTIONS
from ..language import words
from ..sections.certainty import suggestions
from .export import Json, whole

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...synthesis.certainty import Evidence
    from ...synthesis.values import Analysis, Pool, PublishedReference, StudyRow

BEFORE = ("analysis", "outcome", "measure", "level", "kind", "subgroup", "id", "label", "time")
AFTER = (
    "yi", "vi", "estimate", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "se", "pval", "weight_common", "weight_random", "tau2",
    "i2", "q", "q_df", "q_pval", "note",
)  # fmt: skip


def to_csv(analyses: Iterable[Analysis], evidence: Mapping[str, Sequence[Evidence]] | None = None) -> str:
    """Return one row a study, a pooled result and a published pool; with ``evidence`` what a panel needs too.

    That is one row for the effect per 1000 people at each assumed risk, and one for each suggestion for the certainty.
    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> import metaan as ma
    >>> to_csv(ma.analyse(ma.load(ma.example("anakinra")), ["infection"])).splitlines()[1].split(",")[:5]
    ['infection', 'infection', 'OR', '0.95', 'study']
    """
    out, shown = io.StringIO(), [*analyses]
    writer = csv.DictWriter(out, csv_columns(shown), restval="", lineterminator="\n")
    writer.writeheader()
    for analysis in shown:
        for row in _csv_rows(analysis, (evidence or {}).get(analysis.plan.key, ())):
            writer.writerow({name: cell(value) for name, value in row.items()})
    return out.getvalue()


def csv_columns(analyses: Iterable[Analysis]) -> tuple[str, ...]:
    """Return the columns; numbers of arms have those of the kinds of data that are there, or of counts."""
    kinds = [kind for one in analyses for row in one.rows if (kind := kind_of(row.data)) is not None]
    held = [kind for code, kind in KINDS.items() if kind in kinds] or [KINDS["counts"]]
    arms = dict.fromkeys(f"{key}_{role}" for kind in held for role in ROLES for key in kind.fields)
    return (*BEFORE, *arms, *AFTER)


def cell(value: object) -> object:
    """Return what stands in a cell; a text that a spreadsheet would take for a formula gets an apostrophe."""
    if isinstance(value, float):
        return "" if (kept := portable_values(value)) is None else kept
    if isinstance(value, str) and value[:1] in tuple("=+-@\t\r"):
        return f"'{value}"
    return "" if value is None else value


def _csv_rows(analysis: Analysis, evidence: Sequence[Evidence]) -> Iterable[Json]:
    first = {
        "analysis": analysis.plan.key, "outcome": analysis.outcome.id, "measure": analysis.measure,
        "level": analysis.level,
    }  # fmt: skip
    pools = analysis.results
    for pool, found in zip_longest(pools, evidence[: len(pools)]):
        group = {**first, "subgroup": pool.name if pool is not analysis.overall else "all"}
        if pool is not analysis.overall:
            yield from ({**group, **_csv_study(row)} for row in pool.rows)
        yield from ({**group, **_csv_fit(fit, name), "note": note} for name, fit, note in _fits(pool))
        yield from ({**group, **row} for row in (*_csv_bayes(pool), *_csv_selection(pool)))
        yield from ({**group, **row} for row in _csv_evidence(found, pool, analysis))
    for reference in analysis.references:
        yield {**first, **_csv_reference(reference)}


def _fits(pool: Pool) -> Iterable[tuple[str, Pooled, str]]:
    """Yield the results of a pool with the names of their rows, and with what is against their studies."""
    note = _rests_on(pool.rows)
    for model, fit in pool.fits.items():
        how = f"{fit.tau2_method}, {fit.ci_method}" if fit.has_tau2 else fit.method
        yield f"{MODELS[model].short}, {how}", fit, note
    for s in pool.sensitivity:
        yield s.name, s.fit, _rests_on(row for row in pool.rows if row.label not in s.without)


def _rests_on(rows: Iterable[StudyRow]) -> str:
    """Say which studies in a pool are retracted, questioned, or with numbers that nobody has confirmed."""
    marked = [f"{row.label}{words.marks(row)}" for row in rows if words.marks(row)]
    return f"rests on {', '.join(marked)}" if marked else ""


def _csv_study(row: StudyRow) -> Json:
    ci = row.ci or (None, None)
    return {
        "kind": "study", "id": row.id, "label": row.label, "time": row.result.time,
        **{f"{name}_{role}": whole(x) for role, arm in arms_of(row.data).items() for name, x in arm.items()},
        "yi": row.yi, "vi": row.vi, "estimate": row.estimate, "ci_lb": ci[0], "ci_ub": ci[1],
        "weight_common": row.weight_common, "weight_random": row.weight_random, "note": row.note,
    }  # fmt: skip


def _csv_fit(fit: Pooled, name: str) -> Json:
    shown = fit.display
    ci, pi = (found or (None, None) for found in (shown.ci, shown.pi))
    return {
        "kind": "pooled", "label": name, "yi": fit.estimate, "estimate": shown.estimate, "ci_lb": ci[0],
        "ci_ub": ci[1], "pi_lb": pi[0], "pi_ub": pi[1], "se": fit.se, "pval": fit.pval, "tau2": fit.tau2,
        "i2": fit.i2, "q": fit.q, "q_df": fit.q_df, "q_pval": fit.q_pval,
    }  # fmt: skip


def _csv_bayes(pool: Pool) -> Iterable[Json]:
    """Yield the Bayesian model and the same studies under other priors: medians and credible intervals."""
    found = pool.exploration.bayes if pool.exploration else None
    if found is None:
        return
    named = [(found.fit.tau_prior.text, found.fit), *((row.name, row.fit) for row in found.others.rows)]
    for name, fit in named:
        if fit is not None:
            ci, pi = ([*map(fit.display, one)] for one in (fit.mu.ci, fit.prediction.ci))
            yield {
                "kind": "bayes", "label": f"Bayes, {name}", "yi": fit.mu.median, "ci_lb": ci[0], "ci_ub": ci[1],
                "estimate": fit.display(fit.mu.median), "pi_lb": pi[0], "pi_ub": pi[1], "se": fit.mu.sd,
                "tau2": fit.tau.median**2, "i2": fit.i2,
            }  # fmt: skip


def _csv_selection(pool: Pool) -> Iterable[Json]:
    """Yield the selection models beside the pooled result."""
    for fit in pool.exploration.selection if pool.exploration else ():
        shown = fit.display
        lb, ub = shown.ci or (None, None)
        yield {
            "kind": "selection", "label": f"Selection model, {SELECTION_FUNCTIONS[fit.kind].name}", "yi": fit.estimate,
            "estimate": shown.estimate, "ci_lb": lb, "ci_ub": ub, "se": fit.se, "pval": fit.pval, "tau2": fit.tau2,
        }  # fmt: skip


def _csv_reference(reference: PublishedReference) -> Mapping[str, object]:
    pool = reference.pool
    return {
        "kind": "published pool", "id": reference.study.id, "label": reference.study.label, "measure": pool.measure,
        "estimate": pool.estimate, "ci_lb": pool.ci[0], "ci_ub": pool.ci[1], "i2": pool.i2, "level": pool.level,
        "note": "never pooled with studies",
    }  # fmt: skip


def _csv_evidence(found: Evidence | None, pool: Pool, analysis: Analysis) -> Iterable[Json]:
    if found is None:
        return
    for risk in found.risks:
        pi = risk.pi or (None, None)
        yield {
            "kind": "per 1000", "label": f"{risk.name} risk".strip(), "estimate": risk.difference, "ci_lb": risk.ci.lb,
            "ci_ub": risk.ci.ub, "pi_lb": pi[0], "pi_ub": pi[1],
            "note": f"assumed risk {portable(risk.risk)}: {risk.source}",
        }  # fmt: skip
    for one in suggestions(found, pool, analysis):
        yield {"kind": "suggestion", "label": one.domain, "note": f"{one.verdict}: {one.text}"}
