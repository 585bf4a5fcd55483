"""Numbers that a paper does not print, worked out from those that it does.

Every conversion returns a `Converted`: the columns, under metafor's names, with a note that says how they came about,
and a reason where a study has none. Hand the notes to `metaan.effect_sizes` (``notes=``) and they stay with the result.
Sources: Cochrane Handbook, version 6, sections 6.3.1, 6.3.2 and 6.5.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from ...errors import UsageError, choose
from ..measures.effects import FloatArray, column, labels, same_length
from ..measures.families import Mask, above_zero, refuse
from ..numerics.notebook import ShowsItself

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Converted(ShowsItself):
    """Columns that were worked out, not read.

    Attributes
    ----------
    columns
        Shape (k,) each, under metafor's names; nan only where ``reasons`` says why.
    slab
        The k study labels.
    notes
        What was converted and how, and what is doubtful about it; one sentence each.
    reasons
        For each study None, or why nothing could be worked out.
    inputs
        What it was worked out from, shape (k,) each.
    """

    columns: Mapping[str, FloatArray]
    slab: tuple[str, ...]
    notes: tuple[str, ...]
    reasons: tuple[str | None, ...] = ()
    inputs: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.reasons:
            object.__setattr__(self, "reasons", (None,) * len(self.slab))
        for array in (*self.columns.values(), *self.inputs.values()):
            array.setflags(write=False)

    def __getitem__(self, name: str) -> FloatArray:
        return choose(self.columns, name, "column")

    def __repr__(self) -> str:
        rows = zip(self.slab, zip(*self.columns.values()), self.reasons)
        lines = [
            f"  {label:<24} " + (", ".join(map(_named, self.columns, row)) if why is None else f"none: {why}")
            for label, row, why in rows
        ]
        return "\n".join([f"Converted, {len(self.slab)} studies", *lines, *(f"  note: {note}" for note in self.notes)])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, what it was worked out from, what was worked out, reason."""
        import pandas as pd

        reasons = pd.Series(self.reasons, dtype=object)
        return pd.DataFrame({"slab": self.slab, **self.inputs, **self.columns, "reason": reasons})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        return {
            "slab": list(self.slab),
            "columns": {name: _plain(values) for name, values in self.columns.items()},
            "inputs": {name: _plain(values) for name, values in self.inputs.items()},
            "notes": list(self.notes),
            "reasons": list(self.reasons),
        }


def _named(name: str, value: float) -> str:
    return f"{name} {value:.6g}"


def _plain(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(x) else x for x in values.tolist()]


def converted(
    columns: dict[str, FloatArray],
    inputs: dict[str, FloatArray],
    slab: Sequence[str] | None,
    note: str,
    reason: str,
    doubts: Sequence[str] = (),
) -> Converted:
    """Return a `Converted` in which a study without a finite value in every column has ``reason``."""
    slabs = labels(slab, next(iter(columns.values())).size)
    sound = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    clean = {name: np.where(sound, values, np.nan) for name, values in columns.items()}
    reasons = tuple(None if ok else reason for ok in sound.tolist())
    return Converted(clean, slabs, (note, *doubts), reasons, inputs)


def arrays(slab: Sequence[str] | None, **given: ArrayLike) -> dict[str, FloatArray]:
    """Return the columns as arrays of one length, that of ``slab`` where it is given."""
    got = {name: column(values, name) for name, values in given.items()}
    labels(slab, same_length(got))
    return got


def critical(level: float, df: FloatArray | None = None) -> FloatArray | float:
    """Return the two-sided critical value at ``level``: normal, or t with ``df``."""
    if not 0 < level < 1:
        raise UsageError(f"level = {level!r}; allowed: between 0 and 1, such as 0.95")
    tail = (1 + level) / 2
    return float(ndtri(tail)) if df is None else np.asarray(stdtrit(df, tail))


def se_from_ci(
    lb: ArrayLike,
    ub: ArrayLike,
    *,
    level: float = 0.95,
    df: ArrayLike | None = None,
    ratio: bool = False,
    slab: Sequence[str] | None = None,
) -> Converted:
    """Compute standard errors from confidence intervals (Cochrane Handbook 6.3.1).

    Parameters
    ----------
    lb, ub
        Shape (k,), the bounds.
    level
        Coverage of the intervals.
    df
        Shape (k,), degrees of freedom where the intervals are by t; normal where it is left out.
    ratio
        True where the bounds are of ratios: their logarithms are taken first, and ``sei`` is on the log scale.
    slab
        k study labels.

    Returns
    -------
    Converted
        Column ``sei``.

    Raises
    ------
    DataError
        A lower bound is not below its upper bound, or a bound of a ratio is not above 0.

    Examples
    --------
    >>> float(se_from_ci([0.5], [2.0], ratio=True)["sei"][0].round(4))
    0.3537
    """
    got = arrays(slab, lb=lb, ub=ub)
    refuse(got["lb"], got["lb"] >= got["ub"], "lb", slab, "not below the upper bound")
    if ratio:
        above_zero(got, ("lb", "ub"), slab, "a bound of a ratio")
    low, high = (np.log(got["lb"]), np.log(got["ub"])) if ratio else (got["lb"], got["ub"])
    sei = (high - low) / (2 * critical(level, None if df is None else column(df, "df")))
    note = f"standard errors from {100 * level:g} % confidence intervals" + (" of logarithms" if ratio else "")
    return converted({"sei": sei}, got, slab, note, "a bound is missing")


def se_from_p(
    estimate: ArrayLike,
    p: ArrayLike,
    *,
    df: ArrayLike | None = None,
    ratio: bool = False,
    slab: Sequence[str] | None = None,
) -> Converted:
    """Compute standard errors from two-sided p-values of the null hypothesis of no effect (Cochrane Handbook 6.3.2).

    Parameters
    ----------
    estimate, p
        Shape (k,): the effects and their p-values.
    df
        Shape (k,), degrees of freedom where the test is by t; normal where it is left out.
    ratio
        True where the estimates are ratios: their logarithms are taken first, and ``sei`` is on the log scale.
    slab
        k study labels.

    Returns
    -------
    Converted
        Column ``sei``; a study with an effect of 0, or p of 0 or 1, has none.

    Raises
    ------
    DataError
        A p-value is not from 0 to 1, or a ratio is not above 0.

    Examples
    --------
    >>> float(se_from_p([2.0], [0.05], ratio=True)["sei"][0].round(4))
    0.3537
    """
    got = arrays(slab, estimate=estimate, p=p)
    refuse(got["p"], (got["p"] < 0) | (got["p"] > 1), "p", slab, "a p-value; allowed: 0 to 1")
    if ratio:
        above_zero(got, ("estimate",), slab, "a ratio")
    yi = np.log(got["estimate"]) if ratio else got["estimate"]
    z = -ndtri(got["p"] / 2) if df is None else -stdtrit(column(df, "df"), got["p"] / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        sei = np.where((z > 0) & np.isfinite(z) & (yi != 0), np.abs(yi) / z, np.nan)
    note = "standard errors from two-sided p-values" + (" and logarithms of estimates" if ratio else "")
    reason = "the estimate or p is missing, or an effect of 0 or a p of 0 or 1 says nothing about the standard error"
    return converted({"sei": sei}, got, slab, note, reason)


def named(mask: Mask, slabs: Sequence[str]) -> str:
    """Return the labels where ``mask`` is True, cut after five."""
    names = [slabs[i] for i in np.flatnonzero(mask).tolist()]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
