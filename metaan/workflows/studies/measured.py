"""A mean or a median that was proposed, as an arm of a study file has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UsageError
from ...extraction.proposal import Value


def measured(
    value: Value, sizes: Mapping[str, tuple[int, str]], total: int | None, spread: str | None
) -> tuple[dict[str, Any], str]:
    """Return the numbers of an arm, and how its people follow where they are not printed with it.

    Parameters
    ----------
    value
        With the arm that it is of.
    sizes
        Id of an arm -> how many people it has, and where that is known from.
    total, spread
        How many people there are, and what a ± is, where a person says so.

    Raises
    ------
    UsageError
        A number is missing, or is of a kind that an arm cannot hold.
    """
    people, how = _people(value, sizes, total)
    return _statistic(value, spread) | {"total": people}, how


def _people(value: Value, sizes: Mapping[str, tuple[int, str]], total: int | None) -> tuple[int, str]:
    if value.total is not None:
        return value.total, ""
    if total:
        return total, "the total was entered"
    size, where = sizes.get(value.arm or "", (None, ""))
    if size is None:
        raise UsageError(f"{value.printed}: the number of people is not printed; allowed: --totals with the numbers")
    return size, f"the total {size} is {where}"


def _statistic(value: Value, said: str | None) -> dict[str, Any]:
    """Return the mean or the median with what stands beside it, under the keys of an arm."""
    spread = said if said and value.spread == "±" else value.spread
    keys = _KEYS.get((value.statistic, spread.split("% ")[-1]))
    if keys is None and spread == "±":
        raise UsageError(f"{value.printed}: the text does not say what its ± is; allowed: --spread SD, or --spread SE")
    if keys is None:
        raise UsageError(
            f"{value.printed}: a {value.statistic} with {spread} is not what an arm can hold; allowed: a mean with SD, "
            "SE or CI, a median with IQR or range"
        )
    if keys == ("ci",):
        level = {"level": float(spread.split("%")[0]) / 100} if not spread.startswith("95") else {}
        return {"mean": value.value, "ci": list(value.bounds), **level}
    return {value.statistic: value.value, **dict(zip(keys, value.bounds))}


def nth(numbers: Sequence[int], i: int, option: str) -> int | None:
    """Return the number of a group among those that an option gives; None where it gives none."""
    if numbers and i >= len(numbers):
        raise UsageError(f"{option} has {len(numbers)} numbers; allowed: one for each group")
    return numbers[i] if numbers else None


#: Statistic and what stands beside it -> the keys of an arm that hold its numbers.
_KEYS = {
    ("mean", "SD"): ("sd",),
    ("mean", "SE"): ("se",),
    ("mean", "CI"): ("ci",),
    ("median", "IQR"): ("q1", "q3"),
    ("median", "range"): ("min", "max"),
}
