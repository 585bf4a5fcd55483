"""Arms of a study: put together, shared out, and counted back from percentages, odds ratios and margins.

Sources: Cochrane Handbook, version 6, sections 6.5.2.10 (combining groups) and 23.3.4 (shared groups).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, UsageError
from ..measures.effects import FloatArray, column, labels
from ..measures.families import above_zero, not_negative, refuse, within_one
from ..numerics.numerals import as_printed
from .conversions import Converted, arrays, converted, named


def combine_groups(n: ArrayLike, mean: ArrayLike, sd: ArrayLike, *, label: str = "Study 1") -> Converted:
    """Combine the arms of one study into one group (Cochrane Handbook 6.5.2.10).

    The result is what all patients of these arms together would give: exact, for any number of arms.

    Parameters
    ----------
    n, mean, sd
        Shape (arms,): size, mean and standard deviation of each arm.
    label
        The study.

    Returns
    -------
    Converted
        Columns ``ni``, ``mi``, ``sdi``, shape (1,).

    Examples
    --------
    >>> got = combine_groups([20, 30], [10.0, 12.0], [2.0, 3.0])
    >>> float(got["mi"][0]), float(got["sdi"][0].round(4))
    (11.2, 2.8031)
    """
    x = arrays(None, n=n, mean=mean, sd=sd)
    above_zero(x, ("n",), None, "the size of an arm")
    not_negative(x, ("sd",), None, "a standard deviation")
    total = x["n"].sum()
    grand = float(x["n"] @ x["mean"] / total)
    squares = (x["n"] - 1) @ x["sd"] ** 2 + x["n"] @ (x["mean"] - grand) ** 2
    columns = {"ni": total, "mi": grand, "sdi": np.sqrt(squares / (total - 1)) if total > 1 else np.nan}
    note = f"{x['n'].size} arms of {label} combined into one group"
    shaped = {name: np.array([value], dtype=float) for name, value in columns.items()}
    return converted(shaped, {}, [label], note, "a size, mean or standard deviation is missing")


def split_shared_group(
    n: ArrayLike, parts: ArrayLike, *, events: ArrayLike | None = None, slab: Sequence[str] | None = None
) -> Converted:
    """Share a group out among the comparisons that use it (Cochrane Handbook 23.3.4).

    Sizes and events are divided; means and standard deviations stay as they are. The comparisons then no longer count
    anybody twice, but they stay correlated: combining the other arms is better where it answers the question.

    Parameters
    ----------
    n
        Shape (k,), the size of the shared group.
    parts
        Shape (k,), or one number: how many comparisons use it.
    events
        Shape (k,), the events in it, for counts.
    slab
        k study labels.

    Returns
    -------
    Converted
        Columns ``ni``, and ``xi`` where events are given; fractions are kept.

    Examples
    --------
    >>> got = split_shared_group([90], 3, events=[12])
    >>> float(got["ni"][0]), float(got["xi"][0])
    (30.0, 4.0)
    """
    x = {"n": column(n, "n")}
    x["parts"] = np.broadcast_to(column(parts, "parts"), x["n"].shape).copy()
    if events is not None:
        x["events"] = column(events, "events")
    x = arrays(slab, **x)
    above_zero(x, ("n",), slab, "the size of a group")
    refuse(x["parts"], x["parts"] < 1, "parts", slab, "comparisons; allowed: 1 or more")
    columns = {"ni": x["n"] / x["parts"]}
    if "events" in x:
        refuse(x["events"], (x["events"] < 0) | (x["events"] > x["n"]), "events", slab, "not between 0 and the size")
        columns["xi"] = x["events"] / x["parts"]
    slabs = labels(slab, x["n"].size)
    note = f"a shared group divided among comparisons: {named(x['parts'] > 1, slabs)}"
    return converted(columns, x, slab, note, "a size or number of comparisons is missing")


@dataclass(frozen=True, slots=True)
class Printed:
    """A percentage as it is printed: ``value`` with ``digits`` after the point."""

    value: Decimal
    digits: int

    @classmethod
    def of(cls, percent: str | float, digits: int | None, label: str) -> Printed:
        """Read ``"12.50"`` with its digits; a number with the digits that are said, or with those it shows."""
        try:
            value = as_printed(str(percent).strip().rstrip("%"))
        except DataError:
            raise DataError(f"study {label!r}: {percent!r} is not a percentage") from None
        if not 0 <= value <= 100:
            raise DataError(f"study {label!r}: {percent!r} %; allowed: 0 to 100")
        exponent = value.as_tuple().exponent
        shown = max(0, -exponent) if isinstance(exponent, int) else 0
        return cls(value, shown if digits is None else digits)

    def counts(self, n: int) -> range:
        """Return the whole numbers of ``n`` that print like this, rounded half up or half to even."""
        half = Decimal(5).scaleb(-self.digits - 1)
        low = ((self.value - half) * n / 100).to_integral_value(ROUND_CEILING)
        high = ((self.value + half) * n / 100).to_integral_value(ROUND_FLOOR)
        return range(max(0, int(low)), min(n, int(high)) + 1)


def counts_from_percent(
    percent: Iterable[str | float | None],
    n: ArrayLike,
    *,
    digits: int | None = None,
    slab: Sequence[str] | None = None,
) -> Converted:
    """Count events back from printed percentages; only whole numbers that would print the same digits are taken.

    Parameters
    ----------
    percent
        k percentages, 0 to 100, best as the text that is printed (``"12.0"`` says more than 12.0); None where missing.
    n
        Shape (k,), whole numbers: what the percentages are of.
    digits
        Digits after the point in print, where ``percent`` holds numbers; by default those that each value shows.
    slab
        k study labels.

    Returns
    -------
    Converted
        Columns ``xi`` and ``ni``. Where no whole number fits, or more than one does, ``reasons`` lists which.

    Examples
    --------
    >>> got = counts_from_percent(["12.5", "7", "33.0"], [40, 150, 47])
    >>> got["xi"].tolist()
    [5.0, nan, nan]
    >>> got.reasons[1]
    '10, 11 of 150 all print as 7 %'
    """
    total = column(n, "n")
    slabs = labels(slab, total.size)
    printed = list(percent)
    if len(printed) != total.size:
        raise DataError(f"{len(printed)} percentages for {total.size} totals")
    refuse(total, (total <= 0) | (total != np.floor(total)), "n", slab, "a total must be a whole number above 0")
    found = [_count(p, size, digits, label) for p, size, label in zip(printed, total.tolist(), slabs)]
    xi = np.array([np.nan if isinstance(one, str) else float(one) for one in found])
    reasons = tuple(one if isinstance(one, str) else None for one in found)
    note = "events counted back from percentages"
    return Converted({"xi": xi, "ni": total}, slabs, (note,), reasons)


def _count(percent: str | float | None, n: float, digits: int | None, label: str) -> int | str:
    """Return the one whole number that fits, or why there is none."""
    if percent is None or percent != percent or n != n:
        return "the percentage or its total is missing"
    printed = Printed.of(percent, digits, label)
    fits = printed.counts(int(n))
    if len(fits) == 1:
        return fits[0]
    if not fits:
        return f"no whole number of {n:g} prints as {printed.value} %"
    names = ", ".join(map(str, fits)) if len(fits) <= 5 else f"{fits[0]} to {fits[-1]}"
    return f"{names} of {n:g} all print as {printed.value} %"


def table_from_margins(
    ni: ArrayLike,
    n1i: ArrayLike,
    n2i: ArrayLike,
    *,
    ori: ArrayLike | None = None,
    ri: ArrayLike | None = None,
    slab: Sequence[str] | None = None,
) -> Converted:
    """Rebuild 2x2 tables from their margins and an odds ratio or phi coefficient.

    Parameters
    ----------
    ni
        Shape (k,), all patients.
    n1i
        Shape (k,), the first row's total: the size of the first arm (ai + bi).
    n2i
        Shape (k,), the first column's total: all events (ai + ci).
    ori, ri
        Shape (k,): the odds ratio, or the phi coefficient; one of the two.
    slab
        k study labels.

    Returns
    -------
    Converted
        Columns ``ai``, ``bi``, ``ci``, ``di``, rounded to whole numbers; where the rounded table does not give the
        printed number back to 5 %, ``notes`` says so.

    Raises
    ------
    DataError
        A margin exceeds the total, an odds ratio is not above 0, or a table would hold a negative count.

    Examples
    --------
    >>> got = table_from_margins([100], [48], [35], ori=[0.5])
    >>> [int(got[cell][0]) for cell in ("ai", "bi", "ci", "di")]
    [13, 35, 22, 30]
    """
    if (ori is None) == (ri is None):
        raise UsageError("ori or ri is needed, one of the two")
    x = arrays(slab, ni=ni, n1i=n1i, n2i=n2i, **({"ori": ori} if ori is not None else {"ri": ri}))
    above_zero(x, ("ni", "ori"), slab, "a total or an odds ratio")
    within_one(x, ("ri",), slab, "a phi coefficient")
    for name in ("n1i", "n2i"):
        refuse(x[name], (x[name] < 0) | (x[name] > x["ni"]), name, slab, "not between 0 and the total (ni)")
    a = np.round(_first_cell(x))
    cells = {"ai": a, "bi": x["n1i"] - a, "ci": x["n2i"] - a, "di": x["ni"] - x["n1i"] - x["n2i"] + a}
    for name, values in cells.items():
        refuse(values, values < 0, name, slab, "the margins and the printed number do not fit together")
    note = f"2x2 tables from margins and {'odds ratios' if 'ori' in x else 'phi coefficients'}"
    return converted(cells, x, slab, note, "a margin or the printed number is missing", _misfits(cells, x, slab))


def _first_cell(x: dict[str, FloatArray]) -> FloatArray:
    """Return ai, unrounded: the root of a quadratic for the odds ratio, in the form that does not cancel near 1."""
    n, row, col = x["ni"], x["n1i"], x["n2i"]
    if "ri" in x:
        return (row * col + x["ri"] * np.sqrt(row * col * (n - row) * (n - col))) / n
    b = n - row - col + x["ori"] * (row + col)
    root = np.sqrt(b**2 + 4 * (1 - x["ori"]) * x["ori"] * row * col)
    return 2 * x["ori"] * row * col / (b + root)


def _misfits(cells: dict[str, FloatArray], x: dict[str, FloatArray], slab: Sequence[str] | None) -> list[str]:
    a, b, c, d = (cells[name] for name in ("ai", "bi", "ci", "di"))
    with np.errstate(divide="ignore", invalid="ignore"):
        if "ori" in x:
            off = ~(np.abs(np.log(a * d / (b * c)) - np.log(x["ori"])) <= np.log(1.05))
        else:
            off = ~(np.abs((a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d)) - x["ri"]) <= 0.05)
    off &= ~np.isnan(a)
    slabs = labels(slab, a.size)
    return [f"the rounded table does not give the printed number back: {named(off, slabs)}"] * bool(off.any())
