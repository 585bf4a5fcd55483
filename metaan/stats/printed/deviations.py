"""Standard deviations of groups, where a paper prints standard errors or intervals (Cochrane Handbook 6.5.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...errors import choose
from ..measures.families import above_zero, refuse
from .conversions import Converted, arrays, converted, se_from_ci


def sd_from_se(se: ArrayLike, n: ArrayLike, *, slab: Sequence[str] | None = None) -> Converted:
    """Compute the standard deviation of a group from the standard error of its mean (Cochrane Handbook 6.5.2.2).

    Parameters
    ----------
    se, n
        Shape (k,): standard errors of means, and group sizes.
    slab
        k study labels.

    Returns
    -------
    Converted
        Column ``sdi``.

    Examples
    --------
    >>> float(sd_from_se([0.5], [100])["sdi"][0])
    5.0
    """
    got = arrays(slab, se=se, n=n)
    above_zero(got, ("se", "n"), slab, "a standard error or group size")
    note = "standard deviations from standard errors of means"
    return converted(
        {"sdi": got["se"] * np.sqrt(got["n"])}, got, slab, note, "a standard error or group size is missing"
    )


def sd_from_ci(
    lb: ArrayLike,
    ub: ArrayLike,
    n: ArrayLike,
    *,
    level: float = 0.95,
    distribution: str = "t",
    slab: Sequence[str] | None = None,
) -> Converted:
    """Compute the standard deviation of a group from the confidence interval of its mean (Cochrane Handbook 6.5.2.2).

    Parameters
    ----------
    lb, ub, n
        Shape (k,): bounds, and group sizes.
    level
        Coverage of the intervals.
    distribution
        ``"t"`` with n - 1 degrees of freedom, or ``"normal"`` (for which the Handbook asks groups of 100 or more).
    slab
        k study labels.

    Returns
    -------
    Converted
        Column ``sdi``.

    Examples
    --------
    >>> float(sd_from_ci([30.0], [34.2], [25])["sdi"][0].round(3))
    5.087
    """
    got = arrays(slab, lb=lb, ub=ub, n=n)
    refuse(got["n"], got["n"] <= 1, "n", slab, "a group size must be above 1")
    df = choose({"t": got["n"] - 1, "normal": None}, distribution, "distribution")
    sei = se_from_ci(got["lb"], got["ub"], level=level, df=df, slab=slab)["sei"]
    note = f"standard deviations from {100 * level:g} % confidence intervals of means ({distribution} distribution)"
    return converted({"sdi": sei * np.sqrt(got["n"])}, got, slab, note, "a bound or group size is missing")


def sd_from_difference(se: ArrayLike, n1: ArrayLike, n2: ArrayLike, *, slab: Sequence[str] | None = None) -> Converted:
    """Compute the standard deviation within two groups from the standard error of their mean difference (6.5.2.3).

    It is the average of both groups, to be used for each.

    Parameters
    ----------
    se, n1, n2
        Shape (k,): standard errors of differences of means, and the sizes of both groups. For a t statistic or an
        interval of the difference, take the standard error of `se_from_p` or `se_from_ci` with n1 + n2 - 2 as ``df``.
    slab
        k study labels.

    Returns
    -------
    Converted
        Column ``sdi``.

    Examples
    --------
    >>> float(sd_from_difference([1.0], [8], [8])["sdi"][0])
    2.0
    """
    got = arrays(slab, se=se, n1=n1, n2=n2)
    above_zero(got, ("se", "n1", "n2"), slab, "a standard error or group size")
    sdi = got["se"] / np.sqrt(1 / got["n1"] + 1 / got["n2"])
    note = "standard deviations, the same in both groups, from standard errors of mean differences"
    return converted({"sdi": sdi}, got, slab, note, "a standard error or group size is missing")
