"""Network meta-analysis of contrasts or of arms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import UsageError, choose
from ..measures.catalogue import MEASURES
from ..measures.effects import column
from ..numerics.by_name import by_name
from ..pooling.intervals import check_level
from .contrasts import Contrasts, read_contrasts
from .fit import fit_contrasts
from .pairwise import pairwise
from .result import Network, of_fit

#: By how much contrasts of a study may fail to add up, of the largest of them or of 1.
TOL_MULTIARM = 0.05


def network(
    studies: ArrayLike,
    treatment1: ArrayLike | None = None,
    treatment2: ArrayLike | None = None,
    yi: ArrayLike | None = None,
    sei: ArrayLike | None = None,
    reference: str | None = None,
    model: str = "random",
    tau2_method: str = "DL",
    measure: str | None = None,
    *,
    vi: ArrayLike | None = None,
    treatment: ArrayLike | None = None,
    events: ArrayLike | None = None,
    total: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
    time: ArrayLike | None = None,
    add: float = 0.5,
    tau2: float | None = None,
    part: str | None = None,
    level: float = 0.95,
    tol_multiarm: float = TOL_MULTIARM,
    data: Any = None,
) -> Network:
    """Compare many treatments at once, by direct and indirect evidence.

    Parameters
    ----------
    studies
        Shape (m,), or (k,) for arms: the study of each row.
    treatment1, treatment2, yi, sei, vi
        Shape (m,): contrasts, how far the first treatment is above the second (analysis scale), with standard errors.
        A study of p treatments has all p (p - 1) / 2 pairs. ``vi`` are variances in place of ``sei``.
    treatment, events, total, mean, sd, time, add
        Shape (k,): arms in place of contrasts, as in `metaan.pairwise`.
    reference
        What others are printed against; the first in the alphabet when not given. It changes no other number.
    model
        ``"random"`` or ``"common"``: of what is printed first; both are fitted.
    tau2_method
        A key of `REGRESSION_TAU2_METHODS`; one tau2 for all comparisons.
    measure
        The code of the measure: for contrasts of what ``yi`` is (default any effect), for arms what is computed.
    tau2
        A variance between studies that is given and not estimated.
    part
        A treatment; of a network that falls into parts, the part that holds it is analysed.
    level
        Coverage of the intervals.
    tol_multiarm
        By how much contrasts of a study may fail to add up (rounding of what was printed), of the largest of them or
        of 1.
    data
        What holds columns by name (a frame, a dict of lists): the columns may then be names.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        Contrasts of a study that do not add up, standard errors that do not fit together, a pair twice or missing: the
        message names the study.
    NotEstimableError
        Parts that no study connects.
    UsageError
        An unknown method, or columns of contrasts and of arms together.

    Notes
    -----
    Generalised least squares on the graph of treatments (Ruecker 2012), multi-arm studies by the pseudo-inverse of
    their Laplacian (Ruecker & Schwarzer 2014), tau2 by moments as in DerSimonian & Laird, ML, REML and others. Agrees
    with R's netmeta.

    Examples
    --------
    >>> fit = network(["a", "b", "c"], ["x", "y", "x"], ["y", "z", "z"], [0.5, 0.2, 0.9], [0.1, 0.1, 0.2])
    >>> fit.treatments, round(fit.comparison("x", "z").estimate, 4)
    (('x', 'y', 'z'), 0.7667)
    """
    check_level(level)
    data_of_arms = {"events": events, "total": total, "mean": mean, "sd": sd, "time": time}
    arms: dict[str, Any] = {"treatment": treatment, **data_of_arms}
    pairs: dict[str, Any] = {"treatment1": treatment1, "treatment2": treatment2, "yi": yi, "sei": sei, "vi": vi}
    if treatment is not None:
        _refuse(pairs, "arms (treatment=)")
        found = pairwise(studies, measure=measure, add=add, data=data, **arms)
        c, code = found.contrasts(), found.measure
    else:
        _refuse(arms, "contrasts (treatment1=, treatment2=)")
        c, code = _contrasts(by_name(data, {"studies": studies, **pairs})), measure or "GEN"
        choose(MEASURES, code, "measure")
    fitted = fit_contrasts(c.part(part), tau2_method, tau2, tol_multiarm)
    return of_fit(fitted, model, code, reference, level, tau2_method, tau2 is not None)


def _contrasts(given: dict[str, Any]) -> Contrasts:
    """Read contrasts, whose spread comes as standard errors or variances."""
    missing = [name for name in ("treatment1", "treatment2", "yi") if given[name] is None]
    spreads = [name for name in ("sei", "vi") if given[name] is not None]
    if missing or len(spreads) != 1:
        what = f"no {', '.join(missing)}" if missing else f"{' and '.join(spreads) or 'neither sei nor vi'}"
        raise UsageError(f"{what}; allowed: treatment1, treatment2, yi, and sei or vi; or treatment with its arms")
    spread = column(given[spreads[0]], spreads[0])
    sei = spread if spreads == ["sei"] else np.sign(spread) * np.abs(spread) ** 0.5
    return read_contrasts(given["studies"], given["treatment1"], given["treatment2"], given["yi"], sei)


def _refuse(columns: dict[str, Any], form: str) -> None:
    found = [name for name, values in columns.items() if values is not None]
    if found:
        raise UsageError(f"{', '.join(found)} beside {form}; allowed: contrasts or arms, not both")
