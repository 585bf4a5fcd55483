"""RevMan's files: every row of every analysis, under the names of our statistics."""

import math

import pytest

import metaan as ma
from metaan.errors import SourceError
from metaan.sources.revman.revman import parse_rm5
from metaan.sources.revman.tables import parse_analyses

RM5 = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<COCHRANE_REVIEW><STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>
<STUDY ID="STD-A" NAME="M\xfcller" YEAR="2001"><REFERENCE TYPE="JOURNAL_ARTICLE"><AU>M\xfcller J, van der Doe AB</AU>
<TI>A made-up trial</TI><SO>Journal of Made-up Trials</SO><YR>2001</YR><VL>3</VL><NO>2</NO><PG>11-9</PG>
<IDENTIFIERS><IDENTIFIER TYPE="PUBMED" VALUE="900000001"/><IDENTIFIER TYPE="DOI" VALUE="10.5555/A"/></IDENTIFIERS>
</REFERENCE><REFERENCE TYPE="OTHER"/><IDENTIFIERS><IDENTIFIER TYPE="NCT" VALUE="NCT99999991"/></IDENTIFIERS></STUDY>
<STUDY ID="STD-B" NAME="Roe" YEAR="2005"/></INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES>
<ANALYSES_AND_DATA><COMPARISON NO="1"><NAME>Nothing or <I>less</I></NAME>
<DICH_OUTCOME NO="1" EFFECT_MEASURE="OR"><NAME>Death</NAME><GROUP_LABEL_1>Nothing</GROUP_LABEL_1>
<GROUP_LABEL_2>Less</GROUP_LABEL_2>
<DICH_SUBGROUP NO="1"><NAME>Old</NAME>
<DICH_DATA STUDY_ID="STD-A" EVENTS_1="3" TOTAL_1="20" EVENTS_2="5" TOTAL_2="21"/></DICH_SUBGROUP>
<DICH_DATA STUDY_ID="STD-B" EVENTS_1="x" TOTAL_1="20" EVENTS_2="5" TOTAL_2="NaN"/></DICH_OUTCOME>
<IV_OUTCOME NO="2" EFFECT_MEASURE="HR"><NAME>Time</NAME>
<IV_DATA STUDY_ID="STD-B" ESTIMATE="-0.5" SE="0.2"/></IV_OUTCOME>
<OTHER_OUTCOME NO="3"/></COMPARISON></ANALYSES_AND_DATA></COCHRANE_REVIEW>"""

HEAD = (
    "Comparison Number,Outcome Number,Subgroup Number,Name,Data Type,Effect Measure,Events 1,Mean 1,SD 1,Total 1,"
    "Events 2,Mean 2,SD 2,Total 2,Effect Estimate,SE,CI Start,CI End,Group Label 1,Group Label 2,"
    "Year of study,User defined order\n"
)


def line(**cells):
    names = HEAD.strip().split(",")
    return ",".join(str(cells.get(name.replace(" ", "_"), "")) for name in names) + "\n"


def test_a_review_file():
    read = parse_rm5(RM5)
    death, time = read.analyses
    assert (death.number, death.comparison, death.name, death.measure) == ("1.1", "Nothing or less", "Death", "OR")
    assert (death.experimental, death.control) == ("Nothing", "Less")
    (row,) = death.rows
    assert (row.study, row.year, row.subgroup) == ("Müller", 2001, "Old")
    assert death.data() == {"ai": [3.0], "n1i": [20.0], "ci": [5.0], "n2i": [21.0], "slab": ["Müller 2001"]}
    assert time.data() == {"yi": [-0.5], "sei": [0.2], "slab": ["Roe 2005"]}
    assert [(failure.reason, failure.text) for failure in read.failed] == [
        ("no number: EVENTS_1, TOTAL_2", "analysis 1.1: Roe")
    ]


def test_its_data_can_be_pooled(tmp_path):
    path = tmp_path / "review.rm5"
    path.write_bytes(RM5)
    death = ma.read_revman(path).analyses[0]
    assert ma.effect_sizes("OR", **death.data()).yi[0] == pytest.approx(math.log(3 * 16 / (17 * 5)))


def test_the_references_are_records(tmp_path):
    path = tmp_path / "review.rm5"
    path.write_bytes(RM5)
    read = ma.read_records(path)
    (record,) = read.records
    assert (record.title, record.authors, record.year) == ("A made-up trial", ("Müller J", "van der Doe AB"), 2001)
    assert (record.journal, record.volume, record.issue, record.pages) == (
        "Journal of Made-up Trials",
        "3",
        "2",
        "11-9",
    )
    assert (record.pmid, record.doi, record.registrations) == ("900000001", "10.5555/a", ("NCT99999991",))
    assert record.extra["study"] == "Müller 2001"
    assert len(read.failed) == 1


def test_the_table_of_revman_5():
    text = HEAD + line(Comparison_Number=1, Outcome_Number=0, Name="Nothing")
    text += line(Comparison_Number=1, Outcome_Number=1, Name="Death", Data_Type="DIC", Effect_Measure="OR", Total_1=41)
    text += line(Comparison_Number=1, Outcome_Number=1, Subgroup_Number=1, Name="Old", Total_1=20)
    people = {
        "Events_1": 3,
        "Total_1": 20,
        "Events_2": 5,
        "Total_2": 21,
        "Year_of_study": 2001,
        "User_defined_order": 1,
    }
    text += line(Comparison_Number=1, Outcome_Number=1, Subgroup_Number=1, Name="Doe", **people)
    text += line(Comparison_Number=1, Outcome_Number=2, Name="Time", Data_Type="GIV", Effect_Measure="HR")
    low, high = (math.exp(-0.5 + sign * 1.959964 * 0.2) for sign in (-1, 1))
    effect = {"SE": 0.2, "Effect_Estimate": math.exp(-0.5), "CI_Start": low, "CI_End": high, "User_defined_order": 1}
    text += line(Comparison_Number=1, Outcome_Number=2, Name="Roe", **effect)
    text += line(Comparison_Number=1, Outcome_Number=2, Name="Odd", **{**effect, "CI_End": high * 9})
    text += line(Comparison_Number=1, Outcome_Number=2, Name="Diff", **{
        **effect, "Effect_Estimate": -0.5, "CI_Start": -0.5 - 1.96 * 0.2, "CI_End": -0.5 + 1.96 * 0.2})  # fmt: skip
    text += line(Comparison_Number=1, Outcome_Number=3, Name="Logrank", Data_Type="OEV")
    read = parse_analyses(text)
    death, time = read.analyses
    assert (death.comparison, death.rows[0].subgroup, death.rows[0].year) == ("Nothing", "Old", 2001)
    assert death.rows[0].numbers == {"ai": 3.0, "n1i": 20.0, "ci": 5.0, "n2i": 21.0}
    assert [row.numbers["yi"] for row in time.rows] == pytest.approx([-0.5, -0.5])
    assert [failure.text for failure in read.failed] == ["Odd", "Logrank"]


def test_the_data_rows_of_revman_web():
    names = "Analysis group,Analysis number,Analysis name,Subgroup,Study,Study year,GIV Mean,GIV SE,Experimental mean,"
    names += "Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,Control cases,Control N"
    text = f"\ufeff{names}\n1,1,Death,,Doe,2001,0.0,0.0,0.0,0.0,3,20,0.0,0.0,5,21\n"
    text += "1,2,Weight,Old,Doe,2001,0.0,0.0,5.5,1.5,0,20,6.5,2.5,0,21\n1,3,Time,,Roe,2005,-0.5,0.2,0,0,0,0,0,0,0,0\n"
    counts, means, effects = parse_analyses(text).analyses
    assert counts.data()["ci"] == [5.0]
    assert (means.rows[0].subgroup, means.data()["sd2i"]) == ("Old", [2.5])
    assert effects.data()["sei"] == [0.2]


def test_a_row_that_fails_is_named_with_its_line_though_a_cell_has_several():
    text = HEAD + line(Comparison_Number=1, Outcome_Number=0, Name='"Nothing\nor less"') + "\n"
    text += line(Comparison_Number=1, Outcome_Number=1, Name="Death", Data_Type="DIC")
    text += line(Comparison_Number=1, Outcome_Number=1, Name="Doe", Events_1="x", User_defined_order=1)
    (failure,) = parse_analyses(text).failed
    assert (failure.line, failure.text) == (6, "Doe")


@pytest.mark.parametrize(
    "text",
    [b"", b"title,year\nA,2020\n", b"<COCHRANE_REVIEW><cut", b"<!DOCTYPE a [<!ENTITY b 'c'>]><COCHRANE_REVIEW/>"],
)
def test_what_is_no_file_of_revman_is_refused(tmp_path, text):
    path = tmp_path / "x"
    path.write_bytes(text)
    with pytest.raises(SourceError, match=r"x: "):
        ma.read_revman(path)
