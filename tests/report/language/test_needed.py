"""How many are treated for one event: rounded up, with an interval that runs over no difference (Altman 1998)."""

import pytest

from metaan.report.language.needed import at_risk, needed
from metaan.report.language.words import Arms
from metaan.stats.measures.effects import Interval


@pytest.mark.parametrize(
    ("difference", "ci", "said"),
    [
        # Altman 1998 (BMJ 317:1309): absolute risk reduction 0.22 (0.04 to 0.40) is an NNT of 4.5 (2.5 to 25)
        (-220.0, Interval(-400.0, -40.0), "one fewer for every 5 treated (3 to 25)"),
        # the same: 0.10 (-0.05 to 0.25) is NNTB 10, from NNTH 20 over infinity to NNTB 4
        (
            -100.0,
            Interval(-250.0, 50.0),
            "one fewer for every 10 treated (one fewer for every 4, over no difference, to one more for every 20)",
        ),
        (50.0, Interval(20.0, 100.0), "one more for every 20 treated (10 to 50)"),
        (0.0, Interval(-5.0, 0.0), "no difference (one fewer for every 200, over no difference, to no difference)"),
    ],
)
def test_people_treated_for_one_event(difference: float, ci: Interval, said: str) -> None:
    assert needed(difference, ci) == said


def test_few_people_keep_their_digits() -> None:
    said = at_risk(0.0004, 0.0002, -0.2, Interval(-0.3, -0.1), Arms("a drug", "placebo"))
    assert said.startswith(
        "Of 1000 people, 0.40 with placebo and 0.20 with a drug: 0.20 fewer (0.30 fewer to 0.10 fewer)"
    )
    assert said.endswith("one fewer for every 5000 treated (3334 to 10000).")
