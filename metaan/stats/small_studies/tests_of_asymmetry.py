"""Tests of small-study effects: do smaller studies find other effects than larger ones?

`small_study_test` is the way in; the tests themselves are in `metaan.stats.small_studies.catalogue`. A significant test
is no proof of publication bias: true differences between small and large studies, and chance, look the same (Sterne et
al. 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, NotEstimableError, choose
from ..measures.catalogue import MEASURES, no_information
from ..measures.effects import EffectSizes, FloatArray, Interval, column
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded, figures, p_text
from ..pooling.intervals import check_level
from ..pooling.pool import left_out
from ..pooling.result import Pooled, effects_of
from .catalogue import CELLS, PREDICTORS, SMALL_STUDY_TESTS, AsymmetryFinding, AsymmetryInput, AsymmetryTest
from .rank import Kendall

if TYPE_CHECKING:
    import pandas as pd

Excluded = tuple[tuple[str, str], ...]

K_MIN = 10

# For a measure that no test of its own is made for: the line on the size of the studies, which no effect moves. Its
# weights do move: where studies are small and events rare, a transformation whose variance is of sizes alone is better.
BY_SIZE = "egger with predictor='sqrtninv'"


@dataclass(frozen=True, slots=True, eq=False)
class SmallStudyTest(ShowsItself):
    """One test of small-study effects.

    Attributes
    ----------
    test, name
        The key of `SMALL_STUDY_TESTS`, and the test in words.
    stat, df, pval
        z (df None) or t statistic, two-sided p-value.
    bias, bias_se
        What the statistic tests: the slope on the predictor, or Kendall's score.
    predictor
        What the effects are regressed on, or ranked against.
    intercept, intercept_se
        Of the line, analysis scale; None for rank tests.
    limit, limit_ci
        The effect that the line gives to a study of infinite size, analysis scale; None where the line has no such end.
    tau
        Kendall's tau-b; None for regressions.
    tau2
        Residual between-study variance; None outside the mixed model.
    k, level, effects
        Number of studies, coverage of ``limit_ci``, and what was tested.
    note
        Why the test would be refused without ``force``; empty where it is valid.
    excluded
        (label, reason) of every study that was left out.
    """

    test: str
    name: str
    stat: float
    df: int | None
    pval: float
    bias: float
    bias_se: float
    predictor: str
    intercept: float | None
    intercept_se: float | None
    limit: float | None
    limit_ci: Interval | None
    tau: float | None
    tau2: float | None
    k: int
    level: float
    effects: EffectSizes
    note: str = ""
    excluded: Excluded = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["limit_ci"] = None if self.limit_ci is None else list(self.limit_ci)
        plain["effects"] = self.effects.to_dict()
        plain["excluded"] = [list(pair) for pair in self.excluded]
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row: the test without its inputs."""
        import pandas as pd

        plain = self.to_dict()
        ends = plain.pop("limit_ci") or (None, None)
        del plain["effects"], plain["excluded"]
        return pd.DataFrame([{**plain, "limit_lb": ends[0], "limit_ub": ends[1]}])

    def __repr__(self) -> str:
        letter = "z" if self.df is None else f"t({self.df})"
        lines = [f"{self.name}, k = {self.k}", f"  {letter} = {figures(self.stat)}, {p_text(self.pval, 4)}"]
        what = "score" if self.tau is not None else f"slope on {self.predictor}"
        tau = "" if self.tau is None else f", Kendall's tau {figures(self.tau)}"
        lines.append(f"  {what} {figures(self.bias)} (SE {figures(self.bias_se)}){tau}")
        if self.limit is not None and self.limit_ci is not None:
            limit = bounded(self.limit, self.limit_ci, 0.0)
            lines.append(f"  limit estimate {limit}, {100 * self.level:g} % CI, analysis scale")
        return "\n".join([*lines, f"  forced although: {self.note}"] if self.note else lines)


def small_study_test(
    es: EffectSizes | Pooled,
    test: str = "egger",
    *,
    predictor: str = "sei",
    ni: ArrayLike | None = None,
    model: str | None = None,
    tau2_method: str | None = None,
    ci_method: str | None = None,
    exact: bool = True,
    level: float = 0.95,
    force: bool = False,
) -> SmallStudyTest:
    """Test for small-study effects (funnel plot asymmetry).

    Parameters
    ----------
    es
        Effect sizes, or a pooled result, whose model and methods then serve ``egger-mixed``.
    test
        A key of `SMALL_STUDY_TESTS`.
    predictor
        A key of `PREDICTORS`; for ``egger`` and ``egger-mixed``.
    ni
        Shape (k,), sample sizes for the predictors made of them; taken from the data of the studies where not given.
    model, tau2_method, ci_method
        Of ``egger-mixed``: ``"common"`` or ``"random"``, a key of `REGRESSION_TAU2_METHODS` (REML where nothing is
        said), a key of `LINE_CI_METHODS` (``"wald"``).
    exact
        Rank tests: count permutations where there are no ties, else use the normal distribution.
    level
        Coverage of the interval of the limit estimate.
    force
        True: test where the test is not valid too, and say so in ``note``.

    Raises
    ------
    NotEstimableError
        Fewer than 10 studies, or a measure the test is not valid for, and not ``force``; or nothing can be computed:
        all studies have the same precision, too few studies for the line, no counts.
    UsageError
        An unknown test, predictor or method.

    Examples
    --------
    >>> yi = [0.9, 0.7, 0.8, 0.5, 0.6, 0.4, 0.3, 0.35, 0.3, 0.2, 0.25]
    >>> vi = [0.30, 0.25, 0.22, 0.20, 0.16, 0.12, 0.10, 0.08, 0.05, 0.02, 0.01]
    >>> found = small_study_test(EffectSizes.of(yi, vi), "egger")
    >>> round(found.bias, 4), round(found.pval, 6)
    (1.059, 0.000333)
    """
    entry = choose(SMALL_STUDY_TESTS, test, "test")
    choose(PREDICTORS, predictor, "predictor")
    check_level(level)
    asked = _asked(es, predictor, ni, model, tau2_method, ci_method, level, exact)
    asked, gone = _informative(entry, asked)
    objections = _objections(entry, asked)
    if objections and not force:
        raise NotEstimableError(f"{entry.name}: {'; '.join(objections)}", "force=True tests all the same")
    excluded = (*left_out(effects_of(es)), *gone)
    return _result(test, asked, entry.run(asked), "; ".join(objections), excluded)


def _asked(
    es: EffectSizes | Pooled, predictor: str, ni: ArrayLike | None, model: str | None,
    tau2_method: str | None, ci_method: str | None, level: float, exact: bool,
) -> AsymmetryInput:  # fmt: skip
    """Fill in what was not said from the pooled result, or from the defaults: the public function's own arguments."""
    effects, said = (es.effects, es) if isinstance(es, Pooled) else (es, None)
    model = model or ("common" if said and tau2_method is None and not said.has_tau2 else "random")
    choose(dict.fromkeys(("common", "random")), model, "model")
    tau2_method = tau2_method or (said.tau2_method if said else None) or "REML"
    ci_method = ci_method or (said.ci_method if said and said.ci_method in ("hksj", "hksj-adhoc", "t") else "wald")
    sizes = None if ni is None else _sizes(ni, effects)
    used = effects.complete
    kept = sizes if sizes is None or used is effects else sizes[effects.estimable]
    return AsymmetryInput(used, predictor, kept, None if model == "common" else tau2_method, ci_method, level, exact)


def _sizes(ni: ArrayLike, es: EffectSizes) -> FloatArray:
    sizes = column(ni, "ni")
    if sizes.size != len(es):
        raise DataError(f"ni has {sizes.size} values for {len(es)} studies")
    return sizes


def _informative(entry: AsymmetryTest, asked: AsymmetryInput) -> tuple[AsymmetryInput, Excluded]:
    """Check that the columns are there; leave tables out that say nothing of a ratio, and say which."""
    es = asked.es
    missing = [name for name in entry.needs if name not in es.data]
    if missing:
        raise NotEstimableError(f"{entry.name} needs {', '.join(missing)}; make the effects with effect_sizes")
    if entry.needs != CELLS:
        return asked, ()
    none = no_information(es.data)
    why = "no events, or only events, in both arms"
    return replace(asked, es=es.take(np.flatnonzero(none == 0))), tuple((es.slab[i], why) for i in np.flatnonzero(none))


def _objections(entry: AsymmetryTest, asked: AsymmetryInput) -> list[str]:
    """Return why the test is not valid here."""
    es, found = asked.es, []
    if es.k < K_MIN:
        found.append(f"k = {es.k}; with fewer than {K_MIN} studies the test cannot tell chance from asymmetry")
    if entry.measures and es.measure not in entry.measures:
        found.append(f"not made for {es.measure}; allowed: {', '.join(entry.measures)}")
    on_size = entry.free_predictor and PREDICTORS[asked.predictor].of_size
    if not entry.measures and not on_size and depends_on_effect(es.measure):
        found.append(f"{depends_on_effect(es.measure)}; use {' or '.join(_better(es.measure))}")
    return found


def depends_on_effect(measure: str) -> str:
    """Return why a line on the standard error or the variance is not valid for a measure; empty where it is."""
    if measure not in MEASURES or not MEASURES[measure].tied:
        return ""
    return f"the standard error of {measure} depends on the effect itself, so asymmetry is found where there is none"


def _better(measure: str) -> list[str]:
    """Return the tests made for a tied measure; else the same effect under another transformation, and the size."""
    made_for = [code for code, test in SMALL_STUDY_TESTS.items() if measure in test.measures]
    same = [m.code for m in MEASURES.values() if m.name == MEASURES[measure].name and not m.tied]
    return made_for or [*(f"egger on {code}" for code in same), BY_SIZE]


def _result(
    test: str, asked: AsymmetryInput, finding: AsymmetryFinding, note: str, excluded: Excluded
) -> SmallStudyTest:
    found = finding.found
    shared: dict[str, Any] = {
        "test": test, "name": SMALL_STUDY_TESTS[test].name, "pval": found.pval, "predictor": finding.predictor,
        "k": asked.es.k, "level": asked.level, "effects": asked.es, "note": note, "excluded": excluded,
    }  # fmt: skip
    if isinstance(found, Kendall):
        return SmallStudyTest(
            **shared, stat=found.score / found.score_se, df=None, bias=found.score, bias_se=found.score_se,
            intercept=None, intercept_se=None, limit=None, limit_ci=None, tau=found.tau, tau2=None,
        )  # fmt: skip
    return SmallStudyTest(
        **shared, stat=found.stat, df=found.df, bias=found.slope, bias_se=found.slope_se,
        intercept=found.intercept, intercept_se=found.intercept_se,
        limit=found.intercept if finding.has_limit else None,
        limit_ci=found.intercept_ci(asked.level) if finding.has_limit else None, tau=None, tau2=found.tau2,
    )  # fmt: skip
