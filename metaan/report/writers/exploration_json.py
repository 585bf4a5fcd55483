"""What was explored, as plain values for JSON: ``estimate`` and ``ci`` on the display scale, all else as elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...stats.measures.catalogue import scale_of
from ...stats.measures.scales import Scale
from ...stats.numerics.numerals import portable_values
from ...stats.robustness.plot_data import Spread, gosh_spread

if TYPE_CHECKING:
    from ...stats.bayes.result import Bayes
    from ...stats.pooling.result import Pooled
    from ...stats.regression.result import MetaRegression
    from ...stats.robustness.gosh_result import Gosh
    from ...stats.robustness.influence import Baujat, Influence
    from ...stats.robustness.multiverse import Multiverse
    from ...stats.robustness.sequence_result import Refits, Refitted
    from ...stats.selection.result import SelectionModel
    from ...stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from ...stats.small_studies.trimfill import TrimAndFill
    from ...synthesis.belief import Believed
    from ...synthesis.values import Pool

Json = dict[str, Any]
DIGITS = 9  # of influence, which is made of differences of two fits: later ones depend on the processor
SELECTION_DIGITS = 6  # an iteration's: later ones depend on the processor


def exploration(pool: Pool) -> Json | None:
    """Return what was explored of a pool; None where the protocol asks for nothing.

    What was not asked for is not there; what was refused stands in ``refused`` with the reason.
    """
    found, fit = pool.exploration, pool.fit
    if found is None or fit is None:
        return None
    scale = scale_of(fit.measure, fit.effects.data)
    made = {name: make(part, scale) for name, make in PARTS.items() if (part := getattr(found, name))}
    return made | {"refused": [{"what": one.what, "reason": one.message} for one in found.refused]}


def _refits(refits: Refits, scale: Scale) -> list[Json]:
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


def _influence(found: tuple[Influence, Baujat], scale: Scale) -> list[Json]:
    columns, baujat = (one.to_dict() for one in found)
    names = ("rstudent", "dffits", "cook", "cov_ratio", "tau2_del", "qe_del", "hat", "weight", "influential")
    rows = (
        {**{name: columns[name][i] for name in names}, "baujat": [baujat["x"][i], baujat["y"][i]]}
        for i in range(len(columns["slab"]))
    )
    return [{"label": label, **portable_values(row, DIGITS)} for label, row in zip(columns["slab"], rows, strict=True)]


def _tests(found: Sequence[SmallStudyTest], scale: Scale) -> list[Json]:
    return [_test(test, scale) for test in found]


def _test(test: SmallStudyTest, scale: Scale) -> Json:
    names = ("test", "name", "k", "stat", "df", "pval", "bias", "bias_se", "predictor", "tau2", "note")
    limit = None if test.limit is None else scale.to_display(test.limit)
    ci = None if test.limit_ci is None else [scale.to_display(x) for x in test.limit_ci]
    return {name: getattr(test, name) for name in names} | {"limit": limit, "limit_ci": ci}


def _trim_and_fill(found: TrimAndFill, scale: Scale) -> Json:
    return {"estimator": found.estimator, "k0": found.k0, "side": found.side, "adjusted": _fit(found.adjusted)}


def _regressions(found: Sequence[MetaRegression], scale: Scale) -> list[Json]:
    return [_regression(reg) for reg in found]


def _regression(reg: MetaRegression) -> Json:
    names = (
        "k", "tau2_method", "ci_method", "df", "qm", "qm_df", "qm_pval", "qe", "qe_df", "qe_pval", "tau2", "i2", "r2",
    )  # fmt: skip
    rows = zip(reg.names, reg.coefficients.tolist(), reg.se.tolist(), reg.ci, reg.pval.tolist())
    coefficients = [
        {"name": name, "coefficient": b, "se": se, "ci": list(ci), "pval": p} for name, b, se, ci, p in rows
    ]  # fmt: skip
    return {name: getattr(reg, name) for name in names} | {"coefficients": coefficients}


def _gosh(found: Gosh, scale: Scale) -> Json:
    effects, i2 = gosh_spread(found)
    return {
        "subsets": len(found), "complete": found.complete, "seed": found.seed,
        "estimate": _spread(effects, scale.to_display), "i2": _spread(i2, float),
    }  # fmt: skip


def _spread(spread: Spread, back: Callable[[float], float]) -> Json:
    return {"lowest": back(spread.low), "median": back(spread.median), "highest": back(spread.high)}


def _multiverse(found: Multiverse, scale: Scale) -> Json:
    plain = found.to_dict()
    return {
        "universes": [{**universe, "ci": list(universe["ci"])} for universe in plain["universes"]],
        "refused": plain["refused"],
    }


def _bayes(found: Believed, scale: Scale) -> Json:
    """Return medians and intervals on the display scale, tau and standard deviations on the analysis scale."""
    return {
        **_believed(found.fit), "source": found.source,
        "others": [{"name": row.name, "reason": row.reason, **_believed(row.fit)} for row in found.others.rows],
        "checks": [portable_values(check.to_dict(), DIGITS) for check in found.checks],
    }  # fmt: skip


def _believed(fit: Bayes | None) -> Json:
    if fit is None:
        return {}
    factor = fit.bayes_factor
    values: Json = portable_values(
        {
            "tau_prior": fit.tau_prior.text, "mu_prior": fit.mu_prior and list(fit.mu_prior), "k": fit.k,
            "interval": fit.interval, "estimate": fit.display(fit.mu.median), "ci": [*map(fit.display, fit.mu.ci)],
            "pi": [*map(fit.display, fit.prediction.ci)], "sd": fit.mu.sd, "tau": fit.tau.median, "i2": fit.i2,
            "tau_ci": list(fit.tau.ci), "bayes_factor": {"mu_zero": factor.mu_zero, "tau_zero": factor.tau_zero},
        },
        DIGITS,
    )  # fmt: skip
    return values


def _selection(found: tuple[SelectionModel, ...], scale: Scale) -> list[Json]:
    return [
        portable_values(
            {
                "kind": fit.kind, "alternative": fit.alternative, "steps": fit.steps.tolist(),
                "counts": list(fit.counts),
                "estimate": fit.display.estimate, "ci": fit.display.ci and list(fit.display.ci), "se": fit.se,
                "tau2": fit.tau2, "delta": fit.delta.tolist(), "delta_se": list(fit.delta_se), "lrt": fit.lrt,
                "lrt_df": fit.lrt_df, "lrt_pval": fit.lrt_pval, "notes": list(fit.notes),
            },
            SELECTION_DIGITS,
        )
        for fit in found
    ]  # fmt: skip


#: Field of an `Exploration` to its plain values.
PARTS: dict[str, Callable[[Any, Scale], Json | list[Json]]] = {
    "leave_one_out": _refits,
    "cumulative": _refits,
    "influence": _influence,
    "small_study_tests": _tests,
    "trim_and_fill": _trim_and_fill,
    "regressions": _regressions,
    "gosh": _gosh,
    "multiverse": _multiverse,
    "bayes": _bayes,
    "selection": _selection,
}
