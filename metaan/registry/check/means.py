"""Means and medians of arms: what cannot be, and what is more likely a slip of whoever typed it than a finding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from ...errors import Problem
from ..model.arms import ArmNumbers, Means, Medians
from ..model.outcome import Outcome
from ..model.study import Result, Study
from .draft import Document, Draft, Path

A = TypeVar("A", bound=ArmNumbers)


def medians_are_in_order(draft: Draft) -> Iterator[Problem]:
    """A median lies between its quartiles, and these between the smallest and the largest value."""
    for document, path, _, arm in arms_of(draft, Medians):
        given = [(name, value) for name in QUANTILES if (value := getattr(arm, name)) is not None]
        for (low, below), (high, above) in pairwise(given):
            if float(below) > float(above):
                found = f"{low} {below} is above {high} {above}"
                yield document.problem((*path, high), found, f"allowed: {', '.join(QUANTILES)} in ascending order")


def deviations_are_above_zero(draft: Draft) -> Iterator[Problem]:
    """People of one arm differ: a standard deviation of 0 is rare, and gives a study all the weight."""
    for document, path, _, arm in arms_of(draft, Means):
        for place, sd in ((("sd",), arm.sd), (("baseline", "sd"), arm.baseline.sd if arm.baseline else None)):
            if sd is not None and float(sd) == 0:
                allowed = "allowed: above 0; a waiver where everybody had the same value"
                yield document.problem((*path, *place), "a standard deviation of 0", allowed)


def deviations_fit_their_errors(draft: Draft) -> Iterator[Problem]:
    """Where an arm has both, its standard error is its standard deviation over the root of its people."""
    for document, path, _, arm in arms_of(draft, Means):
        if arm.sd is None or arm.se is None:
            continue
        root = math.sqrt(arm.total)
        slack = half_digit(arm.sd) + root * half_digit(arm.se) + 0.05 * float(arm.sd)
        if abs(float(arm.sd) - root * float(arm.se)) > slack:
            found = f"SD {arm.sd} beside SE {arm.se} of {arm.total} people"
            yield document.problem((*path, "se"), found, f"allowed: about {float(arm.sd) / root:.3g}; or without 'se'")


def means_are_of_whole_points(draft: Draft) -> Iterator[Problem]:
    """A mean of whole points is one that some sum of points gives (GRIM, Brown and Heathers 2017)."""
    whole = {outcome.id: outcome.scale.name for outcome in draft.measured if outcome.scale and outcome.scale.integers}
    for document, path, result, arm in arms_of(draft, Means):
        other = result.scale is not None and result.scale.name != whole.get(result.outcome)
        if result.outcome in whole and not other and not _sum_exists(arm):
            near = ", ".join(f"{k / arm.total:.{_decimals(arm.mean)}f}" for k in _sums_around(arm))
            found = f"no sum of whole points of {arm.total} people gives a mean of {arm.mean}"
            yield document.problem((*path, "mean"), found, f"allowed: such as {near}; a waiver where points are split")


def quantiles_are_symmetric(draft: Draft) -> Iterator[Problem]:
    """Quartiles or a range far from symmetric are those of skewed data, whose mean they do not give (Shi 2023)."""
    for document, path, _, arm in arms_of(draft, Medians):
        from ...stats.printed.quantiles import FiveNumbers, is_skewed

        values = {name: float("nan" if (x := getattr(arm, key)) is None else x) for key, name in QUANTILES.items()}
        case = 3 if arm.q1 is not None and arm.min is not None else 1 if arm.q1 is None else 2
        if arm.total > 2 and is_skewed(FiveNumbers(**values, n=arm.total, case=case)):
            found = f"median {arm}: these quantiles are those of skewed data, of which they give no good mean"
            yield document.problem(path, found, "see the result without them, or enter medians: qe")


def means_are_of_symmetric_data(draft: Draft) -> Iterator[Problem]:
    """A mean of what cannot be negative is at least twice its standard deviation (Cochrane Handbook 10.5.3)."""
    for outcome in draft.measured:
        found = [
            (document, path)
            for document, path, result, arm in arms_of(draft, Means)
            if result.outcome == outcome.id and _cannot_be_negative(outcome, result) and _is_low(arm)
        ]
        if found:
            document, path = found[0]
            studies = dict.fromkeys(one.model.label for one, _ in found)
            said = f"{outcome.name}: means below twice their SD, as skewed data have, in {', '.join(studies)}"
            yield document.problem(path, said, "a ratio of means (ROM), or logarithms, may describe them better")


def arms_of(draft: Draft, kind: type[A]) -> Iterator[tuple[Document[Study], Path, Result, A]]:
    """Yield every arm of a result that holds a kind of data, with the place it stands in."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            for name, arm in result.arms.items():
                if isinstance(arm, kind):
                    yield document, ("results", i, "arms", name), result, arm


def half_digit(printed: float) -> float:
    """Return how far a printed number can be from what was rounded: half a unit of its last digit."""
    return 0.5 * 10.0 ** -_decimals(printed)


def _decimals(printed: float) -> int:
    from ...stats.numerics.numerals import as_printed

    return max(0, -int(as_printed(printed).as_tuple().exponent))


def _sum_exists(arm: Means) -> bool:
    half, slack = half_digit(arm.mean), 1e-9
    low, high = ((float(arm.mean) + side * half) * arm.total for side in (-1, 1))
    return math.ceil(low - slack) <= high + slack


def _sums_around(arm: Means) -> tuple[int, int]:
    below = math.floor(float(arm.mean) * arm.total)
    return below, below + 1


def _cannot_be_negative(outcome: Outcome, result: Result) -> bool:
    if result.values == "change":
        return False
    least = outcome.scale.range[0] if outcome.scale and outcome.scale.range and result.scale is None else None
    return least == 0 or (result.unit or outcome.unit or "").casefold() in NOT_NEGATIVE


def _is_low(arm: Means) -> bool:
    sd = arm.sd if arm.sd is not None else arm.se and float(arm.se) * math.sqrt(arm.total)
    return sd is not None and 0 <= float(arm.mean) < 2 * float(sd)


#: Keys of an arm to the names of `metaan.stats`, in ascending order of what they hold.
QUANTILES = {"min": "minimum", "q1": "q1", "median": "median", "q3": "q3", "max": "maximum"}

#: Units of what is never below 0: time, mass, volume, concentration.
NOT_NEGATIVE = frozenset((
    "minutes", "hours", "days", "weeks", "months", "years", "kg", "g", "mg", "ml", "l", "mmhg",
    "mg/dl", "mmol/l", "µmol/l", "g/l", "mg/l", "ng/ml", "pg/ml",
))  # fmt: skip
