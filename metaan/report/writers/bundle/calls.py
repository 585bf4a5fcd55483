"""The call of metafor that repeats a result, by its method; or why there is none.

To add one: a function from a fit and the name of its data in R to the call, and an entry in `CALLS`; an estimator of
tau2, an interval, an interval for a new study or a measure of ``escalc`` is an entry in its table.
"""

from __future__ import annotations

from collections.abc import Callable

from ....stats.glmm.glmm import Glmm
from ....stats.measures.effects import EffectSizes
from ....stats.pooling.result import Pooled
from ....stats.tables.stratified import MantelHaenszel, pair
from . import r_text


class CannotError(Exception):
    """Why metafor cannot repeat a result, in words."""


def call(fit: Pooled, data: str) -> str:
    """Return the call that repeats a result from a frame.

    Raises
    ------
    CannotError
        metafor has no such method.
    """
    if fit.method not in CALLS:
        raise CannotError(f"this script has no call for {fit.method}")
    return CALLS[fit.method](fit, data)


def columns(es: EffectSizes) -> str:
    """Return the columns that effects are computed from, as arguments."""
    return ", ".join(f"{name} = {name}" for name in es.data)


def level(fit: Pooled) -> str:
    """Return the coverage, in percent."""
    return f"level = {r_text.number(100 * fit.level)}"


def test_of(fit: Pooled) -> str:
    """Return metafor's name of an interval of the mean."""
    if fit.ci_method == "auto":
        return "z" if fit.df is None else "adhoc"
    if fit.ci_method not in TESTS:
        raise CannotError(f"metafor has no interval {fit.ci_method}")
    return TESTS[fit.ci_method]


def _inverse_variance(fit: Pooled, data: str) -> str:
    if fit.weights_fixed or fit.model not in ("common", "random"):
        why = "weights were given" if fit.weights_fixed else f"metafor has no {fit.model} model"
        raise CannotError(why)
    how = f'method = "{_estimator(fit)}", test = "{test_of(fit)}", {level(fit)}, control = tight({data})'
    given = f", tau2 = {r_text.number(fit.tau2 or 0.0)}" if fit.tau2_fixed else ""
    return f"rma(yi, vi, data = {data}, {how}{given})"


def _estimator(fit: Pooled) -> str:
    if fit.model == "common":
        return "FE"
    if fit.tau2_method not in ESTIMATORS:
        raise CannotError(f"metafor has no estimator {fit.tau2_method}")
    return fit.tau2_method or ""


def _mantel_haenszel(fit: Pooled, data: str) -> str:
    assert isinstance(fit, MantelHaenszel)
    said = fit.options
    if said["vtype"] not in (None, "LS"):
        raise CannotError(f"metafor has no variance {said['vtype']} of Mantel-Haenszel")
    add, to, drop = pair(said["add"], 0.0), pair(said["to"], "none"), pair(said["drop00"], False)
    zero = (
        f"add = {r_text.vector(add)}, to = {r_text.vector(to)}, drop00 = c({', '.join(str(x).upper() for x in drop)})"
    )
    table = f"measure = {r_text.text(fit.measure)}, {columns(fit.effects)}, data = {data}, slab = slab"
    return f"rma.mh({table},\n  {zero}, {level(fit)})"


def _peto(fit: Pooled, data: str) -> str:
    zero = 'add = c(0, 0), to = c("none", "none"), drop00 = c(TRUE, TRUE)'
    return f"rma.peto({columns(fit.effects)}, data = {data}, slab = slab,\n  {zero}, {level(fit)})"


def _mixed_model(fit: Pooled, data: str) -> str:
    assert isinstance(fit, Glmm)
    method = "ML" if fit.model == "random" else "FE"
    structure = f', model = "{fit.structure}", nAGQ = {fit.points}' if fit.measure in ("OR", "IRR") else ""
    table = f"measure = {r_text.text(fit.measure)}, {columns(fit.effects)}, data = {data}, slab = slab"
    return f'rma.glmm({table},\n  method = "{method}", test = "{test_of(fit)}", {level(fit)}{structure})'


def new_study(fit: Pooled) -> str:
    """Return the interval for a new study of a fit in R.

    Raises
    ------
    CannotError
        It is not one of those that a line of R repeats.
    """
    if fit.pi_method not in NEW_STUDY:
        raise CannotError(f"a prediction interval {fit.pi_method} is not one line of R")
    se, df = NEW_STUDY[fit.pi_method]
    return f"new_study(fit, {se}, {df}, {r_text.number(fit.level)})"


#: Method of a result to its call.
CALLS: dict[str, Callable[[Pooled, str], str]] = {
    "IV": _inverse_variance,
    "MH": _mantel_haenszel,
    "Peto": _peto,
    "GLMM": _mixed_model,
}

#: The estimators of tau2 that metafor has under the same code.
ESTIMATORS = ("DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")

#: Interval of the mean to metafor's ``test``; ``auto`` is one of two, as the fit says.
TESTS = {"wald": "z", "t": "t", "hksj": "knha", "hksj-adhoc": "adhoc"}

#: Interval for a new study to its standard error of the mean and its degrees of freedom.
NEW_STUDY = {
    "t(k-1)": ("fit$se", "fit$k - 1"),
    "t(k-2)": ("fit$se", "fit$k - 2"),
    "normal": ("fit$se", "Inf"),
    "simple": ("0", "Inf"),
    "V": ("inverse_variance_se(fit)", "fit$k - 1"),
    "HTS": ("inverse_variance_se(fit)", "fit$k - 2"),
    "S": ("inverse_variance_se(fit)", "Inf"),
}

#: The measures whose effects ``escalc`` computes from the data in the script; others stand there as yi and vi.
ESCALC = frozenset((
    "OR", "RR", "RD", "AS", "IRR", "IRD", "IRSD", "MD", "SMD", "ROM", "MN", "PR", "PLN", "PLO", "PAS", "PFT", "IR",
    "IRLN", "IRS", "IRFT", "ZCOR",
))  # fmt: skip
