"""The Bayesian model of a pool that the protocol asks for; other priors and checks when they are first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..stats.bayes.bayes import bayes
from ..stats.bayes.checks import Check, predictive_checks
from ..stats.bayes.result import Bayes
from ..stats.bayes.sensitivity import PriorSensitivity, prior_sensitivity

if TYPE_CHECKING:
    from ..registry.model.public import BayesPlan
    from ..stats.pooling.result import Pooled


@dataclass(frozen=True, eq=False)
class Believed:
    """A Bayesian model of a pool, and what is looked at with it when it is first asked for.

    Attributes
    ----------
    fit
        The model under the protocol's priors.
    priors
        Further priors of tau; without them the usual ones.
    source
        Where the priors are from.
    """

    fit: Bayes
    priors: tuple[str, ...] = ()
    source: str | None = None

    @cached_property
    def others(self) -> PriorSensitivity:
        """The same studies under other priors."""
        return prior_sensitivity(self.fit, self.priors or None)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """What predictive checks say."""
        return predictive_checks(self.fit)


def believed(asked: BayesPlan, fit: Pooled) -> Believed:
    """Fit what the protocol's ``bayes:`` block asks for to the effects of a pooled result."""
    found = bayes(fit.effects, asked.tau_prior, asked.mu_prior, fit.level, asked.interval)
    return Believed(found, asked.priors, asked.source)
