"""What a pool answers with, and which arm that favours: the one answer for the page, certainty, diff, watch, release.

Both are codes and numbers; `metaan.report.language.words` has the words for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..stats.measures.catalogue import null_of
from ..stats.measures.effects import Interval
from ..stats.pooling.result import Pooled

EXPERIMENTAL, CONTROL, UNCLEAR, NOTHING = "experimental", "control", "unclear", "nothing"
UNBOUNDED = "no interval"  # an estimate that nothing says how far it may vary
MEASURED = "measured"  # in one group: there is no other to favour
LEADING = ("random", "common")  # the first that the protocol has is what a pool answers with


@dataclass(frozen=True, slots=True)
class Lead:
    """What a pool answers with, on the display scale: its pooled result, or its only study.

    Attributes
    ----------
    ci, pi
        The notes of ``fit`` say why there is no interval.
    fit
        None for a single study.
    study
        The id of the single study.
    """

    estimate: float
    ci: Interval | None
    pi: Interval | None = None
    fit: Pooled | None = None
    study: str = ""


def leading(models: Iterable[str]) -> str:
    """Return the model, of those that a protocol has, which a pool answers with.

    >>> leading(["common", "random"]), leading(["common"])
    ('random', 'common')
    """
    return min(models, key=LEADING.index)


def favoured_by(side: int, direction: str | None) -> str:
    """Return which arm an effect on one side of no effect favours: -1 fewer, 1 more of what is bad or good."""
    if side == 0:
        return UNCLEAR
    return EXPERIMENTAL if (side < 0) == (direction == "bad") else CONTROL


def favoured(ci: Interval | None, measure: str, direction: str | None) -> str:
    """Return which arm an interval on the display scale favours, given the outcome's direction.

    >>> favoured(Interval(0.27, 0.65), "OR", "bad"), favoured(Interval(0.44, 2.1), "OR", "bad")
    ('experimental', 'unclear')
    """
    null = null_of(measure)
    if null is None:
        return MEASURED
    return UNBOUNDED if ci is None else favoured_by(ci.side(null), direction)
