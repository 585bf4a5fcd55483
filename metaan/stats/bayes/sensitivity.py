"""The same studies under other priors: a row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import MetaanError
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from .bayes import bayes
from .priors import TauPrior
from .result import Bayes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PriorRow:
    """One prior: its name, the fit, or why there is none."""

    name: str
    fit: Bayes | None
    reason: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class PriorSensitivity(ShowsItself):
    """A fit and the same studies under other priors.

    Attributes
    ----------
    fit
        The fit that is looked at.
    rows
        The others, in order.
    """

    fit: Bayes
    rows: tuple[PriorRow, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        """The names of priors under which the interval of the mean lies on another side of no effect."""
        side = self.fit.mu.ci.side()
        return tuple(row.name for row in self.rows if row.fit is not None and row.fit.mu.ci.side() != side)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        rows = [
            {"name": row.name, "reason": row.reason, "fit": None if row.fit is None else row.fit.to_dict()}
            for row in self.rows
        ]
        return {"fit": self.fit.to_dict(), "rows": rows, "differs": list(self.differs)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a prior: mean and interval of mu, median of tau, or the reason."""
        import pandas as pd

        every = [PriorRow(_named(self.fit), self.fit), *self.rows]
        return pd.DataFrame([_columns(row) for row in every], index=[row.name for row in every])

    def __repr__(self) -> str:
        rows = [PriorRow(f"{_named(self.fit)} (given)", self.fit), *self.rows]
        return "\n".join([f"Bayes {self.fit.measure} under {len(rows)} priors", *(f"  {_line(row)}" for row in rows)])


def prior_sensitivity(fit: Bayes, priors: Sequence[Any] | None = None) -> PriorSensitivity:
    """Fit the same studies under other priors.

    Parameters
    ----------
    fit
        A result of `metaan.bayes` without moderators.
    priors
        Priors of tau as `metaan.bayes` takes them, or pairs ``(tau_prior, mu_prior)``; those of
        `PRIOR_ALTERNATIVES` when not given.

    Examples
    --------
    >>> import metaan as ma
    >>> fit = ma.bayes(ma.EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03]))
    >>> ma.prior_sensitivity(fit, ["half-Cauchy(0.5)"]).differs
    ()
    """
    fit.without_moderators("prior sensitivity")
    if priors is None:
        asked = [(name, *make(fit)) for name, make in PRIOR_ALTERNATIVES.items()]
    else:
        asked = [_asked(one, fit.mu_prior) for one in priors]
    return PriorSensitivity(fit, tuple(_row(fit, *one) for one in asked))


def _asked(one: Any, mu_prior: tuple[float, float] | None) -> tuple[str, Any, Any]:
    tau, mu = one if isinstance(one, tuple) else (one, mu_prior)
    text = tau.text if isinstance(tau, TauPrior) else str(tau)
    return (f"{text}, mean {_pair(mu)}" if isinstance(one, tuple) else text), tau, mu


def _row(fit: Bayes, name: str, tau: Any, mu: Any) -> PriorRow:
    try:
        return PriorRow(name, bayes(fit.effects, tau, mu, fit.level, fit.interval))
    except MetaanError as error:
        return PriorRow(name, None, error.reason)


def _named(fit: Bayes) -> str:
    return f"{fit.tau_prior.text}, mean {_pair(fit.mu_prior)}"


def _pair(mu: Any) -> str:
    return "flat" if mu is None else mu if isinstance(mu, str) else "normal({:g}, {:g})".format(*mu)


def _columns(row: PriorRow) -> dict[str, Any]:
    names = ("mu_mean", "mu_ci_lb", "mu_ci_ub", "tau_median", "tau_ci_ub", "reason")
    if (fit := row.fit) is None:
        return {**dict.fromkeys(names), "reason": row.reason}
    return dict(zip(names, (fit.mu.mean, *fit.mu.ci, fit.tau.median, fit.tau.ci.ub, None)))


def _line(row: PriorRow) -> str:
    if (fit := row.fit) is None:
        return f"{row.name}: none, {row.reason}"
    lb, ub = fit.mu.ci
    return (
        f"{row.name}: median {figures(fit.mu.median)} ({figures(lb)} to {figures(ub)}), tau {figures(fit.tau.median)}"
    )


def _scaled(factor: float) -> Callable[[Bayes], tuple[str, Any]]:
    return lambda fit: (f"half-normal({factor * _middle(fit):.12g})", fit.mu_prior)


def _tails(fit: Bayes) -> tuple[str, Any]:
    return f"half-Cauchy({_middle(fit):.12g})", fit.mu_prior


def _middle(fit: Bayes) -> float:
    """Return the middle of a proper prior of tau; an improper one has none, and the posterior's is taken."""
    return fit.tau_prior.scale if fit.tau_prior.proper else fit.tau.median


def _of_studies(name: str) -> Callable[[Bayes], tuple[str, Any]]:
    return lambda fit: (name, fit.mu_prior)


#: Name to the priors of tau and of the mean; scales are those of `_middle`.
PRIOR_ALTERNATIVES: dict[str, Callable[[Bayes], tuple[Any, Any]]] = {
    "half-normal, half the scale": _scaled(0.5),
    "half-normal, twice the scale": _scaled(2.0),
    "half-Cauchy, the same scale": _tails,
    "DuMouchel": _of_studies("DuMouchel"),
    "uniform": _of_studies("uniform"),
    "Jeffreys": _of_studies("Jeffreys"),
    "flat mean": lambda fit: (fit.tau_prior, None),
}
