"""Subgroups: each pooled on its own, and the test of the difference between them.

Randomised and non-randomised trials, adults and children: whatever divides the studies. With ``common_tau2`` the
subgroups share one tau2, that of a regression on the subgroup; otherwise each has its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ...errors import DataError, NotEstimableError, choose
from ..measures.effects import EffectSizes, column
from ..numerics.notebook import ShowsItself, html
from ..numerics.numerals import figures, p_text
from ..numerics.ties import distances
from ..pooling.pool import pool
from ..pooling.result import Pooled, effects_of, measure_of, shown
from .moderators import text_of

if TYPE_CHECKING:
    import pandas as pd


class Between(NamedTuple):
    """The test of the difference between groups: Cochran's Q of the pooled estimates, chi-squared with df."""

    q: float
    df: int
    pval: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return self._asdict()

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        import pandas as pd

        return pd.DataFrame([self.to_dict()])

    def _repr_html_(self) -> str:
        return html(repr(self), {name: [value] for name, value in self.to_dict().items()})


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups(ShowsItself):
    """Pooled results by subgroup.

    Attributes
    ----------
    groups
        Subgroup to its pooled result under ``model``, in the order in which the subgroups appear.
    model, common_tau2
        What was asked for.
    between_common, between_random
        The test between the subgroups under either model; None where a subgroup's result has no standard error.
    within_q, within_df, within_pval
        Heterogeneity left inside the subgroups: the sum of their Q.
    tau2, tau2_se
        The shared tau2 with its standard error; None where each subgroup has its own.
    overall
        All studies of all subgroups pooled, the subgroups ignored.
    """

    groups: Mapping[str, Pooled]
    model: str
    common_tau2: bool
    between_common: Between | None
    between_random: Between | None
    within_q: float
    within_df: int
    within_pval: float
    tau2: float | None
    tau2_se: float | None
    overall: Pooled

    @property
    def between(self) -> Between | None:
        """The test between the subgroups under ``model``, if there is one."""
        return self.between_common if self.model == "common" else self.between_random

    @property
    def q_between(self) -> float | None:
        """Q between the subgroups under ``model``."""
        return self.between and self.between.q

    @property
    def df(self) -> int | None:
        """Degrees of freedom of ``q_between``: subgroups less one."""
        return self.between and self.between.df

    @property
    def pval(self) -> float | None:
        """P-value of ``q_between``."""
        return self.between and self.between.pval

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "model": self.model,
            "common_tau2": self.common_tau2,
            "groups": {name: fit.to_dict() for name, fit in self.groups.items()},
            "between_common": self.between_common and self.between_common.to_dict(),
            "between_random": self.between_random and self.between_random.to_dict(),
            "within": {"q": self.within_q, "df": self.within_df, "pval": self.within_pval},
            "tau2": self.tau2,
            "tau2_se": self.tau2_se,
            "overall": self.overall.to_dict(),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a subgroup: k, estimate, se, bounds of ci and pi, tau2, i2, q, q_pval."""
        import pandas as pd

        return pd.DataFrame([{"group": name} | _row(fit) for name, fit in self.groups.items()])

    def __repr__(self) -> str:
        how = f"{self.model} effects, {'one tau2' if self.common_tau2 else 'a tau2 each'}{measure_of(self.overall)}"
        lines, width = [f"Subgroups ({how})"], max(map(len, self.groups))
        lines += [f"  {name:<{width}}  k = {fit.k:<3d} {shown(fit)}" for name, fit in self.groups.items()]
        test = "a subgroup has no standard error, so there is no test"
        if self.between is not None:
            test = f"Q = {figures(self.between.q)}, df = {self.between.df}, {p_text(self.between.pval)}"
        return "\n".join([*lines, f"  between: {test}"])


def subgroups(
    es: EffectSizes | Pooled,
    by: Sequence[Hashable] | ArrayLike,
    common_tau2: bool = False,
    *,
    model: str = "random",
    tau2_method: str = "DL",
    ci_method: str = "wald",
    pi_method: str = "t(k-1)",
    level: float = 0.95,
) -> Subgroups:
    """Pool each subgroup, and test whether the subgroups differ.

    Parameters
    ----------
    es
        Effect sizes, or a pooled result for its effect sizes; studies without one are left out.
    by
        Shape (k,): the subgroup of each study of ``es``.
    common_tau2
        True: one tau2 for all subgroups, estimated by a regression on the subgroup, as in metafor's ``mods = ~ factor``
        and meta's ``tau.common``. A subgroup of one study then has an interval that knows of heterogeneity.
    model, tau2_method, ci_method, pi_method, level
        As in `metaan.stats.pooling.pool.pool`; ``model`` says which one ``groups`` and ``between`` show.

    Raises
    ------
    DataError
        ``by`` has another length than ``es``, or a study with an effect size has no subgroup.
    NotEstimableError
        There is only one subgroup, or with ``common_tau2`` no subgroup has two studies.

    Notes
    -----
    Borenstein, Hedges, Higgins & Rothstein 2009, ch. 19.

    Examples
    --------
    >>> es = EffectSizes.of([0.1, 0.3, 0.8, 0.9], [0.04, 0.05, 0.03, 0.05])
    >>> found = subgroups(es, ["a", "a", "b", "b"])
    >>> [(name, round(fit.estimate, 4)) for name, fit in found.groups.items()], round(found.pval, 4)
    ([('a', 0.1889), ('b', 0.8375)], 0.0014)
    """
    es = effects_of(es)
    parts = _split(es, by)
    options = {"tau2_method": tau2_method, "ci_method": ci_method, "pi_method": pi_method, "level": level}
    tau2, tau2_se = _shared_tau2(parts, tau2_method) if common_tau2 else (None, None)
    fits = {
        name: {
            "common": pool(part, "common", **dict[str, Any](options)),
            "random": pool(part, "random", tau2=tau2, **dict[str, Any](options)),
        }
        for name, part in parts.items()
    }
    choose(dict.fromkeys(("common", "random")), model, "model")
    common, random = ([fit[m] for fit in fits.values()] for m in ("common", "random"))
    q, df = sum(fit.q for fit in common), sum(fit.k - 1 for fit in common)
    return Subgroups(
        groups=MappingProxyType({name: fit[model] for name, fit in fits.items()}),
        model=model,
        common_tau2=common_tau2,
        between_common=_between(common),
        between_random=_between(random),
        within_q=q,
        within_df=df,
        within_pval=float(chdtrc(df, q)) if df else 1.0,
        tau2=tau2,
        tau2_se=tau2_se,
        overall=pool(es, model, **dict[str, Any](options)),
    )


def _between(fits: Sequence[Pooled]) -> Between | None:
    ses = [fit.se for fit in fits if fit.se is not None]
    return between_groups([fit.estimate for fit in fits], ses) if len(ses) == len(fits) else None


def between_groups(estimates: ArrayLike, ses: ArrayLike) -> Between:
    """Test whether independent pooled estimates differ.

    Parameters
    ----------
    estimates, ses
        Shape (number of groups,): pooled estimates and their standard errors, analysis scale; of any pooling method.

    Returns
    -------
    Between
        ``q``, ``df`` and ``pval`` (Borenstein et al. 2009, eq. 19.18); unpacks as a tuple.

    Raises
    ------
    NotEstimableError
        Fewer than two groups.

    Examples
    --------
    >>> q, df, pval = between_groups([0.2, 0.8], [0.15, 0.14])
    >>> round(q, 4), df, round(pval, 4)
    (8.5511, 1, 0.0035)
    """
    effects, errors = column(estimates, "estimates"), column(ses, "ses")
    if effects.size < 2:
        raise NotEstimableError(f"{effects.size} subgroup; a test between subgroups needs at least 2")
    wi = 1.0 / (errors * errors)
    centred = distances(effects, float(wi @ effects) / float(wi.sum()))
    q, df = float(wi @ (centred * centred)), effects.size - 1
    return Between(q, df, float(chdtrc(df, q)))


def _split(es: EffectSizes, by: Sequence[Hashable] | ArrayLike) -> dict[str, EffectSizes]:
    """Return the studies of each subgroup that have an effect size, in the order of appearance."""
    labels = list(np.asarray(by, dtype=object).ravel())
    if len(labels) != len(es):
        raise DataError(f"by has {len(labels)} subgroups for {len(es)} studies; allowed: one a study")
    members: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        if es.reasons[i] is not None:
            continue
        if label is None or label != label:
            raise DataError(f"study {es.slab[i]!r} has no subgroup; give it one, or leave the study out")
        members.setdefault(text_of(label), []).append(i)
    if len(members) < 2:
        raise NotEstimableError(f"{len(members)} subgroup with studies; at least 2 are needed")
    return {name: es.take(at) for name, at in members.items()}


def _shared_tau2(parts: Mapping[str, EffectSizes], tau2_method: str) -> tuple[float, float | None]:
    """Return the tau2 of a regression on the subgroups."""
    from .linear import Linear
    from .tau2 import REGRESSION_TAU2_METHODS

    sizes = [part.k for part in parts.values()]
    if max(sizes) < 2:
        raise NotEstimableError("common_tau2: every subgroup has one study, so nothing is left to estimate tau2 from")
    m = Linear(
        np.concatenate([part.yi for part in parts.values()]),
        np.concatenate([part.vi for part in parts.values()]),
        np.repeat(np.eye(len(sizes)), sizes, axis=0),
    )
    return choose(REGRESSION_TAU2_METHODS, tau2_method, "tau2_method")(m)


def _row(fit: Pooled) -> dict[str, Any]:
    pi = (None, None) if fit.pi is None else fit.pi
    ci = (None, None) if fit.ci is None else fit.ci
    return {
        "k": fit.k, "estimate": fit.estimate, "se": fit.se, "ci_lb": ci[0], "ci_ub": ci[1],
        "pi_lb": pi[0], "pi_ub": pi[1], "tau2": fit.tau2, "i2": fit.i2, "q": fit.q, "q_pval": fit.q_pval,
    }  # fmt: skip
