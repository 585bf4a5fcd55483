"""Which treatment is best, and how sure that is: P-scores, and ranks drawn from the estimates.

To say what is good in another way: a sign in `SMALL_VALUES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from ...errors import UsageError, choose
from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from .fit import Fitted

if TYPE_CHECKING:
    import pandas as pd


def p_scores(fitted: Fitted, model: str, small_values: str) -> dict[str, float]:
    """Return how sure each treatment is better than another one, on average (Ruecker & Schwarzer 2015)."""
    sign, solved = choose(SMALL_VALUES, small_values, "small_values"), fitted.model(model)
    with np.errstate(invalid="ignore", divide="ignore"):
        better = ndtr(sign * solved.differences / np.sqrt(solved.variances))
    np.fill_diagonal(better, 0.0)
    return dict(zip(fitted.contrasts.treatments, (better.sum(axis=1) / (fitted.contrasts.n - 1)).tolist()))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RankProbabilities(ShowsItself):
    """Ranks of treatments in draws from their estimates' normal distribution; 1 is best.

    Attributes
    ----------
    treatments
        The rows.
    probabilities
        Shape (n, n): how often the treatment of a row has the rank of a column; rows and columns sum to 1.
    draws, seed
        How many were drawn, and from what seed.
    """

    treatments: tuple[str, ...]
    probabilities: FloatArray
    draws: int
    seed: int

    @property
    def cumulative(self) -> FloatArray:
        """Shape (n, n): the probability of a rank or a better one."""
        return np.cumsum(self.probabilities, axis=1)

    @property
    def sucra(self) -> dict[str, float]:
        """The surface under the cumulative ranking curve (Salanti et al. 2011), 0 to 1."""
        n = len(self.treatments)
        return dict(zip(self.treatments, (self.cumulative[:, : n - 1].sum(axis=1) / (n - 1)).tolist()))

    @property
    def mean_rank(self) -> dict[str, float]:
        """The mean rank, 1 to n."""
        ranks = np.arange(1, len(self.treatments) + 1)
        return dict(zip(self.treatments, (self.probabilities @ ranks).tolist()))

    @property
    def median_rank(self) -> dict[str, int]:
        """The least rank that has, with better ones, a probability of at least one half."""
        return dict(zip(self.treatments, (np.argmax(self.cumulative >= 0.5 - 1e-12, axis=1) + 1).tolist()))

    def monte_carlo_se(self) -> FloatArray:
        """Return the standard error that each probability has from drawing, shape (n, n)."""
        p = self.probabilities
        return np.sqrt(p * (1.0 - p) / self.draws)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a treatment, one column a rank."""
        import pandas as pd

        return pd.DataFrame(self.probabilities, self.treatments, range(1, len(self.treatments) + 1))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "treatments": list(self.treatments), "probabilities": self.probabilities.tolist(), "sucra": self.sucra,
            "mean_rank": self.mean_rank, "median_rank": self.median_rank, "draws": self.draws, "seed": self.seed,
        }  # fmt: skip

    def __repr__(self) -> str:
        means, sucra = self.mean_rank, self.sucra
        rows = [f"  {t}: mean rank {means[t]:.2f}, SUCRA {sucra[t]:.3f}" for t in self.treatments]
        return "\n".join([f"Ranks in {self.draws} draws, seed {self.seed}", *rows])


def rank_probabilities(fitted: Fitted, model: str, small_values: str, seed: int, draws: int) -> RankProbabilities:
    """Draw effects of all treatments and count their ranks."""
    sign, solved = choose(SMALL_VALUES, small_values, "small_values"), fitted.model(model)
    if draws < 1:
        raise UsageError(f"draws = {draws}; allowed: at least 1")
    n = fitted.contrasts.n
    root = np.linalg.cholesky(solved.vcov[1:, 1:])
    counts, rng, left = np.zeros((n, n)), np.random.default_rng(seed), draws
    while left:
        size = min(left, max(1, 1_000_000 // n))
        effects = np.zeros((size, n))
        effects[:, 1:] = solved.effects[1:] + rng.standard_normal((size, n - 1)) @ root.T
        best_first = np.argsort(-sign * effects, axis=1)
        counts += np.bincount((best_first * n + np.arange(n)).ravel(), minlength=n * n).reshape(n, n)
        left -= size
    return RankProbabilities(fitted.contrasts.treatments, counts / draws, draws, seed)


#: Whether small values are good, to the sign of a difference in favour of the first treatment.
SMALL_VALUES = {"desirable": -1.0, "undesirable": 1.0}
