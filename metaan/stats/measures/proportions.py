"""Measures of one proportion: xi events of ni, or xi with mi others.

Sources: Freeman & Tukey 1950 (PFT); Barendregt et al. 2013 (transformations in meta-analysis).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...errors import UsageError
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
