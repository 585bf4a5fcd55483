"""What the normal-normal model with priors returns; every part is computed when it is first asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotEstimableError, UsageError, did_you_mean
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from ..regression.design import Coding
from .conditional import Given, Normal
from .distributions import Distribution, Mixture, Positive
from .posterior import existing_moments, log_density_at_zero, posterior_grid
from .priors import TauPrior
from .quadrature import TauGrid

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class JointPosterior:
    """Where a joint density is highest: tau, the mean (the first coefficient), all coefficients; analysis scale."""

    tau: float
    mu: float
    coefficients: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {"tau": self.tau, "mu": self.mu, "coefficients": self.coefficients.tolist()}


@dataclass(frozen=True, slots=True)
class BayesFactors:
    """Evidence for no effect and for no heterogeneity: above 1 the data favour it, below 1 they speak against it.

    Attributes
    ----------
    mu_zero
        Density of the data at mu = 0 over that of the model; None where the prior of mu is improper.
    tau_zero
        The same at tau = 0; None where the prior of tau is improper.
    mu_zero_minimum, tau_zero_minimum
        The least that any prior of mu, of tau, could make of them: against the best value in hindsight.
    """

    mu_zero: float | None
    tau_zero: float | None
    mu_zero_minimum: float | None
    tau_zero_minimum: float

    @property
    def reasons(self) -> dict[str, str]:
        """Why a factor does not exist: it would depend on the arbitrary height of an improper prior."""
        why = "an improper prior has no height, and the factor would depend on it"
        return {name: why for name in ("mu_zero", "tau_zero", "mu_zero_minimum") if getattr(self, name) is None}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        names = ("mu_zero", "tau_zero", "mu_zero_minimum", "tau_zero_minimum")
        return {**{name: getattr(self, name) for name in names}, "reasons": self.reasons}


@dataclass(frozen=True, slots=True)
class Benefit:
    """Probabilities of what the mean, or a new study's effect, does; each between 0 and 1.

    Attributes
    ----------
    benefit, harm
        On the good and on the bad side of no effect.
    important_benefit, important_harm
        Beyond the minimal important difference, on either side; None where none was given.
    trivial
        Between them.
    """

    benefit: float
    harm: float
    important_benefit: float | None
    important_harm: float | None
    trivial: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        names = ("benefit", "harm", "important_benefit", "important_harm", "trivial")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False, repr=False)
class Bayes(ShowsItself):
    """Posterior distributions of a normal-normal model, on the analysis scale.

    Attributes
    ----------
    effects, measure, excluded
        The studies in it, what they measure, and (label, reason) of those that are not.
    level, interval
        Coverage and kind of all intervals.
    tau_prior
        The prior of tau; ``mu_prior`` has that of the mean.
    names
        The coefficients: ``"intercept"`` alone where there are no moderators.
    map, ml
        Where the joint posterior, and the likelihood, of mean and tau is highest.
    notes
        What a reader must know of the priors.
    normal, grid, moments, coding
        The model given tau, the integrated posterior of tau, up to which power it has a mean, the coding of moderators.
    """

    effects: EffectSizes
    measure: str
    level: float
    interval: str
    tau_prior: TauPrior
    names: tuple[str, ...]
    normal: Normal
    grid: TauGrid
    moments: int
    excluded: tuple[tuple[str, str], ...]
    coding: Coding
    map: JointPosterior
    ml: JointPosterior
    notes: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """The number of studies."""
        return self.effects.k

    @property
    def mu_prior(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the prior of the mean (the first coefficient); None: flat."""
        mean, sd = float(self.normal.prior_mean[0]), float(self.normal.prior_sd[0])
        return (mean, sd) if math.isfinite(sd) else None

    @cached_property
    def tau(self) -> Positive:
        """The standard deviation between studies."""
        mean, sd = self._of_tau()
        return Positive(
            "tau", self.level, self.interval, mean, sd, self._reason(True),
            log_density=lambda t: self.normal.log_likelihood(t) + self.tau_prior.log_density(t),
            grid=self.grid, upper=self.tau_prior.upper,
        )  # fmt: skip

    @cached_property
    def mu(self) -> Mixture:
        """The mean of the studies' true effects; `NotEstimableError` with moderators."""
        self.without_moderators("mu")
        return self.coefficients["intercept"]

    @cached_property
    def prediction(self) -> Mixture:
        """The true effect of a new study; `NotEstimableError` with moderators."""
        self.without_moderators("prediction")
        return self._new_study(np.ones(1))

    @cached_property
    def coefficients(self) -> dict[str, Mixture]:
        """Each coefficient by its name."""
        shown = ("mu",) if self.names == ("intercept",) else self.names
        rows = zip(self.names, shown, np.eye(len(self.names)))
        return {name: self._combination(label, row) for name, label, row in rows}

    @cached_property
    def shrinkage(self) -> dict[str, Mixture]:
        """The true effect of each study by its label: its own result, drawn to the mean."""
        made = [self._mixture(label, *self._effect(i)) for i, label in enumerate(self.effects.slab)]
        return {f"{one.name} ({i + 1})" if self.effects.slab.count(one.name) > 1 else one.name: one
                for i, one in enumerate(made)}  # fmt: skip

    @cached_property
    def shrinkage_factors(self) -> FloatArray:
        """Shape (k,), how much of each study's own result is left in its true effect: 1 none drawn, 0 the mean's."""
        t2 = np.square(self.grid.t)[:, None]
        left: FloatArray = self.grid.mass @ (t2 / (self.normal.vi + t2))
        return left

    @cached_property
    def weights(self) -> FloatArray:
        """Shape (k,), percent: the posterior mean share of each study in the mean; a prior of the mean has the rest."""
        self.without_moderators("weights")
        w = 1 / (self.normal.vi + np.square(self.grid.t)[:, None])
        prior = 1 / float(self.normal.prior_sd[0]) ** 2
        shares: FloatArray = 100.0 * (self.grid.mass @ (w / (w.sum(axis=1)[:, None] + prior)))
        return shares

    @property
    def log_marginal_likelihood(self) -> float:
        """The logarithm of the density of the data; to compare with models that share its improper priors."""
        return self.grid.log_total

    @property
    def i2(self) -> float | None:
        """I2 at the posterior median of tau, percent; None for a single study."""
        w = 1 / self.normal.vi
        k = self.k
        spread = float(w.sum() ** 2 - (w * w).sum())
        if k < 2:
            return None
        t2 = self.tau.median**2
        return 100.0 * t2 / (t2 + (k - 1) * float(w.sum()) / spread)

    @cached_property
    def bayes_factor(self) -> BayesFactors:
        """Evidence for mu = 0 and for tau = 0."""
        self.without_moderators("bayes_factor")
        at_zero = float(self.normal.log_likelihood(np.zeros(1))[0])
        total = self.grid.log_total
        best = float(self.normal.log_likelihood(np.concatenate([[0.0], self.grid.t])).max())
        return BayesFactors(
            mu_zero=None if self.normal.flat else _ratio(log_density_at_zero(self.normal, self.tau_prior) - total),
            tau_zero=_ratio(at_zero - total) if self.tau_prior.proper else None,
            mu_zero_minimum=self._mu_is_zero_minimum(),
            tau_zero_minimum=_ratio(at_zero - best),
        )

    @property
    def bayes_factors(self) -> BayesFactors:
        """The same as ``bayes_factor``."""
        return self.bayes_factor

    def predict(self, new: Any, label: str = "prediction") -> tuple[Mixture, Mixture]:
        """Return the mean, and the true effect of a new study, at new values of the moderators (one row)."""
        rows = self.coding.rows(new)
        if len(rows) != 1:
            raise UsageError(f"{len(rows)} rows of moderators; allowed: one at a time")
        return self._combination(f"mean at {label}", rows[0]), self._new_study(rows[0])

    def probabilities(self, direction: str = "higher", mid: float | None = None, of: str = "mu") -> Benefit:
        """Return how probable benefit, important benefit, harm and important harm are.

        Parameters
        ----------
        direction
            ``"higher"`` or ``"lower"``: which side of no effect is good.
        mid
            The minimal important difference, above 0, on the analysis scale (the logarithm for ratios).
        of
            ``"mu"``, the mean of the studies, or ``"prediction"``, a new study.
        """
        if direction not in ("higher", "lower"):
            raise UsageError(f"direction {direction!r}; {did_you_mean(direction, ('higher', 'lower'))}")
        if of not in ("mu", "prediction"):
            raise UsageError(f"of {of!r}; {did_you_mean(of, ('mu', 'prediction'))}")
        if mid is not None and not 0 < mid < math.inf:
            raise UsageError(f"mid = {mid:g}; allowed: a finite number above 0, on the analysis scale")
        it: Distribution = self.mu if of == "mu" else self.prediction
        important = mid or 0.0
        below, above = it.probability(ub=0.0), it.probability(0.0)
        far_below, far_above = it.probability(ub=-important), it.probability(important)
        if direction == "higher":
            return _benefit(above, below, far_above, far_below, mid)
        return _benefit(below, above, far_below, far_above, mid)

    def display(self, x: float) -> float:
        """Return a number of the analysis scale on the display scale (exp for ratios)."""
        return scale_of(self.measure, self.effects.data).to_display(x)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, analysis scale."""
        alone = ("mu", "prediction", "bayes_factor") if self.names == ("intercept",) else ()
        mean = {name: getattr(self, name).to_dict() for name in alone}
        return {
            "k": self.k, "measure": self.measure, "level": self.level, "interval": self.interval,
            "tau_prior": self.tau_prior.text, "mu_prior": self.mu_prior,
            "tau": self.tau.to_dict(), **mean,
            "coefficients": {name: one.to_dict() for name, one in self.coefficients.items()},
            "map": self.map.to_dict(), "ml": self.ml.to_dict(), "i2": self.i2,
            "log_marginal_likelihood": self.log_marginal_likelihood,
            "excluded": [list(pair) for pair in self.excluded], "notes": list(self.notes),
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row for tau, each coefficient, a new study, and each study's true effect."""
        import pandas as pd

        alone = [self.prediction] if len(self.names) == 1 else []
        rows: list[Distribution] = [self.tau, *self.coefficients.values(), *alone, *self.shrinkage.values()]
        numbers = ("mean", "median", "mode", "sd")
        return pd.DataFrame(
            [{**{n: getattr(row, n) for n in numbers}, "ci_lb": row.ci.lb, "ci_ub": row.ci.ub} for row in rows],
            index=[row.name for row in rows],
        )

    def __repr__(self) -> str:
        flat = "flat" if self.mu_prior is None else "normal({:g}, {:g})".format(*self.mu_prior)
        head = f"Bayes {self.measure}, k = {self.k}, analysis scale; priors: tau {self.tau_prior.text}, mean {flat}"
        notes = [f"  note: {note}" for note in self.notes]
        if len(self.names) > 1:
            return "\n".join([head, f"  {self.tau!r}", *(f"  {one!r}" for one in self.coefficients.values()), *notes])
        factors = self.bayes_factor
        words = [
            f"{name} {figures(value)}"
            for name, value in (("mu = 0:", factors.mu_zero), ("tau = 0:", factors.tau_zero))
            if value is not None
        ]
        evidence = f"  Bayes factor for {', '.join(words)}" if words else "  no Bayes factors: improper priors"
        return "\n".join([head, *(f"  {one!r}" for one in (self.mu, self.tau, self.prediction)), evidence, *notes])

    def without_moderators(self, what: str) -> None:
        """Refuse what is of all studies alike where there are moderators."""
        if self.names != ("intercept",):
            raise NotEstimableError(
                f"with moderators there is no {what} of all studies", "use coefficients or predict(new)"
            )

    @cached_property
    def _given(self) -> Given:
        return self.normal.given(self.grid.t)

    def _of_tau(self) -> tuple[float | None, float | None]:
        mean = self.grid.moment(1) if self.moments >= 1 else None
        if self.moments < 2 or mean is None:
            return mean, None
        return mean, math.sqrt(float(self.grid.mass @ np.square(self.grid.t - mean)))

    def _reason(self, spreads: bool) -> str | None:
        """Say why there is no mean or no standard deviation of what spreads as tau does."""
        if not spreads or self.moments == 2:
            return None
        what = "standard deviation" if self.moments else "mean and standard deviation"
        return f"no {what}: the posterior of tau falls too slowly with k = {self.k} and this prior"

    def _combination(self, name: str, row: FloatArray) -> Mixture:
        """Return the posterior of a linear combination; its variance grows with tau where a flat prior is in it."""
        return self._mixture(name, *self.normal.linear(self._given, row), spreads=self.normal.flat > 0)

    def _new_study(self, row: FloatArray) -> Mixture:
        mean, variance = self.normal.linear(self._given, row)
        return self._mixture("prediction", mean, variance + np.square(self.grid.t))

    def _effect(self, i: int) -> tuple[FloatArray, FloatArray]:
        return self.normal.effect(i, self.grid.t, self._given)

    def _mixture(self, name: str, means: FloatArray, variances: FloatArray, spreads: bool = True) -> Mixture:
        mass = self.grid.mass
        mean = float(mass @ means) if self.moments or not spreads else None
        sd = None
        if mean is not None and (self.moments == 2 or not spreads):
            sd = math.sqrt(float(mass @ (variances + np.square(means - mean))))
        kept = mass > 1e-16
        share = mass[kept] / mass[kept].sum()
        return Mixture(
            name, self.level, self.interval, mean, sd, self._reason(spreads),
            mass=share, means=means[kept], sds=np.sqrt(variances[kept]),
        )  # fmt: skip

    def _mu_is_zero_minimum(self) -> float | None:
        """Return the least of mu = 0 against any mu: the ratio of two densities of a posterior under a flat prior."""
        if self.normal.flat:
            return float(self.mu.pdf(0.0)) / float(self.mu.pdf(self.mu.mode))
        normal = replace(self.normal, prior_mean=np.zeros(1), prior_sd=np.array([math.inf]))
        try:
            powers = existing_moments(normal, self.tau_prior)
        except NotEstimableError:
            return None
        flat = replace(self, normal=normal, moments=powers, grid=posterior_grid(normal, self.tau_prior, powers))
        return flat._mu_is_zero_minimum()


def _ratio(log_ratio: float) -> float:
    """Return a ratio of densities; what is too large for a float is the largest float."""
    return math.exp(min(log_ratio, 709.0))


def _benefit(good: float, bad: float, much_good: float, much_bad: float, mid: float | None) -> Benefit:
    if mid is None:
        return Benefit(good, bad, None, None, None)
    return Benefit(good, bad, much_good, much_bad, max(0.0, 1 - much_good - much_bad))
