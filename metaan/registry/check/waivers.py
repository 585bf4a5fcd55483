"""How grave what a check finds is, and which of it a person can let stand: waivers name such checks."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from .draft import Draft

#: What `metaan.synthesis.recompute` compares; it is no fault of a file, so a waiver only says why.
RECOMPUTED = "printed results follow from the counts"

_WAIVABLE_DOUBTS = (
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
    "final values and changes are kept apart",
)

#: Checks that `metaan check` holds people to, and that let a review be read and pooled: what they find can be so.
DOUBTS = frozenset((*_WAIVABLE_DOUBTS, "regressions are on known moderators", "moderators are spelt alike"))

#: Checks whose findings are often so: `metaan check` says them apart, and nothing fails.
REMARKS = {
    "percentages are of people": "percentages that no number of people gives",
    "means may be in another unit": "means that may be in another unit",
    "quantiles are symmetric": "medians of skewed data",
    "means are of symmetric data": "means of skewed data",
}

#: What a person can let stand, with a reason. Without the other checks nothing could be computed or told apart.
WAIVABLE = (
    "nobody is counted twice",
    "intervals are sound",
    "overall bias is no better than its domains",
    *_WAIVABLE_DOUBTS,
    *REMARKS,
    RECOMPUTED,
)


def waivers_are_of_checks(draft: Draft) -> Iterator[Problem]:
    """A waiver names a check that a person can waive."""
    for document in draft.files:
        for i, waiver in enumerate(document.model.waivers):
            if waiver.check not in WAIVABLE:
                found = f"there is no check {waiver.check!r} that can be waived"
                yield document.problem(("waivers", i, "check"), found, did_you_mean(waiver.check, WAIVABLE))
