"""How named programs pool 2x2 tables, as data: one entry a program in `PRESETS`, one field a choice in `Rules`.

To add a program, add an entry, with the place that says so. To add a rule, add a field to `Rules`, use it in
`metaan.stats.explain.apply`, and say it in `RULE_WORDS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices in which programs differ.

    Attributes
    ----------
    common
        ``"MH"`` or ``"IV"``: how the common effect is pooled.
    mh_correction
        What Mantel-Haenszel adds to the cells of a study that has a zero cell.
    tau2
        A key of `metaan.stats.tau2.TAU2_METHODS`.
    q_about
        ``"IV"`` or ``"MH"``: the mean that Q, and DerSimonian-Laird with it, is taken about.
    ci
        ``"wald"``, ``"hksj"``, ``"hksj-adhoc"``, or when to use which: a key of `CI_GUARDS`.
    pi
        A key of `DEGREES_OF_FREEDOM`, or None where the program prints none.
    pi_from
        The smallest number of studies that the program prints a prediction interval for.
    i2_from
        ``"tau2"`` or ``"Q"``.
    ratio_total
        What a zero cell adds to the total of an arm when a risk ratio is corrected: 1 (half an event, half a
        non-event) or 0.5.
    """

    common: str = "MH"
    mh_correction: float = 0.0
    tau2: str = "DL"
    q_about: str = "IV"
    ci: str = "wald"
    pi: str | None = "t(k-1)"
    pi_from: int = 3
    i2_from: str = "tau2"
    ratio_total: float = 1.0


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of one program, and the document that says so."""

    rules: Rules
    source: str


#: What a rule does, with its value there (``theirs``) and with us (``ours``).
RULE_WORDS = {
    "common": "the common effect is pooled by {theirs} (here {ours})",
    "mh_correction": "{theirs} is added to the cells of a study with a zero cell before Mantel-Haenszel (here nothing)",
    "tau2": "tau2 is estimated by {theirs} (here {ours})",
    "q_about": "Q is taken about the {theirs} estimate (here {ours})",
    "ci": "the interval of the mean is {theirs} (here {ours})",
    "pi": "the prediction interval is {theirs} (here {ours})",
    "pi_from": "the prediction interval is printed from k = {theirs} (here from {ours})",
    "i2_from": "I2 comes from {theirs} (here from {ours})",
    "ratio_total": "a zero cell adds {theirs} to the total of an arm of a risk ratio (here {ours})",
}

PRESETS = {
    "metaan": Preset(Rules(), "the default of metaan's protocol"),
    "metafor": Preset(
        Rules(tau2="REML", pi="normal", pi_from=2), "metafor 5.1, help of rma.uni, rma.mh and predict.rma"
    ),
    "meta": Preset(
        Rules(mh_correction=0.5, tau2="REML", pi_from=2, i2_from="Q", ratio_total=0.5),
        "meta 8.4, help of metabin and settings.meta",
    ),
    "RevMan 5": Preset(
        Rules(mh_correction=0.5, q_about="MH", pi=None, i2_from="Q"),
        "Deeks & Higgins 2010, Statistical algorithms in Review Manager 5; Cochrane Handbook 5.1, section 9.4.4",
    ),
    "RevMan 2025": Preset(
        Rules(mh_correction=0.5, tau2="REML", ci="hksj when tau2 > 0 and k > 2"),
        "Cochrane Methods 2024-25, new random-effects methods in RevMan; Cochrane Handbook 6.5, section 10.10",
    ),
    "Stata": Preset(
        Rules(tau2="REML", pi="t(k-2)"), "Stata Meta-Analysis Reference Manual, meta esize and meta summarize"
    ),
    "IQWiG": Preset(
        Rules(tau2="PM", ci="hksj guarded by DL"), "IQWiG General Methods 6.1; meta 8.4, settings.meta('IQWiG6')"
    ),
    "legacy": Preset(Rules(common="IV", pi=None, i2_from="Q"), "DerSimonian & Laird 1986; Higgins & Thompson 2002"),
}
