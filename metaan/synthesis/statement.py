"""What a result says: one statement of its effect, interval, minimal important difference and certainty.

It is made of codes and numbers; `metaan.report.language.statements` has the words, and every place that says what was
found takes them from there. Size and certainty follow Santesso et al. 2020 (GRADE guidelines 26): the size comes from
the point estimate against the thresholds, the interval belongs to the certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..preparation.kinds import arms_of, people_of
from ..stats.measures.catalogue import null_of
from ..stats.measures.effects import Interval
from .lead import CONTROL, EXPERIMENTAL, MEASURED, NOTHING, UNBOUNDED, favoured_by
from .yardstick import TRIVIAL, yardstick

if TYPE_CHECKING:
    from ..registry.model.public import Certainty
    from .values import Analysis, Pool, Sensitivity

#: Verdicts beside those of `metaan.synthesis.lead`.
NO_EVENTS, UNCERTAIN, LITTLE, DEPENDS = "no events", "very uncertain", "little to no difference", "depends"

#: How much outcomes matter, in the order in which they are read.
IMPORTANCE = ("critical", "important", None, "not important")

#: p below which a test says that groups differ: it has little power.
DIFFERENT = 0.1

#: p of a difference of one standard error.
WITHIN = 0.3173

#: What the pool of all studies is called in a judgement.
ALL = "all studies"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one result says.

    Attributes
    ----------
    verdict
        A code of `metaan.synthesis.lead` (which arm is favoured), or one of this module.
    side
        Of the point estimate: -1 below no effect, 1 above, 0 at it or where there is none.
    size
        ``"trivial"``, ``"small"``, ``"moderate"``, ``"large"``, or ``""``.
    against
        What the size is judged against: ``"thresholds"``, ``"mid"`` (the minimal important difference) or
        ``"no effect"``.
    certainty
        The level that people signed, or ``""``.
    depends
        Whether methods that are equally defensible disagree.
    people, upper
        Where there are no events: the people, and the upper bound of their risk (exact, per 1000).
    """

    verdict: str
    side: int = 0
    size: str = ""
    against: str = "no effect"
    certainty: str = ""
    depends: bool = False
    people: int = 0
    upper: float | None = None


def statement(analysis: Analysis, pool: Pool) -> Statement:
    """Return what a result says."""
    if without_events(pool):
        people = people_of(row.data for row in pool.rows)
        return Statement(NO_EVENTS, people=people, upper=1000 * most_likely(people, analysis.level))
    got = pool.lead
    if got is None:
        return Statement(NOTHING)
    level = pool.certainty.level if pool.certainty else ""
    found = yardstick(analysis, pool)
    size, against = ("", "no effect") if found is None else (found.size(got.estimate), found.against)
    depends = any(decides(other, pool) for other in pool.sensitivity)
    side = _side(got.estimate, analysis.measure)
    verdict = _verdict(analysis, got.ci, side, size, against, level, depends)
    return Statement(verdict, side, size, against, level, depends)


def _verdict(
    analysis: Analysis, ci: Interval | None, side: int, size: str, against: str, level: str, depends: bool
) -> str:
    code = analysis.favoured(ci)
    if code in (MEASURED, UNBOUNDED):
        return code
    if level == "very low":
        return UNCERTAIN
    if size == TRIVIAL:
        return LITTLE
    if depends:
        return DEPENDS
    if level and against != "no effect":  # the panel weighed the interval when it signed
        return favoured_by(side, analysis.outcome.direction)
    return code


def by_importance(analyses: Iterable[Analysis]) -> list[Analysis]:
    """Return analyses with the critical outcomes first, and else in the order of the protocol."""
    return sorted(analyses, key=lambda one: IMPORTANCE.index(one.outcome.importance))


def judged(analysis: Analysis, signed: Iterable[Certainty]) -> Analysis:
    """Return an analysis with the judgement of certainty that people signed on each of its results."""
    found = [*signed]
    if not found:
        return analysis

    def one(pool: Pool) -> Pool:
        return replace(pool, certainty=next((each for each in found if is_about(each, analysis, pool)), None))

    overall = None if analysis.overall is None else one(analysis.overall)
    return replace(analysis, pools=tuple(map(one, analysis.pools)), overall=overall)


def is_about(signed: Certainty, analysis: Analysis, pool: Pool) -> bool:
    """Say whether a judgement is about a result; without a pool, or with all studies, the only one or the total."""
    if signed.outcome not in (analysis.plan.key, analysis.outcome.id):
        return False
    if signed.pool is not None:
        return signed.pool.casefold() == (pool.name or ALL).casefold()
    return pool is analysis.whole


@dataclass(frozen=True, slots=True)
class DesignComparison:
    """The results of randomised and of non-randomised studies, in this order.

    Attributes
    ----------
    verdicts, places
        Which arm each favours, and its place among the pools.
    pval
        Of the test for a difference; None where there is none.
    """

    verdicts: tuple[str, str]
    places: tuple[int, int]
    pval: float | None

    @property
    def similar(self) -> bool:
        """Whether the estimates differ by less than the standard error of their difference."""
        return self.pval is not None and self.pval > WITHIN

    @property
    def disagree(self) -> bool:
        """Whether they point to opposite sides beyond chance, or the test says that they differ."""
        return set(self.verdicts) == {EXPERIMENTAL, CONTROL} or (self.pval is not None and self.pval < DIFFERENT)


def compare_designs(analysis: Analysis) -> DesignComparison | None:
    """Return how the two designs stand to each other; None where one of them has no result."""
    places = {pool.name: i for i, pool in enumerate(analysis.pools)}
    if not {"randomised", "non-randomised"} <= places.keys():
        return None
    at = places["randomised"], places["non-randomised"]
    first, second = (analysis.pools[i].lead for i in at)
    if first is None or second is None:
        return None
    test = analysis.subgroup_test.lead if analysis.subgroup_test else None
    verdicts = analysis.verdict(analysis.pools[at[0]]), analysis.verdict(analysis.pools[at[1]])
    return DesignComparison(verdicts, at, None if test is None else test[2])


def without_events(pool: Pool) -> bool:
    """Return whether studies count events, and none of them has any."""
    arms = [arm for row in pool.rows for arm in arms_of(row.data).values()]
    return bool(arms) and all(arm.get("events") == 0 for arm in arms)


def most_likely(people: int, level: float) -> float:
    """Return the upper bound of the risk where none of these people had the event (Clopper and Pearson 1934).

    >>> round(1000 * most_likely(3438, 0.95), 2)
    1.07
    """
    return 1.0 if people == 0 else -math.expm1(math.log((1 - level) / 2) / people)


def decides(other: Sensitivity, pool: Pool) -> bool:
    """Return whether a result beside the protocol's is as defensible, and concludes otherwise.

    The t quantile of Hartung and Knapp alone, where studies do not differ, is no second opinion; with two studies
    nothing says which of the two intervals is right, so that both count.
    """
    if not other.differs or other.without:
        return False
    fit = other.fit
    return fit.ci_method != "hksj-adhoc" or fit.k == 2 or bool(fit.tau2)


def _side(estimate: float, measure: str) -> int:
    null = null_of(measure)
    return 0 if null is None else (estimate > null) - (estimate < null)
