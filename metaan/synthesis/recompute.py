"""What authors printed, beside what their counts give: the check that finds most extraction errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..preparation.arms import counts_by_role
from ..preparation.kinds import cells, without_events
from ..stats.measures.catalogue import effect_sizes, scale_of
from ..stats.measures.effects import Interval
from ..stats.numerics.numerals import as_printed, p_value
from ..stats.pooling.intervals import mean_interval

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import ReportedEffect, Result, Study, Waiver

#: What a check can say, in words.
VERDICTS = {
    "agrees": "the counts give what was printed",
    "agrees inverted": "the counts give what was printed only for the opposite outcome",
    "interval differs": "the counts give the printed estimate, but not its interval",
    "disagrees": "the counts do not give what was printed",
    "not checked": "counts alone do not give this number",
}

#: The check's name, by which a waiver in a study's file lets a difference stand.
CHECK = "printed results follow from the counts"

#: What a person has to look at: a slip of the authors, or of whoever read their numbers.
DIFFERING = ("agrees inverted", "interval differs", "disagrees")

#: Measures that follow from the counts of two arms.
CHECKED_MEASURES = ("OR", "RR", "RD")

Recomputed = tuple[float, Interval]

#: People in a table up to which the exact test counts.
EXACT_UP_TO = 10_000_000


@dataclass(frozen=True, slots=True)
class ReportedCheck:
    """An effect as the authors printed it, beside what their counts give.

    Attributes
    ----------
    verdict
        A key of `VERDICTS`: ``"agrees"``, ``"agrees inverted"`` (the printed number is that
        of the opposite outcome), ``"interval differs"``, ``"disagrees"`` or ``"not checked"``.
    note
        The verdict in words, with the numbers.
    recomputed, recomputed_ci
        Display scale, in the direction the registry counts; None where the counts do not give them.
    inverted, inverted_ci
        The same for the opposite outcome.
    p_values
        For a printed p: what each usual test gives.
    where
        The place in the study's file, such as ``results[death].reported[1]``.
    waiver
        Who lets a difference stand, and why; None where nobody does.
    """

    study: Study
    result: Result
    reported: ReportedEffect
    verdict: str
    note: str
    recomputed: float | None = None
    recomputed_ci: Interval | None = None
    inverted: float | None = None
    inverted_ci: Interval | None = None
    p_values: Mapping[str, float] = field(default_factory=dict)
    where: str = ""
    waiver: Waiver | None = None


def reported_checks(review: Review) -> tuple[ReportedCheck, ...]:
    """Recompute every reported effect and p value of every study from its counts."""
    return tuple(check for study in review.studies for check in _checks(study, review))


def _checks(study: Study, review: Review) -> Iterable[ReportedCheck]:
    for i, result in enumerate(study.results):
        for j, reported in enumerate(result.reported):
            data = counts_by_role(study, result) if _two_arms_of_counts(study, result) else None
            where = review.where(study.id, "results", i, "reported", j)
            waiver = next((one for one in study.waivers if one.covers(CHECK, where)), None)
            checked = _check(study, result, reported, data) if data else _unchecked(study, result, reported)
            yield replace(checked, where=where, waiver=waiver)


def _two_arms_of_counts(study: Study, result: Result) -> bool:
    roles = {arm.role for arm in study.arms if arm.id in result.arms}
    return result.kinds == {"counts"} and len(roles) > 1


def _unchecked(study: Study, result: Result, reported: ReportedEffect) -> ReportedCheck:
    held = " and ".join(sorted(result.kinds)) or "an effect"
    return ReportedCheck(study, result, reported, "not checked", f"it holds {held}; counts of two arms are recomputed")


def _check(study: Study, result: Result, reported: ReportedEffect, data: dict[str, float]) -> ReportedCheck:
    if reported.estimate is None:
        return _check_p(study, result, reported, data)
    if reported.measure not in CHECKED_MEASURES:
        note = f"{VERDICTS['not checked']}: {reported.measure}"
        return ReportedCheck(study, result, reported, "not checked", note)
    stated = _recompute(reported.measure, data, reported.level)
    opposite = _recompute(reported.measure, without_events(data), reported.level)
    if stated is None or opposite is None:
        return ReportedCheck(study, result, reported, "not checked", "the counts leave the effect undefined")
    verdict = _verdict(reported, stated, opposite)
    return ReportedCheck(study, result, reported, verdict, VERDICTS[verdict], *stated, *opposite)


def _verdict(reported: ReportedEffect, stated: Recomputed, opposite: Recomputed) -> str:
    for (estimate, ci), verdict in ((stated, "agrees"), (opposite, "agrees inverted")):
        if reported.estimate is not None and matches(reported.estimate, estimate):
            printed = reported.ci
            whole = printed is None or all(matches(p, c, slack=1.0) for p, c in zip(printed, ci))
            return verdict if whole else "interval differs"
    return "disagrees"


def matches(printed: float | str, computed: float, slack: float = 0.5) -> bool:
    """Say whether a number rounds to what was printed.

    Parameters
    ----------
    printed
        As it was written: its text tells how many digits were printed, also where these are zeros (1.50, 1e-05).
    computed
        The same number with all its digits.
    slack
        In units of the last printed digit; 0.5 is exact rounding, 1.0 allows for truncation.

    Examples
    --------
    >>> matches(1.762, 1.76190), matches("1.5", 1.54), matches("1.50", 1.54), matches("−0.30", -0.3)
    (True, True, False, True)
    """
    text = as_printed(printed)
    unit = float(f"1e{text.as_tuple().exponent}")
    return abs(float(text) - computed) <= slack * unit * (1 + 1e-9)


def _recompute(measure: str, data: dict[str, float], level: float) -> Recomputed | None:
    columns: dict[str, Any] = {name: [value] for name, value in data.items()}
    es = effect_sizes(measure, to="none", **columns)
    if es.k == 0:
        return None
    back = scale_of(measure).to_display
    ci = mean_interval(float(es.yi[0]), float(es.sei[0]), None, level)
    return back(float(es.yi[0])), Interval(back(ci.lb), back(ci.ub))


def _check_p(study: Study, result: Result, reported: ReportedEffect, data: dict[str, float]) -> ReportedCheck:
    if not isinstance(reported.p, float):
        return ReportedCheck(study, result, reported, *_check_bound(reported.p, data), p_values=p_values(data))
    tests = p_values(data)
    close = [name for name, p in tests.items() if matches(reported.p, p)]
    found = ", ".join(f"{name} {p_value(p)}" for name, p in tests.items())
    if close:
        note = ", ".join(f"{name} {p_value(tests[name], 4)}" for name in close)
        return ReportedCheck(study, result, reported, "agrees", note, p_values=tests)
    return ReportedCheck(study, result, reported, "disagrees", f"no usual test gives it: {found}", p_values=tests)


def _check_bound(printed: str | None, data: dict[str, float]) -> tuple[str, str]:
    """Check a p that was printed as a bound, such as ``<0.001``."""
    tests = p_values(data)
    bound = float((printed or "").lstrip("<≤=> ") or "nan")
    within = [name for name, p in tests.items() if (p < bound if (printed or "").startswith(("<", "≤")) else p > bound)]
    found = ", ".join(f"{name} {p_value(p, 2)}" for name, p in tests.items())
    return (
        ("agrees", f"{within[0]}: {p_value(tests[within[0]], 2)}")
        if within
        else ("disagrees", f"no usual test gives it: {found}")
    )


def p_values(data: dict[str, float]) -> dict[str, float]:
    """Return the two-sided p values of Fisher's exact test and of the chi-square test, plain and with Yates.

    Where a table is too large to count to, the chi-square test, which then agrees, stands for the exact one.
    """
    from scipy.stats import chi2_contingency, fisher_exact

    table = np.reshape([*cells(data).values()], (2, 2))
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        return {"Fisher's exact test": 1.0}
    plain, yates = (float(chi2_contingency(table, correction=correct).pvalue) for correct in (False, True))
    corrected = {"chi-square with Yates' correction": yates}
    if table.sum() > EXACT_UP_TO:
        return {"chi-square (too many people for Fisher's exact test)": plain} | corrected
    return {"Fisher's exact test": float(fisher_exact(table).pvalue), "chi-square": plain} | corrected
