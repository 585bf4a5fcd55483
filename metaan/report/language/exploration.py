"""What was explored beside the pooled result, in one sentence each: for the page and for the terminal.

To add one: a function that returns its sentences, and an entry in `FINDINGS`. It lies on the way of `metaan pool`,
so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.robustness.plot_data import Spread, gosh_spread
from ...stats.selection.functions import SELECTION_FUNCTIONS
from ...synthesis.chances import chances
from . import formats, words
from .headings import inside, pool_heading
from .words import Arms

if TYPE_CHECKING:
    from ...stats.bayes.result import Bayes
    from ...stats.pooling.result import Pooled
    from ...stats.regression.result import MetaRegression
    from ...stats.robustness.gosh_result import Gosh
    from ...stats.robustness.sequence_result import Refits, Refitted
    from ...stats.selection.result import SelectionModel
    from ...stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from ...stats.small_studies.trimfill import TrimAndFill
    from ...synthesis.belief import Believed
    from ...synthesis.values import Analysis, Exploration, Pool


@dataclass(frozen=True, slots=True)
class ExploredFinding:
    """One sentence: what was looked at, and what was found; ``alarm`` where the conclusion hangs on it.

    ``part`` is the field of the exploration that it is about; empty for what was refused.
    """

    name: str
    text: str
    alarm: bool = False
    part: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a sentence is about: one pool of an analysis, what was explored of it, and the names of the arms."""

    analysis: Analysis
    pool: Pool
    found: Exploration
    arms: Arms

    def code(self, fit: Pooled | Refitted | SelectionModel) -> str:
        """Return which arm a fit favours."""
        return self.analysis.favoured(fit.display.ci)

    def effect(self, fit: Pooled | Refitted | SelectionModel) -> str:
        """Return estimate and interval."""
        return formats.effect(fit.display.estimate, fit.display.ci, self.analysis.measure)

    def reading(self, fit: Pooled | Refitted | SelectionModel) -> str:
        """Return the conclusion of a fit in a few words."""
        return words.mark(self.code(fit), self.arms)

    def value(self, x: float) -> str:
        """Return an effect that is given on the display scale."""
        return formats.estimate(x, self.analysis.measure)

    def spread(self, spread: Spread) -> tuple[str, str, str]:
        """Return lowest, median and highest of effects that are given on the analysis scale."""
        back = scale_of(self.analysis.measure).to_display
        low, median, high = (self.value(back(x)) for x in (spread.low, spread.median, spread.high))
        return low, median, high

    @property
    def code_of_pool(self) -> str:
        """Return which arm the pooled result favours."""
        return self.analysis.favoured(self.pool.lead.ci if self.pool.lead else None)

    @property
    def measure(self) -> str:
        """The measure in words."""
        return words.measure_name(self.analysis.measure)


def findings(pool: Pool, analysis: Analysis, arms: Arms) -> tuple[ExploredFinding, ...]:
    """Return a sentence for everything that was explored of a pool, and for what could not be, why not."""
    if pool.exploration is None:
        return ()
    looked = Looked(analysis, pool, pool.exploration, arms)
    said = [replace(finding, part=part) for part, find in FINDINGS.items() for finding in find(looked)]
    refused = (ExploredFinding(words.upper_first(r.what), refusal("done", r.reason)) for r in pool.exploration.refused)
    return (*said, *refused)


def refusal(verb: str, why: str) -> str:
    """Say that something was not done, and why.

    >>> refusal("drawn", "k = 2; a funnel plot needs at least 3 studies to have a shape")
    'not drawn (k = 2; a funnel plot needs at least 3 studies to have a shape)'
    """
    return f"not {verb} ({why})"


def lines(analysis: Analysis, arms: Arms) -> Iterable[tuple[str, str]]:
    """Yield the sentences of all pools as lines of the terminal, each with its kind."""
    for pool in analysis.results:
        found = findings(pool, analysis, arms)
        if found:
            yield "plain", ""
            where = f", {inside(pool_heading(pool))}" if pool.name else ""
            yield "heading", f"Sensitivity and influence{where}"
        for finding in found:
            yield "warning" if finding.alarm else "plain", f"- {finding.name}: {finding.text}."


def changed(looked: Looked, refits: Refits) -> tuple[tuple[str, Refitted], ...]:
    """Return the fits whose conclusion is not that of the fit to all studies, with the study left out or added."""
    whole = looked.code(refits.whole)
    named = zip(refits.slab, refits.fits)
    return tuple((label, fit) for label, fit in named if fit is not None and looked.code(fit) != whole)


def _leave_one_out(looked: Looked) -> Iterable[ExploredFinding]:
    refits = looked.found.leave_one_out
    fits = [] if refits is None else [(fit.display.estimate, s) for fit, s in zip(refits.fits, refits.slab) if fit]
    if refits is None or not fits:
        return
    if len(refits) == 2:
        yield ExploredFinding("Leave-one-out", "with two studies, leaving one out leaves the other alone")
        return
    (low, first), (high, last) = min(fits), max(fits)
    reach = (
        f"the {looked.measure} lies between {looked.value(low)} (without {first}) and "
        f"{looked.value(high)} (without {last})"
    )
    yield ExploredFinding("Leave-one-out", f"{reach}; {_turned(looked, refits)}", bool(changed(looked, refits)))


def _turned(looked: Looked, refits: Refits) -> str:
    """Say which studies decide the conclusion."""
    turned = [f"without {s}, {looked.reading(fit)}: {looked.effect(fit)}" for s, fit in changed(looked, refits)]
    if not turned:
        return f"the conclusion ({looked.reading(refits.whole)}) does not hang on one study"
    which = "one study" if len(turned) == 1 else f"each of {len(turned)} studies"
    return f"the conclusion ({looked.reading(refits.whole)}) hangs on {which}: {'; '.join(turned)}"


def _cumulative(looked: Looked) -> Iterable[ExploredFinding]:
    refits = looked.found.cumulative
    fits = [] if refits is None else [(s, fit) for s, fit in zip(refits.slab, refits.fits) if fit is not None]
    if refits is None or len(fits) < 2:
        return
    turns = [i for i in range(1, len(fits)) if looked.code(fits[i][1]) != looked.code(fits[i - 1][1])]
    now = looked.reading(fits[-1][1])
    if turns:
        label, fit = fits[turns[-1]]
        before = looked.reading(fits[turns[-1] - 1][1])
        said = f"the conclusion changed last with {label} ({fit.k} of {refits.whole.k} studies): from {before} to {now}"
    else:
        said = f"the conclusion ({now}) has been the same since the first study"
    moved = (
        f"the last study, {fits[-1][0]}, moved the {looked.measure} from "
        f"{looked.value(fits[-2][1].display.estimate)} to {looked.value(fits[-1][1].display.estimate)}"
    )
    yield ExploredFinding(f"Cumulative, {order(looked.analysis)}", f"{said}; {moved}")


def order(analysis: Analysis) -> str:
    """Return the order of a cumulative pool in words."""
    asked = analysis.plan.explore.cumulative if analysis.plan.explore else None
    return "the most precise study first" if asked == "precision" else "in order of publication"


def _influence(looked: Looked) -> Iterable[ExploredFinding]:
    if looked.found.influence is None:
        return
    data = looked.found.influence[0]
    flagged = [label for label, far in zip(data.slab, data.influential.tolist()) if far]
    if flagged:
        verb = "stands" if len(flagged) == 1 else "stand"
        yield ExploredFinding("Influence", f"{formats.listing(flagged)} {verb} out from the others")
    else:
        yield ExploredFinding("Influence", "no study stands out from the others")


def _tests(looked: Looked) -> Iterable[ExploredFinding]:
    for test in looked.found.small_study_tests:
        yield ExploredFinding(test.name, _test(test))


def _test(test: SmallStudyTest) -> str:
    letter = "z" if test.df is None else f"t({test.df})"
    size = formats.plural(test.k, "study", "studies")
    said = f"{letter} = {formats.fixed(test.stat, 2)}, {formats.p_text(test.pval)}, {size}"
    return f"{said}; done although {test.note}" if test.note else said


def _trim_and_fill(looked: Looked) -> Iterable[ExploredFinding]:
    found = looked.found.trim_and_fill
    if found is not None:
        yield ExploredFinding(f"Trim and fill ({found.estimator})", _filled(looked, found))


def _filled(looked: Looked, found: TrimAndFill) -> str:
    if found.k0 == 0:
        return "no study seems to be missing"
    missing = formats.plural(found.k0, "study seems", "studies seem")
    return f"{missing} to be missing on the {found.side}; with mirror images filled in: {looked.effect(found.adjusted)}"


def _regressions(looked: Looked) -> Iterable[ExploredFinding]:
    for reg in looked.found.regressions:
        yield ExploredFinding(f"Meta-regression on {moderators(reg)}", _regression(reg))


def asked_for(analysis: Analysis) -> Iterable[str]:
    """Yield a sentence for each regression that the review's question asks for."""
    asked = analysis.plan.explore.regressions if analysis.plan.explore else ()
    wanted = [tuple(one.moderators) for one in asked if one.answers_question]
    for pool in analysis.results:
        for reg in pool.exploration.regressions if pool.exploration else ():
            if tuple(reg.moderators) in wanted:
                share = "does not say how much" if reg.r2 is None else f"explains {formats.percent(reg.r2)}"
                text = f"{moderators(reg)} {share} of the variance between studies (τ²; {formats.p_text(reg.qm_pval)})"
                yield f"{words.upper_first(text)}."


def moderators(reg: MetaRegression) -> str:
    """Return the moderators of a regression, each once."""
    return formats.listing(reg.moderators)


def _regression(reg: MetaRegression) -> str:
    test = f"χ²({reg.qm_df})" if reg.df is None else f"F({reg.qm_df}, {reg.df:g})"
    r2 = "" if reg.r2 is None else f"; explains {formats.percent(reg.r2)} of τ²"
    rest = f"I² of the rest {formats.percent(reg.i2)}"
    return f"{test} = {formats.number(reg.qm)}, {formats.p_text(reg.qm_pval)}{r2}; {rest}"


def _gosh(looked: Looked) -> Iterable[ExploredFinding]:
    found = looked.found.gosh
    if found is not None and (found.k > 1).any():
        yield ExploredFinding("GOSH", _subsets(looked, found))


def _subsets(looked: Looked, found: Gosh) -> str:
    effects, i2 = gosh_spread(found)
    low, median, high = looked.spread(effects)
    n = int((found.k > 1).sum())
    which = "all" if found.complete else "a sample of"
    return (
        f"over {which} {n} subsets of two studies and more the {looked.measure} lies between {low} and {high} "
        f"(median {median}), I² between {formats.percent(i2.low)} and {formats.percent(i2.high)}"
    )


def _multiverse(looked: Looked) -> Iterable[ExploredFinding]:
    found = looked.found.multiverse
    fit = looked.pool.fit
    if found is None or fit is None or not found.universes:
        return
    conclusion = fit.side
    n, m = found.holds(None, conclusion)
    yield ExploredFinding("Multiverse", words.lower_first(found.sentence(None, conclusion).rstrip(".")), n < m)


def _bayes(looked: Looked) -> Iterable[ExploredFinding]:
    """Say the mean and a new study under the protocol's priors, what is probable, and what other priors change."""
    found = looked.found.bayes
    if found is None:
        return
    text = f"{posterior(looked, found.fit)}{_chances(looked, found.fit)}; {_other_priors(looked, found)}"
    turned = verdict_of(looked, found.fit) != looked.code_of_pool or bool(_turned_by_priors(looked, found))
    yield ExploredFinding("Bayesian model", text, turned)
    surprising = [check.text for check in found.checks if check.surprising]
    if surprising:
        yield ExploredFinding("Predictive checks", "; ".join(surprising), True)
    elif found.checks:
        yield ExploredFinding("Predictive checks", "the data are what priors and model expect")


def priors(fit: Bayes) -> str:
    """Return the priors of a model in words."""
    mean = "flat" if fit.mu_prior is None else "normal({:g}, {:g})".format(*fit.mu_prior)
    return f"τ {fit.tau_prior.text}, mean {mean}"


def posterior(looked: Looked, fit: Bayes) -> str:
    """Say mean and new study under a model."""
    new = formats.bounds(_shown(fit, fit.prediction.ci), looked.analysis.measure)
    return (
        f"with the priors {priors(fit)}, the {looked.measure} is {believed(looked, fit)} (median and {fit.interval} "
        f"{formats.level(fit.level)} credible interval), that of a new study {new}"
    )


def believed(looked: Looked, fit: Bayes) -> str:
    """Return median and interval of the mean."""
    return formats.effect(fit.display(fit.mu.median), _shown(fit, fit.mu.ci), looked.analysis.measure)


def reading_of(looked: Looked, fit: Bayes) -> str:
    """Return the conclusion of a model in a few words."""
    return words.mark(verdict_of(looked, fit), looked.arms)


def chance(p: float) -> str:
    """Write a probability; what is uncertain is never written as certain.

    >>> chance(0.9876), chance(0.99999), chance(0.00001)
    ('98.8%', 'above 99.9%', 'below 0.1%')
    """
    return "above 99.9%" if p > 0.999 else "below 0.1%" if p < 0.001 else formats.percent(100 * p, 1)


def _chances(looked: Looked, fit: Bayes) -> str:
    found = chances(looked.analysis, looked.pool, fit.mu)
    if found is None:
        return ""
    said = f"; the probability of benefit is {chance(found.benefit)}"
    if found.important_benefit is not None:
        said += f", of one that matters to patients {chance(found.important_benefit)}"
    return f"{said}, of harm {chance(found.harm)}"


def _other_priors(looked: Looked, found: Believed) -> str:
    turned, tried = _turned_by_priors(looked, found), [row for row in found.others.rows if row.fit is not None]
    if not turned:
        return f"the conclusion ({reading_of(looked, found.fit)}) is the same under all {len(tried)} other priors"
    return f"the conclusion ({reading_of(looked, found.fit)}) depends on the prior: {'; '.join(turned)}"


def _turned_by_priors(looked: Looked, found: Believed) -> list[str]:
    """Say under which priors the conclusion is another."""
    whole = verdict_of(looked, found.fit)
    fits = [(row.name, row.fit) for row in found.others.rows if row.fit is not None]
    return [f"under {name}, {reading_of(looked, fit)}" for name, fit in fits if verdict_of(looked, fit) != whole]


def verdict_of(looked: Looked, fit: Bayes) -> str:
    """Return which arm a model favours."""
    return looked.analysis.favoured(_shown(fit, fit.mu.ci))


def _shown(fit: Bayes, ci: Interval) -> Interval:
    return Interval(*map(fit.display, ci))


def _selection(looked: Looked) -> Iterable[ExploredFinding]:
    """Say each selection model's mean, whether its data speak of selection, and whether the conclusion stands."""
    for fit in looked.found.selection:
        differs = looked.code(fit) != looked.code_of_pool
        stands = f"the conclusion becomes: {looked.reading(fit)}" if differs else "the conclusion stands"
        test = "" if fit.lrt_pval is None else f"; test of no selection {formats.p_value(fit.lrt_pval)}"
        text = f"were {SIDES[fit.alternative]} likelier to be seen: {looked.effect(fit)}, {stands}{test}"
        yield ExploredFinding(f"Selection model ({selection_name(fit)})", text, differs)


def selection_name(fit: SelectionModel) -> str:
    """Return which selection function it is."""
    return SELECTION_FUNCTIONS[fit.kind].name


SIDES = {
    "greater": "studies with significant larger effects", "less": "studies with significant smaller effects",
    "two.sided": "significant studies",
}  # fmt: skip

#: Field of an `Exploration` to the function that says what was found.
FINDINGS: dict[str, Callable[[Looked], Iterable[ExploredFinding]]] = {
    "multiverse": _multiverse,
    "bayes": _bayes,
    "selection": _selection,
    "leave_one_out": _leave_one_out,
    "cumulative": _cumulative,
    "influence": _influence,
    "small_study_tests": _tests,
    "trim_and_fill": _trim_and_fill,
    "regressions": _regressions,
    "gosh": _gosh,
}
