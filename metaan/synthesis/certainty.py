"""What a panel needs beside a pooled result: effects per 1000 at each assumed risk, and *suggestions* for certainty.

A suggestion is arithmetic with its numbers, by a rule that is written beside it. It never is a judgement: people make
those, sign them, and the registry holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import MetaanError
from ..stats.evidence.absolute import RISK_OF, risk_with_treatment
from ..stats.evidence.information import RELATIVE_REDUCTION, crossed, information_size
from ..stats.measures.catalogue import scale_of
from ..stats.measures.effects import Interval
from .kinds import people_of, risks

if TYPE_CHECKING:
    from ..stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from .values import Analysis, Pool, StudyRow

K_PREDICTED = 3
K_TESTED = 10  # Sterne et al. 2011: below ten studies, tests for small-study effects cannot tell them from chance
ASYMMETRY = 0.1  # p below it is read as asymmetry, as the tests have little power (Egger et al. 1997)


@dataclass(frozen=True, slots=True)
class RiskEffect:
    """The effect at one assumed risk: risks as proportions, differences in people per 1000.

    ``name`` is that of the risk (low, medium, high), or empty; ``pi`` the prediction interval of the difference.
    """

    name: str
    risk: float
    source: str
    treated: float
    treated_ci: Interval
    difference: float
    ci: Interval
    pi: Interval | None


@dataclass(frozen=True, slots=True)
class Imprecision:
    """How precise a result is.

    Attributes
    ----------
    levels
        How many levels down the rule suggests, 0 to 2.
    mid
        The minimal important difference, per 1000; None where the outcome has none.
    crossed
        Thresholds within the confidence interval: the two sides of ``mid``, or no effect.
    people, needed
        Those in the studies, and the optimal information size; None where it does not exist (``why``).
    risks
        The two risks that the information size tells apart.
    """

    levels: int
    mid: float | None
    crossed: tuple[float, ...]
    people: int
    needed: int | None
    risks: tuple[float, float] | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """How far the studies differ: ``further`` are thresholds that only the prediction interval crosses.

    ``levels`` is None where nothing can be said, and ``why`` says why.
    """

    levels: int | None
    mid: float | None
    further: tuple[float, ...] = ()
    tau2: float | None = None
    i2: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SmallStudies:
    """Whether small studies find other effects; ``planned`` where the protocol names the test, ``why`` if none ran."""

    levels: int | None
    test: SmallStudyTest | None = None
    planned: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is computed for one result beside its pooling; suggestions are None where no study has an effect."""

    risks: tuple[RiskEffect, ...] = ()
    imprecision: Imprecision | None = None
    inconsistency: Inconsistency | None = None
    small_studies: SmallStudies | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """What a pool answers with, on the display scale: its pooled result, or its only study."""

    estimate: float
    ci: Interval
    pi: Interval | None


def evidence(analysis: Analysis) -> tuple[Evidence, ...]:
    """Return what a panel needs of each result: of the pools in their order, and of the overall one after them.

    Examples
    --------
    >>> import metaan as ma
    >>> [analysis] = ma.analyse(ma.load(ma.example("anakinra")), ["clinical-failure"])
    >>> [found, *_] = evidence(analysis)
    >>> found.imprecision.people, found.inconsistency.why
    (151, 'a prediction interval needs at least 3 studies')
    """
    pools = analysis.pools if analysis.overall is None else (*analysis.pools, analysis.overall)
    return tuple(_evidence(pool, analysis) for pool in pools)


def _evidence(pool: Pool, analysis: Analysis) -> Evidence:
    result = _result(pool)
    if result is None:
        return Evidence()
    rows = [row for row in pool.rows if row.yi is not None]
    risks = tuple(_risks(result, rows, analysis))
    usual = risks[len(risks) // 2] if risks else None  # of low, medium and high, the medium one
    return Evidence(
        risks,
        _imprecision(result, rows, usual, analysis),
        _inconsistency(result, pool, usual, analysis),
        _small_studies(pool, analysis),
    )


def _result(pool: Pool) -> _Result | None:
    fit = pool.random or pool.common
    if fit is not None and fit.display.ci is None:
        return None
    if fit is not None and fit.display.ci is not None:
        return _Result(fit.display.estimate, fit.display.ci, fit.display.pi)
    only = [row for row in pool.rows if row.estimate is not None and row.ci is not None]
    if len(only) != 1 or only[0].estimate is None or only[0].ci is None:
        return None
    return _Result(only[0].estimate, only[0].ci, None)


def _risks(result: _Result, rows: Sequence[StudyRow], analysis: Analysis) -> Iterable[RiskEffect]:
    if analysis.measure not in RISK_OF:
        return
    for name, risk, source in _assumed(rows, analysis):

        def treated(effect: float, risk: float = risk) -> float:
            return risk_with_treatment(analysis.measure, effect, risk)

        def difference(interval: Interval, risk: float = risk) -> Interval:
            return Interval(*(1000 * (treated(x, risk) - risk) for x in interval))

        yield RiskEffect(
            name=name,
            risk=risk,
            source=source,
            treated=treated(result.estimate),
            treated_ci=Interval(treated(result.ci.lb), treated(result.ci.ub)),
            difference=1000 * (treated(result.estimate) - risk),
            ci=difference(result.ci),
            pi=None if result.pi is None else difference(result.pi),
        )


def _assumed(rows: Sequence[StudyRow], analysis: Analysis) -> Iterable[tuple[str, float, str]]:
    """Yield the protocol's assumed risks, else the median risk of the control arms: name, proportion, source."""
    plan = analysis.plan
    for named in plan.assumed_risks:
        yield named.name, named.value, named.source
    if plan.assumed_risks:
        return
    if plan.assumed_risk is not None:
        yield "", plan.assumed_risk.value, plan.assumed_risk.source
        return
    of = f"median of the control arms of these {len(rows)} studies" if len(rows) > 1 else "control arm of this study"
    yield "", float(np.median([risks(row.data)["control"] for row in rows])), of


def _thresholds(analysis: Analysis) -> tuple[float | None, tuple[float, ...]]:
    """Return the minimal important difference, and the thresholds that decide: its two sides, or no effect."""
    mid = analysis.outcome.mid.per_1000 if analysis.outcome.mid and analysis.measure in RISK_OF else None
    return mid, (0.0,) if mid is None else (-mid, mid)


def _crossed(interval: Interval, absolute: Interval | None, analysis: Analysis) -> tuple[float, ...]:
    """Return the thresholds within an interval: per 1000 where there is a difference that matters, else no effect."""
    mid, thresholds = _thresholds(analysis)
    if mid is None or absolute is None:
        return (0.0,) if scale_of(analysis.measure).crosses(*interval) else ()
    return crossed(absolute, thresholds)


def _imprecision(
    result: _Result, rows: Sequence[StudyRow], usual: RiskEffect | None, analysis: Analysis
) -> Imprecision:
    """Suggest a level for each threshold in the interval; without any, one where too few people were studied."""
    mid, _ = _thresholds(analysis)
    found = _crossed(result.ci, usual.ci if usual else None, analysis)
    people = people_of(row.data for row in rows)
    needed, pair, why = _needed(usual, mid, 1 - analysis.level)
    few = needed is not None and people < needed
    return Imprecision(len(found) or int(few), mid, found, people, needed, pair, why)


def _needed(
    usual: RiskEffect | None, mid: float | None, alpha: float
) -> tuple[int | None, tuple[float, float] | None, str]:
    if usual is None:
        return None, None, "the measure gives no risks"
    risk = usual.risk
    other = risk * (1 - RELATIVE_REDUCTION)
    if mid is not None:
        other = risk - mid / 1000 if risk > mid / 1000 else risk + mid / 1000
    try:
        return information_size(risk, other, alpha), (risk, other), ""
    except MetaanError as error:
        return None, None, str(error)


def _inconsistency(result: _Result, pool: Pool, usual: RiskEffect | None, analysis: Analysis) -> Inconsistency:
    """Suggest a level where a new study may lie beyond a threshold that the mean does not reach."""
    mid, _ = _thresholds(analysis)
    if result.pi is None:
        return Inconsistency(None, mid, why=_no_prediction(pool))
    pi = usual.pi if usual else None
    by_mean = _crossed(result.ci, usual.ci if usual else None, analysis)
    further = tuple(x for x in _crossed(result.pi, pi, analysis) if x not in by_mean)
    tau2, i2 = (pool.random.tau2, pool.random.i2) if pool.random else (None, None)
    return Inconsistency(int(bool(further)), mid, further, tau2, i2)


def _no_prediction(pool: Pool) -> str:
    if pool.random is None and pool.k > 1:
        return "the protocol asks for no random-effects model, so there is no prediction interval"
    if pool.random is not None and pool.random.pi_reason and pool.k >= K_PREDICTED:
        return pool.random.pi_reason
    return "a prediction interval needs at least 3 studies"


def _small_studies(pool: Pool, analysis: Analysis) -> SmallStudies:
    """Take the protocol's own test; without one, Peters' where there are enough studies."""
    asked = analysis.plan.explore is not None and bool(analysis.plan.explore.small_study_tests)
    done = pool.exploration.small_study_tests if pool.exploration else ()
    valid = [test for test in done if not test.note]
    if valid:
        return SmallStudies(int(any(test.pval < ASYMMETRY for test in valid)), min(valid, key=_pval), True)
    if pool.k < K_TESTED:
        return SmallStudies(None, planned=asked, why=_too_few(pool.k))
    try:
        test = _peters(pool)
    except MetaanError as error:
        return SmallStudies(None, why=str(error))
    return SmallStudies(int(test.pval < ASYMMETRY), test)


def _too_few(k: int) -> str:
    return f"{k} {'study' if k == 1 else 'studies'}, where a test needs at least {K_TESTED}"


def _pval(test: SmallStudyTest) -> float:
    return test.pval


def _peters(pool: Pool) -> SmallStudyTest:
    from ..stats.small_studies.tests_of_asymmetry import small_study_test

    fit = pool.random or pool.common
    assert fit is not None
    return small_study_test(fit, "peters")
