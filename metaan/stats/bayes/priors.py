"""Priors of tau, by name and parameters or as objects; and of the mean.

A family is a function from its parameters (or from the standard errors of the studies) to a `TauPrior`, and an entry in
`TAU_PRIORS`. What is integrable is normalised; what is not says so by its exponents, and a posterior from it is refused
where it would not be a distribution. Definitions: Roever (2020, section 2.2) and the papers that each function names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy

from ...errors import UsageError, did_you_mean
from ..measures.effects import FloatArray
from .quadrature import LogDensity, integrate

_LOG_2PI = math.log(2 * math.pi)
_FLAT_MEAN = ("flat", "uniform", "improper uniform")
_FAR = 35.0  # how many times e a density may fall before it is nothing


@dataclass(frozen=True, eq=False, repr=False)
class TauPrior:
    """A prior of tau, the standard deviation between studies.

    Attributes
    ----------
    text
        How it is written.
    log_density
        Its logarithm at tau of shape (n,), 0 included; normalised where ``proper``.
    head, tail
        It behaves as tau to the power ``head`` near 0 and as tau to the power ``-tail`` far away; inf: faster than any
        power.
    scale
        A tau in its middle, for where to look.
    upper
        Where it ends.
    source
        Where its numbers come from, "" for one that the user chose.
    spread
        How far log tau of a wide prior goes from that of ``scale`` before its exponents hold.
    """

    text: str
    log_density: LogDensity
    head: float
    tail: float
    scale: float
    upper: float = math.inf
    source: str = ""
    spread: float = 0.0

    @property
    def proper(self) -> bool:
        """True where it is a distribution."""
        return self.head > -1 and (self.tail > 1 or self.upper < math.inf)

    def pdf(self, tau: Any) -> Any:
        """Return its density, in the shape of ``tau``; 0 outside."""
        given = np.asarray(tau, dtype=float)
        t = given.ravel()
        inside = (t >= 0) & (t <= self.upper)
        found = np.zeros(t.size)
        found[inside] = np.exp(self.log_density(t[inside]))
        return float(found[0]) if given.ndim == 0 else found.reshape(given.shape)

    def __repr__(self) -> str:
        return f"TauPrior {self.text}{'' if self.proper else ', improper'}"


def span(prior: TauPrior, tail: float, scales: Sequence[float]) -> tuple[float, float]:
    """Return between which log tau a density is all that a float can tell from nothing.

    It has the head and the end of a prior, falls as tau to the power ``-tail``, and its middle lies among ``scales``.
    """
    head, upper, middle = prior.head, prior.upper, math.log(prior.scale)
    known = [*(math.log(s) for s in scales if 0 < s < math.inf), middle - prior.spread, middle + prior.spread]
    lo = min(known) - min(_FAR / min(1 + head, 1.0) + 5, 250.0)
    hi = max(known) + min(_FAR / min(tail - 1, 1.0) + 5, 250.0)
    lo, hi = max(lo, -340.0), min(hi, 340.0)
    return (min(lo, math.log(upper) - 40), math.log(upper)) if upper < math.inf else (lo, hi)


def half_normal(scale: float) -> TauPrior:
    """|N(0, scale^2)|."""
    constant = math.log(2 / scale) - 0.5 * _LOG_2PI
    return TauPrior("half-normal", lambda t: constant - 0.5 * (t / scale) ** 2, 0, math.inf, scale)


def half_t(scale: float, df: float) -> TauPrior:
    """|t| with ``df`` degrees of freedom, times ``scale``."""
    constant = math.log(2 / scale) + gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * math.log(df * math.pi)
    return TauPrior("half-t", lambda t: constant - 0.5 * (df + 1) * np.log1p((t / scale) ** 2 / df), 0, df + 1, scale)


def half_cauchy(scale: float) -> TauPrior:
    """|Cauchy| times ``scale`` (Gelman 2006)."""
    return half_t(scale, 1.0)


def half_logistic(scale: float) -> TauPrior:
    """|Logistic| times ``scale``."""
    constant = math.log(2 / scale)
    return TauPrior(
        "half-logistic", lambda t: constant - t / scale - 2 * np.log1p(np.exp(-t / scale)), 0, math.inf, scale
    )


def exponential(rate: float) -> TauPrior:
    """Exponential with this rate; its mean is 1 / rate."""
    return TauPrior("exponential", lambda t: math.log(rate) - rate * t, 0, math.inf, 1 / rate)


def rayleigh(scale: float) -> TauPrior:
    """Rayleigh: the length of two normal deviations."""
    return TauPrior(
        "Rayleigh", lambda t: xlogy(1.0, t) - 2 * math.log(scale) - 0.5 * (t / scale) ** 2, 1, math.inf, scale
    )


def lomax(scale: float, shape: float) -> TauPrior:
    """Lomax: shape / scale (1 + tau / scale)^-(shape + 1)."""
    constant = math.log(shape / scale)
    return TauPrior("Lomax", lambda t: constant - (shape + 1) * np.log1p(t / scale), 0, shape + 1, scale)


def uniform(lower: float | None = None, upper: float | None = None) -> TauPrior:
    """Uniform from 0 to ``upper``; without one, the improper flat prior."""
    end = lower if upper is None else upper
    if upper is not None and lower:
        raise UsageError(f"uniform from {lower:g}; allowed: uniform(0, upper), for tau begins at 0")
    if end is None:
        return TauPrior("uniform", _flat, 0, 0, 1.0)
    return TauPrior("uniform", lambda t: _flat(t) - math.log(end), 0, math.inf, end, upper=end)


def _flat(t: FloatArray) -> FloatArray:
    return np.zeros(t.shape)


def log_normal(mean: float, sd: float) -> TauPrior:
    """Log tau is normal; mean and sd are those of log tau."""
    return _of_log(lambda z: -0.5 * z * z - 0.5 * _LOG_2PI, mean, sd, 1, math.inf)


def log_normal_tau2(mean: float, sd: float) -> TauPrior:
    """Log tau2 is normal; mean and sd are those of log tau2 (Turner et al. 2015)."""
    return _of_log(lambda z: -0.5 * z * z - 0.5 * _LOG_2PI, mean, sd, 2, math.inf)


def log_t_tau2(mean: float, scale: float, df: float = 5.0) -> TauPrior:
    """Log tau2 is t with ``df`` degrees of freedom, shifted and scaled (Rhodes et al. 2015)."""
    constant = float(gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * math.log(df * math.pi))
    return _of_log(lambda z: constant - 0.5 * (df + 1) * np.log1p(z * z / df), mean, scale, 2, 1 + 1e-9)


def _of_log(log_kernel: LogDensity, mean: float, sd: float, power: int, tail: float) -> TauPrior:
    """Return the prior of tau where log(tau ** power) has a location-scale distribution."""

    def log_density(t: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            u = np.log(t)
        inside = np.isfinite(u)
        found = np.full_like(t, -math.inf)
        found[inside] = log_kernel((power * u[inside] - mean) / sd) - u[inside] + math.log(power / sd)
        return found

    head = math.inf if tail == math.inf else -1 + 1e-9
    return TauPrior("log", log_density, head, tail, math.exp(mean / power), spread=10 * sd / power)


def inverse_gamma(shape: float, scale: float) -> TauPrior:
    """Inverse gamma of tau itself (as RoBMA and metaBMA have it)."""
    return _inverse(1, shape, scale)


def inverse_gamma_tau2(shape: float, scale: float) -> TauPrior:
    """Inverse gamma of tau2 (as BUGS users had it)."""
    return _inverse(2, shape, scale)


def inverse_chi(df: float, scale: float) -> TauPrior:
    """Scale over a chi variable with ``df`` degrees of freedom."""
    return _inverse(2, df / 2, scale * scale / 2)


def _inverse(power: int, shape: float, scale: float) -> TauPrior:
    constant = shape * math.log(scale) - float(gammaln(shape)) + math.log(power)

    def log_density(t: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            found = constant - (power * shape + 1) * np.log(t) - scale / t**power
        return np.where(np.isnan(found), -math.inf, found)

    return TauPrior("inverse", log_density, math.inf, power * shape + 1, (scale / (shape + 1)) ** (1 / power))


def sqrt(_: FloatArray) -> TauPrior:
    """Uniform in the square root of tau; improper."""
    return TauPrior("sqrt", lambda t: _flat(t) - xlogy(0.5, t), -0.5, 0.5, 1.0)


def jeffreys(sei: FloatArray) -> TauPrior:
    """Jeffreys' prior of tau given the mean; improper (Bodnar et al. 2017)."""
    return TauPrior("Jeffreys", lambda t: _information_of_tau(t, sei), 1, 1, _typical(sei))


def overall_jeffreys(sei: FloatArray) -> TauPrior:
    """Jeffreys' prior of mean and tau together."""
    return TauPrior(
        "overallJeffreys",
        lambda t: _information_of_tau(t, sei) + 0.5 * np.log((1 / _total(t, sei)).sum(axis=1)),
        1, 2, _typical(sei),
    )  # fmt: skip


def berger_deely(sei: FloatArray) -> TauPrior:
    """The product of the studies' own Jeffreys priors to the power 1 / k; improper (Berger & Deely 1988)."""
    return TauPrior("BergerDeely", lambda t: xlogy(1.0, t) - np.log(_total(t, sei)).mean(axis=1), 1, 1, _typical(sei))


def conventional(sei: FloatArray) -> TauPrior:
    """The proper kin of Berger and Deely's prior (Berger & Deely 1988)."""
    return TauPrior(
        "conventional", lambda t: xlogy(1.0, t) - 1.5 * np.log(_total(t, sei)).mean(axis=1), 1, 2, _typical(sei)
    )


def dumouchel(sei: FloatArray) -> TauPrior:
    """s0 / (s0 + tau)^2, s0^2 the harmonic mean of the sampling variances (DuMouchel 1995)."""
    s0 = _typical(sei)
    return TauPrior("DuMouchel", lambda t: math.log(s0) - 2 * np.log(s0 + t), 0, 2, s0)


def shrinkage(sei: FloatArray) -> TauPrior:
    """Uniform in the shrinkage s0^2 / (s0^2 + tau^2), s0^2 as DuMouchel's (Daniels 1999)."""
    return _uniform_share("shrinkage", _typical(sei) ** 2)


def i2(sei: FloatArray) -> TauPrior:
    """Uniform in I2 = tau^2 / (tau^2 + s^2), s^2 the typical variance of Higgins and Thompson (2002)."""
    if sei.size < 2:
        raise UsageError("the prior 'I2' needs a typical variance of at least 2 studies; allowed: 'shrinkage'")
    w = 1 / sei**2
    return _uniform_share("I2", float((sei.size - 1) * w.sum() / (w.sum() ** 2 - (w * w).sum())))


def _uniform_share(text: str, s2: float) -> TauPrior:
    return TauPrior(text, lambda t: math.log(2 * s2) + xlogy(1.0, t) - 2 * np.log(s2 + t * t), 1, 3, math.sqrt(s2))


def _total(t: FloatArray, sei: FloatArray) -> FloatArray:
    """Shape (n, k), the variance of each study's effect for each tau."""
    return np.square(sei) + np.square(t)[:, None]


def _information_of_tau(t: FloatArray, sei: FloatArray) -> FloatArray:
    found: FloatArray = xlogy(1.0, t) + 0.5 * np.log((1 / np.square(_total(t, sei))).sum(axis=1))
    return found


def _typical(sei: FloatArray) -> float:
    return float(np.sqrt(sei.size / (1 / np.square(sei)).sum()))


def normalised(prior: TauPrior) -> TauPrior:
    """Return a prior that integrates to 1, where it can."""
    if not prior.proper:
        return prior
    lo, hi = span(prior, prior.tail, [])
    total = integrate(prior.log_density, lo, hi, 0).log_total
    return replace(prior, log_density=lambda t: prior.log_density(t) - total)


def unit_information(measure: str) -> float:
    """Return the standard deviation of one unit of information of a measure: what one person tells of it.

    Roever et al. (2021, Research Synthesis Methods 12:448); the values are those that RoBMA 4 documents ("Prior
    Distributions").
    """
    try:
        return UNIT_INFORMATION[measure]
    except KeyError:
        raise UsageError(
            f"no unit of information is known of {measure}; allowed: {', '.join(UNIT_INFORMATION)}, or a prior in the "
            "units of the effect, such as 'half-normal(0.5)'"
        ) from None


def mean_prior(given: Any, measure: str = "GEN") -> tuple[float, float]:
    """Return mean and standard deviation of a prior of the mean, inf for a flat one; from text, a pair or None."""
    if isinstance(given, str):
        found = re.fullmatch(r"\s*(?:normal|N)\s*\(([^,]+),([^,]+)\)\s*", given, re.IGNORECASE)
        if given.strip().casefold() == UNIT:
            return 0.0, 0.5 * unit_information(measure)
        flat = given.strip().casefold() in _FLAT_MEAN
        given = found.groups() if found else None if flat else given
    if given is None:
        return 0.0, math.inf
    try:
        mean, sd = map(float, given)
    except (TypeError, ValueError):
        mean, sd = math.nan, math.nan
    if not (math.isfinite(mean) and sd > 0 and sd > 1e-100):
        raise UsageError(
            f"mu_prior {given!r}; allowed: a finite mean and a standard deviation above 0, 'normal(0, 4)', None"
        )
    return mean if math.isfinite(sd) else 0.0, sd


def prior_of(given: object, sei: FloatArray, measure: str = "GEN") -> TauPrior:
    """Return a prior of tau from text, an object, or a function of tau.

    Parameters
    ----------
    given
        ``"half-normal(0.5)"``, ``"half-t(scale=0.5, df=4)"``, ``"Jeffreys"``: a key of `TAU_PRIORS` with its
        parameters; a `TauPrior`; a frozen distribution of scipy; a function from an array of tau to the density.
    sei
        Shape (k,), the standard errors, of which some priors are made.
    measure
        What the effects are, for ``"unit-information"``: half-normal with a quarter of its unit of information.

    Raises
    ------
    UsageError
        Text that names no prior, or parameters that it does not have.
    """
    if isinstance(given, TauPrior):
        return given
    if isinstance(given, str):
        if _folded(given) == _folded(UNIT):
            return _from_text(f"half-normal({0.25 * unit_information(measure):g})", sei)
        return _from_text(given, sei)
    if hasattr(given, "logpdf"):
        return _from_function(given.logpdf, str(getattr(getattr(given, "dist", None), "name", "given")), sei)
    if callable(given):
        return _from_function(lambda t: np.log(np.asarray(given(t), dtype=float)), "given", sei)
    raise UsageError(f"tau_prior {given!r} is no prior; allowed: text as 'half-normal(0.5)', a TauPrior, a function")


def _from_text(text: str, sei: FloatArray) -> TauPrior:
    found = re.fullmatch(r"\s*([^()]*?)\s*(?:\((.*)\))?\s*", text)
    names = {_folded(name): name for name in TAU_PRIORS}
    name = names.get(_folded(found[1])) if found else None
    if not found or name is None:
        raise UsageError(
            f"tau_prior {text!r} is unknown; {did_you_mean(found[1] if found else text, [*TAU_PRIORS, UNIT])}"
        )
    build = TAU_PRIORS[name]
    if name in OF_STANDARD_ERRORS:
        if found[2]:
            raise UsageError(f"tau_prior {text!r}: {name!r} has no parameters")
        prior = build(sei)
        return normalised(prior) if name in _NOT_NORMALISED else prior
    positional, named = _arguments(found[2] or "", name)
    shown = ", ".join([*(f"{x:g}" for x in positional), *(f"{key}={x:g}" for key, x in named.items())])
    return replace(build(*positional, **named), text=f"{name}({shown})" if shown else name)


def _arguments(inside: str, name: str) -> tuple[list[float], dict[str, float]]:
    """Return the parameters as written, or say what they have to be."""
    wanted = signature(TAU_PRIORS[name]).parameters
    allowed = f"allowed: {name}({', '.join(wanted)})"
    positional: list[float] = []
    named: dict[str, float] = {}
    for part in filter(None, map(str.strip, inside.split(","))):
        key, _, value = part.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            raise UsageError(f"tau_prior {name}: {part!r} is no number; {allowed}") from None
        if key.strip() not in ("", *wanted) or not (
            math.isfinite(number) and (number > 0 or _signed(name, positional))
        ):
            raise UsageError(f"tau_prior {name}: {part!r}; {allowed}, finite and above 0 but for a location")
        if key.strip():
            named[key.strip()] = number
        else:
            positional.append(number)
    try:
        signature(TAU_PRIORS[name]).bind(*positional, **named)
    except TypeError:
        raise UsageError(f"tau_prior {name}({inside}): the parameters do not fit; {allowed}") from None
    return positional, named


def _signed(name: str, before: list[float]) -> bool:
    """Return whether the parameter after these may be 0 or less."""
    return (name.startswith("log-") or name == "uniform") and not before


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _from_function(log_density: LogDensity, text: str, sei: FloatArray) -> TauPrior:
    """Return a prior of a function that we know nothing of: its exponents are measured, then it is normalised."""

    def guarded(t: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(log_density(t), dtype=float) + np.zeros_like(t)

    scale = _typical(sei)
    near, far = scale * np.array([1e-12, 1e-10]), scale * np.array([1e10, 1e12])
    head, tail = _exponent(guarded(near)), -_exponent(guarded(far))
    prior = TauPrior(
        text, guarded, math.inf if math.isnan(head) else head, math.inf if math.isnan(tail) else tail, scale
    )
    return normalised(prior)


def _exponent(logs: FloatArray) -> float:
    """Return the power of t between two points that lie a factor of 100 apart; nan where the density is 0 there."""
    with np.errstate(invalid="ignore"):
        return float(logs[1] - logs[0]) / math.log(100)


TAU_PRIORS: dict[str, Callable[..., TauPrior]] = {
    "half-normal": half_normal,
    "half-t": half_t,
    "half-Cauchy": half_cauchy,
    "half-logistic": half_logistic,
    "exponential": exponential,
    "Rayleigh": rayleigh,
    "Lomax": lomax,
    "uniform": uniform,
    "log-normal": log_normal,
    "log-normal-tau2": log_normal_tau2,
    "log-t-tau2": log_t_tau2,
    "inverse-gamma": inverse_gamma,
    "inverse-gamma-tau2": inverse_gamma_tau2,
    "inverse-chi": inverse_chi,
    "sqrt": sqrt,
    "Jeffreys": jeffreys,
    "overallJeffreys": overall_jeffreys,
    "BergerDeely": berger_deely,
    "conventional": conventional,
    "DuMouchel": dumouchel,
    "shrinkage": shrinkage,
    "I2": i2,
}

#: The word for a weakly informative prior in the units of the measure.
UNIT = "unit-information"

#: Measure to the standard deviation of its unit of information, on the analysis scale.
UNIT_INFORMATION = {"SMD": math.sqrt(2.0), "ZCOR": 1.0, "OR": 2.0, "RR": 2.0, "HR": 2.0, "IRR": 2.0}

#: Priors that are made of the standard errors and have no parameters of their own.
OF_STANDARD_ERRORS = frozenset(
    {"sqrt", "Jeffreys", "overallJeffreys", "BergerDeely", "conventional", "DuMouchel", "shrinkage", "I2"}
)
_NOT_NORMALISED = frozenset({"overallJeffreys", "conventional"})
