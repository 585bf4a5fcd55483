"""How named programs pool 2x2 tables, as data: one entry a program in `PRESETS`, one field a choice in `Rules`.

To add a program, add an entry, with the place that says so. To add a rule, add a field to `Rules`, use it in
`metaan.stats.robustness.programs.apply`, and say it in `RULE_WORDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..measures.families import Columns, Mask
from ..measures.two_by_two import all_events, no_events, no_patients


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices in which programs differ.

    Attributes
    ----------
    common
        ``"MH"`` or ``"IV"``: how the common effect is pooled.
    mh_leaves_out, iv_leaves_out
        Which studies Mantel-Haenszel, and inverse variance, do without: a key of `LEAVES_OUT`.
    mh_correction
        What Mantel-Haenszel adds to the cells of a study that has a zero cell.
    mh_rd_variance
        ``"Sato"`` or ``"GR"`` (Greenland and Robins): the variance of a risk difference by Mantel-Haenszel.
    mh_without_error
        ``"refused"`` or ``"printed"``: a Mantel-Haenszel estimate of tables that all say "no difference, for certain".
    ratio_total
        What a zero cell adds to the total of an arm when a risk ratio is corrected: 1 (half an event, half a
        non-event) or 0.5.
    rd_correction
        What a zero cell changes of a risk difference: ``"difference and variance"`` or ``"variance"``.
    tau2
        A key of `metaan.stats.pooling.tau2.TAU2_METHODS`.
    q_about
        ``"IV"`` or ``"MH"``: the mean that Q, and DerSimonian-Laird with it, is taken about.
    ci
        ``"wald"``, ``"hksj"``, ``"hksj-adhoc"``, or when to use which: a key of `CI_GUARDS`.
    pi
        A key of `DEGREES_OF_FREEDOM`, or None where the program prints none unless asked.
    pi_from
        The smallest number of studies that the program prints a prediction interval for.
    i2_from
        ``"tau2"`` or ``"Q"``.
    """

    common: str = "MH"
    mh_leaves_out: str = "empty arms, double zeros of a ratio, all events of an odds ratio"
    mh_correction: float = 0.0
    mh_rd_variance: str = "Sato"
    mh_without_error: str = "refused"
    iv_leaves_out: str = "empty arms, double zeros and all events of a ratio"
    ratio_total: float = 1.0
    rd_correction: str = "difference and variance"
    tau2: str = "DL"
    q_about: str = "IV"
    ci: str = "wald"
    pi: str | None = "t(k-1)"
    pi_from: int = 3
    i2_from: str = "tau2"


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of one program, the document or the output that says so, and the measures that it says them of."""

    rules: Rules
    source: str
    measures: tuple[str, ...] = ("OR", "RR", "RD")


def _says_nothing(measure: str, x: Columns) -> Mask:
    """Mask the tables whose likelihood does not depend on the measure, and those with an arm without patients."""
    silent = {"OR": no_events(x) | all_events(x), "RR": no_events(x)}.get(measure, False)
    return no_patients(x) | silent


def _no_ratio(measure: str, x: Columns) -> Mask:
    """Mask what `_says_nothing` does, and all events for every ratio."""
    return _says_nothing(measure, x) | (all_events(x) & (measure != "RD"))


def _nothing(measure: str, x: Columns) -> Mask:
    return no_events(x) & False


#: What a method does without, from the measure and the tables.
LEAVES_OUT: dict[str, Callable[[str, Columns], Mask]] = {
    "no study": _nothing,
    "empty arms, double zeros of a ratio, all events of an odds ratio": _says_nothing,
    "empty arms, double zeros and all events of a ratio": _no_ratio,
}

#: What a rule does, with its value there (``theirs``) and with us (``ours``).
RULE_WORDS = {
    "common": "the common effect is pooled by {theirs} (here {ours})",
    "mh_leaves_out": "Mantel-Haenszel leaves out {theirs} (here {ours})",
    "mh_correction": "{theirs} is added to the cells of a study with a zero cell before Mantel-Haenszel (here nothing)",
    "mh_rd_variance": "the Mantel-Haenszel risk difference has the variance of {theirs} (here {ours})",
    "mh_without_error": "a Mantel-Haenszel estimate with a standard error of 0 is {theirs} (here {ours})",
    "iv_leaves_out": "inverse variance leaves out {theirs} (here {ours})",
    "ratio_total": "a zero cell adds {theirs} to the total of an arm of a risk ratio (here {ours})",
    "rd_correction": "a zero cell changes the {theirs} of a risk difference (here the {ours})",
    "tau2": "tau2 is estimated by {theirs} (here {ours})",
    "q_about": "Q is taken about the {theirs} estimate (here {ours})",
    "ci": "the interval of the mean is {theirs} (here {ours})",
    "pi": "the prediction interval is {theirs} (here {ours})",
    "pi_from": "the prediction interval is printed from k = {theirs} (here from {ours})",
    "i2_from": "I2 comes from {theirs} (here from {ours})",
}

_METAFOR = Rules(
    mh_leaves_out="no study",
    mh_without_error="printed",
    iv_leaves_out="no study",
    tau2="REML",
    pi="normal",
    pi_from=2,
)
_META = Rules(
    mh_correction=0.5,
    mh_rd_variance="GR",
    iv_leaves_out="empty arms, double zeros of a ratio, all events of an odds ratio",
    ratio_total=0.5,
    rd_correction="variance",
    tau2="REML",
    pi=None,
    i2_from="Q",
)
_REVMAN_5 = replace(_META, ratio_total=1.0, tau2="DL", q_about="MH")

PRESETS = {
    "metaan": Preset(Rules(), "the default of metaan's protocol"),
    "metafor": Preset(
        _METAFOR, "metafor 5.1 and 3.8, help of escalc, rma.uni, rma.mh and predict.rma, and their output"
    ),
    "meta": Preset(_META, "meta 8.4, help of metabin and settings.meta, and its output"),
    "JAMA": Preset(_META, "meta 8.4, settings.meta('JAMA'): another layout, the same numbers"),
    "RevMan 5": Preset(
        _REVMAN_5,
        "Deeks & Higgins 2010, Statistical algorithms in Review Manager 5; Cochrane Handbook 5.1, section 9.4.4; "
        "meta 8.4, settings.meta('RevMan5')",
    ),
    "RevMan 2025": Preset(
        replace(_REVMAN_5, tau2="REML", q_about="IV", ci="hksj when tau2 > 0 and k > 2", pi="t(k-1)", i2_from="tau2"),
        "Cochrane Methods 2024-25, new random-effects methods in RevMan; Cochrane Handbook 6.5, section 10.10",
    ),
    "Stata": Preset(
        Rules(tau2="REML", pi="t(k-2)"),
        "Stata Meta-Analysis Reference Manual, meta esize and meta summarize",
        ("OR", "RR"),
    ),
    "IQWiG": Preset(
        replace(_META, tau2="PM", ci="hksj guarded by DL", pi="t(k-1)", pi_from=2),
        "IQWiG General Methods 6.1; meta 8.4, settings.meta('IQWiG6')",
    ),
    "legacy": Preset(Rules(common="IV", pi=None, i2_from="Q"), "DerSimonian & Laird 1986; Higgins & Thompson 2002"),
}
