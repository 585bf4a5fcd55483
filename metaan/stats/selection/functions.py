"""Selection functions: how likely a study is seen, given its p-value.

All but steps are smooth: `LogWeight` returns the logarithm of the function with its first and second derivatives in
the parameters, and `SELECTION_FUNCTIONS` says what each may be. To add one, write the former and enter the latter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf as _erf
from scipy.special import expit, log_ndtr, ndtr, ndtri

from ..measures.effects import FloatArray

#: p-values nearer to 0 or 1 count as this where a function has no limit there (Citkowicz & Vevea 2017).
CENSORED = 1e-5


class PValues(NamedTuple):
    """p-values with their logarithms and those of 1 - p, exact in both tails."""

    p: FloatArray
    log: FloatArray
    log_rest: FloatArray

    @classmethod
    def of(cls, z: FloatArray, two_sided: bool, least: float) -> PValues:
        """Return the p-values of z, nowhere nearer to 0 or 1 than ``least``."""
        if two_sided:
            away = np.abs(z)
            with np.errstate(divide="ignore"):
                found = cls(2 * ndtr(-away), np.log(2.0) + log_ndtr(-away), np.log(_erf(away / np.sqrt(2.0))))
        else:
            found = cls(ndtr(-z), log_ndtr(-z), log_ndtr(z))
        if not least:
            return found
        inner, outer = np.log(least), np.log1p(-least)
        return cls(np.clip(found.p, least, 1 - least), np.clip(found.log, inner, outer),
                   np.clip(found.log_rest, inner, outer))  # fmt: skip


class LogWeights(NamedTuple):
    """The logarithm of a selection function: shape (...), its gradient (q, ...) and Hessian (q, q, ...)."""

    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray

    def less(self, other: LogWeights) -> LogWeights:
        """Return the difference: the function relative to its value elsewhere."""
        return LogWeights(
            self.value - other.value, self.gradient - other.gradient, self.hessian - other.hessian
        )  # fmt: skip

    def where(self, keep: NDArray[np.bool_]) -> LogWeights:
        """Return 0, a weight of 1, where ``keep`` is False."""
        return LogWeights(*(np.where(keep, part, 0.0) for part in self))


LogWeight = Callable[[PValues, FloatArray, FloatArray], LogWeights]
"""From p-values, the imprecision of their studies (largest 1; or 1) and the parameters."""


@dataclass(frozen=True, slots=True)
class SelectionFunction:
    """One entry of `SELECTION_FUNCTIONS`.

    Attributes
    ----------
    name
        In words.
    formula
        As it is written.
    log_weight
        None for steps, which are not smooth.
    null
        The parameters at which nothing is selected.
    start, lower
        Where the search begins beside ``null``; the smallest that each may be.
    least_p
        p-values nearer to 0 or 1 count as this.
    takes_steps
        Whether one step may be given, below which all are seen alike.
    takes_precision
        Whether selection may depend on precision too.
    """

    name: str
    formula: str
    log_weight: LogWeight | None
    null: tuple[float, ...]
    start: tuple[float, ...]
    lower: tuple[float, ...]
    least_p: float = 0.0
    takes_steps: bool = True
    takes_precision: bool = True


def z_of(p: FloatArray, two_sided: bool) -> FloatArray:
    """Return the z (not below 0 when two-sided) that has p-value p."""
    return np.asarray(-ndtri(0.5 * p if two_sided else p))


def _linear(value: FloatArray, delta: FloatArray) -> LogWeights:
    """A logarithm that is linear in its one parameter."""
    return LogWeights(delta[0] * value, value[None], np.zeros((1, 1, *value.shape)))


def _beta(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """Citkowicz & Vevea 2017."""
    gradient = np.stack(np.broadcast_arrays(p.log + 0 * prec, p.log_rest + 0 * prec))
    return LogWeights(
        (delta[0] - 1) * gradient[0] + (delta[1] - 1) * gradient[1], gradient, np.zeros((2, *gradient.shape))
    )


def _half_normal(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """Preston, Ashby & Smyth 2004."""
    return _linear(-prec * p.p * p.p, delta)


def _negative_exponential(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """Preston, Ashby & Smyth 2004."""
    return _linear(-prec * p.p, delta)


def _power(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """As metafor offers it beside those of Preston et al."""
    return _linear(prec * p.log_rest, delta)


def _logistic(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """Preston, Ashby & Smyth 2004."""
    x = prec * p.p
    u = delta[0] * x
    share = expit(u)
    return LogWeights(
        np.log(2.0) - np.logaddexp(0.0, u), (-x * share)[None], (-x * x * share * (1 - share))[None, None]
    )


def _negative_exponential_power(p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
    """Begg & Mazumdar 1994, with the power 1 / delta_2."""
    first, second = delta
    u = prec * np.exp(p.log / second)
    slope = u * p.log / second**2
    curve = -first * p.log * u * (p.log / second**4 + 2 / second**3)
    hessian = np.stack([np.stack([np.zeros_like(u), slope]), np.stack([slope, curve])])
    return LogWeights(-first * u, np.stack([-u, first * slope]), hessian)


SELECTION_FUNCTIONS: dict[str, SelectionFunction] = {
    "stepfun": SelectionFunction("step function", "delta_j where alpha_(j-1) < p <= alpha_j", None, (), (), ()),
    "truncated": SelectionFunction("truncated", "1 where y > c, else delta", None, (), (), ()),
    "beta": SelectionFunction(
        "beta", "p^(delta_1 - 1) (1 - p)^(delta_2 - 1)", _beta, (1.0, 1.0), (1.0, 3.0), (1e-5, 1e-5), CENSORED,
        takes_steps=False, takes_precision=False,
    ),
    "half-normal": SelectionFunction(
        "half-normal", "exp(-delta p^2)", _half_normal, (0.0,), (1.0,), (0.0,)
    ),
    "negative-exponential": SelectionFunction(
        "negative-exponential", "exp(-delta p)", _negative_exponential, (0.0,), (1.0,), (0.0,)
    ),
    "logistic": SelectionFunction(
        "logistic", "2 exp(-delta p) / (1 + exp(-delta p))", _logistic, (0.0,), (1.0,), (0.0,)
    ),
    "power": SelectionFunction("power", "(1 - p)^delta", _power, (0.0,), (1.0,), (0.0,), CENSORED),
    "negative-exponential-power": SelectionFunction(
        "negative-exponential power", "exp(-delta_1 p^(1 / delta_2))", _negative_exponential_power,
        (0.0, 1.0), (1.0, 1.0), (0.0, 1e-3),
    ),
}  # fmt: skip

#: Other names of the same.
SELECTION_ALIASES = {
    "step": "stepfun", "halfnorm": "half-normal", "negexp": "negative-exponential",
    "negexppow": "negative-exponential-power", "trunc": "truncated",
}  # fmt: skip
