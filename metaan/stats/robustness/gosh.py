"""GOSH: the pooled result of every subset of the studies, or of a seeded sample of them.

Olkin, Dahabreh & Trikalinos 2012. Subsets are pooled thousands at a time: a row of weights is a subset, 0 where a study
is not in it. To add an estimator of tau2, enter a function from a `Batch` to one tau2 a row in `GOSH_TAU2_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import ConvergenceError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray
from ..pooling.heterogeneity import Moments
from ..pooling.likelihood import maximise, upper_bound
from ..pooling.result import Pooled, effects_of
from .gosh_result import Gosh, Mask

CELLS = 500_000
"""How many numbers a matrix of one batch holds."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some subsets of the same studies.

    Attributes
    ----------
    yi, vi
        Shape (k,).
    included
        Shape (rows, k): 1 where the study is in the subset, else 0.
    """

    yi: FloatArray
    vi: FloatArray
    included: FloatArray

    @cached_property
    def k(self) -> FloatArray:
        """Shape (rows,): the size of each subset."""
        return np.asarray(self.included.sum(axis=1))

    def take(self, rows: Mask) -> Batch:
        """Return the rows where the mask is true."""
        return Batch(self.yi, self.vi, self.included[rows])

    def moments(self, row: int) -> Moments:
        """Return one subset for the methods that pool one at a time."""
        at = self.included[row] > 0
        return Moments.of(self.yi[at], self.vi[at])

    def at(self, tau2: FloatArray) -> Weights:
        """Pool each subset with weights 1 / (vi + tau2), tau2 of shape (rows,)."""
        wi = self.included / (self.vi + tau2[:, None])
        total = wi.sum(axis=1)
        mean = (wi @ self.yi) / total
        return Weights(wi, total, mean, wi * (self.yi - mean[:, None]))


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights, their sum, the mean, and weights times residuals of each subset of a batch."""

    wi: FloatArray
    total: FloatArray
    mean: FloatArray
    weighted: FloatArray

    def q(self, yi: FloatArray) -> FloatArray:
        """Return the generalised Q of each subset."""
        return np.asarray((self.weighted * (yi - self.mean[:, None])).sum(axis=1))

    @property
    def trace(self) -> FloatArray:
        """The trace of P: sum of weights less their squared sum over the sum."""
        return np.asarray(self.total - (self.wi**2).sum(axis=1) / self.total)


def gosh(
    es: EffectSizes | Pooled,
    model: str = "random",
    tau2_method: str = "DL",
    *,
    subsets: int = 1_000_000,
    seed: int = 20120,
) -> Gosh:
    """Pool every subset of the studies, or a seeded sample of the subsets.

    Parameters
    ----------
    es
        Effect sizes, or a pooled result for its effect sizes; studies without one are left out.
    model
        ``"common"`` or ``"random"``.
    tau2_method
        A key of `GOSH_TAU2_METHODS`.
    subsets
        How many to look at. Where there are no more than that, all are, small ones first; else each is drawn from all
        subsets with equal probability.
    seed
        Of the sample; the same seed gives the same subsets.

    Raises
    ------
    NotEstimableError
        No study has an effect size.
    UsageError
        An unknown model or method, or ``subsets`` below 1.

    Examples
    --------
    >>> found = gosh(EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03]))
    >>> len(found), found.estimate.round(3).tolist()
    (7, [0.1, 0.3, 0.8, 0.189, 0.457, 0.57, 0.412])
    """
    choose({"common": 0, "random": 0}, model, "model")
    estimator = choose(GOSH_TAU2_METHODS, tau2_method, "tau2_method") if model == "random" else _no_heterogeneity
    if subsets < 1:
        raise UsageError(f"subsets = {subsets}; allowed: 1 or more")
    used = effects_of(es).complete
    if used.k == 0:
        raise NotEstimableError("no study has an effect size")
    complete = used.k < 63 and 2**used.k - 1 <= subsets
    included = _all_subsets(used.k) if complete else _sample(used.k, subsets, seed)
    parts = [_pool(batch, estimator, model) for batch in _batches(used, included)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Gosh(
        slab=used.slab, included=included, k=included.sum(axis=1), model=model,
        tau2_method=tau2_method if model == "random" else None, complete=complete,
        seed=None if complete else seed, effects=used, **columns,
    )  # fmt: skip


def _all_subsets(k: int) -> Mask:
    """Return all subsets but the empty one: by size, and within it by their binary number."""
    numbers = np.arange(1, 2**k, dtype=np.int64)
    bits = (numbers[:, None] >> np.arange(k)) & 1
    return bits[np.argsort(bits.sum(axis=1), kind="stable")].astype(bool)


def _sample(k: int, subsets: int, seed: int) -> Mask:
    random = np.random.default_rng(seed)
    drawn = random.random((subsets, k)) < 0.5
    while not (full := drawn.any(axis=1)).all():
        drawn[~full] = random.random((int((~full).sum()), k)) < 0.5
    return drawn


def _batches(es: EffectSizes, included: Mask) -> Iterator[Batch]:
    rows = max(1, CELLS // es.k)
    for start in range(0, len(included), rows):
        yield Batch(es.yi, es.vi, included[start : start + rows].astype(float))


def _pool(batch: Batch, estimator: Callable[[Batch], FloatArray], model: str) -> dict[str, FloatArray]:
    """Pool each subset; of a single study nothing is estimated."""
    several = batch.k > 1
    tau2 = np.zeros(len(several))
    if several.any():
        tau2[several] = estimator(batch.take(several))
    start = batch.at(np.zeros(len(several)))
    q, df = start.q(batch.yi), np.maximum(batch.k - 1, 1)
    if model == "common":
        h2 = np.where(several, q / df, 1.0)
        i2 = 100 * np.maximum(0.0, 1 - 1 / np.where(h2 > 0, h2, 1.0))
    else:
        typical = df / np.where(several, start.trace, 1.0)
        h2, i2 = tau2 / typical + 1, 100 * tau2 / (tau2 + typical)
    return {"estimate": batch.at(tau2).mean, "tau2": tau2, "i2": i2, "h2": h2, "q": np.where(several, q, 0.0)}


def _no_heterogeneity(batch: Batch) -> FloatArray:
    return np.zeros(len(batch.included))


def dersimonian_laird(batch: Batch) -> FloatArray:
    """DerSimonian & Laird 1986."""
    start = batch.at(_no_heterogeneity(batch))
    return np.asarray(np.maximum(0.0, (start.q(batch.yi) - (batch.k - 1)) / start.trace))


def hedges(batch: Batch) -> FloatArray:
    """Hedges & Olkin 1985."""
    mean = (batch.included @ batch.yi) / batch.k
    squares = (batch.included * (batch.yi - mean[:, None]) ** 2).sum(axis=1)
    return np.asarray(np.maximum(0.0, squares / (batch.k - 1) - (batch.included @ batch.vi) / batch.k))


def paule_mandel(batch: Batch) -> FloatArray:
    """Paule & Mandel 1982, by Newton's method from 0, which never steps too far."""
    tau2: FloatArray = _no_heterogeneity(batch)
    for _ in range(1000):
        fit = batch.at(tau2)
        excess = np.maximum(0.0, fit.q(batch.yi) - (batch.k - 1))
        step = excess / np.maximum((fit.weighted**2).sum(axis=1), np.finfo(float).tiny)
        tau2 = np.add(tau2, step)
        if (step <= 1e-14 * tau2).all():
            return tau2
    raise ConvergenceError(f"Paule-Mandel: no convergence in 1000 steps, last step {step.max():g}")


def restricted_maximum_likelihood(batch: Batch) -> FloatArray:
    """Restricted maximum likelihood."""
    return _likelihood(batch, restricted=True)


def maximum_likelihood(batch: Batch) -> FloatArray:
    """Maximum likelihood."""
    return _likelihood(batch, restricted=False)


def _likelihood(batch: Batch, restricted: bool) -> FloatArray:
    """Find the one change of sign of the score; subsets with several go one by one to the method of a single pool."""
    grid = _grid(batch)
    signs = np.array([_score(batch, np.full(len(batch.included), t), restricted) > 0 for t in grid])
    falls = signs[:-1] & ~signs[1:]
    tops = falls.sum(axis=0) + ~signs[0]
    tau2 = _no_heterogeneity(batch)
    one = (tops == 1) & signs[0]
    if one.any():
        at = falls[:, one].argmax(axis=0)
        tau2[one] = _root(batch.take(one), grid[at], grid[at + 1], restricted)
    for row in np.flatnonzero(tops > 1).tolist():
        tau2[row] = maximise(batch.moments(row), restricted)
    return tau2


def _grid(batch: Batch) -> FloatArray:
    """Return 0 and powers of 3 up to a tau2 beyond which the score is negative in every subset.

    No subset has a larger unweighted variance than the two extreme effects, nor a wider range of variances than all.
    """
    lowest = float(batch.vi.min())
    extremes = Moments.of(*(np.array([values.min(), values.max()]) for values in (batch.yi, batch.vi)))
    steps = int(np.ceil(np.log(max(1.0, 4 * upper_bound(extremes, restricted=True) / lowest)) / np.log(3.0)))
    return np.array([0.0, *(0.25 * lowest * 3.0**i for i in range(steps + 2))])


def _score(batch: Batch, tau2: FloatArray, restricted: bool) -> FloatArray:
    """Return y'PPy over its expectation, less 1: the sign of the score of tau2."""
    fit = batch.at(tau2)
    return np.asarray((fit.weighted**2).sum(axis=1) / (fit.trace if restricted else fit.total) - 1.0)


def _root(batch: Batch, low: FloatArray, high: FloatArray, restricted: bool) -> FloatArray:
    """False position with the Illinois rule on 1 - 1 / (score + 1), which is near linear in tau2."""
    low, high = low.copy(), high.copy()
    f_low, f_high = (_near_linear(batch, x, restricted) for x in (low, high))
    for _ in range(200):
        new = (low * f_high - high * f_low) / (f_high - f_low)
        new = np.where((new > low) & (new < high), new, 0.5 * (low + high))
        f_new = _near_linear(batch, new, restricted)
        up = f_new > 0
        done = (high - low <= 1e-14 * high) | (f_new == 0)
        if done.all():
            return new
        f_high, f_low = np.where(up, 0.5 * f_high, f_new), np.where(up, f_new, 0.5 * f_low)
        low, high = np.where(up, new, low), np.where(up, high, new)
    raise ConvergenceError(f"tau2: no root in 200 steps in {int((~done).sum())} subsets")


def _near_linear(batch: Batch, tau2: FloatArray, restricted: bool) -> FloatArray:
    return 1.0 - 1.0 / (_score(batch, tau2, restricted) + 1.0)


GOSH_TAU2_METHODS: dict[str, Callable[[Batch], FloatArray]] = {
    "DL": dersimonian_laird,
    "HE": hedges,
    "PM": paule_mandel,
    "ML": maximum_likelihood,
    "REML": restricted_maximum_likelihood,
}
