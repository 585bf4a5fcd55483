"""What changed, as plain values ready for JSON: the numbers are not rounded as they are in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...stats.numerics.numerals import portable_values
from .changes import pool_id

if TYPE_CHECKING:
    from ...comparison.difference import AnalysisChange, Difference, PoolChange, SeriesChange
    from ...comparison.edits import StudyChange
    from ...comparison.whatif import Snapshot
    from ...stats.evidence.attribution import Attribution
    from ...stats.measures.effects import Interval
    from .view import ChangesView, PoolView


def changes_json(difference: Difference, changes: ChangesView) -> dict[str, Any]:
    """Return a difference, with its sentences, as plain values.

    Estimates and intervals are on the display scale; ``analysis_scale``, shares and ``tau2`` are on the analysis scale.
    """
    views = {pool.id: pool for pool in changes.pools}
    whole = {
        "old": {"name": difference.old_name, "digest": difference.old.digest},
        "new": {"name": difference.new_name, "digest": difference.new.digest},
        "changed": difference.changed,
        "conclusion_changed": difference.conclusion_changed,
        "headlines": list(changes.headlines),
        "studies": [_study(study) for study in difference.studies],
        "protocol": [asdict(edit) for edit in difference.protocol],
        "analyses": [_analysis(analysis, views) for analysis in difference.analyses],
        "no_effect": list(changes.silent),
        "prisma_lsr": [asdict(item) for item in changes.living],
    }
    return dict(portable_values(whole))


def _study(study: StudyChange) -> dict[str, Any]:
    stood = {name: standing and str(standing) for name, standing in (("was", study.was), ("now", study.now))}
    return {**asdict(study), **stood}


def _analysis(analysis: AnalysisChange, views: Mapping[str, PoolView]) -> dict[str, Any]:
    return {
        "id": analysis.key,
        "outcome": analysis.outcome.id,
        "measure": analysis.measure,
        "change": analysis.change or None,
        "conclusion_changed": analysis.conclusion_changed,
        "pools": [_pool(pool, views.get(pool_id(analysis, pool))) for pool in analysis.pools],
    }


def _pool(pool: PoolChange, view: PoolView | None) -> dict[str, Any]:
    """Return a pool; one whose results did not change has no sentences."""
    return {
        "name": pool.name,
        "causes": [asdict(cause) for cause in pool.causes],
        "results": [_series(series) for series in pool.series],
        "sentences": list(view.sentences) if view else [],
        "flips": (view.flips or None) if view else None,
    }


def _series(series: SeriesChange) -> dict[str, Any]:
    return {
        "model": series.model,
        "before": _result(series.before),
        "after": _result(series.after),
        "conclusion_changed": series.conclusion_changed,
        "shares": {name: _shares(found) for name, found in series.shares.items()},
        "not_shared_out": series.refused,
        "alone": [_result(result) for result in series.alone],
        "without": [_result(result) for result in series.without],
        "conclusion_shares": _shares(series.conclusion) if series.conclusion else None,
        "flips_alone": list(series.flips_alone),
        "needed": list(series.needed),
        "smallest": None if series.smallest is None else [list(group) for group in series.smallest],
    }


def _shares(found: Attribution) -> dict[str, Any]:
    return {
        "total": found.total,
        "shares": list(found.shares),
        "se": found.se and list(found.se),
        "orders": found.orders,
    }


def _result(result: Snapshot | None) -> dict[str, Any] | None:
    if result is None:
        return None
    shown = result.display
    return {
        "k": result.k,
        "measure": result.measure,
        "estimate": shown.estimate,
        "ci": _bounds(shown.ci),
        "pi": _bounds(shown.pi),
        "analysis_scale": {"estimate": result.estimate, "ci": _bounds(result.ci)},
        "tau2": result.tau2,
        "i2": result.i2,
        "conclusion": result.conclusion,
    }


def _bounds(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
