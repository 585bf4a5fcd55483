import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.report import formats
from metaan.stats.effects import Interval

NUMBERS = st.floats(1e-6, 1e6)


def parse(text: str) -> float:
    plain = text.replace("−", "-").replace("×10", "e")
    return float(plain.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")))


@given(NUMBERS)
@settings(max_examples=50)
def test_a_number_keeps_two_digits_at_least(x: float) -> None:
    assert parse(formats.number(x)) == pytest.approx(x, rel=0.051)


@given(NUMBERS)
@settings(max_examples=50)
def test_a_number_is_short_and_its_sign_is_a_minus(x: float) -> None:
    text = formats.number(-x)
    assert len(text) <= 11
    assert text.startswith("−")
    assert "-" not in text


@pytest.mark.parametrize(
    ("x", "text"), [(9.996, "10.0"), (99.96, "100"), (0.0996, "0.10"), (0.0, "0.00"), (1.0, "1.00")]
)
def test_rounding_up_keeps_the_form(x: float, text: str) -> None:
    assert formats.number(x) == text


def test_what_is_not_finite_has_a_sign() -> None:
    assert [formats.number(x) for x in (math.inf, -math.inf, math.nan)] == ["∞", "−∞", "–"]


@given(st.floats(0, 1))
@settings(max_examples=50)
def test_a_p_value_stays_on_its_side_of_the_usual_bounds(p: float) -> None:
    text = formats.p_value(p)
    if re.fullmatch(r"0\.\d+", text):
        assert (float(text) < 0.05) == (p < 0.05)
        assert float(text) == pytest.approx(p, abs=0.0051)
    else:
        assert text in ("<0.001", ">0.99")
        assert p < 0.001 or p > 0.99


def test_differences_share_the_decimals_of_their_interval() -> None:
    assert formats.effect(-0.0371, Interval(-0.0773, 0.0031), "RD") == "−0.037 (−0.077 to 0.003)"


def test_nothing_is_a_dash() -> None:
    assert formats.effect(None, None, "OR") == formats.percent(None) == formats.bounds(None, "OR") == "–"


def test_ascii_text_is_ascii() -> None:
    text = formats.ascii_text(f"τ² = 3.0×10⁻⁷, I² 50%, −0.1, {formats.NOTHING}")
    assert text.isascii()
    assert text == "tau2 = 3.0x10-7, I2 50%, -0.1, -"
