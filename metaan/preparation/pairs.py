"""People who had both treatments, and matched pairs: differences within them.

Sources: Cochrane Handbook, version 6, section 23.2.7; Bonett 2008 (standardized by the SD between people); Curtin et
al. 2002 and Becker & Balagtas 1993 (marginal odds ratio of pairs).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..registry.model.arms import Means
from ..stats.measures.catalogue import effect_sizes
from ..stats.measures.matched import MATCHED
from ..stats.measures.paired import PAIRED as PAIRED_MEASURES
from ..stats.printed.conversions import se_from_ci, se_from_p
from .arms import ArmsCompared
from .kinds import KINDS
from .means import means_of
from .rows import PAIRED, Conversion, NotTakenError, Prepared
from .units import unit_factor

if TYPE_CHECKING:
    from ..registry.model.contrasts import PairedMeans
    from ..registry.model.public import Result, Study
    from .asked import Asked

#: Measure of two arms to that of pairs which says the same of them.
OF_PAIRS = {"OR": "MPOR", "RR": "MPRR", "RD": "MPRD"}
OF_MEANS = {"MD": "MC", "SMD": "SMCRP", "SMDH": "SMCRPH", "ROM": "ROMC"}

#: Measures that the difference and its standard deviation give, without those of the arms.
OF_DIFFERENCE = ("MD", "MC", "SMCC")

#: By how much an assumed correlation is changed in the sensitivity table.
STEP = 0.2


def of_pairs(asked: Asked, study: Study, result: Result, sides: ArmsCompared) -> Prepared:
    """Return the row of pairs by whose event it was."""
    pairs = result.pairs
    assert pairs is not None
    measure = OF_PAIRS.get(asked.measure, asked.measure)
    if measure not in MATCHED:
        raise NotTakenError("other data", f"has pairs with events, which give no {asked.measure}")
    data = {"ai": pairs.both, "bi": pairs.experimental_only, "ci": pairs.control_only, "di": pairs.neither}
    zero = asked.plan.zero_cells
    yi, vi = computed(measure, {name: float(x) for name, x in data.items()}, add=zero.add, to=zero.to)
    how = Conversion("pairs", {name: float(x) for name, x in zip(_PAIRS, data.values())}, {"yi": yi, "vi": vi})
    return Prepared(study, result, PAIRED, yi=yi, vi=vi, arms=sides.arms, paired=pairs, converted=(how,))


def of_paired(asked: Asked, study: Study, result: Result, sides: ArmsCompared) -> Prepared:
    """Return the row of a mean difference within people."""
    paired = result.paired
    assert paired is not None
    mean = float(paired.mean_difference)
    se, how = _se(paired)
    sd = se * math.sqrt(paired.n)
    if asked.measure in ("MD", "MC"):
        factor, by = unit_factor(asked, result)
        yi, vi = mean * factor, (se * factor) ** 2
        if factor != 1:
            how = (*how, Conversion("unit", {"mean_difference": mean}, {"mean_difference": yi}, by=by))
    elif asked.measure == "SMCC":
        yi, vi = computed("SMCC", {"m1i": mean, "m2i": 0, "sd1i": sd, "sd2i": 0, "ri": 0, "ni": paired.n})
    else:
        return _by_arms(asked, study, result, sides, (mean, sd, paired.n))
    return Prepared(study, result, PAIRED, yi=yi, vi=vi, arms=sides.arms, paired=paired, converted=how)


def _se(paired: PairedMeans) -> tuple[float, tuple[Conversion, ...]]:
    """Return the standard error of the mean difference by the first way that is there."""
    n, df = paired.n, [float(paired.n - 1)]
    if paired.se is not None:
        return float(paired.se), ()
    if paired.sd is not None:
        return float(paired.sd) / math.sqrt(n), ()
    if n < 2:
        raise NotTakenError("no precision", "a difference of one person has no precision")
    mean = float(paired.mean_difference)
    if paired.ci is not None:
        lb, ub = map(float, paired.ci)
        if not lb < ub:
            raise NotTakenError("no precision", f"the interval {lb:g} to {ub:g} gives no standard error")
        se = float(se_from_ci([lb], [ub], level=paired.level, df=df)["sei"][0])
        how = Conversion("se-from-ci", {"lower": lb, "upper": ub}, {"se": se}, by=f"{100 * paired.level:g}% confidence")
        return se, (how,)
    if paired.t is not None and float(paired.t) != 0:
        se = abs(mean / float(paired.t))
        return se, (Conversion("se-from-t", {"t": float(paired.t)}, {"se": se}),)
    if isinstance(paired.p, float | int):
        se = float(se_from_p([mean], [float(paired.p)], df=df)["sei"][0])
        if se == se:
            return se, (Conversion("se-from-p", {"p": float(paired.p)}, {"se": se}, by=f"t with {df[0]:g} df"),)
    raise NotTakenError("no precision", f"p {paired.p} of its paired difference gives no standard error")


def of_correlated_arms(asked: Asked, study: Study, result: Result, sides: ArmsCompared) -> Prepared:
    """Return the row of two means of the same people, by their correlation.

    Raises
    ------
    NotTakenError
        The correlation is not known, and there is no first period alone.
    """
    r = result.correlation if result.correlation is not None else asked.plan.assume.correlation
    if r is None or not result.kinds <= {"means", "medians"}:
        raise NotTakenError(
            "no correlation",
            "people had both treatments, and nothing says how their values go together: enter paired:, pairs: or "
            "correlation:, period: first where arms hold the first period only, or assume: correlation in the plan",
        )
    row = _by_arms(asked, study, result, sides, r)
    if result.correlation is not None:
        return row
    others = {f"correlation {x:g}": x for x in near(r)}
    return replace(row, variants={name: _by_arms(asked, study, result, sides, x) for name, x in others.items()})


def near(r: float) -> tuple[float, ...]:
    """Return the correlations that are tried beside an assumed one.

    >>> near(0.5), near(0.9)
    ((0.3, 0.7), (0.7, 0.99))
    """
    return tuple(round(min(max(r + step, -0.99), 0.99), 6) for step in (-STEP, STEP))


def _by_arms(
    asked: Asked, study: Study, result: Result, sides: ArmsCompared, known: float | tuple[float, float, int]
) -> Prepared:
    """Return the row of two arms of the same people, with their correlation or with the mean and SD of differences."""
    measure = OF_MEANS.get(asked.measure, asked.measure)
    if measure not in PAIRED_MEASURES:
        raise NotTakenError("other data", f"has differences within people, which give no {asked.measure}")
    two = (*sides.first, *sides.second)
    if len(two) != 2 or not all(isinstance(result.arms.get(arm), Means) or not isinstance(known, tuple) for arm in two):
        raise NotTakenError("no sd", f"{asked.measure} of differences within people needs the mean and SD of each arm")
    (one, how1, notes1), (other, how2, notes2) = (means_of(asked, study, result, arm, None) for arm in two)
    if isinstance(known, tuple):
        mean, sd, n = known
        r = _correlation(one["sd"], other["sd"], sd)
        one = one | {"mean": other["mean"] + mean}
    else:
        r, n = known, int(min(one["total"], other["total"]))
    shown = KINDS["means"].named([{**arm, "total": n} for arm in (one, other)])
    data = {name: shown[name] for name in ("m1i", "m2i", "sd1i", "sd2i")} | {"ri": r, "ni": float(n)}
    yi, vi = computed(measure, data)
    how = Conversion("paired", {"correlation": r}, {"yi": yi, "vi": vi}, by=f"{r:.3g}")
    return Prepared(
        study, result, "means", shown, yi, vi, arms=sides.arms,
        printed={role: result.arms[arm].numbers for role, (arm,) in sides.arms.items()},
        paired=result.paired, converted=(*how1, *how2, how), notes=(*notes1, *notes2),
    )  # fmt: skip


def _correlation(sd: float, other: float, of_differences: float) -> float:
    """Return the correlation that two standard deviations and that of the differences imply."""
    r = (sd**2 + other**2 - of_differences**2) / (2 * sd * other)
    if not -1 < r < 1:
        raise NotTakenError("no correlation", f"the SDs of arms and of differences give a correlation of {r:.3g}")
    return r


def computed(measure: str, data: Mapping[str, Any], **options: Any) -> tuple[float, float]:
    """Return the effect and variance of one study.

    Raises
    ------
    NotTakenError
        They are undefined.
    """
    columns: dict[str, Any] = {name: [float(x)] for name, x in data.items()}
    es = effect_sizes(measure, **options, **columns)
    if es.k == 0:
        raise NotTakenError("undefined", f"its numbers leave {measure} undefined: {es.reasons[0]}")
    return float(es.yi[0]), float(es.vi[0])


_PAIRS = ("both", "experimental_only", "control_only", "neither")
