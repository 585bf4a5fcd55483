"""What was explored, as tables for the page: one function a field of an `Exploration`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.robustness.multiverse import CONCLUSIONS
from ..language import exploration, formats
from ..language.exploration import Looked

if TYPE_CHECKING:
    from ...stats.bayes.result import Bayes
    from ...stats.pooling.result import Pooled
    from ...stats.regression.result import MetaRegression
    from ...stats.robustness.multiverse import Universe
    from ...stats.robustness.sequence_result import Refits, Refitted
    from ...stats.small_studies.tests_of_asymmetry import SmallStudyTest

FLAGGED = (
    "What each study does to the result. One stands out where |DFFITS| > 3 √(1 / (k − 1)), Cook's distance is above "
    "the median of χ²(1), the leverage is above 3 / k, or |DFBETAS| > 1"
)
INTERVALS = {"wald": "Wald", "hksj-adhoc": "Hartung-Knapp, never narrower than Wald"}
POOLING = {"MH": "Mantel-Haenszel", "IV": "inverse variance", "Peto": "Peto", "RE": "random effects"}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a column; numbers are set to the right."""

    text: str
    number: bool = True


@dataclass(frozen=True, slots=True)
class ExploredLine:
    """One row: its first cell is its header; ``flagged`` where the reader should look."""

    cells: tuple[str, ...]
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class ExploredTable:
    """A table with a caption."""

    caption: str
    headers: tuple[Header, ...]
    lines: tuple[ExploredLine, ...]


def tables(field: str, looked: Looked) -> tuple[ExploredTable, ...]:
    """Return the tables of a field of an exploration; none where there is nothing to tabulate."""
    return tuple(TABLES[field](looked)) if field in TABLES else ()


def _effect_header(looked: Looked) -> Header:
    return Header(f"{looked.analysis.measure} ({formats.level(looked.analysis.level)} CI)")


def _leave_one_out(looked: Looked) -> Iterable[ExploredTable]:
    if looked.found.leave_one_out is not None:
        yield _refits(looked, looked.found.leave_one_out, "Left out", "The result without each study in turn")


def _cumulative(looked: Looked) -> Iterable[ExploredTable]:
    if looked.found.cumulative is not None:
        caption = f"The result of one study, two studies and so on, {exploration.order(looked.analysis)}"
        yield _refits(looked, looked.found.cumulative, "Added", caption)


def _refits(looked: Looked, refits: Refits, first: str, caption: str) -> ExploredTable:
    headers = (
        Header(first, number=False), Header("Studies"), _effect_header(looked), Header("p"), Header("τ²"), Header("I²"),
        Header("Reading", number=False),
    )  # fmt: skip
    turned = {label for label, _ in exploration.changed(looked, refits)}
    named = zip(refits.slab, refits.fits, refits.reasons)
    lines = [_refit(label, fit, why, looked, label in turned) for label, fit, why in named]
    return ExploredTable(caption, headers, (*lines, _refit("All studies", refits.whole, None, looked, False)))


def _refit(label: str, fit: Pooled | Refitted | None, why: str | None, looked: Looked, flagged: bool) -> ExploredLine:
    if fit is None:
        return ExploredLine((label, *[formats.NOTHING] * 5, why or ""))
    several = fit.k > 1
    tau2 = formats.number(fit.tau2) if several and fit.tau2 else "0" if several and fit.tau2 == 0 else formats.NOTHING
    i2 = formats.percent(fit.i2) if several else formats.NOTHING
    reading = looked.reading(fit) + (" (differs)" if flagged else "")
    return ExploredLine((label, str(fit.k), looked.effect(fit), formats.p_value(fit.pval), tau2, i2, reading), flagged)


def _influence(looked: Looked) -> Iterable[ExploredTable]:
    if looked.found.influence is None:
        return
    data = looked.found.influence[0]
    names = ("Weight", "Residual", "DFFITS", "Cook", "Leverage", "CovRatio", "τ² without")
    headers = (Header("Study", number=False), *map(Header, names), Header("Stands out", number=False))
    columns = (data.rstudent, data.dffits, data.cook, data.hat, data.cov_ratio, data.tau2_del)
    rows = zip(data.slab, data.weight.tolist(), data.influential.tolist(), *(c.tolist() for c in columns))
    lines = tuple(
        ExploredLine((label, formats.percent(weight, 1), *map(_plain, values), "yes" if far else "no"), far)
        for label, weight, far, *values in rows
    )
    yield ExploredTable(FLAGGED, headers, lines)


def _plain(x: float) -> str:
    """Write a diagnostic with two decimals."""
    return formats.NOTHING if x != x else formats.fixed(x, 2)


def _tests(looked: Looked) -> Iterable[ExploredTable]:
    if not looked.found.small_study_tests:
        return
    headers = (Header("Test", number=False), Header("Statistic"), Header("p"), Header("Limit"), Header("Note", False))
    lines = []
    for test in looked.found.small_study_tests:
        letter = "z" if test.df is None else f"t({test.df})"
        stat = f"{letter} = {formats.fixed(test.stat, 2)}"
        lines.append(ExploredLine((test.name, stat, formats.p_value(test.pval), _limit(looked, test), test.note)))
    yield ExploredTable(
        "Tests of small-study effects; the limit is the effect of a study of infinite size", headers, tuple(lines)
    )


def _limit(looked: Looked, test: SmallStudyTest) -> str:
    if test.limit is None or test.limit_ci is None:
        return formats.NOTHING
    back = scale_of(looked.analysis.measure).to_display
    limit, low, high = (looked.value(back(x)) for x in (test.limit, *test.limit_ci))
    return f"{limit} ({low} to {high})"


def _trim_and_fill(looked: Looked) -> Iterable[ExploredTable]:
    found = looked.found.trim_and_fill
    if found is None:
        return
    headers = (Header("Pool", number=False), Header("Studies"), _effect_header(looked), Header("p"))
    pair = (("As it is", found.original), ("With filled studies", found.adjusted))
    lines = tuple(ExploredLine((name, str(f.k), looked.effect(f), formats.p_value(f.pval))) for name, f in pair)
    yield ExploredTable(
        f"Trim and fill, estimator {found.estimator}; filled studies are mirror images, not data", headers, lines
    )


def _regressions(looked: Looked) -> Iterable[ExploredTable]:
    for reg in looked.found.regressions:
        yield _coefficients(looked, reg)


def _coefficients(looked: Looked, reg: MetaRegression) -> ExploredTable:
    log = "log " if scale_of(reg.measure).is_ratio else ""
    headers = (
        Header("Term", number=False), Header(f"Coefficient ({formats.level(reg.level)} CI)"), Header("p"),
    )  # fmt: skip
    rows = zip(reg.names, reg.coefficients.tolist(), reg.ci, reg.pval.tolist())
    lines = tuple(
        ExploredLine((name, f"{_three(b)} ({_three(ci.lb)} to {_three(ci.ub)})", formats.p_value(p)))
        for name, b, ci, p in rows
    )
    references = "".join(f"; {factor} is compared with {level}" for factor, level in reg.references.items())
    how = f"τ² by {reg.tau2_method}, {reg.ci_method} intervals" if reg.tau2_method else f"{reg.ci_method} intervals"
    caption = f"The {log}{looked.measure} by {exploration.moderators(reg)}, {reg.k} studies; {how}{references}"
    return ExploredTable(caption, headers, lines)


def _three(x: float) -> str:
    """Write a coefficient with three decimals, more where it is small and no rounding error."""
    return formats.number(x) if 1e-15 < abs(x) < 0.01 else formats.fixed(x, 3)


def _multiverse(looked: Looked) -> Iterable[ExploredTable]:
    found = looked.found.multiverse
    fit = looked.pool.fit
    if found is None or fit is None:
        return
    several = len({universe.group for universe in found.universes}) > 1
    headers = (
        *((Header("Design", number=False),) if several else ()),
        Header("Measure", number=False), Header("Pooled by", number=False), Header("Interval", number=False),
        Header("Zero cells", number=False), Header("Studies"), Header("Effect (interval)"), Header("p"),
        Header("Reading", number=False),
    )  # fmt: skip
    lines = tuple(_universe(universe, fit.side, several) for universe in found.universes)
    yield ExploredTable("Every defensible way to pool these studies", headers, lines)


def _bayes(looked: Looked) -> Iterable[ExploredTable]:
    found = looked.found.bayes
    if found is None:
        return
    headers = (
        Header("Model and priors", number=False), _effect_header(looked), Header("New study"), Header("τ"),
        Header("Reading", number=False),
    )  # fmt: skip
    lines = [_belief(looked, f"Bayes, {exploration.priors(found.fit)}", found.fit, None)]
    lines += [_belief(looked, f"Other prior: {row.name}", row.fit, row.reason) for row in found.others.rows]
    source = f"; priors: {found.source}" if found.source else ""
    caption = f"The protocol's result, and the same studies under priors (medians and credible intervals){source}"
    yield ExploredTable(caption, headers, (*_frequentist(looked), *lines))


def _selection(looked: Looked) -> Iterable[ExploredTable]:
    if not looked.found.selection:
        return
    headers = (
        Header("Model", number=False), _effect_header(looked), Header("τ²"), Header("p, no selection"),
        Header("Reading", number=False),
    )  # fmt: skip
    lines, fit = [], looked.pool.fit
    if fit is not None:
        tau2 = formats.NOTHING if fit.tau2 is None else formats.number(fit.tau2)
        lines.append(ExploredLine(("The protocol's result", looked.effect(fit), tau2, "", looked.reading(fit))))
    for found in looked.found.selection:
        differs = looked.code(found) != looked.code_of_pool
        reading = f"{looked.reading(found)} (differs)" if differs else looked.reading(found)
        p = formats.NOTHING if found.lrt_pval is None else formats.p_value(found.lrt_pval)
        cells = (exploration.selection_name(found), looked.effect(found), formats.number(found.tau2), p, reading)
        lines.append(ExploredLine(cells, differs))
    caption = f"If {exploration.SIDES[looked.found.selection[0].alternative]} had been likelier to be seen"
    yield ExploredTable(caption, headers, tuple(lines))


def _frequentist(looked: Looked) -> Iterable[ExploredLine]:
    fit = looked.pool.fit
    if fit is not None:
        measure, pi = looked.analysis.measure, fit.display.pi
        new = formats.bounds(pi, measure) if pi else formats.NOTHING
        tau = formats.NOTHING if fit.tau2 is None else formats.number(fit.tau2**0.5) if fit.tau2 else "0"
        yield ExploredLine(("The protocol's result", looked.effect(fit), new, tau, looked.reading(fit)))


def _belief(looked: Looked, name: str, fit: Bayes | None, reason: str | None) -> ExploredLine:
    if fit is None:
        return ExploredLine((name, *[formats.NOTHING] * 3, reason or ""))
    new = formats.bounds(Interval(*map(fit.display, fit.prediction.ci)), looked.analysis.measure)
    reading = exploration.reading_of(looked, fit)
    differs = looked.found.bayes is not None and reading != exploration.reading_of(looked, looked.found.bayes.fit)
    cells = (name, exploration.believed(looked, fit), new, formats.number(fit.tau.median), reading)
    return ExploredLine((*cells[:-1], f"{reading} (differs)" if differs else reading), differs)


def _universe(universe: Universe, conclusion: int, several: bool) -> ExploredLine:
    how = POOLING.get(universe.method, universe.method)
    by = f"{how}, {universe.tau2_method}" if universe.tau2_method else f"common effect, {how}"
    zero = f"{universe.zero_cells} added" if universe.zero_cells != "none" else "nothing added"
    differs = universe.conclusion != conclusion
    return ExploredLine(
        (
            *((universe.group,) if several else ()),
            universe.measure, by, INTERVALS[universe.ci_method or "wald"], zero, str(universe.k),
            formats.effect(universe.estimate, universe.ci, universe.measure), formats.p_value(universe.pval),
            CONCLUSIONS[universe.conclusion] + (" (differs)" if differs else ""),
        ),
        differs,
    )  # fmt: skip


#: Field of an `Exploration` to its tables.
TABLES: dict[str, Callable[[Looked], Iterable[ExploredTable]]] = {
    "leave_one_out": _leave_one_out,
    "cumulative": _cumulative,
    "influence": _influence,
    "small_study_tests": _tests,
    "trim_and_fill": _trim_and_fill,
    "regressions": _regressions,
    "multiverse": _multiverse,
    "bayes": _bayes,
    "selection": _selection,
}
