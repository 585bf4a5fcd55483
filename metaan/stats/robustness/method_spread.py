"""The method spread: one set of sparse tables, pooled by every method that people use, side by side.

Each tool answers a slightly different question about a zero cell, silently; the spread is the message. To add a method:
write a function from columns and a level to a fit, and enter it in `SPREAD_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from ...errors import ConvergenceError, NotEstimableError, choose
from ..glmm.betabinomial import BetaBinomial, beta_binomial
from ..glmm.glmm import glmm
from ..measures.catalogue import MEASURES, effect_sizes, scale_of
from ..measures.effects import Interval
from ..numerics.by_name import takes_names
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded
from ..pooling.pool import pool
from ..pooling.result import Pooled
from ..tables.mantel_haenszel import MH_MEASURES
from ..tables.peto import peto
from ..tables.stratified import mantel_haenszel

if TYPE_CHECKING:
    import pandas as pd

Data = Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """What one method answers, on the analysis scale.

    Attributes
    ----------
    method, what
        A key of `SPREAD_METHODS`, and what it does with zero cells.
    estimate, ci, k
        The pooled effect and the studies that entered it; None where there is no answer.
    reason
        Why there is none.
    """

    method: str
    what: str
    estimate: float | None = None
    ci: Interval | None = None
    k: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class MethodSpread(ShowsItself):
    """The answers of all methods that pool ``measure``, in the order of `SPREAD_METHODS`."""

    measure: str
    level: float
    rows: tuple[SpreadRow, ...]

    @property
    def sentence(self) -> str:
        """The estimates on the display scale in one line."""
        back = scale_of(self.measure).to_display
        return " · ".join(f"{r.method} {back(r.estimate):.2g}" for r in self.rows if r.estimate is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, on the analysis scale."""
        rows = [asdict(row) | {"ci": None if row.ci is None else list(row.ci)} for row in self.rows]
        return {"measure": self.measure, "level": self.level, "rows": rows, "sentence": self.sentence}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a method, on the display scale; nan where there is no answer, and the reason why."""
        import pandas as pd

        back = scale_of(self.measure).to_display
        shown = [
            (r.method, r.what, back(r.estimate), back(r.ci.lb), back(r.ci.ub), r.k, None)
            if r.estimate is not None and r.ci is not None
            else (r.method, r.what, float("nan"), float("nan"), float("nan"), None, r.reason)
            for r in self.rows
        ]
        return pd.DataFrame(shown, columns=["method", "what", "estimate", "lb", "ub", "k", "reason"])

    def __repr__(self) -> str:
        """Return one line a method."""
        scale = scale_of(self.measure)
        lines = [f"{self.measure} by method, {100 * self.level:g}% CI"]
        for r in self.rows:
            answer = f"no answer: {r.reason}"
            if r.estimate is not None and r.ci is not None:
                estimate, lb, ub = map(scale.to_display, (r.estimate, *r.ci))
                answer = f"{bounded(estimate, (lb, ub), scale.null)}, k = {r.k}"
            lines.append(f"  {r.method:<14} {answer}  ({r.what})")
        return "\n".join(lines)


@takes_names
def method_spread(
    measure: str = "OR", *, level: float = 0.95, slab: Sequence[str] | None = None, **data: Any
) -> MethodSpread:
    """Pool the same tables by every method of `SPREAD_METHODS` that knows the measure.

    Parameters
    ----------
    measure
        A key of `metaan.stats.tables.mantel_haenszel.MH_MEASURES`.
    level
        Coverage of the intervals.
    slab
        k study labels.
    data
        2x2 tables or rates as in `metaan.stats.measures.catalogue.effect_sizes`.

    Examples
    --------
    >>> method_spread("OR", ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118]).sentence
    'MH 0.19 · MH+0.5 0.21 · IV+0.5 0.23 · Peto 0.25 · GLMM 0.19 · beta-binomial 0.19'
    """
    choose(MH_MEASURES, measure, "measure")
    effect_sizes(measure, slab=slab, **dict[str, Any](data))
    rows = (
        _row(name, method, measure, data, level)
        for name, method in SPREAD_METHODS.items()
        if measure in method.measures
    )
    return MethodSpread(measure, level, tuple(rows))


def _row(name: str, method: SpreadMethod, measure: str, data: Data, level: float) -> SpreadRow:
    try:
        fit = method.fit(measure, dict(data), level)
    except (NotEstimableError, ConvergenceError) as error:
        return SpreadRow(name, method.what, reason=str(error))
    return SpreadRow(name, method.what, fit.estimate, fit.ci, fit.k)


@dataclass(frozen=True, slots=True)
class SpreadMethod:
    """One entry of `SPREAD_METHODS`: what it does with zero cells, for which measures, and how."""

    what: str
    measures: tuple[str, ...]
    fit: Callable[[str, dict[str, Any], float], Pooled | BetaBinomial]


def _corrected(measure: str, data: dict[str, Any], level: float) -> Pooled:
    return mantel_haenszel(measure, level=level, drop00=(True, True), add=(0.5, 0.5), to=("only0", "only0"), **data)


def _inverse_variance(measure: str, data: dict[str, Any], level: float) -> Pooled:
    es = effect_sizes(measure, add=0.5, drop00=MEASURES[measure].drops_double_zero, **data)
    return pool(es, "common", level=level)


ALL = ("OR", "RR", "RD", "IRR", "IRD")

SPREAD_METHODS = {
    "MH": SpreadMethod(
        "Mantel-Haenszel, no correction",
        ALL,
        lambda measure, data, level: mantel_haenszel(measure, level=level, **data),
    ),
    "MH+0.5": SpreadMethod("Mantel-Haenszel, 0.5 added to studies with a zero cell (RevMan)", ALL, _corrected),
    "IV+0.5": SpreadMethod("inverse variance, 0.5 added to studies with a zero cell", ALL, _inverse_variance),
    "Peto": SpreadMethod(
        "Peto's one-step method, no correction", ("OR",), lambda measure, data, level: peto(level=level, **data)
    ),
    "GLMM": SpreadMethod(
        "exact conditional likelihood, common effect, no correction",
        ("OR", "IRR"),
        lambda measure, data, level: glmm("CM.EL", measure=measure, model="common", level=level, **data),
    ),
    "beta-binomial": SpreadMethod(
        "beta-binomial, double-zero studies included, no correction",
        ("OR",),
        lambda measure, data, level: beta_binomial(level=level, **data),
    ),
}
