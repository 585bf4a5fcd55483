"""What a panel needs beside a pooled result: effects per 1000 at each assumed risk, and *suggestions* for certainty.

A suggestion is arithmetic with its numbers, by a rule that is written beside it. It never is a judgement: people make
those, sign them, and the registry holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import MetaanError
from ..stats.evidence.absolute import RISK_OF
from ..stats.evidence.information import RELATIVE_REDUCTION, crossed, information_size
from ..stats.measures.catalogue import scale_of
from ..stats.measures.effects import Interval
from .risks import RiskEffect, risk_effects

if TYPE_CHECKING:
    from ..stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from .values import Analysis, Pool

K_PREDICTED = 3
K_TESTED = 10  # Sterne et al. 2011: below ten studies, tests for small-study effects cannot tell them from chance
ASYMMETRY = 0.1  # p below it is read as asymmetry, as the tests have little power (Egger et al. 1997)


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
    return tuple(_evidence(pool, analysis) for pool in analysis.results)


def _evidence(pool: Pool, analysis: Analysis) -> Evidence:
    result = pool.lead
    if result is None or result.ci is None:
        return Evidence()
    risks = risk_effects(pool, analysis.plan, analysis.measure)
    usual = risks[len(risks) // 2] if risks else None  # of low, medium and high, the medium one
    found = _crossed(result.ci, usual.ci if usual else None, analysis)
    return Evidence(
        risks,
        _imprecision(pool, found, usual, analysis),
        _inconsistency(pool, found, usual, analysis),
        _small_studies(pool, analysis),
    )


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


def _imprecision(pool: Pool, found: tuple[float, ...], usual: RiskEffect | None, analysis: Analysis) -> Imprecision:
    """Suggest a level for each threshold in the interval; without any, one where too few people were studied."""
    mid, _ = _thresholds(analysis)
    needed, pair, why = _needed(usual, mid, 1 - analysis.level)
    few = needed is not None and pool.people < needed
    return Imprecision(len(found) or int(few), mid, found, pool.people, needed, pair, why)


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


def _inconsistency(
    pool: Pool, by_mean: tuple[float, ...], usual: RiskEffect | None, analysis: Analysis
) -> Inconsistency:
    """Suggest a level where a new study may lie beyond a threshold that the mean does not reach."""
    mid, _ = _thresholds(analysis)
    fit = pool.fit
    if fit is None or fit.display.pi is None:
        return Inconsistency(None, mid, why=_no_prediction(pool))
    further = tuple(x for x in _crossed(fit.display.pi, usual.pi if usual else None, analysis) if x not in by_mean)
    return Inconsistency(int(bool(further)), mid, further, fit.tau2, fit.i2)


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

    assert pool.fit is not None
    return small_study_test(pool.fit, "peters")
