"""Every check is held to the definition, computed in fractions."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.extraction.rounding import Percent, events_of, fits, percent_of, totals_of

percents = st.integers(0, 4).flatmap(lambda d: st.builds(Percent, st.integers(0, 100 * 10**d), st.just(d)))


def is_printed_as(events, total, percent):
    """The definition: within half a unit of the last printed digit."""
    exact = Fraction(100 * events, total)
    return abs(exact - Fraction(percent.digits, 10**percent.decimals)) <= Fraction(1, 2 * 10**percent.decimals)


@settings(max_examples=50)
@given(percents, st.integers(1, 300))
def test_all_integers_that_fit_and_no_others(percent, total):
    assert list(events_of(percent, total)) == [e for e in range(total + 1) if is_printed_as(e, total, percent)]


@settings(max_examples=50)
@given(percents, st.integers(1, 10**9))
def test_the_ends_of_a_long_range_fit_and_what_lies_beyond_does_not(percent, total):
    found = events_of(percent, total)
    for events in (found.start, found.stop - 1) if found else ():
        assert is_printed_as(events, total, percent)
    for beyond in (found.start - 1, found.stop):
        assert not 0 <= beyond <= total or not is_printed_as(beyond, total, percent)


@settings(max_examples=50)
@given(percents, st.integers(0, 60))
def test_all_totals_that_fit_and_no_others(percent, events):
    found = totals_of(events, percent)
    totals = range(max(events, 1), 400)
    fitting = [n for n in totals if is_printed_as(events, n, percent)]
    if found is None:
        assert all(is_printed_as(events, n, percent) for n in (10**9, 10**10))
    else:
        assert fitting == [n for n in totals if n in found]
        assert all(is_printed_as(events, n, percent) for n in (*found[:1], *found[-1:]))
        assert not is_printed_as(events, max(found.stop, events, 1), percent)


@settings(max_examples=50)
@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 3))
def test_what_is_rounded_is_found_again(events, more, decimals):
    total = events + more
    digits = round(Fraction(100 * events * 10**decimals, total))
    percent = Percent(digits, decimals)
    assert fits(events, total, percent)
    totals = totals_of(events, percent)
    assert totals is None or total in totals


@pytest.mark.parametrize(
    ("text", "total", "events"),
    [
        ("87.5%", 40, [35]),
        ("92.5 %", 40, [37]),
        ("27%", 59, [16]),
        ("27%", 55, [15]),
        ("47%", 59, [28]),
        ("20.0%", 15, [3]),
        ("66.7%", 15, [10]),
        ("11·5%", 130, [15]),
        ("50%", 400, [198, 199, 200, 201, 202]),
        ("33%", 2, []),
        ("12.5%", 40, [5]),
        ("0.5%", 1, []),
        ("100%", 7, [7]),
    ],
)
def test_percentages_of_known_groups(text, total, events):
    assert list(events_of(percent_of(text), total)) == events


@pytest.mark.parametrize(
    "text", ["", "%", "abc", "100.1%", "1000%", "12.3.4%", "-5%", "٣%", "1e1%", "5% of 7", "1." + "0" * 400]
)
def test_what_is_no_percentage_is_none(text):
    assert percent_of(text) is None


@pytest.mark.parametrize(("text", "shown"), [("7%", "7%"), ("0,05%", "0.05%"), ("87·50 %", "87.50%"), ("0.0%", "0.0%")])
def test_a_percentage_is_shown_with_its_digits(text, shown):
    assert str(percent_of(text)) == shown
