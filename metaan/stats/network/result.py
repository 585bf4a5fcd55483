"""What `metaan.network` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scipy.special import chdtrc

from ...errors import NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, p_text
from ..pooling.heterogeneity import q_based
from ..pooling.tau2_ci import HeterogeneityCI
from ..regression.inference import tau2_ci
from ..regression.linear import Linear
from .comparisons import ComparisonTable, League, NetworkComparison, league_of, line, table_of
from .contributions import Contributions, contributions
from .decomposition import NO_LOOPS, Decomposition, between_df, decompose, net_heat
from .fit import Fitted
from .loops import Loops, loops
from .ranking import RankProbabilities, p_scores, rank_probabilities
from .rare.hypergeometric import CONDITIONAL_LAWS
from .split import Split, split

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class _Tau2:
    """What an interval of tau2 needs."""

    model: str
    level: float
    linear: Linear
    tau2: float
    tau2_method: str | None


@dataclass(frozen=True, eq=False, repr=False)
class Network(ShowsItself):
    """A network meta-analysis, common and random effects. Numbers are on the analysis scale.

    Methods that take ``model`` answer for ``"common"`` or ``"random"``; None is the model of the fit.

    Attributes
    ----------
    model, measure, reference, level, tau2_method
        As they were asked for; the reference is the first treatment where none was.
    fitted
        Contrasts, rows and both solutions.
    tau2_fixed
        True where tau2 was given and not estimated.
    method
        A key of `NETWORK_METHODS`.
    labels
        The studies, where designs stand for them in ``fitted``.
    """

    model: str
    measure: str
    reference: str
    level: float
    tau2_method: str | None
    fitted: Fitted
    tau2_fixed: bool = False
    method: str = "IV"
    labels: tuple[str, ...] = ()

    @property
    def treatments(self) -> tuple[str, ...]:
        """The n treatments in alphabetical order."""
        return self.fitted.contrasts.treatments

    @property
    def studies(self) -> tuple[str, ...]:
        """The k studies."""
        return self.labels or self.fitted.contrasts.studies

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.studies)

    @property
    def m(self) -> int:
        """The number of contrasts."""
        c = self.fitted.contrasts
        return c.m if c.counts is None else int(c.counts.sum())

    @property
    def n(self) -> int:
        """The number of treatments."""
        return len(self.treatments)

    @property
    def d(self) -> int:
        """The number of designs: sets of treatments that studies compare."""
        return len(set(self.fitted.contrasts.arms()))

    @property
    def excluded(self) -> tuple[tuple[str, str], ...]:
        """(study, reason) of every arm or contrast that was left out."""
        return self.fitted.contrasts.excluded

    @property
    def tau2(self) -> float | None:
        """The variance between studies, one for all comparisons; None for methods that have none."""
        return None if self.fitted.random is None else self.fitted.tau2

    @property
    def tau(self) -> float | None:
        """The root of tau2."""
        return None if self.tau2 is None else float(self.tau2**0.5)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What to know before reading the numbers, one sentence each."""
        out = []
        if self.fitted.random is None:
            out.append(
                f"method {self.method} has common effects only: studies are taken to share one effect a comparison"
            )
        elif self.q_df == 0 and not self.tau2_fixed:
            out.append("no degree of freedom is left to estimate tau2 from; the random-effects model is the common one")
        links = self.fitted.contrasts.links() if self.n > 2 and not self.labels else {}
        out += [f"only {study} links {', '.join(names)} to the rest of the network" for study, names in links.items()]
        if not between_df(self.fitted):
            out.append(NO_LOOPS)
        return tuple(out)

    @property
    def q(self) -> float:
        """Cochran's Q of the whole network; 0 with no degree of freedom."""
        return self.fitted.q

    @property
    def q_df(self) -> int:
        """Degrees of freedom of Q."""
        return self.fitted.df

    @property
    def q_pval(self) -> float | None:
        """The p-value of Q; None with no degree of freedom."""
        return float(chdtrc(self.q_df, self.q)) if self.q_df else None

    @property
    def i2(self) -> float | None:
        """I2 in percent, from Q; None with no degree of freedom."""
        if not self.q_df:
            return None
        return 100.0 * max(0.0, (self.q - self.q_df) / self.q) if self.q else 0.0

    @property
    def i2_ci(self) -> Interval | None:
        """The test-based interval of I2 in percent; None with fewer than two degrees of freedom."""
        return q_based(self.q, self.q_df + 1, self.level).i2_ci if self.q_df > 1 else None

    @property
    def q_within(self) -> float:
        """Q within designs: heterogeneity."""
        return self.decomposition().within.q

    @property
    def q_between(self) -> float:
        """Q between designs: incoherence (inconsistency)."""
        return self.decomposition().between.q

    @property
    def estimate(self) -> FloatArray:
        """Shape (n, n): the effect of the row's treatment against the column's."""
        return self.estimates()

    @property
    def se(self) -> FloatArray:
        """Shape (n, n): the standard errors of ``estimate``."""
        return self.standard_errors()

    def estimates(self, model: str | None = None) -> FloatArray:
        """Return the effect of the row's treatment against the column's, shape (n, n)."""
        return self.fitted.model(model or self.model).differences

    def standard_errors(self, model: str | None = None) -> FloatArray:
        """Return the standard errors of all comparisons, shape (n, n)."""
        return self.fitted.model(model or self.model).variances ** 0.5

    def table(self, model: str | None = None) -> ComparisonTable:
        """Return every pair of treatments: estimate, se, test, interval, prediction interval."""
        return table_of(self.fitted, model or self.model, self.measure, self.level)

    def comparison(self, treatment1: str, treatment2: str, model: str | None = None) -> NetworkComparison:
        """Return one treatment against another."""
        return self.table(model)[treatment1, treatment2]

    def against_reference(self, model: str | None = None) -> tuple[NetworkComparison, ...]:
        """Return every other treatment against the reference."""
        table = self.table(model)
        return tuple(table[t, self.reference] for t in self.treatments if t != self.reference)

    def league(self, model: str | None = None, order: Sequence[str] | None = None) -> League:
        """Return all against all on the display scale, in an order of treatments."""
        return league_of(self.fitted, model or self.model, self.measure, self.level, order)

    def p_scores(self, small_values: str = "desirable", model: str | None = None) -> dict[str, float]:
        """Return the P-score of each treatment, 0 to 1: the mean certainty that it is better than another one.

        ``small_values`` is a key of `SMALL_VALUES`: whether small values of the outcome are good.
        """
        return p_scores(self.fitted, model or self.model, small_values)

    def rank_probabilities(
        self, seed: int, small_values: str = "desirable", model: str | None = None, draws: int = 100_000
    ) -> RankProbabilities:
        """Return how often each treatment has each rank in draws from the estimates, the same for one seed."""
        return rank_probabilities(self.fitted, model or self.model, small_values, seed, draws)

    def split(
        self,
        comparisons: Sequence[tuple[str, str]] | None = None,
        method: str = "Back-calculation",
        model: str | None = None,
    ) -> Split:
        """Return direct, indirect and network evidence with their difference, for all comparisons or for those named.

        ``method`` is a key of `SPLIT_METHODS`. A comparison of which all evidence is direct has no indirect effect.
        """
        self._has_contrasts()
        return split(self.fitted, model or self.model, method, self.level, comparisons)

    def contributions(
        self,
        comparisons: Sequence[tuple[str, str]] | None = None,
        method: str = "shortestpath",
        model: str | None = None,
    ) -> Contributions:
        """Return the share of each direct comparison, and of each study, in each network estimate.

        ``method`` is a key of `CONTRIBUTION_METHODS`.
        """
        self._has_contrasts()
        return contributions(self.fitted, model or self.model, method, comparisons)

    def decomposition(self) -> Decomposition:
        """Return Q within and between designs, by design, and with each design detached."""
        self._has_contrasts()
        return self._decomposition

    def _has_contrasts(self) -> None:
        if self.method in CONDITIONAL_LAWS:
            raise NotEstimableError(f"method {self.method} has one likelihood and no contrasts", "method='MH' or 'IV'")

    @cached_property
    def _decomposition(self) -> Decomposition:
        return decompose(self.fitted)

    def loops(self, model: str | None = None) -> Loops:
        """Return the loops of three and four treatments with the sum of direct effects around each.

        Raises
        ------
        NotEstimableError
            A network without loops that more than one study closes.
        """
        self._has_contrasts()
        return loops(self.fitted, model or self.model, self.level)

    def tau2_ci(self, method: str = "QP", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 (from tau2) with their intervals.

        ``method`` is a key of `REGRESSION_TAU2_CI_METHODS`: ``"QP"`` (Q-profile; Jackson et al. 2014), or ``"PL"`` with
        ML or REML.

        Raises
        ------
        NotEstimableError
            No degree of freedom, or a method that has no tau2.
        """
        if self.tau2 is None or not self.q_df:
            raise NotEstimableError(f"tau2 has no interval: method {self.method}, {self.q_df} degrees of freedom")
        known = None if self.tau2_fixed else self.tau2_method
        return tau2_ci(_Tau2("random", self.level, self.fitted.rows.linear(0), self.tau2, known), method, level)

    def net_heat(self) -> tuple[tuple[str, ...], FloatArray]:
        """Return the designs and how much of the row's incoherence goes when the column's design is detached.

        Raises
        ------
        NotEstimableError
            A network without loops.
        """
        if self.decomposition().reason is not None:
            raise NotEstimableError(str(self.decomposition().reason))
        return net_heat(self.fitted)

    def to_frame(self, model: str | None = None) -> pd.DataFrame:
        """Return the table of all comparisons as a frame."""
        return self.table(model).to_frame()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "model": self.model, "measure": self.measure, "reference": self.reference, "level": self.level,
            "tau2_method": self.tau2_method, "treatments": list(self.treatments), "k": self.k, "m": self.m,
            "n": self.n, "tau2": self.tau2, "q": self.q, "q_df": self.q_df, "q_pval": self.q_pval, "i2": self.i2,
            "method": self.method, "common": self.table("common").to_dict(),
            "random": None if self.tau2 is None else self.table("random").to_dict(),
            "decomposition": None if self.method in CONDITIONAL_LAWS else self.decomposition().to_dict(),
            "excluded": [list(pair) for pair in self.excluded], "notes": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        size = f"{self.k} studies, {self.n} treatments, {self.m} contrasts"
        rows = [f"  {line(one)}" for one in self.against_reference()]
        left = [f"  Left out: {name} ({why})" for name, why in self.excluded]
        notes = [f"  Note: {note}" for note in self.notes]
        head = f"Network {self.measure}, {self.model} effects: {size}"
        return "\n".join([head, *rows, f"  {self._spread()}", *left, *notes])

    def _spread(self) -> str:
        """Return how studies differ, as it is printed."""
        how = "given" if self.tau2_fixed else self.tau2_method
        out = f"method {self.method}" if self.tau2 is None else f"tau2 = {figures(self.tau2)} ({how})"
        if self.q_pval is None:
            return out
        return f"{out}, I2 = {self.i2:.1f}%, Q = {figures(self.q)} (df {self.q_df}, {p_text(self.q_pval)})"
