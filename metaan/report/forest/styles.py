"""How a forest plot looks in print: order and headings of its columns, how numbers are written, colours and shapes.

A style never changes a number, only how it is written. To add one, enter it in `STYLES`. Colours are blue, orange and
greys, which people with any colour vision tell apart, and shape carries the meaning as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import null_of
from ...stats.pooling.models import MODELS
from ..language import formats, spread, words
from .axis import AxisTitle

if TYPE_CHECKING:
    from ...stats.measures.effects import Interval
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Analysis, Pool, SubgroupTest

SPACE = "\u00a0"
ROOM = 1e6  # numbers from here on, and those that would round to nothing, are written as everywhere else


ROUND = "({})"  # brackets around an interval


@dataclass(frozen=True, slots=True)
class Style:
    """One look."""

    # What stands where, from left to right: label, extra (further columns), time, data, plot, effect, weights, lights
    # (risk of bias)
    order: tuple[str, ...] = ("label", "extra", "time", "data", "plot", "effect", "weights", "lights")
    # study, effect, weight: headings; ``effect`` and ``axis`` know ``{measure}``, ``{name}``, ``{how}`` and
    # ``{level}``, each as its lines, of which the last is the heading itself
    study: str = "Study"
    effect: tuple[str, ...] = ("{measure} ({level} CI)",)
    axis: tuple[str, ...] = ("{name} ({level} CI)",)
    weight: str = "Weight"
    split: bool = False  # every number of an arm has a column of its own
    # Kind of data (a key of `metaan.preparation.kinds.KINDS`) to what stands over it in place of the usual words
    data: Mapping[str, str] = field(default_factory=dict)
    thousands: str = ""  # what parts the thousands of numbers of five digits and more
    # joint, brackets, decimals: what parts the bounds of an interval and stands around them, and how an effect is
    # written; None decimals: as many as the number deserves
    joint: str = " to "
    brackets: str = ROUND
    decimals: int | None = None
    weight_sign: bool = True  # True: every weight has its percent sign
    pooled: str = ""  # label of a diamond, with ``{total}`` and ``{model}``; empty: the methods by name
    # tau2, heterogeneity, overall: lines under a diamond, in the order and the signs of the journal; empty: ours, or
    # none. ``tau2`` is the part of ``heterogeneity`` where the model has one.
    tau2: str = ""
    heterogeneity: str = ""
    overall: str = ""
    subgroups: str = ""  # the test for differences between subgroups in the signs of the journal; empty: ours
    p: tuple[str, bool] = ("p", True)  # sign of a p value, and whether a zero stands before its point
    tight: bool = False  # no spaces around the signs of comparison
    favours: tuple[str, bool] = ("Favours", False)  # the word before the arm, and whether it stands over the plot
    guide: bool = False  # True: a dashed line through the pooled result
    # variables, rules: what changes in the stylesheet
    variables: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""

    def number(self, x: float, measure: str, of: Interval | None = None) -> str:
        """Write one number of the display scale."""
        if self.decimals is None or abs(x) >= ROOM or 0 < abs(x) < 0.5 * 10**-self.decimals:
            return formats.estimate(x, measure, of)
        return formats.fixed(x, self.decimals, null_of(measure))

    def bounds(self, ci: Interval, measure: str) -> str:
        """Write an interval without an estimate; round brackets only set it apart from one."""
        text = self._between(ci, measure)
        return text if self.brackets == ROUND else self.brackets.format(text)

    def value(self, x: float | None, ci: Interval | None, measure: str) -> str:
        """Write an effect with its interval."""
        if x is None:
            return formats.NOTHING
        return self.number(x, measure, ci) + (f" {self.brackets.format(self._between(ci, measure))}" if ci else "")

    def _between(self, ci: Interval, measure: str) -> str:
        """Write the two bounds; a hyphen between them would be taken for a minus where one of them is negative."""
        between = " to " if self.joint == "-" and ci.lb < 0 else self.joint
        return between.join(self.number(x, measure, ci) for x in ci)

    def count(self, x: float, decimals: int = 0) -> str:
        """Write a count, or another number of the data."""
        text = formats.fixed(x, decimals)
        return f"{x:,.0f}".replace(",", self.thousands) if text.isdigit() and len(text) > 4 else text

    def share(self, weight: float | None) -> str:
        """Write a weight in percent."""
        text = formats.percent(weight, 1)
        return text if self.weight_sign else text.rstrip("%")

    def heading(self, shape: tuple[str, ...], analysis: Analysis) -> tuple[str, ...]:
        """Fill in the lines of a heading."""
        name = words.upper_first(words.measure_name(analysis.measure))
        level = formats.level(analysis.level)
        known = {"measure": analysis.measure, "name": name, "level": level, "how": how(analysis)}
        return tuple(line.format(**known) for line in shape)

    def total(self, fit: Pooled, pool: Pool, last: bool) -> str:
        """Return the label of a diamond; the model is named where the pool has two."""
        both = len(pool.fits) > 1
        model = f", {MODELS[fit.model].short}"
        return self.pooled.format(
            total="Total" if last else "Subtotal", model=model if both else "", level=formats.level(fit.level)
        )

    def p_text(self, p: float) -> str:
        """Write a p value with its sign."""
        sign, zero = self.p
        how, digits = formats.p_parts(p)
        return ("" if self.tight else " ").join((sign, how, digits if zero else digits[1:]))

    def lines(self, pool: Pool) -> tuple[str, ...]:
        """Return the lines under the diamonds of a pool."""
        fit = pool.fit
        if fit is None or fit.k < 2 or not self.heterogeneity:
            line = spread.short(pool) if fit is not None else pool.reason
            return (words.upper_first(line),) if line else ()
        tau2 = self.tau2.format(formats.fixed(fit.tau2 or 0.0, 2)) if fit.has_tau2 else ""
        known = {
            "tau2": tau2, "q": formats.fixed(fit.q, 2), "df": fit.q_df,
            "p": self.p_text(fit.q_pval), "i2": formats.percent(fit.i2 or 0.0),
        }  # fmt: skip
        shapes = [self.heterogeneity]
        if fit.stat is not None and fit.pval is not None and null_of(fit.measure) is not None:
            shapes.append(self.overall)
            z, sign = formats.fixed(abs(fit.stat), 2), "z" if fit.df is None else "t"
            known |= {"z": z, "overall": self.p_text(fit.pval), "sign": sign}
        return tuple(shape.format(**known) for shape in shapes if shape)

    def between(self, test: SubgroupTest | None) -> tuple[str, ...]:
        """Return the lines of the test for differences between subgroups, one a model where there are two."""
        if test is None or not self.subgroups:
            line = spread.subgroups(test)
            return (line,) if line else ()
        found, without = test.by_model, spread.untested(test)
        names = found if len(found) > 1 else [""]
        return tuple(self._difference(n, *values) + without for n, values in zip(names, found.values()))

    def _difference(self, model: str, q: float, df: int, p: float) -> str:
        which = f", {model} effect{'s' * (model == 'random')}" if model else ""
        return self.subgroups.format(model=which, q=formats.fixed(q, 2), df=df, p=self.p_text(p))


def how(analysis: Analysis) -> str:
    """Return the methods as RevMan heads its columns: ``M-H, Fixed``, ``IV, Random``."""
    models = analysis.plan.model
    common = "M-H" if analysis.plan.common_method == "MH" else "IV"
    known = {
        "common": (common, "Fixed"),
        "random": ("IV", "Random"),
        "birge": ("IV", "Birge"),
        "ivhet": ("IV", "IVhet"),
    }
    used = [known[model] for model in models]
    weights = dict.fromkeys(weight for weight, _ in used)
    return f"{' / '.join(weights)}, {' + '.join(name for _, name in used)}"


def axis_title(style: Style, analysis: Analysis) -> AxisTitle:
    """Return the heading of the plot itself."""
    lines = style.heading(style.axis, analysis)
    return AxisTitle.of(analysis.measure, *lines) if style.axis == Style().axis else AxisTitle(lines)


GREY = {
    "--study": "#5a5a5a", "--centre": "#000000", "--prediction": "#8c8c8c", "--reference": "#707070",
    "--warn": "#000000", "--ink": "#000000", "--soft": "#505050", "--rule": "#d8d8d8",
    "--good": "#000000", "--some": "#d0d0d0", "--some-ink": "#000000",
}  # fmt: skip
#: Green, yellow and red, of falling lightness from yellow to red, where a journal prints them so.
TRAFFIC = "\n".join(
    f".forest .field.{code} {{ fill: {fill}; stroke: #000000; stroke-width: 0.6; }}\n"
    f".forest text.sign.{code} {{ fill: {ink}; }}"
    for code, fill, ink in (
        ("low", "#4fb34f", "#000000"), ("except", "#a6d96a", "#000000"), ("some", "#ffe14d", "#000000"),
        ("high", "#c8102e", "#ffffff"), ("critical", "#5c0011", "#ffffff"), ("unknown", "#ffffff", "#000000"),
    )
)  # fmt: skip
BLACK = {"--ink": "#000000", "--soft": "#333333", "--rule": "#000000"}

#: Name of a style to the style.
STYLES: dict[str, Style] = {
    "default": Style(),
    "revman": Style(
        order=("label", "extra", "data", "weights", "effect", "plot", "lights"),
        study="Study or subgroup",
        effect=("{name}", "{how}, {level} CI"),
        axis=("{name}", "{how}, {level} CI"),
        split=True,
        joint=", ",
        brackets="[{}]",
        decimals=2,
        pooled="{total} ({level} CI{model})",
        tau2="Tau² = {}; ",
        heterogeneity="Heterogeneity: {tau2}Chi² = {q}, df = {df} ({p}); I² = {i2}",
        overall="Test for overall effect: {sign} = {z} ({overall})",
        subgroups="Test for subgroup differences{model}: Chi² = {q}, df = {df} ({p})",
        p=("P", True),
        variables={**BLACK, "--study": "#1f55d0", "--centre": "#000000", "--prediction": "#b3541e"},
        rules=".forest polygon.diamond.common { fill: #000000; stroke: none; }\n" + TRAFFIC,
    ),
    "bmj": Style(
        order=("label", "extra", "data", "plot", "weights", "effect", "lights"),
        effect=("{name}", "({level} CI)"),
        axis=("{name}", "({level} CI)"),
        weight="Weight (%)",
        data={"counts": "No of events/total", "means": "Mean (SD), No"},
        thousands=SPACE,
        decimals=2,
        weight_sign=False,
        pooled="{total} ({level} CI{model})",
        tau2="τ²={}; ",
        heterogeneity="Test for heterogeneity: {tau2}χ²={q}, df={df}, {p}; I²={i2}",
        overall="Test for overall effect: {sign}={z}, {overall}",
        subgroups="Test for subgroup differences{model}: χ²={q}, df={df}, {p}",
        p=("P", True),
        tight=True,
        guide=True,
        variables={
            **BLACK,
            "--study": "#2a6ebb",
            "--centre": "#2a6ebb",
            "--rule": "#9fb6cf",
            "--prediction": "#b3541e",
        },
        rules=(
            ".forest polygon.diamond.common, .forest polygon.diamond.random { fill: #2a6ebb; stroke: #2a6ebb; }\n"
            ".forest polygon.diamond.common { fill: #ffffff; }"
        ),
    ),
    "jama": Style(
        order=("label", "extra", "data", "effect", "plot", "weights", "lights"),
        study="Source",
        axis=("{name} ({level} CI)",),
        weight="Weight, %",
        data={"counts": "No. of events/total No.", "means": "Mean (SD), No."},
        thousands=SPACE,
        joint="-",
        decimals=2,
        weight_sign=False,
        pooled="{total}{model}",
        heterogeneity="Heterogeneity: χ² = {q}, df = {df} ({p}); I² = {i2}",
        subgroups="Test for subgroup differences{model}: χ² = {q}, df = {df} ({p})",
        p=("P", False),
        favours=("Favors", True),
        guide=True,
        variables={
            **BLACK,
            "--study": "#1b3f7a",
            "--centre": "#1b3f7a",
            "--rule": "#8a8a8a",
            "--prediction": "#b3541e",
        },
        rules=(
            ".forest polygon.diamond.random { fill: #8db9e2; stroke: #1b3f7a; stroke-width: 1; }\n"
            ".forest polygon.diamond.common { stroke: #1b3f7a; }"
        ),
    ),
    "greyscale": Style(variables=GREY),
}
