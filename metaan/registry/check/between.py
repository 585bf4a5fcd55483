"""Means of one study beside those of the others of its outcome: standard errors, other units, other values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...errors import Problem
from ..model.arms import ArmNumbers, Means, Medians
from ..model.study import Result, Study
from ..model.types import of_one_arm
from .draft import Document, Draft, Path
from .effects import effects_of


@dataclass(frozen=True)
class _Told:
    """Means of a result: by arm its mean, its standard deviation and its people."""

    document: Document[Study]
    path: Path
    arms: dict[str, tuple[float, float, int]]

    @property
    def result(self) -> Result:
        return self.document.model.results[int(self.path[1])]

    @cached_property
    def sd(self) -> float:
        return _middle(sorted(sd for _, sd, _ in self.arms.values()))

    @cached_property
    def mean(self) -> float:
        return _middle(sorted(abs(mean) for mean, _, _ in self.arms.values()))


@dataclass(frozen=True)
class _Others:
    """What the results of other studies on one scale hold, in ascending order."""

    sds: list[float]
    means: list[float]


def deviations_are_no_errors(draft: Draft) -> Iterator[Problem]:
    """No standard deviation is far below the others and would fit them as a standard error; nor the reverse."""
    for told, others in _beside_others(draft):
        fitting = {name: said for name in told.arms if (said := _as_other(told, others, name)) is not None}
        for name, (key, found, allowed) in fitting.items():
            if not any(_near(told.arms[other][1], told.arms[name][1], 3) for other in told.arms.keys() - fitting):
                yield told.document.problem((*told.path, "arms", name, key), found, allowed)


def _as_other(told: _Told, others: _Others, name: str) -> tuple[str, str, str] | None:
    """Return the key of an SD that fits the others as an SE, or the reverse, with what is said of it.

    It is less than a third of what three in four of the other studies have, or without them the other arm.
    """
    arm, (_, sd, n) = told.result.arms[name], told.arms[name]
    sds = others.sds or sorted(sd for other, (_, sd, _) in told.arms.items() if other != name)
    if not sds or not isinstance(arm, Means):
        return None
    usual, low, high = _middle(sds), sds[len(sds) // 4], sds[-1 - len(sds) // 4]
    beside = f"where the SD {'of the other studies' if others.sds else 'of the other arm'} is {usual:.3g}"
    if arm.sd is not None and 0 < 3 * sd < low and _near(sd * math.sqrt(n), usual, 2):
        found = f"SD {arm.sd} {beside}: as a standard error it would stand for {sd * math.sqrt(n):.3g}"
        return "sd", found, f"allowed: 'se: {arm.sd}', if that is what it is; else a waiver"
    if arm.sd is None and arm.se is not None and sd > 3 * high > 0 and _near(float(arm.se), usual, 2):
        found = f"SE {arm.se} stands for an SD of {sd:.3g}, {beside}"
        return "se", found, f"allowed: 'sd: {arm.se}', if that is what it is; else a waiver"
    return None


def differences_are_within_reason(draft: Draft) -> Iterator[Problem]:
    """Hardly any treatment moves a mean by more than two standard deviations."""
    from ...stats.measures.catalogue import LARGE_SMD, STANDARDIZED

    for told in _told(draft):
        roles = {arm.id: arm.role for arm in told.document.model.arms}
        sides = [[told.arms[a] for a in told.arms if roles.get(a) == r] for r in ("experimental", "control")]
        for (one, sd, n), (other, sd_other, m) in ((a, b) for a in sides[0] for b in sides[1]):
            pooled = math.sqrt(((n - 1) * sd**2 + (m - 1) * sd_other**2) / max(n + m - 2, 1))
            if pooled > 0 and abs(one - other) > LARGE_SMD * pooled:
                found = f"means {one:g} and {other:g} are {abs(one - other) / pooled:.2g} standard deviations apart"
                yield told.document.problem(told.path, found, _IS_IT_SE)
    for document, path, effect in effects_of(draft):
        if effect.measure in STANDARDIZED and abs(float(effect.estimate or 0)) > LARGE_SMD:
            found = f"{effect.measure} {effect.estimate} is beyond {LARGE_SMD:g} standard deviations"
            yield document.problem(path, found, _IS_IT_SE)


def units_are_those_of_the_others(draft: Draft) -> Iterator[Problem]:
    """Means and standard deviations are not 10, 100 or 1000 times those of the other studies."""
    for told, others in _beside_others(draft):
        factor = _factor(told, others, POWERS)
        if factor is not None:
            yield _in_other_unit(told, others, factor, f"about {POWERS[factor]}")


def units_may_be_others(draft: Draft) -> Iterator[Problem]:
    """Means and standard deviations that differ by a known conversion may be in another unit."""
    for told, others in _beside_others(draft):
        factor = None if _factor(told, others, POWERS) else _factor(told, others, CONVERSIONS)
        if factor is not None:
            yield _in_other_unit(told, others, factor, f"about {factor:g} times apart, as {CONVERSIONS[factor]}")


def values_are_alike(draft: Draft) -> Iterator[Problem]:
    """A standardized difference is pooled of final values or of changes: their standard deviations are not one."""
    from ...stats.measures.catalogue import STANDARDIZED

    for plan in draft.review.model.analyses if draft.review else ():
        measure = plan.measure or next((o.measure for o in draft.measured if o.id == plan.outcome), "")
        if measure not in STANDARDIZED or plan.values is not None or of_one_arm(measure):
            continue
        told = [one for one in _told(draft) if one.result.outcome == plan.outcome]
        change = [one for one in told if one.result.values == "change"]
        if change and len(change) < len(told):
            final = next(one for one in told if one not in change).document.model.label
            found = f"means of change, and {final} has final values: {measure} does not pool both"
            allowed = f"allowed: 'values: final' or 'change' in the analysis {plan.key}; or the measure MD"
            yield change[0].document.problem((*change[0].path, "values"), found, allowed)


def _told(draft: Draft) -> Iterator[_Told]:
    """Yield the results of all people that hold means, or what tells them, of studies that are not excluded."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results if document.model.status.state != "excluded" else ()):
            arms = {name: got for name, arm in result.arms.items() if (got := _numbers(arm)) is not None}
            if arms and result.subgroup is None:
                yield _Told(document, ("results", i), arms)


def _numbers(arm: ArmNumbers) -> tuple[float, float, int] | None:
    if isinstance(arm, Means) and (arm.sd is not None or arm.se is not None):
        sd = float(arm.sd) if arm.sd is not None else float(arm.se or 0) * math.sqrt(arm.total)
        return float(arm.mean), sd, arm.total
    if isinstance(arm, Medians) and arm.q1 is not None and arm.q3 is not None:
        return float(arm.median), (float(arm.q3) - float(arm.q1)) / NORMAL_QUARTILES, arm.total
    return None


def _beside_others(draft: Draft) -> Iterator[tuple[_Told, _Others]]:
    """Yield each result with those of other studies that are on its scale, in its unit and of its kind of values."""
    alike: dict[tuple[str, ...], list[_Told]] = {}
    for told in _told(draft):
        alike.setdefault(_scale(draft, told), []).append(told)
    for group in alike.values():
        by_sd, by_mean = (sorted(group, key=key) for key in (lambda one: one.sd, lambda one: one.mean))
        for told in group:
            sds = [one.sd for one in by_sd if one.document is not told.document]
            means = [one.mean for one in by_mean if one.document is not told.document]
            yield told, _Others(sds, means)


def _scale(draft: Draft, told: _Told) -> tuple[str, ...]:
    from ...stats.measures.catalogue import STANDARDIZED

    result = told.result
    outcome = next((one for one in draft.measured if one.id == result.outcome), None)
    unit = result.unit or (outcome.unit if outcome else None) or ""
    # standardized outcomes put scales together: there only results on a scale that is named are alike
    own = told.document.stem if outcome and outcome.measure in STANDARDIZED and not (result.scale or unit) else ""
    return result.outcome, unit.casefold(), result.scale.name.casefold() if result.scale else own, result.values


def _factor(told: _Told, others: _Others, factors: dict[float, str]) -> float | None:
    """Return the factor by which means and standard deviations alike are apart from others that are near each other."""
    if len(others.sds) < 2 or min(told.mean, told.sd, others.sds[0], others.means[0]) <= 0:
        return None
    mean, sd = _middle(others.means), _middle(others.sds)
    if not all(_near(one, mean, 2.5) for one in (others.means[0], others.means[-1])):
        return None
    ratios = [max(a, b) / min(a, b) for a, b in ((told.mean, mean), (told.sd, sd))]
    same_side = (told.mean > mean) == (told.sd > sd)
    return next((f for f in factors if same_side and all(_near(ratio, f, 1.35) for ratio in ratios)), None)


def _in_other_unit(told: _Told, others: _Others, factor: float, said: str) -> Problem:
    found = f"means around {told.mean:.3g}, and around {_middle(others.means):.3g} in the other studies: {said}"
    return told.document.problem(
        told.path, found, "are they in another unit? allowed: 'unit:' with its name, at the result"
    )


def _middle(ascending: Sequence[float]) -> float:
    half = len(ascending) // 2
    return ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2


def _near(x: float, y: float, factor: float) -> bool:
    return y / factor <= x <= y * factor


NORMAL_QUARTILES = 1.349  # standard deviations between the quartiles of a normal distribution

_IS_IT_SE = "allowed: up to 2; is a standard error given as 'sd'? 'se:' is for that; a waiver where it is so"

#: How many times units of one quantity are apart, and that in words.
POWERS = {10.0: "10 times apart", 100.0: "100 times apart", 1000.0: "1000 times apart"}
CONVERSIONS = {
    7.0: "weeks and days are", 24.0: "days and hours are", 30.44: "months and days are", 60.0: "hours and minutes are",
    365.25: "years and days are", 18.02: "glucose in mg/dL and in mmol/L is",
    38.67: "cholesterol in mg/dL and in mmol/L is", 88.5: "creatinine or triglycerides in two units are",
}  # fmt: skip
