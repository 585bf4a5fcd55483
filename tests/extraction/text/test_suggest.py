import pytest

from metaan.extraction.text.suggest import outcomes_in, time_in


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("at day 28", "day 28"),
        ("by Day 14 and day 28", "day 14"),
        ("after 28 days", "day 28"),
        ("90-day mortality", "day 90"),
        ("at D28", "day 28"),
        ("Week 12", "week 12"),
        ("within 6 months", "month 6"),
        ("a 2-year follow-up", "year 2"),
        ("in-hospital death", "in hospital"),
        ("aged 49.9 years", None),
        ("aged 50 years", None),
        ("CD28 cells", None),
        ("", None),
    ],
)
def test_times(text, time):
    assert time_in(text) == time


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("nine patients had died", "death"),
        ("mortality", "death"),
        ("participants with a serious adverse event", "serious-adverse-events"),
        ("weaned from oxygen", "oxygen-weaning"),
        ("the colour of the sky", None),
    ],
)
def test_outcomes(context, text, first):
    found = outcomes_in(text, context)
    assert (first in found) if first else not found
