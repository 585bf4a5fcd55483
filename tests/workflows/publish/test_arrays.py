"""A report of arrays is a page like that of a registry, without what only a registry knows."""

import json
import re
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.workflows.publish.arrays import OF_ARRAYS, SHOWN

TABLE = {
    "trial": ["A <2019>", "B 2020", "C 2021"], "ai": [3, 5, 9], "n1i": [20, 30, 44], "ci": [5, 7, 12],
    "n2i": [20, 30, 40],
}  # fmt: skip
COLUMNS = {name: name for name in ("ai", "n1i", "ci", "n2i")}


def odds():
    return ma.pool(ma.effect_sizes("OR", data=TABLE, slab="trial", **COLUMNS))


FOUND = {
    "two models": lambda: [odds(), ma.mantel_haenszel("OR", data=TABLE, slab="trial", **COLUMNS)],
    "two outcomes": lambda: {code: ma.pool(ma.effect_sizes(code, xi=[3, 5], ni=[20, 30])) for code in ("PLO", "PFT")},
    "effects": lambda: ma.pool(ma.EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03])),
    "one study": lambda: ma.pool(ma.EffectSizes.of([0.1], [0.04])),
    "a mixed model": lambda: ma.glmm("CM.EL", data=TABLE, slab="trial", **COLUMNS),
    "a model of its own": lambda: ma.pool(odds().effects, "birge"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOUND)
def test_every_kind_of_result_is_a_page_in_which_every_link_leads_somewhere(kind, tmp_path):
    page = ma.report(FOUND[kind](), tmp_path / "page.html").read_text(encoding="utf-8")
    ids, links = set(re.findall(r' id="([^"]+)"', page)), set(re.findall(r'href="#([^"]+)"', page))
    assert links <= ids
    assert set(re.findall(r'<section id="([a-z-]+)"', page)) == set(SHOWN)
    said = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert not [word for word in ("review.yaml", "PubMed", "PRISMA", "metaan report") if word in said]


@pytest.mark.parametrize("form", OF_ARRAYS)
def test_it_is_written_in_every_format_that_needs_no_registry(form, tmp_path):
    written = ma.report(odds(), tmp_path / f"page.{form}", outcome="pain", arms=("drug", "placebo"))
    assert written.stat().st_size > 1000
    assert (
        ma.report(odds(), tmp_path / f"again.{form}", outcome="pain", arms=("drug", "placebo")).read_bytes()
        == written.read_bytes()
    )


def test_its_numbers_are_those_of_the_result(tmp_path):
    fit = odds()
    [pain] = json.loads(ma.report(fit, tmp_path / "page.json", outcome="pain").read_text(encoding="utf-8"))["analyses"]
    assert pain["random"]["estimate"] == pytest.approx(fit.display.estimate, rel=1e-11)
    assert pain["heterogeneity"]["tau2_ci"] == pytest.approx(list(fit.tau2_ci().tau2_ci), rel=1e-9, abs=1e-11)
    assert pain["absolute"]["assumed_risk"] == 0.25


def test_it_is_there_before_and_after_its_folder_is_imported(tmp_path):
    import metaan.report.report

    assert ma.report(odds(), tmp_path / "page.md").exists()
    assert metaan.report.report.Report


@pytest.mark.parametrize(
    ("found", "name", "error", "said"),
    [
        ({}, "a.html", DataError, "no result"),
        ("text", "a.html", UsageError, "str is no pooled result"),
        (3, "a.html", UsageError, "int is no pooled result"),
        ([1, 2], "a.html", UsageError, "int is not a pooled result"),
        (None, "a.ris", UsageError, "ends in .ris"),
        (None, "none/a.html", UsageError, "there is no folder"),
    ],
)
def test_what_cannot_be_written_says_why(found, name, error, said, tmp_path):
    with pytest.raises(error, match=said):
        ma.report(odds() if found is None else found, tmp_path / name)


def test_two_outcomes_of_one_name_are_refused(tmp_path):
    with pytest.raises(UsageError, match="have one name"):
        ma.report({"Pain": odds(), "pain": odds()}, tmp_path / "a.html")
    assert not list(Path(tmp_path).iterdir())
