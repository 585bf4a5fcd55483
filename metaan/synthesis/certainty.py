"""What a panel needs beside a pooled result: effects per 1000 at each assumed risk, and *suggestions* for certainty.

A suggestion is arithmetic with its numbers, by a rule that is written beside it. It never is a judgement: people make
those, sign them, and the registry holds them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import MetaanError
from ..preparation.kinds import KINDS, kind_of
from ..stats.evidence.information import RELATIVE_REDUCTION, information_size, information_size_of_means
from ..stats.measures.catalogue import STANDARDIZED, scale_of
from ..stats.measures.effects import Interval
from .risks import RiskEffect, risk_effects
from .yardstick import Yardstick, yardstick

if TYPE_CHECKING:
    from ..stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from .values import Analysis, Pool, StudyRow

K_PREDICTED = 3
K_TESTED = 10  # Sterne et al. 2011: below ten studies, tests for small-study effects cannot tell them from chance
ASYMMETRY = 0.1  # p below it is read as asymmetry, as the tests have little power (Egger et al. 1997)
APPRECIABLE = (0.75, 1.25)  # ratios that GRADE calls appreciable where nobody says what matters (Guyatt et al. 2011)
VERY_WIDE = 10.0  # an interval whose ends are so many times apart says next to nothing
FRAGILE = {
    "OR": 2.5
}  # Zeng et al. 2022 (GRADE guidance 34): ends so many times apart, so that far too few were studied
FRAGILE_RATIO = 3.0
SHARE = 10.0  # percent of the weight that studies on one side must have to count
SMALL_SMD = 0.2
CONSIDERABLE = 75.0  # I2 in percent (Cochrane Handbook 6.5, section 10.10.2)


@dataclass(frozen=True, slots=True)
class Imprecision:
    """How precise a result is.

    Attributes
    ----------
    levels
        How many levels down the rule suggests, 0 to 3.
    against, unit
        What the interval is held against, and in what, as in `metaan.synthesis.yardstick.Yardstick`.
    thresholds
        Those that were looked at: of the outcome, else no effect and what is appreciable.
    crossed
        Those of them within the confidence interval.
    people, needed
        Those in the studies, and the optimal information size; None where it does not exist (``why``).
    risks
        The two risks that the information size tells apart.
    ratio
        How many times the ends of the interval are apart; None where the measure is no ratio.
    """

    levels: int
    against: str
    unit: str
    thresholds: tuple[float, ...]
    crossed: tuple[float, ...]
    people: int
    needed: int | None
    risks: tuple[float, float] | None
    ratio: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """How far the studies differ.

    Attributes
    ----------
    levels
        0 to 2; None where nothing can be said, and ``why`` says why.
    against, unit
        As in `Imprecision`.
    apart
        Whether intervals of studies do not overlap, or the test for heterogeneity says so (p below 0.1).
    across
        Whether studies with a tenth of the weight or more lie on different sides of a threshold.
    far
        Whether tau, as an effect, reaches a threshold.
    further
        Thresholds that only the prediction interval crosses, in the unit.
    """

    levels: int | None
    against: str = "no effect"
    unit: str = ""
    apart: bool = False
    across: bool = False
    far: bool = False
    further: tuple[float, ...] = ()
    tau2: float | None = None
    i2: float | None = None
    pval: float | None = None
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
    >>> found.imprecision.people, found.inconsistency.levels
    (151, 0)
    """
    return tuple(_evidence(pool, analysis) for pool in analysis.results)


def _evidence(pool: Pool, analysis: Analysis) -> Evidence:
    result, held = pool.lead, yardstick(analysis, pool)
    if result is None or result.ci is None or held is None:
        return Evidence()
    risks = risk_effects(pool, analysis.plan, analysis.measure)
    usual = risks[len(risks) // 2] if risks else None  # of low, medium and high, the medium one
    return Evidence(
        risks,
        _imprecision(pool, result.ci, held, usual, analysis),
        _inconsistency(pool, result.ci, held, analysis),
        _small_studies(pool, analysis),
    )


def _imprecision(
    pool: Pool, ci: Interval, held: Yardstick, usual: RiskEffect | None, analysis: Analysis
) -> Imprecision:
    """Suggest levels for the thresholds in the interval; without any, for too few people (GRADE guidance 34 and 35)."""
    ratio = ci.ub / ci.lb if scale_of(analysis.measure).is_ratio and ci.lb > 0 else None
    needed, pair, why = _needed(pool, usual, held, analysis)
    crossed, looked_at = held.crossed(ci), (*reversed(held.below), *held.above)
    if held.against == "no effect":
        looked_at = tuple(dict.fromkeys((*held.below, *_appreciable(analysis.measure))))
        crossed = tuple(x for x in sorted(looked_at) if ci.lb < x < ci.ub) if crossed else ()
    levels = _crossing(crossed, ratio, held) if crossed else _few(pool, ratio, needed, analysis)
    return Imprecision(levels, held.against, held.unit, looked_at, crossed, pool.people, needed, pair, ratio, why)


def _appreciable(measure: str) -> tuple[float, ...]:
    if scale_of(measure).is_ratio:
        return APPRECIABLE
    return (-SMALL_SMD, SMALL_SMD) if measure in STANDARDIZED else ()


def _crossing(crossed: tuple[float, ...], ratio: float | None, held: Yardstick) -> int:
    """Count thresholds: of no effect with what is appreciable, both sides make two levels, and one makes one."""
    levels = len(crossed) if held.against != "no effect" else max(1, len(crossed) - 1)
    return min(3, max(levels, 3 if ratio is not None and ratio >= VERY_WIDE else 0))


def _few(pool: Pool, ratio: float | None, needed: int | None, analysis: Analysis) -> int:
    if ratio is not None and ratio > FRAGILE.get(analysis.measure, FRAGILE_RATIO):
        return 2
    return int(needed is not None and pool.people < needed)


def _needed(
    pool: Pool, usual: RiskEffect | None, held: Yardstick, analysis: Analysis
) -> tuple[int | None, tuple[float, float] | None, str]:
    alpha = 1 - analysis.level
    if usual is not None:
        risk = usual.risk
        other = risk * (1 - RELATIVE_REDUCTION)
        if held.unit == "per_1000":
            least = held.above[0] / 1000
            other = risk - least if risk > least else risk + least
        try:
            return information_size(risk, other, alpha), (risk, other), ""
        except MetaanError as error:
            return None, None, str(error)
    kind = next((kind for row in pool.rows if (kind := kind_of(row.data))), None)
    if kind is KINDS["means"] and pool.people:
        least = held.above[0] if held.unit == "smd" else SMALL_SMD
        return information_size_of_means(least, alpha), None, ""
    return None, None, "the measure gives no risks"


def _inconsistency(pool: Pool, ci: Interval, held: Yardstick, analysis: Analysis) -> Inconsistency:
    """Suggest levels by overlap, sides, tau and prediction together (GRADE guidance 36); none without heterogeneity."""
    fit = pool.random
    if fit is None or pool.k < 2:
        return Inconsistency(None, held.against, held.unit, why=_no_spread(pool))
    rows = [row for row in pool.rows if row.ci is not None and row.estimate is not None]
    pi = fit.display.pi
    found = Inconsistency(
        levels=0,
        against=held.against,
        unit=held.unit,
        apart=fit.q_pval < ASYMMETRY or _disjoint(rows),
        across=_across(rows, held),
        far=_far(fit.tau2, held, analysis.measure),
        further=() if pi is None else tuple(x for x in held.crossed(pi) if x not in held.crossed(ci)),
        tau2=fit.tau2,
        i2=fit.i2,
        pval=fit.q_pval,
    )
    return replace(found, levels=_differing(found))


def _differing(found: Inconsistency) -> int:
    """Count: no level without heterogeneity; one where studies differ so that it matters, two where they do widely."""
    if not found.tau2:
        return 0
    if found.apart and found.across and found.far and (found.i2 or 0) >= CONSIDERABLE:
        return 2
    return int((found.apart and (found.across or found.far)) or (bool(found.further) and found.far))


def _disjoint(rows: Sequence[StudyRow]) -> bool:
    """Return whether the intervals of any two studies do not overlap."""
    bounds = [row.ci for row in rows if row.ci is not None]
    return bool(bounds) and max(ci.lb for ci in bounds) > min(ci.ub for ci in bounds)


def _across(rows: Sequence[StudyRow], held: Yardstick) -> bool:
    zones: dict[int, float] = {}
    for row in rows:
        assert row.estimate is not None
        zone = held.zone(row.estimate)
        zones[zone] = zones.get(zone, 0.0) + (row.weight_random or 0.0)
    return sum(weight >= SHARE for zone, weight in zones.items() if zone or held.against != "no effect") > 1


def _far(tau2: float | None, held: Yardstick, measure: str) -> bool:
    """Return whether one tau from no effect is an effect that matters."""
    if not tau2:
        return False
    scale = scale_of(measure)
    effects = [scale.to_display(side * math.sqrt(tau2)) for side in (-1, 1)]
    if held.against != "no effect":
        return any(held.zone(effect) for effect in effects)
    matters = _appreciable(measure)
    return bool(matters) and (effects[0] <= matters[0] or effects[1] >= matters[1])


def _no_spread(pool: Pool) -> str:
    if pool.random is None and pool.k > 1:
        return "the protocol asks for no random-effects model"
    return "one study has nothing to differ from"


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
