"""The one root finder of the package: a bracket that only shrinks, by false position with the Illinois rule."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...errors import ConvergenceError

Function = Callable[[float], float]


def crossing(function: Function, inside: float, outside: float) -> float:
    """Return where ``function`` falls below 0 on the way from ``inside`` (not below 0) to ``outside`` (not above 0).

    Dowell & Jarratt 1971. `ConvergenceError` after 200 steps, or where the function is not a number.

    >>> round(crossing(lambda x: 2 - x * x, 0.0, 2.0), 12)
    1.414213562373
    """
    f_inside, f_outside = function(inside), function(outside)
    if f_inside <= 0:
        return inside
    side = 0
    for _ in range(200):
        new = (inside * f_outside - outside * f_inside) / (f_outside - f_inside) if f_outside else outside
        if not min(inside, outside) < new < max(inside, outside):
            new = 0.5 * (inside + outside)
        f_new = function(new)
        if math.isnan(f_new):
            break
        if abs(outside - inside) <= 1e-14 * (abs(inside) + abs(outside)) or f_new == 0:
            return new
        if f_new > 0:
            inside, f_inside, f_outside = new, f_new, 0.5 * f_outside if side > 0 else f_outside
        else:
            outside, f_outside, f_inside = new, f_new, 0.5 * f_inside if side < 0 else f_inside
        side = 1 if f_new > 0 else -1
    raise ConvergenceError(f"no root found; between {inside:g} and {outside:g}")


def beyond(function: Function, first: float) -> float:
    """Return the first of ``first`` times 1, 2, 4 ... at which ``function`` is below 0.

    >>> beyond(lambda x: 5 - x, 1.0)
    8.0
    """
    for _ in range(2000):
        if function(first) < 0:
            return first
        first *= 2
    raise ConvergenceError(f"no end in sight: the function is still not below 0 at {first:g}")
