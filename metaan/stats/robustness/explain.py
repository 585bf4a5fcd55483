"""One data set under the rules of several programs, and which single rule is behind each difference.

`explain` is the way in; the programs and their rules are in `metaan.stats.robustness.presets`,
and what a program makes of the tables in `metaan.stats.robustness.programs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotEstimableError, choose
from ..measures.catalogue import null_of, two_by_two
from ..measures.effects import FloatArray
from ..measures.families import Columns, any_missing
from ..numerics.by_name import takes_names
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from .presets import PRESETS, RULE_WORDS, Rules
from .programs import PresetResult, apply

if TYPE_CHECKING:
    import pandas as pd


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
class Explanation(ShowsItself):
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
            common = "-" if row.common is None else figures(row.common, null=null_of(self.measure))
            lines.append(f"  {row.name:<12} common {common:<8} random {_random_words(row, self.measure)}")
        return "\n".join([*lines, *(f"  {gap.preset}, {gap.number}: {gap.words}" for gap in self.gaps)])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a preset."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["results"])


@takes_names
def explain(measure: str, level: float = 0.95, **data: Any) -> Explanation:
    """Pool 2x2 tables under every preset and name the rules behind each difference from ours.

    Parameters
    ----------
    measure
        One of `MEASURES_EXPLAINED`.
    level
        Coverage of all intervals.
    data
        2x2 tables as in `metaan.stats.measures.catalogue.effect_sizes`.

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
    cells = {name: values[~any_missing(cells)] for name, values in cells.items()}
    programs = {name: preset.rules for name, preset in PRESETS.items() if measure in preset.measures}
    results = {name: apply(rules, name, measure, cells, level) for name, rules in programs.items()}
    k = max(max(row.k, row.k_common) for row in results.values())
    if k < 2:
        raise NotEstimableError(f"k = {k}: nothing is pooled, so no two programs differ; allowed: 2 studies or more")
    ours, *others = results.values()
    gaps = tuple(gap for theirs in others for gap in _gaps(ours, theirs, measure, cells, level))
    return Explanation(measure, ours.k, level, cells, tuple(results.values()), gaps)


def _random_words(row: PresetResult, measure: str) -> str:
    if row.random is None or row.random_ci is None:
        return "-"
    random, lb, ub = (figures(x, null=null_of(measure)) for x in (row.random, *row.random_ci))
    return f"{random} ({lb} to {ub}) k {row.k} Q {row.q:.4g} tau2 {row.tau2:.4g} I2 {row.i2:.1f} %"


def _gaps(ours: PresetResult, theirs: PresetResult, measure: str, cells: Columns, level: float) -> Iterable[Gap]:
    """Yield each number that differs, with the fewest of their rules that turn ours into theirs."""
    base, target = PRESETS[ours.name].rules, PRESETS[theirs.name].rules
    changed = [f.name for f in fields(Rules) if getattr(base, f.name) != getattr(target, f.name)]

    @cache
    def tried(names: tuple[str, ...]) -> PresetResult:
        return apply(replace(base, **{n: getattr(target, n) for n in names}), "", measure, cells, level)

    for number in NUMBERS:
        if same(getattr(ours, number), getattr(theirs, number)):
            continue
        for names in _subsets(changed):
            if same(getattr(tried(names), number), getattr(theirs, number)):
                words = _words(names, base, target)
                yield Gap(theirs.name, number, getattr(ours, number), getattr(theirs, number), names, words)
                break


def _words(names: tuple[str, ...], base: Rules, target: Rules) -> str:
    def said(rules: Rules, name: str) -> object:
        value = getattr(rules, name)
        return "not printed" if value is None else f"{value:g}" if isinstance(value, float) else value

    return " and ".join(RULE_WORDS[n].format(ours=said(base, n), theirs=said(target, n)) for n in names)


def _subsets(names: list[str]) -> Iterable[tuple[str, ...]]:
    return (subset for size in range(1, len(names) + 1) for subset in combinations(names, size))


def same(a: object, b: object) -> bool:
    """Say whether two numbers or intervals agree to 1e-9, or are both absent."""
    if a is None or b is None:
        return a is b
    return bool(np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-9, atol=1e-12))


MEASURES_EXPLAINED = {"OR": "odds ratio", "RR": "risk ratio", "RD": "risk difference"}

NUMBERS = ("k_common", "common", "common_ci", "k", "random", "random_ci", "pi", "q", "tau2", "i2")
