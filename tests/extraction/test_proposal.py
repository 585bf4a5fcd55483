import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.extraction.proposal import ProposedCell, read_cell
from metaan.extraction.rounding import Percent, fits, percent_of


def cell(events=None, total=None, percent=None):
    return ProposedCell("as printed", events, total, percent_of(percent) if percent else None)


@pytest.mark.parametrize(
    ("given", "size", "counts", "derived"),
    [
        (cell(35, 40), None, (35, 40), None),
        (cell(35, 40, "87.5%"), 39, (35, 40), None),
        (cell(35, percent="87.5%"), 40, (35, 40), "the total 40 is the size of the arm, and fits 87.5%"),
        (
            cell(25, percent="63%"),
            45,
            (25, 40),
            "25 (63%) fixes the total at 40; the size of the arm, 45, does not fit",
        ),
        (cell(9), 37, (9, 37), "the total 37 is the size of the arm"),
        (cell(percent="27%"), 59, (16, 59), "16 is the only integer that gives 27% of 59; 59 is the size of the arm"),
        (cell(total=59, percent="27%"), None, (16, 59), "16 is the only integer that gives 27% of 59"),
    ],
)
def test_what_is_certain(given, size, counts, derived):
    reading = read_cell(given, size)
    assert (reading.counts, reading.derived, reading.problem) == (counts, derived, None)


@pytest.mark.parametrize(
    ("given", "size", "problem"),
    [
        (cell(9), None, "the total is not printed"),
        (cell(9), 8, "9 events do not fit the size of the arm, 8"),
        (cell(percent="27%"), None, "the total is not printed"),
        (cell(percent="50%"), 400, "198 to 202 all give 50% of 400; 400 is the size of the arm"),
        (cell(percent="33%"), 2, "no integer gives 33% of 2; 2 is the size of the arm"),
        (cell(50, percent="50%"), 300, "totals from 100 to 101 fit 50 (50%); the size of the arm, 300, does not fit"),
        (cell(0, percent="0%"), None, "no total is bounded by 0 (0%)"),
        (cell(41, 40), None, "41 events among 40 people"),
        (cell(0, 0), None, "0 events among 0 people"),
        (cell(), 40, "no number is printed"),
    ],
)
def test_what_is_not_certain_has_no_counts_and_says_why(given, size, problem):
    reading = read_cell(given, size)
    assert (reading.counts, reading.problem) == (None, problem)


def test_a_printed_percentage_that_contradicts_its_counts_is_said():
    reading = read_cell(cell(35, 40, "85%"))
    assert reading.counts == (35, 40)
    assert reading.problem == "35 of 40 is 87.5%, and 85% is printed"


@settings(max_examples=50)
@given(
    st.none() | st.integers(0, 200),
    st.none() | st.builds(Percent, st.integers(0, 1000), st.just(1)),
    st.none() | st.integers(1, 300),
)
def test_no_number_is_accepted_that_contradicts_what_is_printed(events, percent, size):
    reading = read_cell(ProposedCell("", events=events, percent=percent), size)
    if reading.counts is None:
        assert reading.problem
        return
    found, total = reading.counts
    assert 0 <= found <= total
    assert events is None or found == events
    assert percent is None or fits(found, total, percent)
    assert events is not None or total == size
