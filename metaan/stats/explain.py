"""One data set under the rules of several programs, and which single rule is behind each difference.

`explain` is the way in; the programs and their rules are in `metaan.stats.presets`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import NotEstimableError, choose
from .effects import EffectSizes, FloatArray, Interval
from .heterogeneity import Moments
from .intervals import mean_interval
from .measures import effect_sizes, scale_of, two_by_two
from .pooling import Pooled, pool
from .presets import PRESETS, RULE_WORDS, Rules
from .stratified import mantel_haenszel

if TYPE_CHECKING:
    import pandas as pd

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PresetResult:
    """One data set under one preset; None where the program prints none or the method has no answer.

    Estimates and intervals are on the display scale, ``tau2`` on the squared analysis scale, ``i2`` in percent.
    """

    name: str
    common: float | None
    common_ci: Interval | None
    random: float
    random_ci: Interval
    pi: Interval | None
    tau2: float
    i2: float


@dataclass(frozen=True, slots=True)
class Gap:
    """One number that a preset gives otherwise, and the smallest set of rules that explains it whole, also in words."""

    preset: str
    number: str
    ours: object
    theirs: object
    rules: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """One data set (``data``) under all presets. The first result is ours; ``gaps`` are the differences from it."""

    measure: str
    k: int
    level: float
    data: Mapping[str, FloatArray]
    results: tuple[PresetResult, ...]
    gaps: tuple[Gap, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        rows = [{f.name: getattr(row, f.name) for f in fields(row)} for row in self.results]
        gaps = [{f.name: getattr(gap, f.name) for f in fields(gap)} for gap in self.gaps]
        data = {name: values.tolist() for name, values in self.data.items()}
        return {
            "measure": self.measure, "k": self.k, "level": self.level, "data": data, "results": rows, "gaps": gaps,
        }  # fmt: skip

    def __repr__(self) -> str:
        lines = [f"{self.measure}, k = {self.k}, {100 * self.level:g} % intervals, under the rules of:"]
        for row in self.results:
            common = "-" if row.common is None else f"{row.common:.4g}"
            ci = f"({row.random_ci.lb:.4g} to {row.random_ci.ub:.4g})"
            lines.append(f"  {row.name:<12} common {common:<8} random {row.random:.4g} {ci} I2 {row.i2:.1f} %")
        return "\n".join([*lines, *(f"  {gap.preset}, {gap.number}: {gap.words}" for gap in self.gaps)])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a preset."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["results"])


def explain(measure: str, level: float = 0.95, **data: ArrayLike) -> Explanation:
    """Pool 2x2 tables under every preset and name the rules behind each difference from ours.

    Parameters
    ----------
    measure
        One of `MEASURES_EXPLAINED`.
    level
        Coverage of all intervals.
    data
        2x2 tables as in `metaan.stats.measures.effect_sizes`.

    Raises
    ------
    NotEstimableError
        Fewer than two studies have an effect size.

    Examples
    --------
    >>> found = explain("OR", ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118])
    >>> [(row.name, round(row.common, 3)) for row in found.results[:3]]
    [('metaan', 0.19), ('metafor', 0.19), ('meta', 0.214)]
    """
    choose(MEASURES_EXPLAINED, measure, "measure that programs are compared on")
    cells = two_by_two(data)
    k = _sizes(measure, cells).k
    if k < 2:
        raise NotEstimableError(f"k = {k}: nothing is pooled, so no two programs differ; allowed: 2 studies or more")
    results = {name: apply(preset.rules, name, measure, cells, level) for name, preset in PRESETS.items()}
    ours, *others = results.values()
    gaps = tuple(gap for theirs in others for gap in _gaps(ours, theirs, measure, cells, level))
    return Explanation(measure, k, level, cells, tuple(results.values()), gaps)


def apply(rules: Rules, name: str, measure: str, cells: Cells, level: float) -> PresetResult:
    """Pool the tables by one set of rules."""
    es = _sizes(measure, cells, rules.ratio_total)
    common = _common(rules, es, level)
    random, ci = _random(rules, es, level)
    tau2 = random.tau2 or 0.0
    pi = None if rules.pi is None or random.k < rules.pi_from else _prediction(random, rules.pi, level)
    shown = scale_of(measure).to_display
    return PresetResult(
        name=name,
        common=common.display.estimate if common else None,
        common_ci=common.display.ci if common else None,
        random=shown(random.estimate),
        random_ci=Interval(shown(ci.lb), shown(ci.ub)),
        pi=Interval(shown(pi.lb), shown(pi.ub)) if pi else None,
        tau2=tau2,
        i2=_i2(rules, random, es),
    )


def _sizes(measure: str, cells: Cells, ratio_total: float = 1.0) -> EffectSizes:
    """Return the effect sizes of the studies that have one; ``data`` keeps the counts as they are."""
    es = effect_sizes(measure, drop00=True, **cells).complete
    if measure == "OR" or ratio_total == 1.0:
        return es
    other = effect_sizes(measure, to="none", **_corrected(es.data, 0.5, ("ai", "ci")))
    return EffectSizes(other.yi, other.vi, es.slab, measure, other.reasons, es.data)


def _common(rules: Rules, es: EffectSizes, level: float) -> Pooled | None:
    if rules.common == "IV":
        return pool(es, "common", level=level)
    try:
        return mantel_haenszel(es.measure, level=level, **_corrected(es.data, rules.mh_correction, CELLS))
    except NotEstimableError:
        return None


def _corrected(cells: Cells, add: float, to: tuple[str, ...]) -> dict[str, Any]:
    """Add to some cells of the studies that have a zero cell."""
    zero = np.any([cells[name] == 0 for name in CELLS], axis=0)
    return {name: cells[name] + add * zero * (name in to) for name in CELLS}


def _random(rules: Rules, es: EffectSizes, level: float) -> tuple[Pooled, Interval]:
    tau2 = _dl_about_mh(es) if rules.tau2 == "DL" and rules.q_about == "MH" else None
    return CI_GUARDS[rules.ci](es, rules.tau2, tau2, level) if rules.ci in CI_GUARDS else _plain(rules, es, tau2, level)


def _plain(rules: Rules, es: EffectSizes, tau2: float | None, level: float) -> tuple[Pooled, Interval]:
    fit = _fit(es, rules.tau2, tau2, rules.ci, level)
    return fit, fit.ci


def _fit(es: EffectSizes, tau2_method: str, tau2: float | None, ci: str, level: float) -> Pooled:
    return pool(es, "random", tau2_method, ci, level=level, tau2=tau2)


def _dl_about_mh(es: EffectSizes) -> float:
    """Return DerSimonian-Laird's tau2 from the Q about the Mantel-Haenszel estimate, as RevMan 5 takes it."""
    m = Moments.of(es.yi, es.vi)
    return max(0.0, (_q_about_mh(es) - (m.k - 1)) / m.c)


def _q_about_mh(es: EffectSizes) -> float:
    fit = _common(Rules(mh_correction=0.5), es, 0.95)
    centre = fit.estimate if fit else Moments.of(es.yi, es.vi).mean
    return float(np.sum((es.yi - centre) ** 2 / es.vi))


def _prediction(fit: Pooled, method: str, level: float) -> Interval | None:
    """Return the interval for a new study from Wald's standard error, whatever the interval of the mean."""
    tau2 = fit.tau2 or 0.0
    wald = 1 / float(np.sum(1 / (fit.effects.vi + tau2)))
    df = DEGREES_OF_FREEDOM[method](fit.k)
    return mean_interval(fit.estimate, math.sqrt(tau2 + wald), df, level) if df is None or df > 0 else None


def _i2(rules: Rules, fit: Pooled, es: EffectSizes) -> float:
    if rules.i2_from == "tau2":
        return fit.i2 or 0.0
    q = _q_about_mh(es) if rules.q_about == "MH" else fit.q
    return max(0.0, 100 * (q - fit.q_df) / q) if q > 0 else 0.0


def _revman(es: EffectSizes, tau2_method: str, tau2: float | None, level: float) -> tuple[Pooled, Interval]:
    """Hartung-Knapp where k > 2 and tau2 > 0, else Wald."""
    fit = _fit(es, tau2_method, tau2, "hksj", level)
    ci = "hksj" if fit.k > 2 and (fit.tau2 or 0) > 0 else "wald"
    fit = _fit(es, tau2_method, tau2, ci, level)
    return fit, fit.ci


def _iqwig(es: EffectSizes, tau2_method: str, tau2: float | None, level: float) -> tuple[Pooled, Interval]:
    """Hartung-Knapp, with the ad hoc correction where it is narrower than DerSimonian-Laird with Wald."""
    fit = _fit(es, tau2_method, tau2, "hksj", level)
    legacy = _fit(es, "DL", None, "wald", level)
    if fit.ci.ub - fit.ci.lb < legacy.ci.ub - legacy.ci.lb:
        fit = _fit(es, tau2_method, tau2, "hksj-adhoc", level)
    return fit, fit.ci


def _gaps(ours: PresetResult, theirs: PresetResult, measure: str, cells: Cells, level: float) -> Iterable[Gap]:
    """Yield each number that differs, with the fewest of their rules that turn ours into theirs."""
    base, target = PRESETS[ours.name].rules, PRESETS[theirs.name].rules
    changed = [f.name for f in fields(Rules) if getattr(base, f.name) != getattr(target, f.name)]
    for number in NUMBERS:
        if same(getattr(ours, number), getattr(theirs, number)):
            continue
        for names in _subsets(changed):
            tried = apply(replace(base, **{n: getattr(target, n) for n in names}), "", measure, cells, level)
            if same(getattr(tried, number), getattr(theirs, number)):
                words = _words(names, base, target)
                yield Gap(theirs.name, number, getattr(ours, number), getattr(theirs, number), names, words)
                break


def _words(names: tuple[str, ...], base: Rules, target: Rules) -> str:
    def said(rules: Rules, name: str) -> object:
        value = getattr(rules, name)
        return "not printed" if value is None else value

    return " and ".join(RULE_WORDS[n].format(ours=said(base, n), theirs=said(target, n)) for n in names)


def _subsets(names: list[str]) -> Iterable[tuple[str, ...]]:
    return (subset for size in range(1, len(names) + 1) for subset in combinations(names, size))


def same(a: object, b: object) -> bool:
    """Say whether two numbers or intervals agree to 1e-9, or are both absent."""
    if a is None or b is None:
        return a is b
    return bool(np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-9, atol=1e-12))


#: Not the risk difference: there programs also differ in the formula of the variance, which no single rule turns over.
MEASURES_EXPLAINED = {"OR": "odds ratio", "RR": "risk ratio"}

CELLS = ("ai", "bi", "ci", "di")

DEGREES_OF_FREEDOM: dict[str, Callable[[int], float | None]] = {
    "t(k-1)": lambda k: k - 1,
    "t(k-2)": lambda k: k - 2,
    "normal": lambda k: None,
}

NUMBERS = ("common", "common_ci", "random", "random_ci", "pi", "tau2", "i2")

CI_GUARDS = {"hksj when tau2 > 0 and k > 2": _revman, "hksj guarded by DL": _iqwig}
