"""The mean and standard deviation of an arm, from whatever of it was printed.

Sources: Cochrane Handbook, version 6, sections 6.5.2.2 (standard errors, intervals) and 6.5.2.8 (changes); medians as
in `metaan.stats.printed.quantiles`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import MetaanError
from ..registry.model.arms import Means, Medians
from ..stats.printed.deviations import sd_from_ci, sd_from_se
from ..stats.printed.quantiles import mean_sd_from_quantiles
from .asked import STANDARDIZED
from .rows import Conversion, NotTakenError
from .units import unit_factor

if TYPE_CHECKING:
    from ..registry.model.arms import ArmNumbers
    from ..registry.model.public import Result, Study
    from .asked import Asked

Found = tuple[dict[str, float], tuple[Conversion, ...], tuple[str, ...]]


def means_of(asked: Asked, study: Study, result: Result, arm: str, correlation: float | None) -> Found:
    """Return mean, sd and total of an arm, how they were converted, and what is doubtful.

    Raises
    ------
    NotTakenError
        Nothing printed gives a standard deviation, medians are left out by the protocol, or units or values differ.
    """
    _same_values(asked, result)
    data = result.arms[arm]
    numbers, converted, notes = (
        _of_median(asked, data, arm) if isinstance(data, Medians) else _of_mean(asked, study, result, data, arm)
    )
    if isinstance(data, Means) and data.baseline is not None and correlation is not None:
        numbers, converted = _change(asked, result, data, (numbers, converted), arm, correlation)
    return (*_in_unit(asked, result, numbers, converted, arm), notes)


def _same_values(asked: Asked, result: Result) -> None:
    if (
        asked.measure in STANDARDIZED
        and asked.values not in (None, result.values)
        and not _becomes_change(asked, result)
    ):
        wanted = VALUES[str(asked.values)]
        raise NotTakenError(
            "values",
            f"its means are of {VALUES[result.values]}, and {asked.measure} is pooled of {wanted} only: "
            "enter values: in the plan, or pool the mean difference (MD)",
        )


def _becomes_change(asked: Asked, result: Result) -> bool:
    with_baseline = any(isinstance(arm, Means) and arm.baseline for arm in result.arms.values())
    return asked.values == "change" and with_baseline and asked.plan.assume.correlation is not None


def _of_median(asked: Asked, data: Medians, arm: str) -> Found:
    """Return mean and SD estimated from quantiles (`metaan.stats.printed.quantiles`)."""
    method = asked.plan.medians
    if method == "exclude":
        raise NotTakenError("medians", "reports medians, which the protocol leaves out (medians: exclude)")
    if method not in QUANTILES:
        raise NotTakenError(
            "medians", f"reports medians, and {method} is not computed here: enter medians: luo-wan or qe"
        )
    given = {"q1": data.q1, "q3": data.q3, "minimum": data.min, "maximum": data.max}
    quantiles = {name: [float(value)] for name, value in given.items() if value is not None}
    if data.total < 2:
        raise NotTakenError("medians", f"arm {arm} has a median of {data.total} person")
    try:
        got = mean_sd_from_quantiles(
            [float(data.median)], [data.total], method=QUANTILES[method], slab=[arm], **quantiles
        )
    except MetaanError as error:
        raise NotTakenError("medians", f"arm {arm}: {error.reason.removeprefix(f'study {arm!r}: ')}") from None
    if got.reasons[0] is not None:
        raise NotTakenError("medians", f"arm {arm}: {got.reasons[0]}")
    found = {"mean": float(got["mi"][0]), "sd": float(got["sdi"][0]), "total": float(data.total)}
    source = {name: float(value) for name, value in data.numbers.items() if isinstance(value, int | float)}
    by = _authors(data) if method == "luo-wan" else ""
    return (
        found,
        (Conversion(method, source, {"mean": found["mean"], "sd": found["sd"]}, arm, by),),
        tuple(got.notes[1:]),
    )


def _authors(data: Medians) -> str:
    return "Luo 2018; Shi 2020" if data.q1 is not None and data.min is not None else "Luo 2018; Wan 2014"


def _of_mean(asked: Asked, study: Study, result: Result, data: ArmNumbers, arm: str) -> Found:
    assert isinstance(data, Means)
    found = {"mean": float(data.mean), "sd": math.nan, "total": float(data.total)}
    if data.sd is not None:
        return found | {"sd": float(data.sd)}, (), ()
    sd, how = _sd(asked, study, result, data, arm)
    return found | {"sd": sd}, (how,), ()


def _sd(asked: Asked, study: Study, result: Result, data: Means, arm: str) -> tuple[float, Conversion]:
    if data.se is not None:
        sd = float(sd_from_se([float(data.se)], [data.total])["sdi"][0])
        return sd, Conversion("sd-from-se", {"se": float(data.se), "total": data.total}, {"sd": sd}, arm)
    if data.ci is not None:
        lb, ub = map(float, data.ci)
        if data.total < 2 or not lb < ub:
            raise NotTakenError("no sd", f"arm {arm}: the interval {data.ci[0]} to {data.ci[1]} gives no SD")
        sd = float(sd_from_ci([lb], [ub], [data.total], level=data.level)["sdi"][0])
        source = {"lower": lb, "upper": ub, "level": data.level, "total": data.total}
        return sd, Conversion("sd-from-ci", source, {"sd": sd}, arm)
    if data.baseline is not None and result.values == "change" and asked.plan.assume.correlation is not None:
        sd = _sd_of_change(float(data.baseline.sd), float(data.baseline.sd), asked.plan.assume.correlation)
        by = f"{asked.plan.assume.correlation:g}, the SD after taken for that before"
        return sd, Conversion("change", {"baseline sd": float(data.baseline.sd)}, {"sd": sd}, arm, by)
    return _borrowed(asked, study, result, arm)


def _borrowed(asked: Asked, study: Study, result: Result, arm: str) -> tuple[float, Conversion]:
    """Return the standard deviation that ``sd_from`` borrows: of one study, or of all that have one."""
    whose = result.sd_from or asked.plan.sd_from
    if whose is None:
        raise NotTakenError(
            "no sd",
            f"arm {arm} has a mean without SD, SE or interval: none is invented (sd_from: borrows one, and says so)",
        )
    known = [one for other, one in _deviations(asked, study) if whose in ("pooled", other)]
    if not known:
        raise NotTakenError("no sd", f"sd_from: {whose} has no standard deviation of this outcome to borrow")
    df = sum(n - 1 for _, n in known)
    if df <= 0:
        raise NotTakenError("no sd", f"sd_from: {whose} has too few people for a standard deviation")
    sd = math.sqrt(sum((n - 1) * sd**2 for sd, n in known) / df)
    by = f"all {len(known)} arms that have one" if whose == "pooled" else whose
    return sd, Conversion("sd-borrowed", {}, {"sd": sd}, arm, by)


def _deviations(asked: Asked, study: Study) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the standard deviations of the other studies, each with its study and its size."""
    for other, result in asked.results():
        for data in result.arms.values():
            if other.id != study.id and isinstance(data, Means) and result.subgroup is None:
                if data.sd is not None:
                    yield other.id, (float(data.sd), data.total)
                elif data.se is not None:
                    yield other.id, (float(data.se) * math.sqrt(data.total), data.total)


def _change(
    asked: Asked,
    result: Result,
    data: Means,
    found: tuple[dict[str, float], tuple[Conversion, ...]],
    arm: str,
    r: float,
) -> tuple[dict[str, float], tuple[Conversion, ...]]:
    """Return final values as changes from before (Cochrane Handbook 6.5.2.8)."""
    numbers, converted = found
    wanted = asked.values == "change" if asked.measure in STANDARDIZED else asked.plan.values != "final"
    if result.values == "change" or data.baseline is None or not wanted:
        return found
    before = float(data.baseline.sd)
    sd = _sd_of_change(before, numbers["sd"], r)
    change = {"mean": numbers["mean"] - float(data.baseline.mean), "sd": sd}
    source = {
        "mean": numbers["mean"],
        "sd": numbers["sd"],
        "baseline mean": float(data.baseline.mean),
        "baseline sd": before,
    }
    return numbers | change, (*converted, Conversion("change", source, change, arm, f"{r:g}"))


def _sd_of_change(before: float, after: float, r: float) -> float:
    return math.sqrt(before**2 + after**2 - 2 * r * before * after)


def _in_unit(
    asked: Asked, result: Result, numbers: dict[str, float], converted: tuple[Conversion, ...], arm: str
) -> tuple[dict[str, float], tuple[Conversion, ...]]:
    """Return numbers in the unit of the analysis."""
    factor, by = unit_factor(asked, result)
    if factor == 1:
        return numbers, converted
    found = {key: numbers[key] * factor for key in ("mean", "sd")}
    return numbers | found, (*converted, Conversion("unit", {key: numbers[key] for key in found}, found, arm, by))


VALUES = {"final": "final values", "change": "changes"}

#: The protocol's word for a method to that of `metaan.stats.printed.quantiles.QUANTILE_METHODS`.
QUANTILES = {"luo-wan": "luo/wan/shi", "qe": "qe"}
