"""Texts that somebody else wrote: as long as they like, and made to hurt."""

import re
import sys
from itertools import chain

import pytest

from metaan.extraction.listing import as_dicts, as_lines
from metaan.extraction.proposal import Passage
from metaan.extraction.text import abstract, patterns, suggest
from metaan.records.markup import clean_text, plain_text

LENGTH = 20_000  # characters; that more takes no more than so much longer is counted in steps
UNITS = [
    "35 (87.5%) ", "35 (87.5%) and ", "a", "1", "OR ", "OR 1 (", "((((", "one ",
    "1 ", ",1", "OR = ", "OR 1 (95% CI ", "95% ", "p = ", "one and ", "% ", "1/1 ", "9 of the ", ".", ". A", " ", "\n",
    "·", "\x00", "<i>", "&lt;", "é", "patients ", "day ", "day 28 ", "anakinra ", "n = 3) (", "\u202e", "37 (92.5%). ",
    "35 (87.5%), OR 1.2 (95% CI 1.1 to 1.3), ", "5 (12%), mean 3.5 (SD 1.2) and ", "4 of 9, 35 (87.5%), 7%, ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_any_length_of_anything_is_read_to_a_bounded_list(context, unit):
    found = abstract.propose([Passage("", unit * (LENGTH // len(unit)))], context)
    assert len(found) <= abstract.MOST
    assert all(len(proposal.quote) <= 2 * abstract.QUOTE for proposal in found)


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_text_takes_four_times_the_steps(context, unit):
    short, long = (steps([Passage("", unit * (size // len(unit)))], context) for size in (1_500, 6_000))
    assert long <= 5 * short + 500


def steps(passages, context):
    """Count the calls, those into C too, that reading a text takes: what a clock would say on a quiet machine."""
    taken, before = 0, sys.getprofile()

    def count(frame, event, arg):
        nonlocal taken
        taken += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        abstract.propose(passages, context)
    finally:
        sys.setprofile(before)
    return taken


def repeats(parsed):
    """Yield the upper bound of every repetition in a parsed expression."""
    for code, value in parsed:
        if str(code) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield value[1]
        inner = value if isinstance(value, (list, tuple)) else [value]
        for part in chain(*(x if isinstance(x, (list, tuple)) else [x] for x in inner), inner):
            if hasattr(part, "pattern") or type(part).__name__ == "SubPattern":
                yield from repeats(part)


@pytest.mark.parametrize(
    "pattern", [patterns._PATTERN, abstract._STOP, suggest._TIME], ids=["numbers", "stops", "times"]
)
def test_every_repetition_is_bounded_so_that_a_step_is_short(pattern):
    bounds = list(repeats(re._parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)))
    assert bounds
    assert max(map(int, bounds)) <= 40


def test_the_check_of_bounds_sees_an_open_repetition():
    assert max(map(int, repeats(re._parser.parse(r"(?:a(?=b[cd]*))?")))) > 40


def test_html_is_text_and_control_characters_are_gone(context):
    raw = "<b>9</b> and 3 patients <script>alert(1)</script> had\x1b[2J died &lt;img src=x onerror=y&gt; 5 (12.5%)\x00"
    text = clean_text(plain_text(raw))
    found = abstract.propose([Passage("\x1b]0;title\x07", text)], context)
    assert [[cell.events for cell in proposal.cells] for proposal in found] == [[9, 3], [5]]
    shown = "\n".join(as_lines(found, context))
    assert "\x1b[" not in shown
    assert as_dicts(found, context)[0]["quote"] == text
