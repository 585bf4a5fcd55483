"""Inference for regression coefficients: standard errors, tests and degrees of freedom.

To add an interval: write a function from the weighted residual sum of squares, its degrees of freedom k - p and tau2 to
what the covariance is multiplied by and the degrees of freedom of the t distribution (None: normal), and enter it in
`REGRESSION_CI_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, stdtr

from ...errors import choose
from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import fixed, p_text

if TYPE_CHECKING:
    import pandas as pd

ScaleDf = tuple[float, float | None]


@dataclass(frozen=True, slots=True, repr=False)
class WaldTest(ShowsItself):
    """A joint test that coefficients are 0: chi-squared with ``df`` (``df2`` None), or F with ``df`` and ``df2``."""

    names: tuple[str, ...]
    stat: float
    df: int
    df2: float | None
    pval: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self) | {"names": list(self.names)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        import pandas as pd

        return pd.DataFrame([asdict(self) | {"names": ", ".join(self.names)}])

    def __repr__(self) -> str:
        shown = f"chi2({self.df})" if self.df2 is None else f"F({self.df}, {self.df2:g})"
        return f"{', '.join(self.names)}: {shown} = {fixed(self.stat, 4)}, {p_text(self.pval)}"


def two_sided(stat: FloatArray, df: float | None) -> FloatArray:
    """Return two-sided p-values under the normal (df None) or the t distribution."""
    tail = -np.abs(stat)
    return np.asarray(2 * (ndtr(tail) if df is None else stdtr(df, tail)))


def wald_test(
    names: Sequence[str], coefficients: FloatArray, vcov: FloatArray, df: float | None, at: Sequence[int]
) -> WaldTest:
    """Test that the coefficients at ``at`` are all 0; the covariance is scaled first, so units do not cost digits."""
    se = np.sqrt(np.diag(vcov)[at])
    z = coefficients[at] / se
    chi2 = float(z @ np.linalg.solve(vcov[np.ix_(at, at)] / np.outer(se, se), z))
    m = len(at)
    pval = chdtrc(m, chi2) if df is None else fdtrc(m, df, chi2 / m)
    return WaldTest(tuple(names[j] for j in at), chi2 if df is None else chi2 / m, m, df, float(pval))


def scale_and_df(code: str) -> Callable[[float, int, float], ScaleDf]:
    """Look a method up."""
    return choose(REGRESSION_CI_METHODS, code, "ci_method")


def _wald_normal(rss: float, df: int, tau2: float) -> ScaleDf:
    """Normal and chi-squared distributions."""
    return 1.0, None


def _wald_t(rss: float, df: int, tau2: float) -> ScaleDf:
    """The t and F distributions with k - p degrees of freedom."""
    return 1.0, df


def _knapp_hartung(rss: float, df: int, tau2: float) -> ScaleDf:
    """Knapp & Hartung 2003."""
    return rss / df, df


def _knapp_hartung_adhoc(rss: float, df: int, tau2: float) -> ScaleDf:
    """Knapp & Hartung 2003, never with a covariance below Wald's."""
    return max(1.0, rss / df), df


def _automatic(rss: float, df: int, tau2: float) -> ScaleDf:
    """hksj-adhoc where k - p > 1 and tau2 > 0, else Wald."""
    return _knapp_hartung_adhoc(rss, df, tau2) if df > 1 and tau2 > 0 else (1.0, None)


REGRESSION_CI_METHODS: dict[str, Callable[[float, int, float], ScaleDf]] = {
    "wald": _wald_normal,
    "t": _wald_t,
    "hksj": _knapp_hartung,
    "hksj-adhoc": _knapp_hartung_adhoc,
    "auto": _automatic,
}
