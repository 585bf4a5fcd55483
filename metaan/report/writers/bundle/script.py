"""The analyses as an R script: data, calls of metafor, and the numbers that they should give.

The script says of each number what metafor finds and what was printed, and ends with status 1 where they differ. What
metafor cannot repeat stands in it as a comment with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ....stats.measures.catalogue import MEASURES, scale_of
from ....stats.measures.effects import EffectSizes
from ....stats.pooling.result import Pooled
from . import calls, r_text
from .explored import explored

if TYPE_CHECKING:
    from ....synthesis.values import Analysis, Pool
    from ...report import Report

HERE = Path(__file__).parent
MIXED = "GLMM"


def to_r(report: Report) -> str:
    """Return the script, in ASCII, so that every locale reads it.

    >>> import metaan as ma
    >>> from metaan.report.report import Report
    >>> review = ma.load(ma.example("anakinra"))
    >>> script = to_r(Report(review, ma.analyse(review, ["death"])))
    >>> next(line for line in script.splitlines() if line.startswith("fit <- rma("))
    'fit <- rma(yi, vi, data = dat2, method = "DL", test = "z", level = 95, control = tight(dat2))'
    """
    digest = report.review.digest
    registry = f", from the registry with SHA-256 {digest}" if digest else ""
    lines = [r_text.comment(f"{report.review.info.title}: its analyses by metafor")]
    lines += [r_text.comment(f"Written by metaan {report.stamp.version}{registry}."), _part("start.R")]
    for analysis in report.analyses:
        lines += _Script(analysis, by_escalc=bool(digest)).lines()
    return "\n".join([*lines, _part("end.R")])


def _part(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@dataclass(slots=True)
class _Script:
    """What is written of one analysis.

    Attributes
    ----------
    by_escalc
        Whether effects are computed in R; those of arrays may come from elsewhere, and stand there as they are.
    frames
        The names of the frames that stand in the script, by their data.
    groups
        For each model the names of the results between which is tested.
    """

    analysis: Analysis
    by_escalc: bool
    frames: dict[tuple[object, ...], str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    def lines(self) -> Iterable[str]:
        """Yield all lines of the analysis."""
        one = self.analysis
        yield r_text.comment(f"---- {one.plan.key}: {one.title}, {one.measure} ----")
        for pool in one.results:
            yield from self._pool(pool)
        yield from self._between()
        yield ""

    def _pool(self, pool: Pool) -> Iterable[str]:
        where = ", ".join(filter(None, (self.analysis.plan.key, pool.name)))
        if pool.reason:
            yield r_text.comment(f"{where}: {pool.reason}")
        for model, fit in pool.fits.items():
            yield from self._fit(f"{where}, {model}", fit)
            yield from self._beside(f"{where}, {model}", pool, model)
            yield from self._group(pool, model, "if (is.null(fit)) c(NA, NA) else c(fit$beta[1], fit$se[1])")
        alone = [row for row in pool.rows if row.yi is not None and row.vi is not None]
        for model in self.analysis.plan.model if len(alone) == 1 and not pool.fits else ():
            yield from self._group(pool, model, r_text.vector([alone[0].yi or 0.0, math.sqrt(alone[0].vi or 0.0)]))
        for other in pool.sensitivity:
            yield from self._fit(f"{where}, beside: {other.name}", other.fit)

    def _group(self, pool: Pool, model: str, result: str) -> Iterable[str]:
        """Yield the line that keeps a result for the test between groups, where it takes part."""
        test = self.analysis.subgroup_test
        if test is None or model not in test.by_model or pool is self.analysis.overall or pool.name in test.without:
            return
        names = self.groups.setdefault(model, [])
        names.append(f"{model}_{len(names) + 1}")
        yield f"{names[-1]} <- {result}"

    def _between(self) -> Iterable[str]:
        test = self.analysis.subgroup_test
        for model, names in self.groups.items():
            q, _, pval = test.by_model[model] if test else (0.0, 0, 1.0)
            where = r_text.text(f"{self.analysis.plan.key}, between groups, {model}")
            called = f"compare({where}, between(groups), {r_text.named({'q': q, 'pval': pval})})"
            yield f"groups <- rbind({', '.join(names)})\nif (!anyNA(groups)) {called}"

    def _fit(self, where: str, fit: Pooled) -> Iterable[str]:
        """Yield the data where they do not stand yet, the call, and the comparison; or why there is none."""
        try:
            name, frame = self._frame(fit)
            call = calls.call(fit, name)
        except calls.CannotError as why:
            yield f"fit <- NULL  {r_text.comment(f'{where}: not repeated, as {why}')}"
            return
        yield from frame
        mixed = fit.method == MIXED
        options = ", shown = exp" * scale_of(fit.measure).is_ratio + ", tolerance = 1e-4" * mixed
        lines = [f"fit <- {call}", f"repeats({r_text.text(where)}, fit,\n  {r_text.named(_expected(fit))}{options})"]
        if mixed:
            lines = ["fit <- NULL", 'if (requireNamespace("lme4", quietly = TRUE)) {', *lines, "}"]
        yield from lines

    def _frame(self, fit: Pooled) -> tuple[str, list[str]]:
        """Return the name of the frame of what was pooled, and its lines unless they stand there already."""
        es = fit.effects
        table = fit.method != "IV"
        key = (table, es.measure, es.slab, es.yi.tobytes(), *(values.tobytes() for values in es.data.values()))
        if key in self.frames:
            return self.frames[key], []
        name = self.frames[key] = f"dat{len(self.frames) + 1}"
        computed = self.by_escalc and not table and bool(es.data) and es.measure in calls.ESCALC
        held = {column: values.tolist() for column, values in es.data.items()}
        if not computed and not table:
            held |= {"yi": es.yi.tolist(), "vi": es.vi.tolist()}
        columns = (f"{column} = {r_text.vector(values)}" for column, values in {"slab": es.slab, **held}.items())
        together = ",\n  ".join(columns)
        lines = [f"{name} <- data.frame(\n  {together})"]
        if computed:
            called = f'escalc("{es.measure}", {calls.columns(es)}, data = {name}, slab = slab{self._zero_cells(es)})'
            lines.append(f"{name} <- {called}")
        return name, lines

    def _zero_cells(self, es: EffectSizes) -> str:
        if not MEASURES[es.measure].family.cells:
            return ""
        rule = self.analysis.plan.zero_cells
        add = MEASURES[es.measure].add if rule.add is None else rule.add
        return f', add = {r_text.number(add)}, to = "{rule.to}"'

    def _beside(self, where: str, pool: Pool, model: str) -> Iterable[str]:
        """Yield what belongs to a result: the interval for a new study, that of tau2, and what was explored."""
        fit = pool.fits[model]
        try:
            name, _ = self._frame(fit)
            calls.call(fit, name)
        except calls.CannotError:
            return
        if fit.method == MIXED:
            return
        yield from _new_study(where, fit)
        yield from _tau2(where, fit, pool)
        if pool.exploration is not None and fit is pool.fit:
            yield from explored(where, fit, pool.exploration, name)


def _expected(fit: Pooled) -> dict[str, float | None]:
    """Return the numbers of a fit by their names in R, on the analysis scale."""
    ci = fit.ci or (None, None)
    numbers: dict[str, float | None] = {"estimate": fit.estimate, "se": fit.se, "ci.lb": ci[0], "ci.ub": ci[1]}
    if fit.method == MIXED:
        return numbers | ({"tau2": fit.tau2} if fit.has_tau2 else {})
    if fit.k > 1:
        numbers["q"] = fit.q
    return numbers | ({"tau2": fit.tau2, "i2": fit.i2} if fit.has_tau2 and fit.k > 1 else {})


def _new_study(where: str, fit: Pooled) -> Iterable[str]:
    if fit.pi is None:
        return
    try:
        called = calls.new_study(fit)
    except calls.CannotError as why:
        yield r_text.comment(f"{where}: not repeated, as {why}")
    else:
        yield f"compare({r_text.text(where)}, {called}, {r_text.named({'pi.lb': fit.pi.lb, 'pi.ub': fit.pi.ub})})"


def _tau2(where: str, fit: Pooled, pool: Pool) -> Iterable[str]:
    """Yield the Q-profile interval of tau2, which has an end that R looks for up to a bound."""
    found = pool.tau2_ci
    if fit.model != "random" or found is None or found.method != "QP" or not math.isfinite(found.tau2_ci.ub):
        return
    most = r_text.number(max(100.0, 10 * found.tau2_ci.ub))
    called = f'confint(fit, control = list(tau2.max = {most}, tol = 1e-12))$random["tau^2", c("ci.lb", "ci.ub")]'
    expected = r_text.named({"tau2.lb": found.tau2_ci.lb, "tau2.ub": found.tau2_ci.ub})
    yield f"compare({r_text.text(where)}, {called},\n  {expected}, tolerance = 1e-5)"
