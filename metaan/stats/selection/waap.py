"""The weighted average of the adequately powered studies.

Source: Ioannidis, Stanley & Doucouliagos 2017 (Econ J 127:F236); Stanley, Doucouliagos & Ioannidis 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import NotEstimableError
from ..measures.effects import EffectSizes
from ..pooling.intervals import check_level
from ..pooling.pool import pool
from ..pooling.result import Pooled
from .adjusted import Adjusted, complete_effects

#: Standard errors between no effect and the mean at which a two-sided test at 5 % has a power of 80 %.
ADEQUATE = 2.8


@dataclass(frozen=True, eq=False, repr=False)
class Waap(Adjusted):
    """The mean of adequately powered studies; on the analysis scale.

    Attributes
    ----------
    adequate
        Shape (k,): which studies have a power of at least 80 % to find the mean of all.
    whole
        The mean of all studies that power is measured by.
    """

    adequate: NDArray[np.bool_]
    whole: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return super().to_dict() | {"adequate": self.adequate.tolist(), "whole": self.whole}


def waap(es: EffectSizes | Pooled, *, fall_back: bool = True, level: float = 0.95) -> Waap:
    """Pool the studies whose standard error is at most the mean of all over 2.8 by unrestricted weighted least squares.

    Parameters
    ----------
    es
        Effects, or a pool of them.
    fall_back
        True: where fewer than 2 studies are adequately powered, pool all, and say so (WAAP-WLS).
    level
        Coverage of the interval, t with one degree of freedom less than studies.

    Raises
    ------
    NotEstimableError
        Fewer than 2 studies, or fewer than 2 adequately powered ones and not ``fall_back``.

    Examples
    --------
    >>> fit = waap(EffectSizes.of([0.9, 0.7, 0.5, 0.3, 0.25], [0.30, 0.20, 0.10, 0.01, 0.005]))
    >>> round(fit.estimate, 3), int(fit.adequate.sum())
    (0.267, 2)
    """
    check_level(level)
    used, excluded = complete_effects(es)
    if used.k < 2:
        raise NotEstimableError(f"k = {used.k}; WAAP needs at least 2 studies")
    whole = pool(used, "birge", ci_method="t", level=level)
    adequate = used.sei <= abs(whole.estimate) / ADEQUATE
    found, notes = whole, tuple[str, ...]()
    if adequate.sum() >= 2:
        found = pool(used.take(np.flatnonzero(adequate)), "birge", ci_method="t", level=level)
    else:
        few = f"{int(adequate.sum())} of {used.k} studies have the power to find the mean of all; WAAP needs 2"
        if not fall_back:
            raise NotEstimableError(few)
        notes = (f"{few}: all are pooled",)
    return Waap(
        name="WAAP-WLS", estimate=found.estimate, se=found.se, stat=found.stat, df=found.df, pval=found.pval,
        ci=found.ci, level=level, effects=used, excluded=excluded, notes=(*notes, *found.notes), adequate=adequate,
        whole=whole.estimate,
    )  # fmt: skip
