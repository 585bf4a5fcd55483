"""From odds ratios to standardized mean differences and back.

Sources: Hasselblad & Hedges 1995, Chinn 2000 (logistic); Cox & Snell 1989 (normal).
"""

from __future__ import annotations

from ...errors import DataError, choose
from ..measures.effects import EffectSizes
from ..measures.two_by_two import LOGISTIC_SD, NORMAL_SD


def smd_from_odds_ratio(effects: EffectSizes, assuming: str = "logistic") -> EffectSizes:
    """Turn log odds ratios into standardized mean differences.

    Parameters
    ----------
    effects
        Log odds ratios with their variances.
    assuming
        A key of `SD_OF_LOG_ODDS`: the distribution behind the dichotomy.

    Returns
    -------
    EffectSizes
        Measure ``"SMD"``; the conversion is in its notes.

    Examples
    --------
    >>> es = EffectSizes.of([0.9], [0.1], measure="OR")
    >>> round(float(smd_from_odds_ratio(es).yi[0]), 4)
    0.4962
    """
    return _rescaled(effects, "OR", "SMD", 1 / choose(SD_OF_LOG_ODDS, assuming, "assuming"), assuming)


def odds_ratio_from_smd(effects: EffectSizes, assuming: str = "logistic") -> EffectSizes:
    """Turn standardized mean differences into log odds ratios; the way back of `smd_from_odds_ratio`.

    Examples
    --------
    >>> es = EffectSizes.of([0.5], [0.03], measure="SMD")
    >>> round(float(odds_ratio_from_smd(es).yi[0]), 4)
    0.9069
    """
    return _rescaled(effects, "SMD", "OR", choose(SD_OF_LOG_ODDS, assuming, "assuming"), assuming)


def _rescaled(effects: EffectSizes, source: str, target: str, factor: float, assuming: str) -> EffectSizes:
    if effects.measure not in (source, "GEN"):
        raise DataError(f"effects are {effects.measure}; allowed: {source}, or GEN where that is what they are")
    note = f"{target} from {source}, assuming a {assuming} distribution (times {factor:.4g})"
    return EffectSizes(
        effects.yi * factor, effects.vi * factor**2, effects.slab, target, effects.reasons, effects.data,
        (*effects.notes, note),
    )  # fmt: skip


SD_OF_LOG_ODDS: dict[str, float] = {"logistic": LOGISTIC_SD, "normal": NORMAL_SD}
