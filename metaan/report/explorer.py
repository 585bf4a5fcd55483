"""What the page's script needs to pool the studies another way: counts, subgroups and the protocol's choices.

`templates/script.js` computes from it; ``tests/browser/test_interaction.py`` compares that with `metaan.stats`. To let
the page offer another model: write it there, and enter its words in `MODELS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..stats.intervals import quantile
from ..stats.measures import MEASURES, USUAL_ADD
from . import formats, words
from .forest import pool_heading

if TYPE_CHECKING:
    from ..analysis import Analysis, StudyRow
    from ..registry.model import Plan

COUNTS = ("ai", "n1i", "ci", "n2i")
OFFERED = ("OR", "RR", "RD")


def explorable(analyses: Sequence[Analysis]) -> dict[str, Any]:
    """Return plain values ready for JSON: measures, models, and by an analysis' key what can be pooled another way.

    An analysis is left out where its numbers are no counts, or where none of the protocol's models is among `MODELS`: a
    page that cannot return to the protocol's result offers no way from it.
    """
    return {
        "measures": {code: words.upper_first(words.measure_name(code)) for code in OFFERED},
        "models": MODELS,
        "usual": {code: MEASURES[code].add for code in OFFERED},
        "drops": {code: MEASURES[code].drops_double_zero for code in OFFERED},
        "analyses": {analysis.plan.key: _analysis(analysis) for analysis in analyses if _offers(analysis)},
    }


def protocol_models(plan: Plan) -> tuple[str, ...]:
    """Return the protocol's models that the page can compute, keys of `MODELS`, the leading one first."""
    wald = plan.ci_method == "wald" and plan.tau2_method in MODELS
    codes = {"common": plan.common_method, "random": plan.tau2_method if wald else None}
    return tuple(code for model in plan.model if (code := codes[model]) is not None)


def sort_keys(row: StudyRow | None) -> dict[str, str]:
    """Return what a study's row in the table can be sorted by; what it has not is absent."""
    if row is None:
        return {}
    weight = row.weight_common if row.weight_random is None else row.weight_random
    year = row.study.citation.year if row.study.citation else None
    found = {"year": year, "effect": row.yi, "weight": weight}
    return {name: f"{value:.10g}" for name, value in found.items() if value is not None}


def _offers(analysis: Analysis) -> bool:
    counted = any(_counted(row) for row in analysis.rows)
    return analysis.measure in OFFERED and counted and bool(protocol_models(analysis.plan))


def _counted(row: StudyRow) -> bool:
    return all(row.data.get(name) is not None and row.data[name] == row.data[name] for name in COUNTS)


def _analysis(analysis: Analysis) -> dict[str, Any]:
    plan = analysis.plan
    rows = [row for row in analysis.rows if _counted(row)]
    return {
        "title": words.upper_first(plan.title or analysis.outcome.name),
        "measure": analysis.measure,
        "protocol": protocol_models(plan),
        "level": formats.level(analysis.level),
        "z": quantile(None, analysis.level),
        "to": plan.zero_cells.to,
        "add": {code: _add(code, plan) for code in OFFERED},
        "pools": list(_pools(analysis, rows)),
        "studies": [_study(row) for row in rows],
    }


def _add(measure: str, plan: Plan) -> float:
    """Return what is added to zero cells: a measure's own choice where the protocol has the usual one."""
    return MEASURES[measure].add if plan.zero_cells.add == USUAL_ADD else plan.zero_cells.add


def _pools(analysis: Analysis, rows: Sequence[StudyRow]) -> Iterable[dict[str, Any]]:
    """Yield the blocks of the analysis with the places of their studies."""
    for pool in words.blocks(analysis):
        ids = {id(row.result) for row in pool.rows}
        yield {
            "name": pool_heading(pool),
            "overall": pool is analysis.overall,
            "studies": [i for i, row in enumerate(rows) if id(row.result) in ids],
        }


def _study(row: StudyRow) -> dict[str, Any]:
    counts = [int(value) if value == int(value) else value for value in (row.data[name] for name in COUNTS)]
    return {"id": row.id, "label": row.label, "design": row.design, "counts": counts}


MODELS = {
    "MH": "Common effect, Mantel-Haenszel",
    "IV": "Common effect, inverse variance",
    "DL": "Random effects, DerSimonian-Laird",
    "REML": "Random effects, REML",
}
