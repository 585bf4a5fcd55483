"""Numbers that can be computed with but are more likely a slip: said in words, never changed.

`plausibility` is the way in. To add a check: write a function from effect sizes of complete studies to sentences, and
enter it in `PLAUSIBILITY_CHECKS`. Source: the errors that Gøtzsche et al. 2007 (JAMA 298:430) found
in published meta-analyses, standard errors taken for standard deviations among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..measures.catalogue import LARGE_SMD, STANDARDIZED, scale_of
from ..measures.effects import EffectSizes, FloatArray
from ..measures.families import Mask

#: Beyond this a log ratio stands for a ratio above 148 or below 1/148.
LARGE_LOG_RATIO = 5.0

#: Standard deviations on one scale rarely differ by more; a standard error is smaller by the root of the group size.
SD_RATIO = 4.0

#: Measures whose studies share one unit, so that their standard deviations can be compared.
ONE_UNIT = ("MD", "MN", "MC")

SDS = {"sdi": "ni", "sd1i": "n1i", "sd2i": "n2i"}


def plausibility(es: EffectSizes) -> tuple[str, ...]:
    """Return what is more likely a slip than a finding, one sentence each; empty where nothing looks odd.

    Parameters
    ----------
    es
        Effect sizes, best with the ``data`` they were computed from.

    Notes
    -----
    A negative ratio does not come this far: `metaan.effects_from_reported` refuses it, since it has no logarithm.

    Examples
    --------
    >>> es = EffectSizes.of([0.7, 0.9, 1.2], [0.01, 0.02, 0.02], measure="HR")
    >>> plausibility(es)[0]
    'all 3 effects are above 0 and lie on both sides of 1: were ratios given where HR wants their logarithms?'
    """
    used = es.complete
    return tuple(words for check in PLAUSIBILITY_CHECKS.values() for words in check(used))


def _is_ratio(es: EffectSizes) -> bool:
    return scale_of(es.measure).is_ratio


def _at(es: EffectSizes, doubtful: Mask) -> Iterator[tuple[str, int]]:
    return ((es.slab[i], i) for i in np.flatnonzero(doubtful).tolist())


def _standardized(es: EffectSizes) -> Iterator[str]:
    """Name the standardized differences that hardly any treatment reaches."""
    if es.measure not in STANDARDIZED:
        return
    for label, i in _at(es, np.abs(es.yi) > LARGE_SMD):
        why = "was a standard error given as a standard deviation?"
        yield f"study {label!r}: {es.measure} {es.yi[i]:.3g} is beyond {LARGE_SMD:g} standard deviations: {why}"


def _log_ratio(es: EffectSizes) -> Iterator[str]:
    """Name the ratios beyond belief."""
    if not _is_ratio(es):
        return
    for label, i in _at(es, np.abs(es.yi) > LARGE_LOG_RATIO):
        why = "was the ratio given where its logarithm is wanted, or a count mistyped?"
        yield f"study {label!r}: {es.measure} exp({es.yi[i]:.3g}) = {np.exp(es.yi[i]):.3g}: {why}"


def _natural_scale(es: EffectSizes) -> Iterator[str]:
    """Find ratios among what should be their logarithms: all positive, and around 1 rather than around 0."""
    if not _is_ratio(es) or es.data.keys() - {"yi", "vi", "sei"}:
        return
    if es.k > 1 and es.yi.min() > 0 and es.yi.min() < 1 < es.yi.max():
        yield (
            f"all {es.k} effects are above 0 and lie on both sides of 1: were ratios given where {es.measure} wants "
            "their logarithms?"
        )


def _arms(es: EffectSizes) -> Iterator[str]:
    """Compare the standard deviations of the two arms of a study."""
    if not {"sd1i", "sd2i"} <= es.data.keys():
        return
    low, high = (f(es.data["sd1i"], es.data["sd2i"]) for f in (np.minimum, np.maximum))
    for label, i in _at(es, high > SD_RATIO * low):
        found = f"{es.data['sd1i'][i]:g} and {es.data['sd2i'][i]:g}"
        yield f"study {label!r}: standard deviations {found} in its arms: is one of them a standard error?"


def _studies(es: EffectSizes) -> Iterator[str]:
    """Compare a study's standard deviations with the median of all, and with it as a standard error would be."""
    if es.measure not in ONE_UNIT or es.k < 3:
        return
    for name in (name for name in SDS if name in es.data):
        sd, usual = es.data[name], float(np.median(es.data[name]))
        for label, i in _at(es, (sd * SD_RATIO < usual) | (sd > SD_RATIO * usual)):
            yield f"study {label!r}: {name} = {sd[i]:g}, {usual:g} in the middle study{_as_error(es, name, i, usual)}"


def _as_error(es: EffectSizes, name: str, i: int, usual: float) -> str:
    """Say what the standard deviation would be if the number were a standard error, where that fits the others."""
    would: FloatArray = es.data[name] * np.sqrt(es.data[SDS[name]])
    fits = usual / 2 <= would[i] <= 2 * usual
    return f": as a standard error it would stand for a standard deviation of {would[i]:.3g}" if fits else ""


PLAUSIBILITY_CHECKS: dict[str, Callable[[EffectSizes], Iterator[str]]] = {
    "standardized": _standardized,
    "log-ratio": _log_ratio,
    "natural-scale": _natural_scale,
    "arms": _arms,
    "studies": _studies,
}
