"""Which of the numbers that a study has of an outcome enter an analysis, and the rows that they make.

Only numbers that can give the analysis's measure are candidates; among them those that a person confirmed come first,
then the time that the protocol prefers, then what ``estimates`` prefers, then the primary result, then the order of the
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import MetaanError
from ..registry.model.times import days, in_order
from .arms import ArmsCompared, comparisons, divided, put_together, shared_out
from .asked import MEANS, STANDARDIZED
from .clusters import design_effect
from .contrasts import contrast
from .kinds import KINDS, ROLES, Numbers
from .means import means_of
from .pairs import computed, near, of_correlated_arms, of_paired, of_pairs
from .rows import CONTRASTS, Conversion, NotTakenError, Prepared, words_of
from .units import time_factor

if TYPE_CHECKING:
    from ..registry.model.contrasts import Contrast
    from ..registry.model.public import Result, Study
    from .asked import Asked

NOT_CONFIRMED = "its numbers are not confirmed yet"

SHARED = "its control arm is in several rows, which an effect cannot divide"

ARMS, ADJUSTED, CRUDE = "arms", "adjusted effect", "effect"

#: The protocol's word to what comes first; what it does not name is not taken.
ESTIMATES = {
    "arms": (ARMS,),
    "effects": (ADJUSTED, CRUDE),
    "arms-first": (ARMS, ADJUSTED, CRUDE),
    "effects-first": (ADJUSTED, CRUDE, ARMS),
    "adjusted-first": (ADJUSTED, ARMS, CRUDE),
}


@dataclass(frozen=True, slots=True)
class Choosable:
    """Numbers of a study that can give the measure: of arms, or an effect; ``make`` prepares their rows."""

    result: Result
    what: str
    make: Callable[[], tuple[Prepared, ...]]


def choose(asked: Asked, study: Study) -> tuple[Prepared, ...]:
    """Return the rows that enter of a study.

    Raises
    ------
    NotTakenError
        Nothing does; the words say what to change.
    """
    results = [r for r in study.results if r.outcome == asked.plan.outcome and _of_all(asked, r)]
    if asked.plan.structure is not None:
        return _every(asked, study, results or _of_people(asked, study))
    if not results:
        raise NotTakenError("no result", _only_subgroups(asked, study))
    candidates = [one for result in _at_times(asked, results) for one in _candidates(asked, study, result)]
    if not candidates:
        raise NotTakenError("other data", _other_data(asked, results))
    return _first(asked, study, candidates)


def _first(asked: Asked, study: Study, candidates: Sequence[Choosable]) -> tuple[Prepared, ...]:
    """Return the rows of the best candidate that has some; with the others beside."""
    ranked = sorted(candidates, key=_preference(asked, study, [one.result for one in candidates]))
    refused: NotTakenError | None = None
    for i, one in enumerate(ranked):
        try:
            rows = one.make()
        except NotTakenError as error:
            refused = refused or error
            continue
        except MetaanError as error:
            refused = refused or NotTakenError("unsound", error.reason)
            continue
        return tuple(replace(row, beside=_beside(ranked, i)) for row in rows)
    assert refused is not None
    raise refused


def _every(asked: Asked, study: Study, results: Sequence[Result]) -> tuple[Prepared, ...]:
    """Return the rows of every result that has some, each with what tells it from the others."""
    if not results:
        raise NotTakenError("no result", _only_subgroups(asked, study))
    found: list[tuple[Result, tuple[Prepared, ...]]] = []
    refused: NotTakenError | None = None
    for result in _at_times(asked, results):
        candidates = list(_candidates(asked, study, result))
        try:
            rows = _first(asked, study, candidates) if candidates else ()
        except NotTakenError as error:
            refused, rows = refused or error, ()
        if rows:
            found.append((result, rows))
    if not found:
        raise refused or NotTakenError("other data", _other_data(asked, results))
    if len(found) == 1:
        return found[0][1]
    names = _apart([result for result, _ in found])
    places = {id(result): n for n, result in enumerate(study.results)}
    return tuple(
        replace(row, label=", ".join(filter(None, (name, row.label))), nth=places[id(result)], beside=())
        for name, (result, rows) in zip(names, found)
        for row in rows
    )


def _apart(results: Sequence[Result]) -> list[str]:
    """Return what tells results from each other: time, scale, people; else their number."""
    said = [
        (
            r.time,
            r.scale.name if r.scale is not None else "",
            f"{r.subgroup.name}: {r.subgroup.value}" if r.subgroup else "",
        )
        for r in results
    ]
    kept = [part for part in range(3) if len({one[part] for one in said}) > 1]
    names = [", ".join(filter(None, (one[part] for part in kept))) for one in said]
    return [name if name and names.count(name) == 1 else f"{name or 'result'} {n}" for n, name in enumerate(names, 1)]


def _of_people(asked: Asked, study: Study) -> list[Result]:
    """Return the results of the first subgrouping of people that a study has: different people each."""
    parts = [r for r in study.results if r.outcome == asked.plan.outcome and r.subgroup is not None]
    return [r for r in parts if r.subgroup and parts[0].subgroup and r.subgroup.name == parts[0].subgroup.name]


def _of_all(asked: Asked, result: Result) -> bool:
    """Say whether a result is of all people of its study; with ``within`` it is one of two subgroups."""
    if asked.plan.within is None:
        return result.subgroup is None
    return result.subgroup is not None and result.subgroup.name == asked.plan.within


def _only_subgroups(asked: Asked, study: Study) -> str:
    named = {r.subgroup.name for r in study.results if r.outcome == asked.plan.outcome and r.subgroup}
    if asked.plan.within is not None:
        return f"reports this outcome for no subgroups by {asked.plan.within}"
    return f"reports this outcome for subgroups of people only (by {', '.join(sorted(named))})"


def _at_times(asked: Asked, results: Sequence[Result]) -> list[Result]:
    """Return the results that the protocol takes, those that a person confirmed first, the preferred time first."""
    confirmed = [result for result in results if not result.unconfirmed]
    if not (confirmed or asked.unconfirmed):
        raise NotTakenError("unconfirmed", NOT_CONFIRMED)
    waiting = [result for result in results if result.unconfirmed] if asked.unconfirmed else []
    points = asked.plan.time_points
    if not points:
        return confirmed + waiting
    found = [part[i] for part in (confirmed, waiting) for i in in_order([r.time for r in part], points)]
    if not found:
        there, wanted = ", ".join(r.time for r in results), ", ".join(map(str, points))
        text = f"reports this outcome at {there}; the protocol takes {wanted} (time_points in review.yaml)"
        raise NotTakenError("time", text)
    return list({id(result): result for result in found}.values())


def _preference(
    asked: Asked, study: Study, results: Sequence[Result]
) -> Callable[[Choosable], tuple[bool, int, int, bool, int]]:
    order = ESTIMATES[asked.plan.estimates_of(study.design_group or "randomised")]
    times: list[tuple[object, ...]] = []
    for result in results:
        if (when := _time(result)) not in times:
            times.append(when)
    places = {id(result): i for i, result in enumerate(study.results)}
    timed = bool(asked.plan.time_points)

    def key(one: Choosable) -> tuple[bool, int, int, bool, int]:
        r = one.result
        place = times.index(_time(r)) if timed else 0
        return r.unconfirmed, place, order.index(one.what), not r.primary, places[id(r)]

    return key


def _time(result: Result) -> tuple[object, ...]:
    day = days(result.time)
    return ("day", day) if day is not None else ("words", result.time.casefold())


def _beside(ranked: Sequence[Choosable], taken: int) -> tuple[Prepared, ...]:
    """Return what the study has of this outcome at this time that was not taken."""
    found: list[Prepared] = []
    for i, one in enumerate(ranked):
        if i != taken and _time(one.result) == _time(ranked[taken].result):
            try:
                found += one.make()
            except (NotTakenError, MetaanError):
                continue
    return tuple(found)


def _other_data(asked: Asked, results: Sequence[Result]) -> str:
    held = dict.fromkeys(
        what
        for r in results
        for what in (*(words_of(k) for k in sorted(r.kinds)), *(f"{e.measure} as an effect" for e in r.effects))
    )
    taken = asked.plan.estimates
    ways = {"arms": words_of(asked.kind) if asked.kind else "", "effects": f"an effect {asked.measure}"}
    wanted = " or ".join(filter(None, [ways[taken]] if isinstance(taken, str) and taken in ways else ways.values()))
    rule = f" (estimates: {taken})" if isinstance(taken, str) else ""
    return f"reports this outcome as {', '.join(held)}, and {asked.measure} needs {wanted}{rule}"


def _candidates(asked: Asked, study: Study, result: Result) -> Iterator[Choosable]:
    order = ESTIMATES[asked.plan.estimates_of(study.design_group or "randomised")]
    if asked.plan.within is not None:
        if ARMS in order or CRUDE in order:
            yield Choosable(result, order[0], lambda: (_between_people(asked, study, result),))
        return
    if ARMS in order and _arms_can(asked, result):
        yield Choosable(result, ARMS, lambda: tuple(_of_arms(asked, study, result)))
    for what in (ADJUSTED, CRUDE):
        effects = [e for e in result.effects if _gives(asked, e) and bool(e.adjusted_for) == (what == ADJUSTED)]
        if what in order and effects:
            yield Choosable(result, what, lambda effects=effects: tuple(_of_effects(asked, study, result, effects)))  # type: ignore[misc]


def _arms_can(asked: Asked, result: Result) -> bool:
    if result.pairs is not None or result.paired is not None:
        return bool(asked.kind in ("counts", "means") or asked.of_pairs)
    kinds = {"means" if kind in MEANS else kind for kind in result.kinds}
    return bool(result.arms) and kinds == {asked.kind}


def _gives(asked: Asked, effect: Contrast) -> bool:
    return effect.measure == asked.measure or asked.plan.convert.get(effect.measure) == asked.measure  # type: ignore[call-overload]


def _of_effects(asked: Asked, study: Study, result: Result, effects: Sequence[Contrast]) -> Iterator[Prepared]:
    found = [(e, of) for e in effects if (of := _sides(asked, study, e)) is not None]
    if not found:
        raise NotTakenError("not compared", "its effects are of other arms than the protocol compares")
    pairs = {(sides.first, sides.second) for _, (sides, _) in found}
    if len(pairs) > 1 and asked.plan.arms != "split" and asked.plan.compare is None:
        raise NotTakenError(
            "several effects",
            "has effects of several pairs of arms, which cannot be put together: enter arms: split or compare:",
        )
    names = {arm.id: arm.name for arm in study.arms}
    done: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    for effect, (sides, turned) in found:
        if (sides.first, sides.second) in done:
            continue
        done.add((sides.first, sides.second))
        label = " and ".join(names.get(a, a) for a in sides.first) if len(pairs) > 1 else ""
        row = contrast(asked, study, result, effect, replace(sides, label=label), turned)
        shared = sum(second == sides.second for _, second in pairs) > 1
        said = [SHARED] if shared and not asked.shares_controls else []
        yield _towards(asked, result, replace(row, notes=(*row.notes, *said)))


def _sides(asked: Asked, study: Study, effect: Contrast) -> tuple[ArmsCompared, bool] | None:
    """Return the arms of an effect in the order of the analysis, and whether it was printed the other way round."""
    roles = {arm.id: arm.role for arm in study.arms}
    if effect.arms is None:
        if asked.plan.compare is not None:
            return None
        return _two_sides(study), False
    one, other = effect.arms
    if asked.plan.compare is not None:
        treatment = {arm.id: (arm.treatment if asked.treatments else arm.id) for arm in study.arms}
        named = (treatment.get(one), treatment.get(other))
        if named == tuple(asked.plan.compare):
            return ArmsCompared((one,), (other,)), False
        return (ArmsCompared((other,), (one,)), True) if named == tuple(asked.plan.compare)[::-1] else None
    match roles.get(one), roles.get(other):
        case "experimental", "control":
            return ArmsCompared((one,), (other,)), False
        case "control", "experimental":
            return ArmsCompared((other,), (one,)), True
    return None


def _of_arms(asked: Asked, study: Study, result: Result) -> Iterator[Prepared]:
    """Yield the rows of the arms of a result: pairs and people who had both treatments in their own way."""
    if result.pairs is not None or result.paired is not None or asked.of_pairs or _same_people(study, result):
        sides = _two_sides(study)
        if result.pairs is not None:
            yield of_pairs(asked, study, result, sides)
        elif result.paired is not None:
            yield _towards(asked, result, of_paired(asked, study, result, sides))
        else:
            yield _towards(asked, result, of_correlated_arms(asked, study, result, sides))
        return
    for sides in comparisons(asked, study, result.arms):
        yield _towards(asked, result, _parallel(asked, study, result, sides))


def _same_people(study: Study, result: Result) -> bool:
    crossed = study.design.kind == "cross-over" or result.correlation is not None
    return crossed and result.period != "first"


def _two_sides(study: Study) -> ArmsCompared:
    first, second = (tuple(arm.id for arm in study.arm(role)) for role in ROLES)
    return ArmsCompared(first, second)


def _parallel(asked: Asked, study: Study, result: Result, sides: ArmsCompared) -> Prepared:
    """Return the row of arms of different people."""
    r = asked.plan.assume.correlation
    row = _with_correlation(asked, study, result, sides, r)
    if not row.has(("change",)) or r is None:
        return row
    more = {f"correlation {x:g}": _with_correlation(asked, study, result, sides, x) for x in near(r)}
    return replace(row, variants={**row.variants, **more})


def _with_correlation(asked: Asked, study: Study, result: Result, sides: ArmsCompared, r: float | None) -> Prepared:
    factor, how, variants = design_effect(asked, study, result)
    undivided = asked.shares_controls
    arms: dict[str, dict[str, float]] = {}
    printed: dict[str, dict[str, object]] = {}
    converted: list[Conversion] = []
    notes: list[str] = []
    for role, ids in sides.arms.items():
        each = {arm: _numbers(asked, study, result, arm, r) for arm in ids}
        converted += [one for _, made, _ in each.values() for one in made]
        notes += [note for _, _, said in each.values() for note in said]
        numbers, joined = put_together(asked.kind, {arm: found for arm, (found, _, _) in each.items()})
        printed[role] = dict(result.arms[ids[0]].numbers) if len(ids) == 1 else {**numbers, "arms": list(ids)}
        numbers, split = shared_out(
            asked.kind, numbers, sides.shared if role == "control" and not undivided else 1, ids
        )
        converted += [*joined, *split]
        arms[role] = numbers
    whole = {role: divided(asked.kind, numbers, factor) for role, numbers in arms.items()} if factor != 1 else arms
    if factor != 1:
        before, after = (_flat(found) for found in (arms, whole))
        converted.append(Conversion("design-effect", before, after, by=how))
    data = KINDS[asked.kind].named(list(whole.values()))
    row = Prepared(
        study, result, asked.kind, data, arms=sides.arms, printed=printed, converted=tuple(converted),
        notes=tuple(dict.fromkeys(notes)), label=sides.label,
    )  # fmt: skip
    more = {
        name: replace(row, data=KINDS[asked.kind].named([divided(asked.kind, a, deff) for a in arms.values()]))
        for name, deff in variants.items()
    }
    return replace(row, variants=more)


def _flat(arms: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{role} {key}": value for role, numbers in arms.items() for key, value in numbers.items()}


def _numbers(
    asked: Asked, study: Study, result: Result, arm: str, r: float | None
) -> tuple[Numbers, tuple[Conversion, ...], tuple[str, ...]]:
    if asked.kind == "means":
        return means_of(asked, study, result, arm, r)
    data = result.arms[arm]
    fields = (*KINDS[asked.kind].fields, "total")
    found = {key: float(value) for key in fields if isinstance(value := getattr(data, key, None), int | float)}
    factor, by = time_factor(asked, result) if "time" in found else (1.0, "")
    if factor == 1:
        return found, (), ()
    time = {"time": found["time"] * factor}
    return found | time, (Conversion("unit", {"time": found["time"]}, time, arm, by),), ()


def _towards(asked: Asked, result: Result, row: Prepared) -> Prepared:
    """Turn a standardized difference round where more on its scale is the other way than in the analysis."""
    scale, direction = result.scale, asked.outcome.direction
    if asked.measure not in STANDARDIZED or scale is None or scale.higher_is is None or direction is None:
        return row
    if (scale.higher_is == "better") == (direction == "good"):
        return row
    how = Conversion("direction", {}, {}, by=f"higher on {scale.name} is {scale.higher_is}")
    turned = {name: -x if name in ("m1i", "m2i") else x for name, x in row.data.items()}
    yi = None if row.yi is None else -row.yi
    variants = {name: _towards(asked, result, one) for name, one in row.variants.items()}
    return replace(row, data=turned, yi=yi, converted=(*row.converted, how), variants=variants)


def _between_people(asked: Asked, study: Study, result: Result) -> Prepared:
    """Return the difference of a study's own effects in two subgroups of its people."""
    same = [r for r in study.results if r.outcome == result.outcome and _of_all(asked, r) and _time(r) == _time(result)]
    values = sorted({str(r.subgroup.value) for r in same if r.subgroup})
    if len(values) != 2:
        raise NotTakenError("subgroups", f"has {len(values)} subgroups by {asked.plan.within}; two can be compared")
    alone = replace(asked, plan=asked.plan.model_copy(update={"within": None}))
    effects: list[tuple[float, float]] = []
    for value in values:
        one = next(r for r in same if r.subgroup and str(r.subgroup.value) == value)
        [row] = _first_rows(alone, study, one)
        if row.yi is None or row.vi is None:
            effects.append(computed(asked.measure, row.data))
        else:
            effects.append((row.yi, row.vi))
    (y1, v1), (y2, v2) = effects
    by = f"{asked.plan.within} {values[0]} against {values[1]}"
    how = Conversion("within", {values[0]: y1, values[1]: y2}, {"yi": y1 - y2, "vi": v1 + v2}, by=by)
    return Prepared(study, result, CONTRASTS, yi=y1 - y2, vi=v1 + v2, converted=(how,))


def _first_rows(asked: Asked, study: Study, result: Result) -> tuple[Prepared, ...]:
    order = ESTIMATES[asked.plan.estimates_of(study.design_group or "randomised")]
    found = sorted(_candidates(asked, study, result), key=lambda one: order.index(one.what))
    if not found:
        raise NotTakenError("other data", _other_data(asked, [result]))
    return found[0].make()
