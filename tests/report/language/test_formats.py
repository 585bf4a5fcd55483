import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.report.forest.styles import STYLES, Style
from metaan.report.language import formats
from metaan.stats.measures.effects import Interval

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


@pytest.mark.parametrize(
    ("x", "ci", "measure", "text"),
    [
        (1.0020, (1.0014, 1.0026), "HR", "1.0020 (1.0014 to 1.0026)"),
        (0.98, (0.9604, 0.99996), "RR", "0.98 (0.96 to 0.99996)"),
        (0.98, (0.9604, 1.0), "RR", "0.98 (0.96 to 1.00)"),
        (1.5, (1.003, 2.2), "OR", "1.50 (1.003 to 2.20)"),
        (-1.24, (-2.5, -0.0004), "MD", "−1.2 (−2.5 to −0.0004)"),
        (0.02, (-0.00001, 0.04), "RD", "0.020 (−0.00001 to 0.040)"),
        (0.02, (0.0, 0.04), "RD", "0.020 (0.000 to 0.040)"),
        (0.02, (1e-9, 0.04), "RD", "0.020 (1.0×10⁻⁹ to 0.040)"),
        (5.5e-17, (-0.2, 0.2), "MD", "0.00 (−0.20 to 0.20)"),
        (0.5003, (0.48, 0.52), "PLO", "0.500 (0.480 to 0.520)"),
    ],
)
def test_rounding_never_reaches_no_effect(x: float, ci: tuple[float, float], measure: str, text: str) -> None:
    assert formats.effect(x, Interval(*ci), measure) == text


RATIOS_NEAR_ONE = st.builds(lambda sign, n: 1 + sign * 10.0**-n, st.sampled_from((-1, 1)), st.floats(0.1, 9))
SMALL = st.builds(lambda sign, n: sign * 10.0**-n, st.sampled_from((-1, 1)), st.floats(-2, 9))


@given(st.sampled_from(("OR", "RR", "HR", "MD", "RD", "SMD")), st.data(), st.sampled_from(list(STYLES.values())))
@settings(max_examples=200)
def test_every_style_keeps_a_bound_on_its_side(measure: str, data: st.DataObject, style: Style) -> None:
    ratio = measure in ("OR", "RR", "HR")
    lb, x, ub = sorted(data.draw(st.tuples(*[RATIOS_NEAR_ONE if ratio else SMALL] * 3)))
    null, ci = 1.0 if ratio else 0.0, Interval(lb, ub)
    for value in (lb, x, ub):
        for text in (formats.estimate(value, measure, ci), style.number(value, measure, ci)):
            shown = parse(text)
            assert (shown > null, shown < null) == (value > null, value < null), text


def test_an_effect_per_1000_is_never_rounded_to_none() -> None:
    assert [formats.per_1000(x) for x in (-0.42, 0.004, -0.6, 0.5, 1.5, 0.0, -1e-14)] == [
        "0.42 fewer", "0.0040 more", "1 fewer", "0.50 more", "2 more", "0 more or fewer", "0 more or fewer",
    ]  # fmt: skip


@pytest.mark.parametrize(("x", "text"), [(0.125, "0.13"), (2.345, "2.35"), (-0.125, "−0.13"), (12.25, "12.3")])
@pytest.mark.parametrize("ulps", [-3, 0, 3])
def test_a_half_goes_up_whatever_the_last_digits_are(x: float, text: str, ulps: int) -> None:
    near = x * (1 + ulps * 2.0**-52)
    assert formats.number(near) == text
    assert formats.fixed(near * 100, 0) == formats.fixed(x * 100, 0)
