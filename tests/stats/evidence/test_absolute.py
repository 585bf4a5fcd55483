"""What a relative effect means at an assumed risk."""

import pytest

from metaan.errors import NotEstimableError
from metaan.stats.evidence.absolute import RISK_OF, risk_with_treatment


@pytest.mark.parametrize(
    ("measure", "estimate", "risk", "want"),
    [
        ("OR", 0.5, 0.2, 1 / 9),  # odds 1/4 become 1/8
        ("OR", 4.0, 0.5, 0.8),
        ("RR", 0.5, 0.2, 0.1),
        ("RD", -0.05, 0.2, 0.15),
        ("OR", 1.0, 0.37, 0.37),
        ("RR", 3.0, 0.5, 1.0),
        ("RD", -0.3, 0.2, 0.0),
        ("HR", 2.0, 0.2, 0.36),  # 1 - 0.8^2
        ("HR", 0.5, 0.19, 0.1),  # 1 - 0.9
    ],
)
def test_a_relative_effect_at_an_assumed_risk(measure, estimate, risk, want):
    assert risk_with_treatment(measure, estimate, risk) == pytest.approx(want, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("measure", RISK_OF)
@pytest.mark.parametrize("estimate", [0.0, 0.4, 1.0, 30.0])
@pytest.mark.parametrize("risk", [0.0, 0.3, 1.0])
def test_a_risk_stays_a_risk(measure, estimate, risk):
    assert 0 <= risk_with_treatment(measure, estimate, risk) <= 1


def test_other_measures_are_refused():
    with pytest.raises(NotEstimableError, match="SMD"):
        risk_with_treatment("SMD", 0.5, 0.2)
