"""Measures of one proportion: xi events of ni, or xi with mi others.

Sources: Freeman & Tukey 1950 (PFT); Barendregt et al. 2013 (transformations in meta-analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, expit, ndtri

from ...errors import UsageError, choose
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from .effects import FloatArray
from .families import (
    CheckedColumns,
    Columns,
    Computed,
    Measure,
    MeasureFamily,
    above_zero,
    any_missing,
    every,
    given,
    not_negative,
    refuse,
)
from .scales import SCALES, double_arcsine_scale
from .two_by_two import probit

if TYPE_CHECKING:
    import pandas as pd


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    got = given(data, ("xi", "mi", "ni"))
    not_negative(got, got, slab, "a count")
    if "xi" not in got or not ("ni" in got or "mi" in got):
        raise UsageError(f"xi with ni or mi is needed; found: {', '.join(got) or 'nothing'}")
    others = got["mi"] if "mi" in got else got["ni"] - got["xi"]
    total = got["ni"] if "ni" in got else got["xi"] + got["mi"]
    refuse(got["xi"], got["xi"] > total, "xi", slab, "events exceed the total (ni)")
    above_zero({"ni": total}, ("ni",), slab, "a total")
    return CheckedColumns({"xi": got["xi"], "mi": others, "ni": total})


PROPORTION = MeasureFamily(
    _read, ("xi", "mi"),
    why=((any_missing, "a count is missing"), (every, "no events, or only events, leave the effect undefined")),
)  # fmt: skip


def _parts(x: Columns, vtype: str = "LS") -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return proportions, sample sizes, and the proportions that the variance is taken at (``AV``: of all studies)."""
    n = x["xi"] + x["mi"]
    p = x["xi"] / n
    return p, n, np.full_like(p, np.nansum(x["xi"]) / np.nansum(n)) if vtype == "AV" else p


def _raw(x: Columns, vtype: str) -> Computed:
    p, n, at = _parts(x, vtype)
    return p, at * (1 - at) / (n - 1 if vtype == "UB" else n)


def _log(x: Columns, vtype: str) -> Computed:
    p, n, at = _parts(x, vtype)
    return np.log(p), (1 - at) / (at * n)


def _logit(x: Columns, vtype: str) -> Computed:
    _, n, at = _parts(x, vtype)
    return np.log(x["xi"] / x["mi"]), 1 / (at * n) + 1 / ((1 - at) * n)


def _probit(x: Columns) -> Computed:
    p, n, _ = _parts(x)
    return probit(p, n)


def _arcsine(x: Columns) -> Computed:
    p, n, _ = _parts(x)
    return np.arcsin(np.sqrt(p)), 1 / (4 * n)


def _double_arcsine(x: Columns) -> Computed:
    _, n, _ = _parts(x)
    y = (np.arcsin(np.sqrt(x["xi"] / (n + 1))) + np.arcsin(np.sqrt((x["xi"] + 1) / (n + 1)))) / 2
    return y, 1 / (4 * n + 2)


@dataclass(frozen=True, slots=True, eq=False)
class ProportionIntervals(ShowsItself):
    """Proportions with their intervals.

    Attributes
    ----------
    method, level
        A key of `PROPORTION_CI_METHODS`, and the coverage.
    xi, ni, estimate, lb, ub
        Shape (k,): events, totals, proportions and bounds, between 0 and 1; nan where a count is missing.
    """

    method: str
    level: float
    xi: FloatArray
    ni: FloatArray
    lb: FloatArray
    ub: FloatArray

    @property
    def estimate(self) -> FloatArray:
        """The proportions."""
        return self.xi / self.ni

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what is missing is None."""
        columns = {name: getattr(self, name).tolist() for name in ("xi", "ni", "estimate", "lb", "ub")}
        plain = {name: [None if x != x else x for x in values] for name, values in columns.items()}
        return {"method": self.method, "level": self.level, **plain}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a proportion."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in ("xi", "ni", "estimate", "lb", "ub")})

    def __repr__(self) -> str:
        rows = zip(*(getattr(self, name).tolist() for name in ("xi", "ni", "estimate", "lb", "ub")))
        lines = (f"  {x:g}/{n:g}  {figures(p)} [{figures(a)}, {figures(b)}]" for x, n, p, a, b in rows)
        head = f"Proportions, k = {self.xi.size}, {self.method}, {100 * self.level:g}% CI"
        return "\n".join([head, *lines])


def proportion_ci(xi: ArrayLike, ni: ArrayLike, method: str = "CP", *, level: float = 0.95) -> ProportionIntervals:
    """Return the confidence interval of each single proportion.

    Parameters
    ----------
    xi, ni
        Events and totals, shape (k,); None or nan where one is missing.
    method
        A key of `PROPORTION_CI_METHODS`.
    level
        Coverage, between 0 and 1.

    Raises
    ------
    DataError
        A count below 0, a total of 0, more events than the total, or lengths that differ.

    Examples
    --------
    >>> got = proportion_ci([0, 7], [20, 50])
    >>> got.lb.round(4).tolist(), got.ub.round(4).tolist()
    ([0.0, 0.0582], [0.1684, 0.2674])
    """
    rule = choose(PROPORTION_CI_METHODS, method, "method")
    if not 0 < level < 1:
        raise UsageError(f"level = {level:g}; allowed: between 0 and 1, such as 0.95")
    got = PROPORTION.read({"xi": xi, "ni": ni}, None).columns
    x, n = got["xi"], got["ni"]
    with np.errstate(invalid="ignore", divide="ignore"):
        lb, ub = rule(x, n, (1 - level) / 2)
    return ProportionIntervals(method, level, x, n, np.clip(lb, 0.0, 1.0), np.clip(ub, 0.0, 1.0))


Bounds = tuple[FloatArray, FloatArray]


def _clopper_pearson(x: FloatArray, n: FloatArray, tail: float) -> Bounds:
    """Clopper & Pearson 1934: the tails of the binomial distribution, by the beta distribution."""
    lb = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1e-300), n - x + 1, tail))
    return lb, np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1e-300), 1 - tail))


def _wilson(x: FloatArray, n: FloatArray, tail: float) -> Bounds:
    """Wilson 1927: the inverted score test."""
    z = float(-ndtri(tail))
    middle, half = (x + 0.5 * z * z) / (n + z * z), z / (n + z * z) * np.sqrt(x * (n - x) / n + 0.25 * z * z)
    return np.where(x == 0, 0.0, middle - half), np.where(x == n, 1.0, middle + half)


def _wilson_corrected(x: FloatArray, n: FloatArray, tail: float) -> Bounds:
    """Newcombe 1998, method 4: with continuity correction; no events have 0, and only events 1, as a bound."""
    z = float(-ndtri(tail))
    p, below = x / n, 2 * (n + z * z)
    lb = (2 * x + z * z - 1 - z * np.sqrt(z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1))) / below
    ub = (2 * x + z * z + 1 + z * np.sqrt(z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1))) / below
    return np.where(x == 0, 0.0, lb), np.where(x == n, 1.0, ub)


def _agresti_coull(x: FloatArray, n: FloatArray, tail: float) -> Bounds:
    """Agresti & Coull 1998."""
    z = float(-ndtri(tail))
    return _simple(x + 0.5 * z * z, n + z * z, tail)


def _simple(x: FloatArray, n: FloatArray, tail: float, correction: float = 0.0) -> Bounds:
    """The proportion and its standard error."""
    p = x / n
    half = -ndtri(tail) * np.sqrt(p * (1 - p) / n) + correction / n
    return p - half, p + half


def _by_logit(x: FloatArray, n: FloatArray, tail: float) -> Bounds:
    """The normal approximation of the logit, 0.5 added to both cells where one is 0."""
    more = np.where((x == 0) | (x == n), 0.5, 0.0)
    events, others = x + more, n - x + more
    half = -ndtri(tail) * np.sqrt(1 / events + 1 / others)
    return expit(np.log(events / others) - half), expit(np.log(events / others) + half)


PROPORTION_CI_METHODS: dict[str, Callable[[FloatArray, FloatArray, float], Bounds]] = {
    "CP": _clopper_pearson,
    "WS": _wilson,
    "WSCC": _wilson_corrected,
    "AC": _agresti_coull,
    "SA": _simple,
    "SACC": lambda x, n, tail: _simple(x, n, tail, 0.5),
    "NAsm": _by_logit,
}

_AVERAGED = ("LS", "AV")
_SHARE, _UP_TO_1 = (SCALES[code].within(0, 1) for code in ("identity", "antilog"))

PROPORTIONS = {
    "PR": Measure(
        "PR", "proportion", _raw, _SHARE, False, PROPORTION, vtypes=("LS", "UB", "AV"), compares=False
    ),
    "PLN": Measure(
        "PLN", "proportion", _log, _UP_TO_1, False, PROPORTION, vtypes=_AVERAGED, compares=False, via="log"
    ),
    "PLO": Measure(
        "PLO", "proportion", _logit, SCALES["expit"], False, PROPORTION, vtypes=_AVERAGED, compares=False, via="logit"
    ),
    "PRZ": Measure("PRZ", "proportion", _probit, SCALES["probit"], False, PROPORTION, compares=False, via="probit"),
    "PAS": Measure(
        "PAS", "proportion", _arcsine, SCALES["squared-sine"], False, PROPORTION, 0.0, compares=False,
        tied=False, via="arcsine",
    ),
    "PFT": Measure(
        "PFT", "proportion", _double_arcsine, SCALES["squared-sine"], False, PROPORTION, 0.0,
        compares=False, tied=False, sized=("ni", double_arcsine_scale), via="double arcsine",
    ),
}  # fmt: skip
