"""Precision as printed: an interval beside its estimate, its standard error and its p."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...errors import Problem
from ..model.arms import Means
from ..model.contrasts import Contrast, PairedMeans
from ..model.study import Study
from ..model.types import is_ratio
from .draft import Document, Draft, Path
from .effects import effects_of
from .means import arms_of, half_digit

Printed = Contrast | PairedMeans | Means


def means_lie_in_their_intervals(draft: Draft) -> Iterator[Problem]:
    """The interval of a mean, or of a mean difference, is in order and holds it."""
    for document, path, told in intervals(draft):
        if told.ci is None or isinstance(told, Contrast):
            continue
        (lo, hi), mean = told.ci, _estimate(told)
        if lo > hi:
            yield document.problem((*path, "ci"), f"[{lo}, {hi}] is reversed", "allowed: [lower, upper]")
        elif mean is not None and not lo <= mean <= hi:
            yield document.problem(
                (*path, "ci"), f"[{lo}, {hi}] does not hold {mean}", "allowed: an interval that does"
            )


def intervals_are_symmetric(draft: Draft) -> Iterator[Problem]:
    """The estimate is the middle of its interval: of the logarithms for a ratio, as far as rounding lets one see."""
    for document, path, effect in intervals(draft):
        estimate, (lo, hi) = _estimate(effect), effect.ci or (0.0, 0.0)
        ratio = is_log(effect)
        if (
            estimate is None
            or _credible(effect)
            or not float(lo) < float(estimate) < float(hi)
            or (ratio and float(lo) <= 0)
        ):
            continue
        below, middle, above = (_on_scale(x, ratio) for x in (lo, estimate, hi))
        rounding = sum(_rounding(x, ratio) for x in (lo, hi)) + 2 * _rounding(estimate, ratio)
        if abs(below + above - 2 * middle) > rounding + ASYMMETRY * (above - below):
            centre = math.exp((below + above) / 2) if ratio else (below + above) / 2
            found = f"{estimate} [{lo}, {hi}] is not symmetric{' on the log scale' if ratio else ''}"
            allowed = f"the middle of the interval is {centre:.3g}: is a digit or the measure wrong? else a waiver"
            yield document.problem((*path, "ci"), found, allowed)


def intervals_agree_with_p(draft: Draft) -> Iterator[Problem]:
    """An interval without the null goes with a small p, one that holds it with a large one."""
    for document, path, effect in _effects(draft):
        z = _z_of_interval(effect)
        if z is None or effect.p is None:
            continue
        bound, printed = _p(effect)
        p, low, high = _p_of(z), *_p_range(effect)
        against = (
            low > 1.5 * printed if bound < 0 else high < printed / 1.5 if bound > 0 else _apart(low, high, printed)
        )
        if against and _level_that_fits(effect) is None:
            lo, hi = effect.ci or (0.0, 0.0)
            found = f"p {effect.p} beside {_estimate(effect)} [{lo}, {hi}], which gives p {p:.2g}"
            yield document.problem((*path, "p"), found, "allowed: a p of this interval; a waiver where tests differ")


def intervals_have_their_level(draft: Draft) -> Iterator[Problem]:
    """An interval is as wide as its level says, where a standard error or p tells how wide that is."""
    for document, path, effect in _effects(draft):
        fits = _level_that_fits(effect)
        if fits is not None:
            lo, hi = effect.ci or (0.0, 0.0)
            beside = f"se {effect.se}" if effect.se is not None else f"p {effect.p}"
            found = f"[{lo}, {hi}] beside {beside} fits {100 * fits:g}% better than {100 * effect.level:g}%"
            yield document.problem((*path, "ci"), found, f"allowed: 'level: {fits:g}', if that is what it is")


def intervals(draft: Draft) -> Iterator[tuple[Document[Study], Path, Printed]]:
    """Yield what has an interval and is pooled, with its place: effects, paired differences, means of arms."""
    for document, path, effect in _effects(draft):
        if effect.ci is not None:
            yield document, path, effect
    for document, path, _, arm in arms_of(draft, Means):
        if arm.ci is not None:
            yield document, path, arm


def _effects(draft: Draft) -> Iterator[tuple[Document[Study], Path, Contrast | PairedMeans]]:
    yield from effects_of(draft)
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            if result.paired is not None:
                yield document, ("results", i, "paired"), result.paired


def is_log(effect: Printed) -> bool:
    """Say whether an effect is a ratio, and symmetric as a logarithm."""
    return isinstance(effect, Contrast) and is_ratio(effect.measure)


def _estimate(effect: Printed) -> float | None:
    if isinstance(effect, Contrast):
        return effect.estimate
    return effect.mean if isinstance(effect, Means) else effect.mean_difference


def _on_scale(x: float, ratio: bool) -> float:
    return math.log(float(x)) if ratio else float(x)


def _rounding(x: float, ratio: bool) -> float:
    """Return how far a printed number may be off on the scale of its interval."""
    return half_digit(x) / float(x) if ratio else half_digit(x)


def _width(effect: Contrast | PairedMeans) -> tuple[float, float, float] | None:
    """Return the estimate, the half width of the interval and how far that may be off; None where it cannot be told."""
    if effect.ci is None or _credible(effect):
        return None
    ratio, (lo, hi) = is_log(effect), effect.ci
    if not float(lo) < float(hi) or (ratio and float(lo) <= 0):
        return None
    below, above = _on_scale(lo, ratio), _on_scale(hi, ratio)
    given = _estimate(effect)
    usable = given is not None and (not ratio or float(given) > 0)
    middle = _on_scale(given, ratio) if given is not None and usable else (below + above) / 2
    return middle, (above - below) / 2, (_rounding(lo, ratio) + _rounding(hi, ratio)) / 2


def _credible(effect: Printed) -> bool:
    return isinstance(effect, Contrast) and effect.interval == "credible"


def _z_of_interval(effect: Contrast | PairedMeans) -> float | None:
    found = _width(effect)
    return None if found is None else abs(found[0]) * _quantile(effect.level) / found[1]


def _p_range(effect: Contrast | PairedMeans) -> tuple[float, float]:
    """Return the smallest and the largest p that the interval and its estimate, as they are rounded, can stand for."""
    found, given = _width(effect), _estimate(effect)
    assert found is not None
    middle, half, off = found
    shift = off if given is None else _rounding(given, is_log(effect))
    z = _quantile(effect.level)
    small = (abs(middle) + shift) * z / max(half - off, half / 10)
    large = max(abs(middle) - shift, 0.0) * z / (half + off)
    return _p_of(small), _p_of(large)


def _p(effect: Contrast | PairedMeans) -> tuple[int, float]:
    """Return -1, 0 or 1 for a bound from above, a value and a bound from below; and the number."""
    text = str(effect.p)
    return -1 if text[0] in "<≤" else int(text[0] in ">≥"), float(text.lstrip("<≤>≥= "))


def _apart(low: float, high: float, printed: float) -> bool:
    """Say whether p is of another order than the interval gives: tests differ, by less than this.

    Below 0.0001 nobody prints the difference.
    """
    low, high, p = (max(x, 1e-4) for x in (low, high, printed))
    z = [_quantile(1 - x) if x < 1 else 0.0 for x in (low, high, p)]
    across = (p < 0.05 and low > 0.06) or (p > 0.05 and high < 0.04)
    return z[2] > 1.35 * z[0] + 0.35 or z[1] > 1.35 * z[2] + 0.35 or (across and abs(z[2] - z[1]) > 0.2)


def _level_that_fits(effect: Contrast | PairedMeans) -> float | None:
    """Return another level that the width of an interval fits; None where it fits its own, or nothing says."""
    found = _width(effect)
    if found is None:
        return None
    middle, half, off = found
    se, doubt = _standard_error(effect, middle)
    if se is None or doubt + off / half > 0.06 or isinstance(effect, PairedMeans):
        return None
    z = half / se
    near = min(LEVELS, key=lambda level: abs(math.log(z / _quantile(level))))
    fits = abs(math.log(z / _quantile(near))) < 0.07 and abs(math.log(z / _quantile(effect.level))) > 0.12
    return near if fits else None


def _standard_error(effect: Contrast | PairedMeans, middle: float) -> tuple[float | None, float]:
    """Return the standard error beside an interval, and how far it may be off as a share of itself."""
    if effect.se is not None:
        return float(effect.se), half_digit(effect.se) / float(effect.se)
    if effect.p is None or isinstance(effect.p, str) or not 0 < float(effect.p) < 0.9 or middle == 0:
        return None, 0.0
    p, half = float(effect.p), half_digit(effect.p)
    if p <= half:
        return None, 0.0
    z, near = _quantile(1 - p), _quantile(1 - p - half)
    return abs(middle) / z, abs(z - near) / z


def _quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)


def _p_of(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


#: Levels at which people print intervals.
LEVELS = (0.9, 0.95, 0.99)

#: How far the middle of an interval may be from its estimate, beyond rounding, as a share of twice its width.
ASYMMETRY = 0.1
