"""Network meta-analysis of contrasts or of arms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import UsageError, choose
from ..measures.catalogue import MEASURES
from ..measures.effects import column
from ..numerics.by_name import by_name
from ..pooling.intervals import check_level
from .contrasts import Contrasts, place, read_contrasts
from .fit import Fitted, fit_contrasts
from .pairwise import ArmColumns, check_counts, pairwise, read_arms
from .rare.methods import NETWORK_METHODS
from .result import Network

#: By how much contrasts of a study may fail to add up, of the largest of them or of 1.
TOL_MULTIARM = 0.05

OF_CONTRASTS = ("treatment1", "treatment2", "yi", "sei", "vi")
OF_ARMS = ("events", "total", "mean", "sd", "time")


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
    method: str = "IV",
    *,
    vi: ArrayLike | None = None,
    treatment: ArrayLike | None = None,
    events: ArrayLike | None = None,
    total: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
    time: ArrayLike | None = None,
    add: float = 0.5,
    to: str = "only0",
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
    treatment, events, total, mean, sd, time, add, to
        Shape (k,): arms in place of contrasts, as in `metaan.pairwise`.
    reference
        What others are printed against; the first in the alphabet when not given. It changes no other number.
    model
        ``"random"`` or ``"common"``: of what is printed first; both are fitted.
    tau2_method
        A key of `NETWORK_TAU2_METHODS`; one tau2 for all comparisons.
    measure
        The code of the measure: for contrasts of what ``yi`` is (default any effect), for arms what is computed.
    method
        A key of `NETWORK_METHODS`: of arms with ``events`` and ``total`` also ``"MH"``, ``"NCH"`` and ``"NCH-exact"``,
        which add nothing to empty cells and have common effects only (``model`` and tau2 are theirs).
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
    columns = {
        "studies": studies, "treatment1": treatment1, "treatment2": treatment2, "yi": yi, "sei": sei, "vi": vi,
        "treatment": treatment, "events": events, "total": total, "mean": mean, "sd": sd, "time": time,
    }  # fmt: skip
    rare = choose(NETWORK_METHODS, method, "method")
    if rare is not None:
        tables = _tables(by_name(data, columns), method, measure, tau2)
        found = rare(tables, part, tol_multiarm)
        return _network(found.fitted, "common", "OR", reference, level, None, method=method, labels=found.studies)
    c, code = read_network(columns, measure, add, to, data)
    fitted = fit_contrasts(c.part(part), tau2_method, tau2, tol_multiarm)
    return _network(fitted, model, code, reference, level, tau2_method, tau2_fixed=tau2 is not None)


def read_network(
    columns: Mapping[str, Any], measure: str | None, add: float, to: str, data: Any
) -> tuple[Contrasts, str]:
    """Read contrasts or arms, whichever is given, and say of what measure their effects are."""
    given = by_name(data, columns)
    _refuse_both(given)
    if given["treatment"] is None:
        found = _contrasts(given)
        choose(MEASURES, measure or "GEN", "measure")
        return found, measure or "GEN"
    arms = {name: given[name] for name in ("studies", "treatment", *OF_ARMS)}
    pairs = pairwise(measure=measure, add=add, to=to, **arms)
    return pairs.contrasts(), pairs.measure


def _network(
    fitted: Fitted, model: str, measure: str, reference: str | None, level: float, tau2_method: str | None, **more: Any
) -> Network:
    """Put a fit and what was asked for together."""
    names = fitted.contrasts.treatments
    fitted.model(model)
    chosen = names[0] if reference is None else names[place(names, reference, "reference")]
    return Network(model, measure, chosen, level, tau2_method, fitted, **more)


def _tables(given: dict[str, Any], method: str, measure: str | None, tau2: float | None) -> ArmColumns:
    """Read arms with events for a method of odds ratios."""
    _refuse_both(given)
    columns = {name: given[name] for name in OF_ARMS}
    found = [name for name, values in columns.items() if values is not None]
    if given["treatment"] is None or found != ["events", "total"]:
        raise UsageError(f"method {method!r} of {', '.join(found) or 'contrasts'}; allowed: arms, events and total")
    if measure not in (None, "OR") or tau2 is not None:
        raise UsageError(f"method {method!r} has common odds ratios; allowed: measure OR, and no tau2")
    arms = read_arms(given["studies"], given["treatment"], columns)[0]
    check_counts(arms, arms.data["events"], arms.data["total"])
    return arms


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


def _refuse_both(given: dict[str, Any]) -> None:
    """Refuse columns of contrasts beside arms, or the other way round."""
    arms = given["treatment"] is not None
    found = [name for name in (OF_CONTRASTS if arms else OF_ARMS) if given[name] is not None]
    if found:
        form = "arms (treatment=)" if arms else "contrasts (treatment1=, treatment2=)"
        raise UsageError(f"{', '.join(found)} beside {form}; allowed: contrasts or arms, not both")
