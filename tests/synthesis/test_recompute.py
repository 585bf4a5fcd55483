"""Printed effects against the counts. What must come out is noted beside each number in the facts of the registry."""

import pytest

import metaan as ma
from metaan.report.sections.checks import check_row
from metaan.synthesis.recompute import VERDICTS, matches, p_values, reported_checks
from tests.registry.conftest import STUDY, Project


@pytest.fixture(scope="module")
def checks():
    return reported_checks(ma.load(ma.example("anakinra")))


def one(checks, study, **printed):
    (found,) = [
        c
        for c in checks
        if c.study.id == study and all(getattr(c.reported, name) == value for name, value in printed.items())
    ]
    return found


def test_elmekatys_odds_ratio_is_that_of_failure(checks):
    check = one(checks, "elmekaty-2023", measure="OR")
    assert check.result.outcome == "treatment-success"
    assert check.verdict == "agrees inverted"
    assert check.recomputed == pytest.approx((35 / 5) / (37 / 3))
    assert check.inverted == pytest.approx((5 / 35) / (3 / 37))
    assert check.inverted_ci == pytest.approx((0.392, 7.929), abs=5e-4)


def test_elmekatys_p_is_fishers(checks):
    check = one(checks, "elmekaty-2023", p=0.712)
    assert check.verdict == "agrees"
    assert "Fisher" in check.note


def test_audemard_vergers_interval_of_the_risk_difference_is_not_walds(checks):
    assert one(checks, "audemard-verger-2022", measure="OR").verdict == "agrees"
    assert one(checks, "audemard-verger-2022", measure="RD").verdict == "interval differs"
    assert "chi-square" in one(checks, "audemard-verger-2022", p=0.027).note


def test_balkhairs_p_follows_from_no_test(checks):
    check = one(checks, "balkhair-2021", p=0.082)
    assert check.verdict == "disagrees"
    assert check.p_values["Fisher's exact test"] == pytest.approx(0.19, abs=0.005)
    assert check.p_values["chi-square"] == pytest.approx(0.16, abs=0.005)


def test_franzettis_p_carries_yates_correction(checks):
    assert one(checks, "franzetti-2021", p=0.007).note.startswith("chi-square with Yates")


def test_a_hazard_ratio_is_not_checked(checks):
    verdicts = {c.verdict for c in checks if c.reported.measure == "HR"}
    assert verdicts == {"not checked"}


def test_every_verdict_is_known(checks):
    assert {c.verdict for c in checks} <= set(VERDICTS)


@pytest.mark.parametrize(
    ("printed", "computed", "slack", "expected"),
    [
        (0.5, 0.549, 0.5, True),
        (0.5, 0.551, 0.5, False),
        (1.762, 0.568, 0.5, False),
        ("3", 3.4, 0.5, True),
        ("3.0", 3.4, 0.5, False),
        ("1.5", 1.54, 0.5, True),
        ("1.50", 1.54, 0.5, False),
        ("1.50", 1.496, 0.5, True),
        ("-0.10", -0.14, 0.5, False),
        ("1e-05", 0.4, 0.5, False),
        (1e-05, 0.4, 0.5, False),
        ("1e-05", 1.4e-5, 0.5, True),
        ("1.0e-5", 1.4e-5, 0.5, False),
        ("1.2e3", 1240, 0.5, True),
    ],
)
def test_matches_reads_the_printed_digits(printed, computed, slack, expected):
    assert matches(printed, computed, slack) is expected


def test_a_table_with_an_empty_margin_has_fishers_p_only():
    assert p_values({"ai": 0, "n1i": 10, "ci": 0, "n2i": 10}) == {"Fisher's exact test": 1.0}


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        ("measure: OR, estimate: 1.76, ci: [0.39, 7.93]", "agrees"),
        ("measure: OR, estimate: 1.8", "agrees"),
        ("measure: OR, estimate: 2", "agrees"),
        ("measure: OR, estimate: 2.0", "disagrees"),
        ("measure: OR, estimate: 1.80", "disagrees"),
        ("measure: OR, estimate: 1.8, ci: [0.4, 8]", "agrees"),
        ("measure: OR, estimate: 1.8, ci: [0.40, 8.00]", "interval differs"),
        ("p: 0.7", "agrees"),
        ("p: 0.70", "disagrees"),
        ("p: 1e-05", "disagrees"),
        ("p: 0.000", "disagrees"),
    ],
)
def test_zeros_that_were_printed_are_digits(tmp_path, printed, verdict):
    """Of 5/40 against 3/40 by hand: OR (5 x 37) / (3 x 35) = 1.7619, 0.3915 to 7.9294; p 0.456, 0.709 and 0.712."""
    text = STUDY.replace("measure: OR, estimate: 1.762, ci: [0.39, 7.93], level: 0.95, p: 0.712", printed)
    (check,) = reported_checks(ma.load(Project(tmp_path / "studies").write(text)))
    assert check.verdict == verdict


def test_a_table_too_large_to_count_takes_the_chi_square_test_and_says_so():
    large = {"ai": 250_000_000_000, "n1i": 10**12, "ci": 250_001_000_000, "n2i": 10**12}
    tests = p_values(large)
    assert list(tests) == ["chi-square (too many people for Fisher's exact test)", "chi-square with Yates' correction"]
    assert all(0.1 < p < 0.11 for p in tests.values())  # z = 1e6 / sqrt(2e12 * 0.25 * 0.75) = 1.633
    assert p_values({"ai": 0, "n1i": 10**12, "ci": 0, "n2i": 10**12}) == {"Fisher's exact test": 1.0}


def test_no_recomputed_p_is_0(tmp_path):
    """Of 5 of 5,000 against 2,500 of 5,000 every test gives a p that no float holds."""
    text = STUDY.replace("measure: OR, estimate: 1.762, ci: [0.39, 7.93], level: 0.95, p: 0.712", "p: 0.2")
    text = text.replace("{events: 5, total: 40}", "{events: 5, total: 5000}")
    text = text.replace("{events: 3, total: 40}", "{events: 2500, total: 5000}")
    text = text.replace("randomised: 40", "randomised: 5000")
    (check,) = reported_checks(ma.load(Project(tmp_path / "studies").write(text)))
    assert check.note.endswith("chi-square with Yates' correction <0.0001")
    assert check_row(check).recomputed.startswith("Fisher's exact test <0.0001; chi-square <0.0001")


@pytest.mark.parametrize(
    ("printed", "computed"), [("−0.30", -0.3), ("–0.30", -0.304), ("0·30", 0.296), (" 1e-05 ", 1e-5)]
)
def test_numbers_match_as_they_are_typeset(printed, computed):
    assert matches(printed, computed)


@pytest.mark.parametrize("printed", ["", "n. s.", "nan", "inf"])
def test_what_is_no_number_is_an_error_of_ours(printed):
    with pytest.raises(ma.errors.DataError, match="is not a number"):
        matches(printed, 0.3)
