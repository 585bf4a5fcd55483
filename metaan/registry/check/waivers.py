"""Waivers name checks that can be waived."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from .draft import Draft

#: What `metaan.synthesis.recompute` compares; it is no fault of a file, so a waiver only says why.
RECOMPUTED = "printed results follow from the counts"

#: What a person can let stand, with a reason. Without the other checks nothing could be computed or told apart.
WAIVABLE = (
    "nobody is counted twice",
    "intervals are sound",
    "overall bias is no better than its domains",
    "a registration is of one study",
    "numbers stand under one id",
    "certainty follows its domains",
    "intervals are symmetric",
    "intervals agree with p",
    "intervals have their level",
    "standard deviations are above 0",
    "standard deviations fit their errors",
    "standard deviations are no standard errors",
    "differences are within reason",
    "means are of whole points",
    "means are in one unit",
    "means may be in another unit",
    "final values and changes are kept apart",
    "percentages are of people",
    "quantiles are symmetric",
    "means are of symmetric data",
    RECOMPUTED,
)


def waivers_are_of_checks(draft: Draft) -> Iterator[Problem]:
    """A waiver names a check that a person can waive."""
    for document in draft.files:
        for i, waiver in enumerate(document.model.waivers):
            if waiver.check not in WAIVABLE:
                found = f"there is no check {waiver.check!r} that can be waived"
                yield document.problem(("waivers", i, "check"), found, did_you_mean(waiver.check, WAIVABLE))
