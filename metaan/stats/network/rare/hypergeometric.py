"""The conditional likelihood of a network: tables given how many events each study had; common effects.

Stijnen, Hamza & Ozdemir 2010: no odds of a study are estimated, and no cell is added to. To add a law of the events: a
function from a table and log odds to log-probability, mean and covariance, and an entry in `CONDITIONAL_LAWS`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, gammaln, logit

from ....errors import ConvergenceError, NotEstimableError
from ...measures.effects import FloatArray
from ..contrasts import Codes
from .tables import ArmDesign, codes_in

MAX_STEPS = 100

#: A log odds ratio beyond which an estimate is on its way to infinity.
FARTHEST = 25.0


Law = Callable[[FloatArray, FloatArray, FloatArray], tuple[float, FloatArray, FloatArray]]
Table = tuple[Codes, FloatArray, FloatArray]
Sums = tuple[float, FloatArray, FloatArray]


def maximise(designs: list[ArmDesign], treatments: tuple[str, ...], law: Law) -> tuple[FloatArray, FloatArray, float]:
    """Return log odds against the first treatment (which is 0), their covariance, and the log-likelihood, by Newton."""
    n = len(treatments)
    tables = [(codes_in(d, treatments), *pair) for d in designs for pair in zip(d.events, d.others)]
    theta = np.zeros(n)
    now = _sums(tables, theta, law)
    for _ in range(MAX_STEPS):
        step = np.zeros(n)
        step[1:] = _solved(now[2][1:, 1:], now[1][1:])
        theta, now = _uphill(tables, theta, step, now, law)
        if np.abs(theta).max() > FARTHEST:
            at = int(np.abs(theta).argmax())
            raise NotEstimableError(f"the odds of {treatments[at]} have no finite maximum: events in all or none")
        if np.abs(step).max() <= 1e-10 * (1.0 + np.abs(theta).max()):
            vcov = np.zeros((n, n))
            vcov[1:, 1:] = np.linalg.inv(now[2][1:, 1:])
            return theta, vcov, now[0]
    raise ConvergenceError(f"the hypergeometric likelihood did not settle in {MAX_STEPS} steps")


def _solved(information: FloatArray, score: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(information, score))
    except np.linalg.LinAlgError:
        raise NotEstimableError("a comparison has no information: its odds ratio has no finite maximum") from None


def _uphill(tables: list[Table], theta: FloatArray, step: FloatArray, now: Sums, law: Law) -> tuple[FloatArray, Sums]:
    """Take a step, or half of it until the likelihood does not fall; it is concave, so this ends."""
    for _ in range(40):
        then = _sums(tables, theta + step, law)
        if then[0] >= now[0] - 1e-10 * (1.0 + abs(now[0])):
            return theta + step, then
        step = 0.5 * step
    return theta, now


def _sums(tables: list[Table], theta: FloatArray, law: Law) -> Sums:
    """Return the log-likelihood, its gradient and its information."""
    n, total = theta.size, 0.0
    score, information = np.zeros(n), np.zeros((n, n))
    for at, events, others in tables:
        ll, mean, covariance = law(events, others, theta[at])
        total += ll
        score[at] += events - mean
        information[np.ix_(at, at)] += covariance
    return total, score, information


def multinomial(events: FloatArray, others: FloatArray, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Breslow's approximation for rare events: an event falls on an arm in proportion to its people times odds."""
    t, odds = float(events.sum()), (events + others) * np.exp(theta - theta.max())
    p = odds / odds.sum()
    return float(events @ np.log(p)), t * p, t * (np.diag(p) - np.outer(p, p))


def hypergeometric(events: FloatArray, others: FloatArray, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the log-probability of a table given its number of events, and mean and covariance of its arms' events.

    Each arm is binomial with odds that are ``theta`` apart; a common shift of all odds drops out, and the one at which
    as many events are expected as there are keeps every number near 1. Sums of arms are convolutions.
    """
    n, t = events + others, int(events.sum())
    shift = brentq(lambda s: float(n @ expit(theta + s)) - t, *_bracket(n, t, theta), xtol=1e-12)
    laws = [_binomial(round(float(size)), p)[: t + 1] for size, p in zip(n, expit(theta + shift))]
    whole = _convolved(laws, t)[t]
    ll = float(np.log([law[int(x)] for law, x in zip(laws, events)]).sum() - np.log(whole))
    weighted = [law * np.arange(law.size) for law in laws]
    squared = [w * np.arange(w.size) for w in weighted]
    mean = np.array([_with(laws, {i: w}, t) for i, w in enumerate(weighted)]) / whole
    cross = np.diag([_with(laws, {i: w}, t) for i, w in enumerate(squared)]) / whole
    for i, j in combinations(range(len(laws)), 2):
        cross[i, j] = cross[j, i] = _with(laws, {i: weighted[i], j: weighted[j]}, t) / whole
    return ll, mean, cross - np.outer(mean, mean)


def _bracket(n: FloatArray, t: int, theta: FloatArray) -> tuple[float, float]:
    middle, reach = float(logit(t / n.sum())), float(np.abs(theta).max()) + 1.0
    return middle - reach, middle + reach


def _binomial(n: int, p: float) -> FloatArray:
    x = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return np.asarray(np.exp(ways + x * np.log(p) + (n - x) * np.log1p(-p)))


def _convolved(laws: list[FloatArray], t: int) -> FloatArray:
    out = laws[0]
    for law in laws[1:]:
        out = np.convolve(out, law)[: t + 1]
    return out


def _with(laws: list[FloatArray], changed: dict[int, FloatArray], t: int) -> float:
    """Return the coefficient of t events when some arms have other weights; the last arm is met, not convolved."""
    use = [changed.get(i, law) for i, law in enumerate(laws)]
    head, last = _convolved(use[:-1], t), use[-1]
    lo = max(0, t - head.size + 1)
    x = np.arange(lo, min(last.size - 1, t) + 1)
    return float(last[x] @ head[t - x])


CONDITIONAL_LAWS: dict[str, Law] = {"NCH": multinomial, "NCH-exact": hypergeometric}
