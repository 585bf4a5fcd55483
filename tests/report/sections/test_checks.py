"""Checks on the page: what was compared, and who lets what stand."""

import re
import shutil
from pathlib import Path

import pytest

import metaan as ma
from metaan.report.report import Report
from metaan.report.sections.checks import check_row, tally, waived
from metaan.report.writers.page import render
from metaan.synthesis.recompute import ReportedCheck, reported_checks

SIGNED = "reason: read twice, by: A. Reader, date: 2026-11-20"
PATTERN = r"<section id=\"checks\".*?</section>"


def section(review: object) -> str:
    """Return the text of the page's section on checks."""
    page = render(Report(review, checks=reported_checks(review)))
    return " ".join(re.sub("<[^>]+>", " ", re.search(PATTERN, page, re.S)[0]).split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    return tmp_path / "studies"


def add(folder: Path, name: str, waiver: str, change: tuple[str, str] = ("", "")) -> Path:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8").replace(*change)
    path.write_text(f"{text}waivers:\n  - {{{waiver}, {SIGNED}}}\n", encoding="utf-8")
    return folder


def test_without_waivers_the_page_says_so(folder: Path) -> None:
    review = ma.load(folder)
    assert waived(review) == ()
    assert "None of these checks is waived." in section(review)


def test_a_waived_check_is_shown_with_what_it_found_and_who_signed(folder: Path) -> None:
    change = ("ci: [0.06, 0.91]", "ci: [0.26, 0.91]")
    review = ma.load(add(folder, "audemard-verger-2022", "check: intervals are sound", change))
    [row] = waived(review)
    assert (row.study, row.check, row.reason) == ("audemard-verger-2022", "Intervals are sound", "read twice")
    assert row.found.endswith("0.23 lies outside its interval")
    assert re.fullmatch(r"studies/audemard-verger-2022\.yaml:\d+", row.place)
    text = section(review)
    assert "Waived checks" in text
    assert "read twice A. Reader, 2026-11-20" in text


def test_a_difference_that_is_let_stand_says_by_whom(folder: Path) -> None:
    waiver = "check: printed results follow from the counts, at: 'results[death].reported[1]'"
    review = ma.load(add(folder, "balkhair-2021", waiver))
    signed = [row for row in map(check_row, reported_checks(review)) if row.waiver]
    assert [(row.label, row.verdict) for row in signed] == [("Balkhair 2021", "disagrees")]
    assert "no usual test gives it; waived by A. Reader on 2026-11-20: read twice" in section(review)


def test_the_tally_adds_up() -> None:
    checks = [ReportedCheck(None, None, None, verdict, "") for verdict in ("agrees", "agrees", "disagrees")]
    assert tally(checks) == "2 of 3 agree with their counts and 1 does not."
    checks.append(ReportedCheck(None, None, None, "not checked", ""))
    checks.append(ReportedCheck(None, None, None, "interval differs", ""))
    assert tally(checks) == "2 of 5 agree with their counts, 2 do not and 1 cannot be told from counts alone."
    assert tally([]) == ""
