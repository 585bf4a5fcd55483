"""What a body of evidence should hold before an effect is called precise: information size, and thresholds crossed."""

from __future__ import annotations

import math
from collections.abc import Iterable

from scipy.special import ndtri

from ...errors import NotEstimableError, UsageError
from ..measures.effects import Interval
from ..numerics.ties import whole

#: The relative reduction of the risk that GRADE takes where nobody says what matters (Guyatt et al. 2011).
RELATIVE_REDUCTION = 0.25


def information_size(risk: float, other: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many people one adequate trial of two equal arms needs: the optimal information size.

    Parameters
    ----------
    risk, other
        The risks to tell apart, as proportions.
    alpha
        Two-sided type I error.
    power
        Chance to find the difference.

    Returns
    -------
    int
        People in both arms together, rounded up to a whole number for each arm.

    Raises
    ------
    UsageError
        A proportion is not one.
    NotEstimableError
        The risks are equal.

    Notes
    -----
    The usual comparison of two proportions without a correction for continuity (Fleiss, Levin and Paik 2003, eq. 4.14
    without the correction); its use for a body of evidence is that of Guyatt et al. 2011 (GRADE guidelines 6).

    Examples
    --------
    >>> information_size(0.2, 0.15)
    1812
    """
    for name, value in (("risk", risk), ("other", other)):
        if not 0 <= value <= 1:
            raise UsageError(f"{name} = {value:g}; allowed: a proportion from 0 to 1")
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise UsageError(f"alpha = {alpha:g}, power = {power:g}; allowed: between 0 and 1")
    if risk == other:
        raise NotEstimableError(f"the two risks are both {risk:g}: there is no difference to look for")
    mean = (risk + other) / 2
    under_null = ndtri(1 - alpha / 2) * math.sqrt(2 * mean * (1 - mean))
    under_difference = ndtri(power) * math.sqrt(risk * (1 - risk) + other * (1 - other))
    return 2 * whole(((under_null + under_difference) / (risk - other)) ** 2)


def information_size_of_means(difference: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many people one adequate trial of two equal arms needs to tell two means apart.

    Parameters
    ----------
    difference
        In standard deviations, above 0; 0.2 where nobody says what matters (Guyatt et al. 2011, GRADE guidelines 6).
    alpha
        Two-sided type I error.
    power
        Chance to find the difference.

    Returns
    -------
    int
        People in both arms together, rounded up to a whole number for each arm.

    Notes
    -----
    The normal approximation of the comparison of two means (Fleiss, Levin and Paik 2003, chapter 4).

    Examples
    --------
    >>> information_size_of_means(0.2)
    786
    """
    return 2 * whole(2 * ((ndtri(1 - alpha / 2) + ndtri(power)) / difference) ** 2)


def crossed(interval: Interval, thresholds: Iterable[float]) -> tuple[float, ...]:
    """Return the thresholds that lie strictly within an interval, on the scale of both.

    >>> crossed(Interval(-12.0, 30.0), (-10.0, 10.0))
    (-10.0, 10.0)
    """
    return tuple(x for x in thresholds if interval.lb < x < interval.ub)
