"""A second opinion about the results by statsmodels: how far its numbers are from ours, and where it is known to err.

Statsmodels is slow to import and serves here only.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...preparation.kinds import cells
from ...registry.store.json_files import json_bytes
from ...registry.store.numbers import FILE, SecondOpinion
from ...registry.write import write_bytes
from ...synthesis.analyse import Choices, analyse
from ...version import __version__

if TYPE_CHECKING:
    from datetime import date

    from ...registry.load import Review
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Analysis, Pool

CLOSE = 1e-8  # relative; the arithmetic is the same, only its order is not

KEEPS_NEGATIVE = "statsmodels keeps a tau2 below 0 ({theirs:.3g}), which makes weights that no model has; ours is 0"


@dataclass(frozen=True, slots=True)
class Opinion:
    """One result of ours beside that of statsmodels.

    Attributes
    ----------
    what
        The analysis, the pool and the method.
    number
        ``"estimate"`` or ``"se"``, on the analysis scale.
    ours, theirs
        The two numbers.
    known
        Why statsmodels is known to be wrong here; empty where it is not.
    """

    what: str
    number: str
    ours: float
    theirs: float
    known: str = ""

    @property
    def relative(self) -> float:
        """How far they are apart, relative to ours; absolute where ours is about 0."""
        return abs(self.theirs - self.ours) / max(abs(self.ours), CLOSE)

    @property
    def agrees(self) -> bool:
        """Whether they differ by no more than rounding."""
        return math.isclose(self.ours, self.theirs, rel_tol=CLOSE, abs_tol=1e-12)

    def __str__(self) -> str:
        """Return it in words."""
        said = f"{self.what}, {self.number}: {self.ours:.8g}, statsmodels {self.theirs:.8g}"
        return f"{said} ({self.known})" if self.known else said


def second_opinion(review: Review, on: date) -> SecondOpinion:
    """Compare every result that statsmodels can compute, and keep what was found beside the studies."""
    import statsmodels

    found = [one for analysis in analyse(review, choices=Choices(explore=False)) for one in opinions(analysis)]
    near = [one.relative for one in found if one.agrees]
    said = SecondOpinion(
        on=on,
        registry=review.digest,
        metaan=__version__,
        statsmodels=statsmodels.__version__,
        compared=len(found),
        apart=tuple(str(one) for one in found if not (one.agrees or one.known)),
        known=tuple(str(one) for one in found if one.known and not one.agrees),
        furthest=max(near, default=0.0),
    )
    write_bytes(review.folder / FILE, json_bytes(said))
    return said


def opinions(analysis: Analysis) -> Iterator[Opinion]:
    """Yield each number of the results of an analysis that statsmodels computes too."""
    for pool in analysis.results:
        for fit in (*pool.fits.values(), *(one.fit for one in pool.sensitivity)):
            where = ", ".join(filter(None, (analysis.plan.key, pool.name)))
            yield from _one(fit, pool, where)


def _one(fit: Pooled, pool: Pool, where: str) -> Iterable[Opinion]:
    if fit.method == "MH":
        return _stratified(fit, pool, f"{where}, Mantel-Haenszel {fit.measure}")
    if fit.method != "IV":
        return ()  # statsmodels has neither Peto's method nor mixed models
    if fit.k > 1 and fit.model == "common":
        return _combined(fit, f"{where}, common effect, inverse variance")
    if fit.k > 1 and fit.tau2_method == "DL":
        return _combined(fit, f"{where}, random effects, DL")
    return ()


def _combined(fit: Pooled, what: str) -> Iterator[Opinion]:
    from statsmodels.stats.meta_analysis import combine_effects

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = combine_effects(np.asarray(fit.effects.yi), np.asarray(fit.effects.vi), method_re="chi2")
    if fit.model == "common":
        mean, se, known = theirs.mean_effect_fe, theirs.sd_eff_w_fe, ""
    else:
        mean, se = theirs.mean_effect_re, theirs.sd_eff_w_re
        known = KEEPS_NEGATIVE.format(theirs=theirs.tau2) if theirs.tau2 < 0 else ""
    yield Opinion(what, "estimate", fit.estimate, float(mean), known)
    if fit.se is not None and (fit.model == "common" or fit.ci_method == "wald"):
        yield Opinion(what, "se", fit.se, float(se), known)


def _stratified(fit: Pooled, pool: Pool, what: str) -> Iterator[Opinion]:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [cells(row.data) for row in pool.rows if row.weight_common is not None]
    stacked: Any = np.array([[[t["a"], t["b"]], [t["c"], t["d"]]] for t in tables], dtype=float).transpose(1, 2, 0)
    theirs = StratifiedTable(stacked)
    if fit.measure == "OR":
        yield Opinion(what, "estimate", fit.estimate, math.log(theirs.oddsratio_pooled))
        if fit.se is not None:
            yield Opinion(what, "se", fit.se, float(theirs.logodds_pooled_se))
    elif fit.measure == "RR":
        yield Opinion(what, "estimate", fit.estimate, math.log(theirs.riskratio_pooled))
