"""The optimal information size agrees with R, and says where it does not exist."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metaan.errors import NotEstimableError, UsageError
from metaan.stats.evidence.information import crossed, information_size
from metaan.stats.measures.effects import Interval

CASES = json.loads((Path(__file__).parents[2] / "golden" / "information_size.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_size_is_that_of_r(case: dict) -> None:
    assert information_size(**case["data"], **case["args"]) == 2 * math.ceil(case["expect"]["n_per_arm"])


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
@settings(max_examples=50)
def test_which_risk_comes_first_does_not_matter(risk: float, other: float) -> None:
    assume(abs(risk - other) > 1e-6)
    size = information_size(risk, other)
    assert size == information_size(other, risk)
    assert size <= information_size(risk, (risk + other) / 2)


def test_what_has_no_size_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="both 0"):
        information_size(0.0, 0.0)
    with pytest.raises(UsageError, match="proportion"):
        information_size(0.2, -0.1)
    with pytest.raises(UsageError, match="between 0 and 1"):
        information_size(0.2, 0.1, power=1)


def test_thresholds_are_crossed_strictly() -> None:
    assert crossed(Interval(-10.0, 5.0), (-10.0, 0.0, 10.0)) == (0.0,)
    assert crossed(Interval(-11.0, 11.0), (-10.0, 10.0)) == (-10.0, 10.0)
    assert crossed(Interval(1.0, 2.0), (0.0,)) == ()
