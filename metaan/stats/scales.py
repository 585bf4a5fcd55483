"""Display scales: the one way from the analysis scale to what people read, and back.

A scale is one entry in `SCALES`; a measure names the scale it is shown on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A monotone, increasing transformation.

    Attributes
    ----------
    code
        Its key in `SCALES`.
    to_display, to_analysis
        Float to float, inverse to each other.
    null
        No effect, on the display scale.
    is_ratio
        True where the display axis is logarithmic.
    """

    code: str
    to_display: Callable[[float], float]
    to_analysis: Callable[[float], float]
    null: float
    is_ratio: bool = False


def exp(x: float) -> float:
    """Return e to the x; infinite where a float cannot hold it.

    >>> exp(0.0), exp(1000.0)
    (1.0, inf)
    """
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _identity(x: float) -> float:
    return x


SCALES = {
    "identity": Scale("identity", _identity, _identity, 0.0),
    "exp": Scale("exp", exp, math.log, 1.0, is_ratio=True),
}
