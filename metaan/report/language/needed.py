"""People with an event at a risk, and how many are treated for one event more or fewer, in words.

The page's script says the same for a risk that a reader chooses: ``templates/script/risk.js``.
"""

from __future__ import annotations

import math

from ...stats.measures.effects import Interval
from . import formats
from .words import Arms

PER = 1000


def at_risk(risk: float, treated: float, difference: float, ci: Interval, arms: Arms) -> str:
    """Return how many of 1000 people have the event without and with the treatment, and their difference.

    Parameters
    ----------
    risk, treated
        Proportions.
    difference, ci
        People per 1000.
    arms
        What the two arms are called.

    Examples
    --------
    >>> at_risk(0.2, 0.15, -50.0, Interval(-100.0, -20.0), Arms("a drug", "placebo"))
    'Of 1000 people, 200 with placebo and 150 with a drug: 50 fewer (100 fewer to 20 fewer);
    one fewer for every 20 treated (10 to 50).'
    """
    low, high = map(formats.per_1000, ci)
    without, given = f"{_people(risk)} with {arms.control}", f"{_people(treated)} with {arms.experimental}"
    return (
        f"Of {PER} people, {without} and {given}: {formats.per_1000(difference)} ({low} to {high}); "
        f"{needed(difference, ci)}."
    )


def needed(difference: float, ci: Interval) -> str:
    """Return how many are treated for one event more or fewer, with the interval over no difference (Altman 1998).

    >>> needed(-5.0, Interval(-90.0, 140.0))
    'one fewer for every 200 treated (one fewer for every 12, over no difference, to one more for every 8)'
    """
    ends = [_for_every(x) for x in ci]
    if ci.lb * ci.ub > 0:
        few, many = sorted(_number(x) for x in ci)
        return f"{_for_every(difference)} treated ({few} to {many})"
    whole = f"{_for_every(difference)} treated" if difference else _for_every(difference)
    return f"{whole} ({ends[0]}, over no difference, to {ends[1]})"


def _for_every(difference: float) -> str:
    if not difference:
        return "no difference"
    return f"one {'fewer' if difference < 0 else 'more'} for every {_number(difference)}"


def _number(difference: float) -> int:
    """Return how many are treated for one event, rounded up: never better than it is."""
    return math.ceil(PER / abs(difference) - 1e-9)


def _people(risk: float) -> str:
    people = PER * risk
    return formats.number(people) if 0 < people < 1 else formats.fixed(people, 0)
