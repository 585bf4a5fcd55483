"""Tests between and around meta-regressions: the likelihood ratio of nested fits, and permutation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from ...errors import UsageError
from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, fixed, p_text
from ..numerics.ties import ITERATED, above
from .ci import wald_test
from .fit import Options, moderators
from .linear import Linear
from .result import MetaRegression

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LikelihoodRatio(ShowsItself):
    """The likelihood-ratio test of a fit against one with fewer terms.

    Attributes
    ----------
    stat, df, pval
        Twice the difference of the log-likelihoods, chi-squared with the difference of the numbers of parameters.
    ll_full, ll_reduced, tau2_full, tau2_reduced
        Of both fits.
    r2
        Percent of the reduced fit's tau2 that the further terms explain, at least 0; None where that tau2 is 0.
    full, reduced
        The fits that were compared.
    """

    stat: float
    df: int
    pval: float
    ll_full: float
    ll_reduced: float
    tau2_full: float
    tau2_reduced: float
    r2: float | None
    full: MetaRegression
    reduced: MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; of the fits only the names of their coefficients."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {"full": list(self.full.names), "reduced": list(self.reduced.names)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row, without the fits."""
        import pandas as pd

        return pd.DataFrame([self.to_dict()]).drop(columns=["full", "reduced"])

    def __repr__(self) -> str:
        test = f"Likelihood ratio: chi2({self.df}) = {fixed(self.stat, 4)}, {p_text(self.pval)}"
        return f"{test}; tau2 {figures(self.tau2_full)} against {figures(self.tau2_reduced)}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PermutationTest(ShowsItself):
    """P-values from rearranging the moderators over the studies.

    Attributes
    ----------
    names, pval
        One value a coefficient: the share of arrangements whose statistic is as far from 0 as the observed one.
    qm_pval
        Of all moderators together.
    arrangements
        How many were looked at, the observed one among them.
    exact
        True where these are all there are.
    seed
        Of the random ones; None where exact.
    fit
        What was tested.
    """

    names: tuple[str, ...]
    pval: FloatArray
    qm_pval: float
    arrangements: int
    exact: bool
    seed: int | None
    fit: MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "names": list(self.names), "pval": self.pval.tolist(), "qm_pval": self.qm_pval,
            "arrangements": self.arrangements, "exact": self.exact, "seed": self.seed,
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row a coefficient, and last all moderators together: name, pval."""
        import pandas as pd

        return pd.DataFrame({"name": [*self.names, "all moderators"], "pval": [*self.pval.tolist(), self.qm_pval]})

    def __repr__(self) -> str:
        how = "all" if self.exact else "a sample of"
        rows = zip((*self.names, "all moderators"), (*self.pval, self.qm_pval))
        return "\n".join(
            [f"Permutation test ({how} {self.arrangements} arrangements)", *(f"  {n}: {p_text(p)}" for n, p in rows)]
        )


def likelihood_ratio_test(full: MetaRegression, reduced: MetaRegression) -> LikelihoodRatio:
    """Compare two nested fits to the same studies.

    Raises
    ------
    UsageError
        Other studies, other models, or ``reduced`` is not nested in ``full``; fits by REML with different moderators
        (their restricted likelihoods are of different data), or by an estimator that maximises no likelihood.

    Examples
    --------
    >>> from metaan.stats.measures.effects import EffectSizes
    >>> from metaan.stats.regression.fit_regression import meta_regression
    >>> es = EffectSizes.of([0.1, 0.3, 0.35, 0.65], [0.04, 0.05, 0.03, 0.05])
    >>> full = meta_regression(es, {"dose": [1, 2, 3, 4]}, tau2_method="ML")
    >>> test = likelihood_ratio_test(full, meta_regression(es, None, tau2_method="ML"))
    >>> round(test.stat, 4), test.df, round(test.pval, 4)
    (3.1059, 1, 0.078)
    """
    _check_nested(full, reduced)
    ll_full, ll_reduced = (fit.fit_statistics(restricted=False).ll for fit in (full, reduced))
    stat, df = max(0.0, 2 * (ll_full - ll_reduced)), full.p - reduced.p
    return LikelihoodRatio(
        stat=stat,
        df=df,
        pval=float(chdtrc(df, stat)),
        ll_full=ll_full,
        ll_reduced=ll_reduced,
        tau2_full=full.tau2,
        tau2_reduced=reduced.tau2,
        r2=100 * max(0.0, 1 - full.tau2 / reduced.tau2) if reduced.tau2 > 0 else None,
        full=full,
        reduced=reduced,
    )


def permutation_test(reg: MetaRegression, iterations: int = 1000, seed: int = 20210) -> PermutationTest:
    """Test the moderators by rearranging them over the studies (Higgins & Thompson 2004; Follmann & Proschan 1999).

    Parameters
    ----------
    reg
        A fit with moderators; without, the signs of the effects are changed instead.
    iterations
        How many arrangements to look at. Where there are no more than that, all are, and the p-values are exact.
    seed
        Of the random arrangements; the same seed gives the same p-values.

    Examples
    --------
    >>> from metaan.stats.measures.effects import EffectSizes
    >>> from metaan.stats.regression.fit_regression import meta_regression
    >>> es = EffectSizes.of([0.1, 0.3, 0.35, 0.65, 0.6], [0.04, 0.05, 0.03, 0.05, 0.04])
    >>> test = permutation_test(meta_regression(es, {"dose": [1, 2, 3, 4, 5]}))
    >>> test.exact, test.arrangements, round(test.qm_pval, 4)
    (True, 120, 0.0333)
    """
    if iterations < 1:
        raise UsageError(f"iterations = {iterations}; allowed: 1 or more")
    options = Options.of(reg)
    alone = reg.p == 1 and bool((reg.x == reg.x[0]).all())
    problems, exact = (_sign_changes if alone else _shuffles)(reg.linear, iterations, seed)
    found = np.abs([_statistics(problem, options, reg.names) for problem in problems])
    pval = (~above(found[0], found, ITERATED)).mean(axis=0)
    return PermutationTest(reg.names, pval[:-1], float(pval[-1]), len(found), exact, None if exact else seed, reg)


def _check_nested(full: MetaRegression, reduced: MetaRegression) -> None:
    if full.model != reduced.model or full.tau2_method != reduced.tau2_method:
        raise UsageError(f"models differ: {full.model} {full.tau2_method}, {reduced.model} {reduced.tau2_method}")
    if full.model == "random" and full.tau2_method != "ML":
        raise UsageError(f"a likelihood-ratio test of moderators needs tau2_method ML, not {full.tau2_method}")
    same = full.k == reduced.k and np.array_equal(full.effects.yi, reduced.effects.yi)
    if not same or not np.array_equal(full.effects.vi, reduced.effects.vi):
        raise UsageError(f"the fits are to different studies (k = {full.k} and {reduced.k})")
    mix = np.linalg.lstsq(full.x, reduced.x, rcond=None)[0]
    if full.p <= reduced.p or not np.allclose(full.x @ mix, reduced.x, rtol=1e-8, atol=1e-8):
        raise UsageError(f"{', '.join(reduced.names)} is not nested in {', '.join(full.names)}")


def _statistics(m: Linear, options: Options, names: tuple[str, ...]) -> FloatArray:
    """Return the statistics of the p coefficients and, last, of all moderators; infinite where nothing is left over."""
    found = options.solve(m)
    if found.no_spread is not None:
        return np.full(m.p + 1, np.inf)
    coefficients = found.fit.coefficients
    test = wald_test(names, coefficients, found.vcov, found.df, moderators(names))
    return np.append(coefficients / np.sqrt(np.diag(found.vcov)), test.stat)


def _shuffles(m: Linear, iterations: int, seed: int) -> tuple[Iterator[Linear], bool]:
    """Return problems with the rows of the design rearranged, the observed one first; and whether these are all."""
    _, first, kind = np.unique(m.x, axis=0, return_index=True, return_inverse=True)
    counts = Counter(kind.ravel().tolist())
    total = math.factorial(m.k) // math.prod(math.factorial(n) for n in counts.values())
    if total <= iterations:
        observed = tuple(kind.ravel().tolist())
        others = (a for a in _arrangements(counts, m.k) if a != observed)
        orders = (first[list(a)] for a in (observed, *others))
        return (Linear(m.yi, m.vi, m.x[rows]) for rows in orders), True
    return (Linear(m.yi, m.vi, m.x[rows]) for rows in _random_orders(m.k, iterations, seed)), False


def _random_orders(k: int, iterations: int, seed: int) -> Iterator[Rows]:
    yield np.arange(k)
    random = np.random.default_rng(seed)
    for _ in range(iterations - 1):
        yield random.permutation(k)


def _arrangements(counts: Counter[int], length: int) -> Iterator[tuple[int, ...]]:
    """Yield each different arrangement of a multiset."""
    if length == 0:
        yield ()
        return
    for kind in [kind for kind, n in counts.items() if n > 0]:
        counts[kind] -= 1
        for rest in _arrangements(counts, length - 1):
            yield (kind, *rest)
        counts[kind] += 1


def _sign_changes(m: Linear, iterations: int, seed: int) -> tuple[Iterator[Linear], bool]:
    """Return problems with the signs of the effects changed, the observed one first; and whether these are all."""
    if m.k < 63 and 2**m.k <= iterations:
        signs = (1.0 - 2.0 * ((i >> np.arange(m.k)) & 1) for i in range(2**m.k))
        return (Linear(m.yi * s, m.vi, m.x) for s in signs), True
    random = np.random.default_rng(seed)
    draws = (np.where(i == 0, 1.0, random.choice([-1.0, 1.0], m.k)) for i in range(iterations))
    return (Linear(m.yi * s, m.vi, m.x) for s in draws), False
