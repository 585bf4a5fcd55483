"""What was explored beside a result, in R: leaving one out, regressions, tests, trim and fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ....stats.pooling.result import Pooled
from ....stats.regression.result import MetaRegression
from ....stats.robustness.sequence_result import Refits
from ....stats.small_studies.tests_of_asymmetry import SmallStudyTest
from ....stats.small_studies.trimfill import TrimAndFill
from ....synthesis.values import Exploration
from . import r_text
from .calls import ESTIMATORS, TESTS


def explored(where: str, fit: Pooled, found: Exploration, data: str) -> Iterable[str]:
    """Yield the lines that repeat what was explored of ``fit``, and a comment on what R does not repeat."""
    for name, (words, write) in EXPLORED.items():
        part = getattr(found, name)
        lines = [*write(where, fit, part, data)] if part and write else []
        yield from lines
        if part and not lines:
            yield r_text.comment(f"{where}: {words} is not repeated here")


def _leave_one_out(where: str, fit: Pooled, found: Refits, _: str) -> Iterable[str]:
    if found.slab == fit.effects.slab and all(one is not None for one in found.fits):
        expected = r_text.named({f"without.{i}": one for i, one in enumerate(found.estimate.tolist(), 1)})
        name = r_text.text(f"{where}, leave one out")
        yield f"compare({name}, leave1out(fit)$estimate,\n  {expected}, may_fail = TRUE)"


def _trim_and_fill(where: str, fit: Pooled, found: TrimAndFill, data: str) -> Iterable[str]:
    if fit.method == "IV":
        how = f'estimator = "{found.estimator}", side = "{found.side}", control = tight({data})'
        yield f"filled <- trimfill(fit, {how})"
        expected = r_text.named({"k0": found.k0, "estimate": found.adjusted.estimate, "se": found.adjusted.se})
        called = f"c(filled$k0, filled$beta[1], filled$se[1]),\n  {expected}, tolerance = 1e-5"
        yield f"compare({r_text.text(f'{where}, trim and fill')}, {called})"


def _tests(where: str, fit: Pooled, found: Iterable[SmallStudyTest], data: str) -> Iterable[str]:
    for one in found:
        if one.test in SMALL_STUDY_TESTS and one.predictor in (None, "sei") and fit.method == "IV":
            name = r_text.text(f"{where}, {one.name}")
            expected = r_text.named({"pval": one.pval})
            yield f"compare({name}, {SMALL_STUDY_TESTS[one.test]}$pval, {expected}, tolerance = 1e-5)"


def _regressions(where: str, fit: Pooled, regressions: Iterable[MetaRegression], data: str) -> Iterable[str]:
    for reg in regressions:
        if (reg.model == "random" and reg.tau2_method not in ESTIMATORS) or reg.ci_method not in TESTS:
            continue
        if not _same_studies(reg, fit) or reg.names[0] != "intercept":
            continue
        mods = ", ".join(r_text.vector(column) for column in reg.x.T[1:].tolist())
        method = reg.tau2_method if reg.model == "random" else "FE"
        how = f'method = "{method}", test = "{TESTS[reg.ci_method]}", control = tight({data})'
        yield f"reg <- rma(yi, vi, mods = cbind({mods}), data = {data}, {how})"
        numbers = zip(reg.coefficients.tolist(), reg.se.tolist(), strict=True)
        expected = {f"{what}.{i}": x for i, pair in enumerate(numbers) for what, x in zip(("b", "se"), pair)}
        name = r_text.text(f"{where}, regression on {', '.join(reg.names[1:])}")
        expected |= {"tau2": reg.tau2, "qm.pval": reg.qm_pval}
        found = "c(rbind(reg$beta[, 1], reg$se), reg$tau2, reg$QMp)"
        yield f"compare({name}, {found},\n  {r_text.named(expected)}, tolerance = 1e-5)"


def _same_studies(reg: MetaRegression, fit: Pooled) -> bool:
    return reg.effects.slab == fit.effects.slab


Write = Callable[[str, Pooled, Any, str], Iterable[str]]

#: Field of an `Exploration` to its words and its lines; None where R does not repeat it.
EXPLORED: dict[str, tuple[str, Write | None]] = {
    "leave_one_out": ("leave-one-out", _leave_one_out),
    "trim_and_fill": ("trim and fill", _trim_and_fill),
    "small_study_tests": ("a test for small-study effects", _tests),
    "regressions": ("a regression", _regressions),
    "cumulative": ("the cumulative analysis", None),
    "influence": ("influence", None),
    "gosh": ("GOSH", None),
    "multiverse": ("the multiverse", None),
}

#: Test for small-study effects to its call of metafor.
SMALL_STUDY_TESTS = {"egger": 'regtest(fit, model = "lm")', "begg": "ranktest(fit)"}
