"""Times are compared as times, whatever way they are written."""

import itertools

import pytest

from metaan.registry.model.plan import TimeWindow
from metaan.registry.model.times import NEAREST, days, in_order, meet, taken

SAME = [
    ["day 28", "28 days", "28-day", "D28", "4 weeks", "Week 4", "28d", "at 28 days", "within 28 days", "four weeks",
     "28 days after randomisation", "28th day", "day +28", "28 days' follow-up".replace("'", "")],
    ["12 months", "1 year", "one year", "Year 1", "12-month", "365 days", "1 yr", "12 mo"],
    ["24 months", "2 years", "730 days"],
    ["1 month", "day 30", "30 d"],
    ["36 h", "1.5 days", "36 hours"],
    ["in hospital", "In-Hospital", "in  hospital"],
    ["28 days, in hospital", "in hospital at day 28"],
]  # fmt: skip


@pytest.mark.parametrize("texts", SAME, ids=lambda texts: texts[0])
def test_one_time_written_in_many_ways(texts):
    assert all(meet(one, other) for one, other in itertools.product(texts, repeat=2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *((a[0], b[0]) for a, b in itertools.combinations(SAME, 2)),
        ("1 month", "day 28"),
        ("52 weeks", "1 year"),
        ("12 weeks", "12 weeks after treatment"),
        ("day 28", "day 28 after discharge"),
        ("day 28", "day 28 to 35"),
        ("28-30 days", "30 days"),
        ("visit 4", "week 4"),
        ("study end", "end of follow-up"),
    ],
)
def test_what_is_another_time(one, other):
    assert not meet(one, other)


def test_a_text_with_several_times_names_none():
    assert [days(text) for text in ("day 28 or 30", "day 5 (week 1)", "28-30 days", "visit 4", "")] == [None] * 5


@pytest.mark.parametrize(
    ("times", "points", "order"),
    [
        (["day 14", "4 weeks", "D90"], ["day 28"], [1]),
        (["day 14", "4 weeks", "D90"], ["day 60", NEAREST], [2, 1, 0]),
        (["day 20", "day 36"], ["day 28", NEAREST], [0, 1]),  # as near: the earlier
        (["1 month", "2 weeks"], ["day 28", TimeWindow(**{"from": "day 21", "to": "day 35"})], [0]),
        (["day 22", "day 27", "day 40"], [TimeWindow(**{"from": "3 weeks", "to": "5 weeks"})], [1, 0]),
        (["day 34", "day 22"], ["day 35", TimeWindow(**{"from": "day 21", "to": "day 35"})], [0, 1]),
        (["In hospital", "study end"], ["study end", "in-hospital"], [1, 0]),
        (["study end"], ["day 28", NEAREST], []),
    ],
)
def test_what_a_protocol_takes_and_in_which_order(times, points, order):
    assert list(in_order(times, points)) == order
    assert [i for i, time in enumerate(times) if taken(time, points)] == sorted(order)


def test_no_time_points_take_any_time():
    assert taken("whenever", [])
