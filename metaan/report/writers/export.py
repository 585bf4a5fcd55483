"""Analyses as JSON: the raw numbers with the digits that are the same on every machine, no NaN.

``estimate``, ``ci`` and ``pi`` are on the display scale; ``yi``, ``vi``, ``se`` and ``tau2`` on the analysis scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...preparation.kinds import KINDS, ROLES, kind_of
from ...stats.measures.effects import Interval
from ...stats.numerics.numerals import portable_values
from ...stats.pooling.result import Pooled
from ...synthesis.values import Remark
from .exploration_json import exploration

if TYPE_CHECKING:
    from ...preparation.rows import Conversion
    from ...synthesis.values import Analysis, Pool, PublishedReference, StudyRow, SubgroupTest

Json = dict[str, Any]


def to_json(analyses: Iterable[Analysis]) -> Json:
    """Return ``{"analyses": [...]}``, plain values ready for JSON.

    With one pool (or an overall one) its results stand at the top. Where designs are kept apart, ``common`` and
    ``random`` are null at the top, ``warnings`` says why, and the results stand in ``subgroups``.

    >>> import metaan as ma
    >>> [death] = to_json(ma.analyse(ma.load(ma.example("anakinra")), ["death"]))["analyses"]
    >>> death["k"], round(death["subgroups"][0]["random"]["estimate"], 4)
    (8, 0.964)
    """
    return {"analyses": [portable_values(_analysis(analysis)) for analysis in analyses]}


def _analysis(analysis: Analysis) -> Json:
    main = analysis.whole
    remarks = [*analysis.remarks, *_apart(analysis, main)]
    return {
        "id": analysis.plan.key,
        "outcome": analysis.outcome.id,
        "name": analysis.outcome.name,
        "direction": analysis.outcome.direction,
        "measure": analysis.measure,
        "level": analysis.level,
        "kind": "pairwise",
        "k": analysis.k,
        "rows": sum(row.yi is not None for row in analysis.rows),
        "studies": [_study(row, pool.name) for pool in analysis.pools for row in pool.rows],
        **_results(main),
        "subgroups": [_block(pool) for pool in analysis.pools if pool.name],
        "subgroup_test": _test(analysis.subgroup_test),
        "excluded": [{"id": x.id, "label": x.label, "reason": x.reason} for x in analysis.excluded],
        "warnings": [remark.text for remark in remarks],
        "remarks": [{"code": remark.code, "study": remark.study, "text": remark.text} for remark in remarks],
        "references": [_reference(reference) for reference in analysis.references],
    }


def _apart(analysis: Analysis, main: Pool | None) -> list[Remark]:
    """Say why there is no result over all studies, unless that was said already."""
    if main is not None or any(remark.code == "designs apart" for remark in analysis.remarks):
        return []
    return [Remark("subgroups apart", "the subgroups are kept apart: the protocol pools no total over them")]


def _block(pool: Pool) -> Json:
    ids = [row.id for row in pool.rows]
    rows = sum(row.yi is not None for row in pool.rows)
    return {"name": pool.name, "k": pool.k, "rows": rows, "studies": ids, **_results(pool), "reason": pool.reason}


def _results(pool: Pool | None) -> Json:
    if pool is None:
        names = ("common", "random", "heterogeneity", "sensitivity", "absolute", "exploration")
        return {**dict.fromkeys(names), "sensitivity": []}
    return {
        "common": _fit(pool.common),
        "random": _fit(pool.random),
        "heterogeneity": _heterogeneity(pool),
        "sensitivity": [{"name": s.name, "differs": s.differs, **(_fit(s.fit) or {})} for s in pool.sensitivity],
        "absolute": _absolute(pool),
        "exploration": exploration(pool),
    }


def _study(row: StudyRow, subgroup: str) -> Json:
    return {
        "id": row.id,
        "label": row.label,
        "subgroup": subgroup or None,
        "time": row.result.time,
        "row": row.row,
        "counts": {name: whole(value) for name, value in row.data.items()} if counted(row) else None,
        "data": _data(row),
        "yi": row.yi,
        "vi": row.vi,
        "estimate": row.estimate,
        "ci": _pair(row.ci),
        "weights": {"common": row.weight_common, "random": row.weight_random},
        "note": row.note,
    }


def counted(row: StudyRow) -> bool:
    """Return whether a row counts events among people."""
    return not row.data or kind_of(row.data) is KINDS["counts"] or row.prepared is None


def _data(row: StudyRow) -> Json | None:
    """Return what was printed of a row, and how it was converted."""
    got = row.prepared
    if got is None:
        return None
    printed = {role: _printed(got.printed.get(role)) for role in ROLES}
    paired = None if got.paired is None else _printed(got.paired.model_dump(exclude_none=True, exclude={"source"}))
    effect = None if got.effect is None else _printed(got.effect.model_dump(exclude_none=True, exclude={"source"}))
    converted = [_conversion(one) for one in got.converted]
    kinds = {"contrasts": "effect"}
    return {
        "kind": "medians" if "medians" in got.result.kinds and got.kind == "means" else kinds.get(got.kind, got.kind),
        **printed, "effect": effect, "paired": paired, "converted": converted,
        "people_subgroup": None if got.result.subgroup is None else got.result.subgroup.model_dump(),
    }  # fmt: skip


def _conversion(one: Conversion) -> Json:
    arm, by = (text or None for text in (one.arm, one.by))
    return {"from": dict(one.source), "to": dict(one.target), "method": one.method, "arm": arm, "by": by}


def _printed(numbers: Mapping[str, object] | None) -> Json | None:
    if numbers is None:
        return None
    return {key: _plain(value) for key, value in numbers.items()}


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return whole(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def whole(value: float) -> float | int:
    """Return a count as it was written: without a point where it has no fraction."""
    return int(value) if float(value).is_integer() else value


def _pair(interval: Interval | tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _fit(fit: Pooled | None) -> Json | None:
    if fit is None:
        return None
    shown = fit.display
    plain: Json = {
        "model": fit.model,
        "method": fit.method,
        "ci_method": fit.ci_method,
        "k": fit.k,
        "estimate": shown.estimate,
        "ci": _pair(shown.ci),
        "se": fit.se,
        "stat": fit.stat,
        "df": fit.df,
        "pval": fit.pval,
    }
    if fit.has_tau2:
        plain |= {"tau2_method": fit.tau2_method, "tau2": fit.tau2, "i2": fit.i2, "h2": fit.h2}
        plain |= {"pi": _pair(shown.pi), "pi_method": fit.pi_method, "pi_reason": fit.pi_reason}
    return plain


def _heterogeneity(pool: Pool) -> Json | None:
    fit, ci = pool.fit, pool.tau2_ci
    if fit is None:
        return None
    q = {"q": fit.q, "q_df": fit.q_df, "q_pval": fit.q_pval}
    if ci is None:
        return {"tau2": fit.tau2, "tau2_ci": None, "i2": fit.i2, "i2_ci": None, "h2": fit.h2, **q}
    return {
        "tau2": ci.tau2,
        "tau2_ci": _pair(ci.tau2_ci),
        "tau2_ci_method": ci.method,
        "i2": ci.i2,
        "i2_ci": _pair(ci.i2_ci),
        "h2": ci.h2,
        "h2_ci": _pair(ci.h2_ci),
        **q,
    }


def _absolute(pool: Pool) -> Json | None:
    got = pool.absolute
    if got is None:
        return None
    return {
        "assumed_risk": got.assumed_risk, "source": got.source, "per_1000": got.estimate, "per_1000_ci": _pair(got.ci),
    }  # fmt: skip


def _test(test: SubgroupTest | None) -> Json | None:
    if test is None:
        return None
    names = ("q", "df", "pval")
    found = {model: dict(zip(names, got)) for model, got in test.by_model.items()}
    return {"by": test.by, "common": None, "random": None} | found | {"without": list(test.without)}


def _reference(reference: PublishedReference) -> Json:
    pool = reference.pool
    return {
        "id": reference.study.id, "label": reference.study.label, "measure": pool.measure, "estimate": pool.estimate,
        "ci": _pair(pool.ci), "k": pool.k, "n": pool.n, "i2": pool.i2,
    }  # fmt: skip
