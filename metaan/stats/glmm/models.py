"""Structures of generalised linear mixed models for counts: which likelihood, which fixed and which random effects.

UM models take both arms as they are, with study baselines that are fixed (FS) or random (RS); CM models condition on
the events of both arms together, exactly (EL: noncentral hypergeometric, for rates binomial) or approximately (AL).
Sources: Turner et al. 2000; Stijnen, Hamza & Ozdemir 2010; Hamza, van Houwelingen & Stijnen 2008 (proportions).
To add one: write a function from columns to `Structure` and enter it in `GLMM_MEASURES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..measures.effects import FloatArray
from ..measures.families import Columns
from .families import Binomial, GlmmFamily, NoncentralHypergeometric, Poisson
from .integral import log_marginal
from .newton import Objective

TWO_ARMS = np.array([0.5, -0.5])
ONE = np.ones(1)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """eta of arm j in study i = design_j beta + own_j alpha_i + sigma study_j z_i1 + tau effect_j z_i2.

    Attributes
    ----------
    family
        The counts.
    design
        Shape (J, p); the last coefficient is the mean effect.
    effect
        Shape (J,): how the random effect enters.
    own
        Shape (J,): how a fixed baseline of each study enters; None without.
    study
        Shape (J,): how a random baseline enters; None without.
    baselines
        Shape (k,): where the search for the baselines begins; None without.
    undefined
        Why the mean effect has no finite estimate; None where it has.
    """

    family: GlmmFamily
    design: FloatArray
    effect: FloatArray
    own: FloatArray | None = None
    study: FloatArray | None = None
    baselines: FloatArray | None = None
    undefined: str | None = None

    @property
    def start(self) -> FloatArray:
        """Shape (k,): the first guess of the studies' own parameters, 0 where they have none."""
        return np.zeros(self.family.k) if self.baselines is None else self.baselines

    @property
    def p(self) -> int:
        """The number of coefficients that studies share."""
        return int(self.design.shape[1])

    def objective(self, points: int, random: bool) -> Objective:
        """Return the k log-likelihoods as a function of (coefficients and standard deviations) and baselines."""
        columns = [c for c, wanted in ((self.study, True), (self.effect, random)) if c is not None and wanted]
        basis = np.stack(columns, axis=1) if columns else np.zeros((self.design.shape[0], 0))
        own = np.zeros(self.design.shape[0]) if self.own is None else self.own

        def log_likelihoods(shared: FloatArray, alpha: FloatArray) -> FloatArray:
            fixed = self.design @ shared[: self.p] + alpha[:, None] * own
            return log_marginal(self.family, fixed, basis * shared[self.p :], points)

        return log_likelihoods


def _arms(x: Columns, first: str, second: str) -> FloatArray:
    return np.stack([x[first], x[second]], axis=1)


def _tables(x: Columns) -> Binomial:
    events = _arms(x, "ai", "ci")
    return Binomial(events, events + _arms(x, "bi", "di"), np.zeros(2))


def _um_fs_odds_ratio(x: Columns) -> Structure:
    middle = np.log((x["ai"] + x["ci"] + 0.5) / (x["bi"] + x["di"] + 0.5))
    return Structure(_tables(x), TWO_ARMS[:, None], TWO_ARMS, np.ones(2), None, middle, one_way(x))


def _um_rs_odds_ratio(x: Columns) -> Structure:
    design = np.array([[1.0, 1.0], [1.0, 0.0]])
    return Structure(_tables(x), design, TWO_ARMS, study=np.ones(2), undefined=empty(x, ("ai", "bi", "ci", "di")))


def _cm_el_odds_ratio(x: Columns) -> Structure:
    family = NoncentralHypergeometric(x["ai"], x["ai"] + x["bi"], x["ci"] + x["di"], x["ai"] + x["ci"])
    return Structure(family, ONE[:, None], ONE, undefined=one_way(x))


def _cm_al_odds_ratio(x: Columns) -> Structure:
    offset = np.log((x["ai"] + x["bi"]) / (x["ci"] + x["di"]))
    family = Binomial(x["ai"][:, None], (x["ai"] + x["ci"])[:, None], offset[:, None])
    return Structure(family, ONE[:, None], ONE, undefined=empty(x, ("ai", "ci")))


def _um_fs_rate_ratio(x: Columns) -> Structure:
    middle = np.log((x["x1i"] + x["x2i"]) / (x["t1i"] + x["t2i"]))
    family = Poisson(_arms(x, "x1i", "x2i"), _arms(x, "t1i", "t2i"))
    return Structure(family, TWO_ARMS[:, None], TWO_ARMS, np.ones(2), None, middle, empty(x, ("x1i", "x2i")))


def _um_rs_rate_ratio(x: Columns) -> Structure:
    family = Poisson(_arms(x, "x1i", "x2i"), _arms(x, "t1i", "t2i"))
    design = np.array([[1.0, 1.0], [1.0, 0.0]])
    return Structure(family, design, TWO_ARMS, study=np.ones(2), undefined=empty(x, ("x1i", "x2i")))


def _cm_el_rate_ratio(x: Columns) -> Structure:
    offset = np.log(x["t1i"] / x["t2i"])
    family = Binomial(x["x1i"][:, None], (x["x1i"] + x["x2i"])[:, None], offset[:, None])
    return Structure(family, ONE[:, None], ONE, undefined=empty(x, ("x1i", "x2i")))


def _logit_normal(x: Columns) -> Structure:
    columns = {"xi": x["xi"], "mi": x["ni"] - x["xi"]}
    family = Binomial(x["xi"][:, None], x["ni"][:, None], np.zeros(1))
    return Structure(family, ONE[:, None], ONE, undefined=empty(columns, ("xi", "mi")))


def _poisson_normal(x: Columns) -> Structure:
    family = Poisson(x["xi"][:, None], x["ti"][:, None])
    return Structure(family, ONE[:, None], ONE, undefined=empty(x, ("xi",)))


def empty(x: Columns, names: tuple[str, ...]) -> str | None:
    """Say which of the columns are 0 in every study, in words; None where none is."""
    return " and ".join(EMPTY[name] for name in names if float(np.sum(x[name])) == 0) or None


def one_way(x: Columns) -> str | None:
    """Say why no finite odds ratio fits all tables: each has a zero cell, and all of them point the same way."""
    if np.any(x["ai"] * x["di"] > 0) and np.any(x["bi"] * x["ci"] > 0):
        return None
    return empty(x, ("ai", "bi", "ci", "di")) or "every study has a zero cell, and all of them point the same way"


EMPTY = {
    "ai": "the experimental arm has no events in any study",
    "bi": "the experimental arm has nobody without an event in any study",
    "ci": "the control arm has no events in any study",
    "di": "the control arm has nobody without an event in any study",
    "x1i": "the experimental arm has no events in any study",
    "x2i": "the control arm has no events in any study",
    "xi": "no study has an event",
    "mi": "no study has anybody without an event",
}

GLMM_MEASURES: dict[str, dict[str, Callable[[Columns], Structure]]] = {
    "OR": {
        "UM.FS": _um_fs_odds_ratio,
        "UM.RS": _um_rs_odds_ratio,
        "CM.EL": _cm_el_odds_ratio,
        "CM.AL": _cm_al_odds_ratio,
    },
    "IRR": {"UM.FS": _um_fs_rate_ratio, "UM.RS": _um_rs_rate_ratio, "CM.EL": _cm_el_rate_ratio},
    "PLO": {"UM.FS": _logit_normal},
    "IRLN": {"UM.FS": _poisson_normal},
}
