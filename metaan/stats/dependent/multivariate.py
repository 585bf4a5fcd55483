"""Several outcomes of each study side by side: one row a study, one column an outcome, as mixmeta takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError
from ..measures.effects import EffectSizes, FloatArray, labels
from ..regression.design import design_of
from ..regression.moderators import INTERCEPT
from .blocks import BlockCovariance
from .multilevel import multilevel
from .result import Multilevel

if TYPE_CHECKING:
    import pandas as pd


def multivariate(
    yi: ArrayLike,
    S: ArrayLike,
    outcomes: Sequence[str] | None = None,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    method: str = "REML",
    struct: str = "UN",
    rho: float = 0.0,
    ci_method: str = "wald",
    slab: Sequence[str] | None = None,
    level: float = 0.95,
) -> Multilevel:
    """Pool several outcomes of each study together.

    Parameters
    ----------
    yi
        Shape (studies, q): an outcome a column; None or nan where a study has none.
    S
        The sampling covariance of each study: shape (studies, q, q); (studies, q (q + 1) / 2), the lower triangle by
        columns (v11, v12, v22 of two outcomes); or variances, (studies, q).
    outcomes
        The q names.
    mods, data
        Moderators, one value a study; each outcome has a coefficient of each.
    method, ci_method, level
        As in `metaan.stats.dependent.multilevel.multilevel`.
    struct
        How true effects vary between studies: a key of `metaan.stats.dependent.structures.STRUCTURES`.
    rho
        The correlation of sampling errors of two outcomes where ``S`` holds variances.
    slab
        Labels of the studies.

    Returns
    -------
    Multilevel
        ``coefficients`` by outcome; ``g`` is the covariance between studies.

    Raises
    ------
    DataError
        Shapes do not go together, or a study with an outcome lacks its variance.

    Notes
    -----
    Jackson, Riley & White 2011; Gasparrini, Armstrong & Kenward 2012.

    Examples
    --------
    >>> yi = [[0.47, -0.32], [0.20, -0.60], [0.40, -0.12], [0.26, -0.31], [0.56, -0.39]]
    >>> S = [[75, 30, 77], [57, 9, 8], [21, 7, 14], [29, 9, 15], [148, 72, 304]]
    >>> fit = multivariate(yi, np.array(S) / 10000, ["depth", "attachment"])
    >>> fit.names, fit.coefficients.round(3).tolist()
    (('depth', 'attachment'), [0.353, -0.339])
    """
    y = np.array(yi, dtype=float)
    if y.ndim != 2:
        raise DataError(f"yi has shape {y.shape}; allowed: (studies, outcomes)")
    m, q = y.shape
    names = tuple(map(str, outcomes or [f"y{j}" for j in range(1, q + 1)]))
    if len(names) != q:
        raise DataError(f"{len(names)} names for {q} outcomes")
    sampling, studies = _covariances(S, m, q, rho), labels(slab, m)
    study, outcome = np.repeat(np.arange(m), q), np.tile(np.arange(q), m)
    variances = np.einsum("mii->mi", sampling)
    for i, j in np.argwhere(~np.isnan(y) & ~(variances > 0)).tolist():
        raise DataError(f"study {studies[i]!r}, {names[j]}: variance {variances[i, j]:g}; allowed: above 0")
    kept = np.isnan(y)
    vi = np.where(kept, np.nan, variances)
    es = EffectSizes.of(y.ravel(), vi.ravel(), [f"{studies[i]}, {names[j]}" for i, j in zip(study, outcome)])
    sampling = np.where(kept[:, :, None] | kept[:, None, :], np.where(np.eye(q, dtype=bool), 1.0, 0.0), sampling)
    v = BlockCovariance(study, (np.arange(m * q).reshape(m, q),), (sampling,))
    fit = multilevel(
        es, study, inner=outcome, struct=struct, method=method, ci_method=ci_method, V=v, level=level,
        mods=_columns(names, mods, data, m), intercept=False,
    )  # fmt: skip
    return replace(fit, inner=names)


def _covariances(s: ArrayLike, m: int, q: int, rho: float) -> FloatArray:
    """Return the sampling covariances, shape (m, q, q)."""
    given = np.array(s, dtype=float)
    if given.shape == (m, q, q):
        return given
    if given.shape == (m, q * (q + 1) // 2) and q > 1:
        columns, rows = np.triu_indices(q)
        found = np.empty((m, q, q))
        found[:, rows, columns] = found[:, columns, rows] = given
        return found
    if given.shape == (m, q):
        sd = np.sqrt(given)
        return np.asarray(sd[:, :, None] * sd[:, None, :] * (rho + (1.0 - rho) * np.eye(q)), dtype=float)
    raise DataError(f"S has shape {given.shape}; allowed: {(m, q, q)}, {(m, q * (q + 1) // 2)} or {(m, q)}")


def _columns(names: tuple[str, ...], mods: object, data: object, m: int) -> dict[str, FloatArray]:
    """Return a column for each outcome, and for each outcome and moderator."""
    design = design_of(mods, np.ones(m, dtype=bool), True, data)
    found = {}
    for j, name in enumerate(names):
        for column, values in zip(design.coding.names, design.x.T):
            whole = np.full(m, np.nan)
            whole[design.used] = values
            own = np.zeros((m, len(names)))
            own[:, j] = whole
            own[~design.used] = np.nan
            found[name if column == INTERCEPT else f"{name}:{column}"] = own.ravel()
    return found
