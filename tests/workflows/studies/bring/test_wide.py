from __future__ import annotations

import openpyxl
import pytest

from metaan.errors import SourceError, UsageError
from metaan.registry.load import load
from metaan.synthesis.analyse import analyse
from metaan.workflows.studies.bring.wide import read_wide, start_from_wide

COUNTS = "author,year,e1,n1,e2,n2,latitude\nAronson,1948,4,123,11,139,44\nFerguson & Simes,1949,6,306,29,303,55\n"
MEANS = "Study;mean.e;sd.e;n.e;mean.c;sd.c;n.c\nDoe 2020;12,1;4,3;40;13,0;5,0;38\nRoe 2021;11,5;4;50;13;5;49\n"
EFFECTS = "study,HR,95% CI lower,95% CI upper\nDoe 2020,0.71,0.52,0.97\nRoe 2021,0.9,0.6,1.35\n"
METAFOR = "slab,ai,bi,ci,di\nAronson 1948,4,119,11,128\nFerguson 1949,6,300,29,274\n"


def made(tmp_path, text, said=None, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    new = start_from_wide(read_wide(path, said), "A review")
    folder = tmp_path / "review"
    for place, content in new.files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(content, encoding="utf-8")
    return load(folder / "studies")


def pooled(review):
    (analysis,) = analyse(review)
    return analysis


def test_counts_become_studies_with_their_moderators(tmp_path):
    review = made(tmp_path, COUNTS)
    study = review.study("ferguson-simes-1949")
    assert [str(arm) for arm in study.results[0].arms.values()] == ["6 of 306", "29 of 303"]
    assert [(one.name, one.value) for one in study.moderators] == [("latitude", 55)]
    assert (study.citation.year, study.results[0].source.place) == (1949, "table, row 3")
    assert pooled(review).plan.outcome == "the-outcome"


def test_means_with_decimal_commas_and_semicolons(tmp_path):
    review = made(tmp_path, MEANS)
    assert str(review.study("doe-2020").results[0].arms["experimental"]) == "12.1 (SD 4.3), n 40"
    assert review.info.outcomes[0].measure == "MD"


def test_effects_with_their_intervals(tmp_path):
    (effect,) = made(tmp_path, EFFECTS).study("doe-2020").results[0].effects
    assert (effect.measure, effect.estimate, effect.ci) == ("HR", 0.71, (0.52, 0.97))


def test_the_names_of_metafor_and_totals_that_are_sums(tmp_path):
    result = made(tmp_path, METAFOR).study("aronson-1948").results[0]
    assert [arm.total for arm in result.arms.values()] == [123, 139]
    assert "4 with and 119 without the event" in result.source.derived


def test_outcomes_in_rows_are_outcomes_of_one_study(tmp_path):
    text = "study,outcome,time,e1,n1,e2,n2\nDoe,death,day 28,1,10,2,10\nDoe,stroke,day 28,0,10,1,10\nRoe,death,,,,,\n"
    review = made(tmp_path, text)
    assert [(r.outcome, r.time) for r in review.study("doe").results] == [("death", "day 28"), ("stroke", "day 28")]
    assert review.study("roe").status.state == "awaiting data"


def test_a_row_with_arms_and_an_effect_keeps_both_and_blank_rows_do_not_shift_places(tmp_path):
    text = "study,e1,n1,e2,n2,OR,lower,upper\nDoe,1,10,2,10,0.4,0.1,2\n,,,,,,,\nRoe,3,20,5,21,,,\n"
    review = made(tmp_path, text)
    (result,) = review.study("doe").results
    assert (len(result.arms), result.effects[0].estimate) == (2, 0.4)
    assert review.study("roe").results[0].source.place == "table, row 4"


def test_merged_headings_name_the_groups(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["All trials"],
        [None, "Treatment", None, "Control", None],
        ["Author", "events", "total", "events", "total"],
        ["Doe 2020", 1, 10, 2, 10],
    ):
        sheet.append(row)
    sheet.merge_cells("B2:C2")
    sheet.merge_cells("D2:E2")
    book.save(tmp_path / "table.xlsx")
    table = read_wide(tmp_path / "table.xlsx")
    assert list(table.meant.values()) == ["study", "events 1", "total 1", "events 2", "total 2"]
    assert "studies/doe-2020.yaml" in start_from_wide(table, "x").files


def test_what_columns_are_can_be_said(tmp_path):
    text = "study,dead drug,all drug,dead none,all none,site\nDoe,1,10,2,10,Oslo\n"
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)dead none .*not enough for a review.*--map COLUMN=FIELD"):
        read_wide(path)
    said = {"dead drug": "events 1", "all drug": "total 1", "dead none": "events 2", "all none": "total 2", "site": "-"}
    study = made(tmp_path, text, said).study("doe")
    assert (study.results[0].arms["control"].events, study.moderators) == (2, ())
    with pytest.raises(UsageError, match="there is no column 'dead drugs'; did you mean dead drug"):
        read_wide(path, {"dead drugs": "events 1"})
    with pytest.raises(UsageError, match="'event 1' is no field; did you mean events 1"):
        read_wide(path, {"dead drug": "event 1"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (COUNTS.replace(",4,123", ",four,123"), r"table!C2 \(e1\): 'four' is no number"),
        (COUNTS.replace(",4,123", ",12-Sep,123"), r"table!C2 \(e1\): 12-Sep, a date"),
        (COUNTS.replace(",4,123", ",400,123"), r"aronson-1948: results\[\S+\]"),
        (COUNTS.replace(",4,123", ",4,"), r"table, row 2 of Aronson 1948: events 1, events 2, total 2 are no result"),
        (COUNTS.replace("Aronson", ""), r"table, row 2: no study is named"),
        ("a,b\n1,2\n", "not enough for a review|no row of headings"),
    ],
)
def test_what_cannot_be_is_named_with_its_cell(tmp_path, text, said):
    with pytest.raises(SourceError, match=said):
        made(tmp_path, text)
