"""Test of excess significance: are there more significant studies than their power lets expect?

Sources: Ioannidis & Trikalinos 2007; Francis 2013 (exact test). It is no test of publication bias as such. To add a
test of the observed against the expected number, enter a function in `EXCESS_TESTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ...errors import ConvergenceError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import p_text
from ..numerics.ties import ITERATED, above
from ..pooling.pool import pool
from ..pooling.result import Pooled

if TYPE_CHECKING:
    import pandas as pd

EXACT_TERMS = 1_000_000  # Francis's sum over subsets is what others can enumerate; "auto" switches where they do
TAILS = ("greater", "less", "two-sided")


@dataclass(frozen=True, slots=True, eq=False)
class ExcessSignificance(ShowsItself):
    """A test of excess significance.

    Attributes
    ----------
    test
        A key of `EXCESS_TESTS`.
    observed, expected, ratio
        The number of significant studies, its expectation, and observed over expected.
    stat
        Chi-squared with 1 df; None for the other tests.
    pval
        In the direction of ``alternative``.
    power, significant
        Shape (k,): each study's power to find ``theta``, and whether it is significant.
    theta, tau2
        The assumed true effect (analysis scale) and heterogeneity.
    limit, limit_reason
        The effect, between 0 and ``theta`` or beyond, at which the p-value is ``test_alpha``; or None and why.
    alpha, test_alpha, alternative, study_alternative
        Significance of the studies and of the test, and the tails of the test and of the studies.
    k, effects
        What was tested.
    """

    test: str
    observed: int
    expected: float
    ratio: float
    stat: float | None
    pval: float
    power: FloatArray
    significant: NDArray[np.bool_]
    theta: float
    tau2: float
    limit: float | None
    limit_reason: str | None
    alpha: float
    test_alpha: float
    alternative: str
    k: int
    effects: EffectSizes
    study_alternative: str = "two-sided"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["power"], plain["significant"] = self.power.tolist(), self.significant.tolist()
        plain["effects"] = self.effects.to_dict()
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, vi, power, significant."""
        frame = self.effects.to_frame()[["slab", "yi", "vi"]]
        return frame.assign(power=self.power, significant=self.significant)

    def __repr__(self) -> str:
        limit = f"{self.limit:.4g}" if self.limit is not None else f"none, {self.limit_reason}"
        return "\n".join(
            [
                f"Test of excess significance ({self.test}), k = {self.k}",
                f"  significant studies: {self.observed} observed, {self.expected:.4g} expected at {self.theta:.4g}",
                f"  {p_text(self.pval)} ({self.alternative}); limit estimate {limit}",
            ]
        )


def excess_significance(
    es: EffectSizes | Pooled,
    test: str = "auto",
    *,
    alternative: str = "greater",
    study_alternative: str = "two-sided",
    alpha: float = 0.05,
    test_alpha: float = 0.10,
) -> ExcessSignificance:
    """Test whether more studies are significant than their power lets expect.

    Parameters
    ----------
    es
        A pooled result, whose estimate and tau2 are taken for true; effect sizes stand for their common-effect pool.
    test
        A key of `EXCESS_TESTS`, or ``"auto"``: exact where its subsets number at most a million, else chi-squared.
    alternative
        ``"greater"`` (excess), ``"less"`` or ``"two-sided"``; the last one, where the test is exact or binomial, sums
        the numbers that are no likelier than the observed one, as R's ``binom.test`` does.
    study_alternative
        What counts as a significant study: an effect either way (``"two-sided"``), only above 0 (``"greater"``) or
        only below 0 (``"less"``).
    alpha
        Significance of the studies, in one tail or shared between two.
    test_alpha
        Significance at which the limit estimate is read.

    Raises
    ------
    UsageError
        An unknown test or tail, or a significance outside 0 to 1.

    Examples
    --------
    >>> found = excess_significance(EffectSizes.of([0.3, 0.5, 0.1], [0.01, 0.04, 0.02]))
    >>> found.observed, round(found.expected, 3), round(found.pval, 4)
    (2, 1.532, 0.5141)
    """
    choose({"auto": None, **EXCESS_TESTS}, test, "test")
    choose(dict.fromkeys(TAILS), alternative, "alternative")
    choose(dict.fromkeys(TAILS), study_alternative, "study_alternative")
    for name, value in (("alpha", alpha), ("test_alpha", test_alpha)):
        if not 0 < value < 1:
            raise UsageError(f"{name} = {value:g}; allowed: between 0 and 1")
    fit = es if isinstance(es, Pooled) else pool(es, model="common")
    effects, tau2 = fit.effects.complete, fit.tau2 or 0.0
    critical = -float(ndtri(alpha / 2 if study_alternative == "two-sided" else alpha))
    significant = _towards(effects.yi, study_alternative) / effects.sei >= critical
    observed = int(significant.sum())
    test = _default_test(effects.k, observed) if test == "auto" else test

    def pval_at(theta: float) -> float:
        return EXCESS_TESTS[test](observed, power_at(effects.vi, theta, tau2, critical, study_alternative), alternative)

    power = power_at(effects.vi, fit.estimate, tau2, critical, study_alternative)
    expected = float(power.sum())
    sign = {"greater": 1.0, "less": -1.0}.get(study_alternative, -1.0 if fit.estimate < 0 else 1.0)
    limit, reason = _limit(pval_at, sign, effects.vi, test_alpha, alternative)
    return ExcessSignificance(
        test, observed, expected, observed / expected, chi_squared(observed, power) if test == "chi2" else None,
        pval_at(fit.estimate), power, significant, fit.estimate, tau2, limit, reason,
        alpha, test_alpha, alternative, effects.k, effects, study_alternative,
    )  # fmt: skip


def power_at(
    vi: FloatArray, theta: float, tau2: float, critical: float, study_alternative: str = "two-sided"
) -> FloatArray:
    """Return each study's chance of a significant result, true effects spread around theta by tau2."""
    bound, spread = critical * np.sqrt(vi), np.sqrt(vi + tau2)
    above, below = ndtr((theta - bound) / spread), ndtr((-theta - bound) / spread)
    return np.asarray({"greater": above, "less": below, "two-sided": above + below}[study_alternative])


def _towards(yi: FloatArray, study_alternative: str) -> FloatArray:
    """Return how far each effect lies where a study can be significant."""
    return {"greater": yi, "less": -yi, "two-sided": np.abs(yi)}[study_alternative]


def chi_squared(observed: int, power: FloatArray) -> float:
    """Return Pearson's chi-squared of significant and other studies (Ioannidis & Trikalinos 2007)."""
    expected, k = float(power.sum()), power.size
    gap = (observed - expected) ** 2
    return gap / expected + (gap / (k - expected) if k > expected else 0.0)


def _default_test(k: int, observed: int) -> str:
    return "exact" if sum(math.comb(k, j) for j in range(observed, k + 1)) <= EXACT_TERMS else "chi2"


def _limit(
    pval_at: Callable[[float], float], sign: float, vi: FloatArray, test_alpha: float, alternative: str
) -> tuple[float | None, str | None]:
    """Return the effect with a sign at which the test is just significant."""
    if alternative != "greater":
        return None, "it is defined for the alternative 'greater'"
    if pval_at(0.0) > test_alpha:
        return None, "the test is not significant even without any effect"
    low, high = 0.0, float(np.sqrt(vi.min())) * 0.01
    for _ in range(200):
        if pval_at(sign * high) > test_alpha:
            return sign * _bisect(lambda x: pval_at(sign * x) - test_alpha, low, high), None
        low, high = high, 2 * high
    raise ConvergenceError(f"limit estimate: the p-value stays below {test_alpha:g} up to an effect of {high:g}")


def _bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a rising function between low and high, to the last digits."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return (low + high) / 2


def _chi2(observed: int, power: FloatArray, alternative: str) -> float:
    """Pearson's chi-squared, its root signed for a one-sided test."""
    root = math.copysign(math.sqrt(chi_squared(observed, power)), observed - float(power.sum()))
    return _tail(float(ndtr(-root)), float(ndtr(root)), alternative)


def _binomial(observed: int, power: FloatArray, alternative: str) -> float:
    """Binomial with the mean power."""
    return _exact(observed, np.full(power.size, min(1.0, float(power.mean()))), alternative)


def _exact(observed: int, power: FloatArray, alternative: str) -> float:
    """The distribution of the sum of k unequal coins, one coin at a time in O(k^2) (Francis 2013)."""
    shares = np.ones(1)
    for p in power:
        shares = np.append(shares * (1 - p), 0.0) + np.insert(shares * p, 0, 0.0)
    if alternative == "two-sided":
        return min(1.0, float(shares[~above(shares, shares[observed], ITERATED)].sum()))
    return _tail(float(shares[observed:].sum()), float(shares[: observed + 1].sum()), alternative)


def _tail(greater: float, less: float, alternative: str) -> float:
    return min(1.0, {"greater": greater, "less": less, "two-sided": 2 * min(greater, less)}[alternative])


EXCESS_TESTS: dict[str, Callable[[int, FloatArray, str], float]] = {
    "chi2": _chi2,
    "binom": _binomial,
    "exact": _exact,
}
