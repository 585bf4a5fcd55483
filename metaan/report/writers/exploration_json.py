"""What was explored, as plain values for JSON: ``estimate`` and ``ci`` on the display scale, all else as elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...stats.measures.catalogue import scale_of
from ...stats.measures.scales import Scale
from ...stats.robustness.plot_data import Spread, gosh_spread

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...stats.regression.result import MetaRegression
    from ...stats.robustness.sequence_result import Refits, Refitted
    from ...stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from ...synthesis.values import Exploration, Pool

Json = dict[str, Any]


def exploration(pool: Pool) -> Json | None:
    """Return what was explored of a pool; None where the protocol asks for nothing.

    What was not asked for is not there; what was refused stands in ``refused`` with the reason.
    """
    found, fit = pool.exploration, pool.fit
    if found is None or fit is None:
        return None
    scale = scale_of(fit.measure, fit.effects.data)
    made = {name: make(found, scale) for name, make in PARTS.items() if getattr(found, name)}
    return made | {"refused": [{"what": one.what, "reason": one.message} for one in found.refused]}


def _refits(refits: Refits) -> list[Json]:
    named = zip(refits.slab, refits.fits, refits.reasons)
    return [{"label": label, **_fit(fit), "reason": why} for label, fit, why in named]


def _fit(fit: Pooled | Refitted | None) -> Json:
    if fit is None:
        return {"k": 0}
    shown = fit.display
    return {
        "k": fit.k, "estimate": shown.estimate, "ci": shown.ci and list(shown.ci), "se": fit.se, "pval": fit.pval,
        "tau2": fit.tau2, "i2": fit.i2,
    }  # fmt: skip


def _leave_one_out(found: Exploration, scale: Scale) -> Any:
    return None if found.leave_one_out is None else _refits(found.leave_one_out)


def _cumulative(found: Exploration, scale: Scale) -> Any:
    return None if found.cumulative is None else _refits(found.cumulative)


def _influence(found: Exploration, scale: Scale) -> Any:
    if found.influence is None:
        return None
    columns, baujat = found.influence[0].to_dict(), found.influence[1].to_dict()
    names = ("rstudent", "dffits", "cook", "cov_ratio", "tau2_del", "qe_del", "hat", "weight", "influential")
    return [
        {"label": label, **{name: columns[name][i] for name in names}, "baujat": [baujat["x"][i], baujat["y"][i]]}
        for i, label in enumerate(columns["slab"])
    ]


def _tests(found: Exploration, scale: Scale) -> Any:
    return [_test(test, scale) for test in found.small_study_tests]


def _test(test: SmallStudyTest, scale: Scale) -> Json:
    names = ("test", "name", "k", "stat", "df", "pval", "bias", "bias_se", "predictor", "tau2", "note")
    limit = None if test.limit is None else scale.to_display(test.limit)
    ci = None if test.limit_ci is None else [scale.to_display(x) for x in test.limit_ci]
    return {name: getattr(test, name) for name in names} | {"limit": limit, "limit_ci": ci}


def _trim_and_fill(found: Exploration, scale: Scale) -> Any:
    one = found.trim_and_fill
    if one is None:
        return None
    return {"estimator": one.estimator, "k0": one.k0, "side": one.side, "adjusted": _fit(one.adjusted)}


def _regressions(found: Exploration, scale: Scale) -> Any:
    return [_regression(reg) for reg in found.regressions]


def _regression(reg: MetaRegression) -> Json:
    names = (
        "k",
        "tau2_method",
        "ci_method",
        "df",
        "qm",
        "qm_df",
        "qm_pval",
        "qe",
        "qe_df",
        "qe_pval",
        "tau2",
        "i2",
        "r2",
    )
    rows = zip(reg.names, reg.coefficients.tolist(), reg.se.tolist(), reg.ci, reg.pval.tolist())
    coefficients = [
        {"name": name, "coefficient": b, "se": se, "ci": list(ci), "pval": p} for name, b, se, ci, p in rows
    ]  # fmt: skip
    return {name: getattr(reg, name) for name in names} | {"coefficients": coefficients}


def _gosh(found: Exploration, scale: Scale) -> Any:
    if found.gosh is None:
        return None
    effects, i2 = gosh_spread(found.gosh)
    return {
        "subsets": len(found.gosh), "complete": found.gosh.complete, "seed": found.gosh.seed,
        "estimate": _spread(effects, scale.to_display), "i2": _spread(i2, float),
    }  # fmt: skip


def _spread(spread: Spread, back: Callable[[float], float]) -> Json:
    return {"lowest": back(spread.low), "median": back(spread.median), "highest": back(spread.high)}


def _multiverse(found: Exploration, scale: Scale) -> Any:
    if found.multiverse is None:
        return None
    plain = found.multiverse.to_dict()
    return {
        "universes": [{**universe, "ci": list(universe["ci"])} for universe in plain["universes"]],
        "refused": plain["refused"],
    }


#: Field of an `Exploration` to its plain values.
PARTS: dict[str, Callable[[Exploration, Scale], Any]] = {
    "leave_one_out": _leave_one_out,
    "cumulative": _cumulative,
    "influence": _influence,
    "small_study_tests": _tests,
    "trim_and_fill": _trim_and_fill,
    "regressions": _regressions,
    "gosh": _gosh,
    "multiverse": _multiverse,
}
