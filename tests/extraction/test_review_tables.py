"""What another review pooled of a study: found by its name, never asserted, and with its place."""

import pytest

from metaan.extraction.proposal import read_cell
from metaan.extraction.review_tables import propose
from metaan.sources.revman.rows import RevMan, RevManAnalysis, RevManRow


def row(study="Müller", year=2001, subgroup="", **numbers):
    counts = {"ai": 3.0, "n1i": 20.0, "ci": 5.0, "n2i": 21.0} | numbers
    return RevManRow(study, year, subgroup, counts)


def review(*rows, kind="counts", **more):
    said = {"experimental": "Drug", "control": "Placebo", "rows": rows} | more
    return RevMan((RevManAnalysis("1.2", "Drug against placebo", "Death at 28 days", kind, "OR", **said),))


def test_counts_come_with_their_place_and_as_quoted_by_another(context):
    ((found,), notes) = propose(review(row(subgroup="Old")), "Muller 2001", "r.rm5", context)
    assert [read_cell(cell).counts for cell in found.cells] == [(3, 20), (5, 21)]
    assert [cell.group for cell in found.cells] == [("1", "Drug"), ("2", "Placebo")]
    assert (found.document, found.level, found.time) == ("review in RevMan (r.rm5)", "secondary", "day 28")
    assert found.place == "comparison Drug against placebo: analysis 1.2, Death at 28 days: subgroup Old"
    assert found.quote == "Müller 2001: Drug: 3 of 20; Placebo: 5 of 21"
    assert "death" in found.outcomes
    assert notes == ()


@pytest.mark.parametrize(("study", "year"), [("Müller 2001", 2001), ("Müller 2001", None), ("MULLER", 2001)])
def test_a_study_may_have_its_year_in_its_name(context, study, year):
    assert len(propose(review(row(study, year)), "Müller 2001", "r.rm5", context)[0]) == 1


@pytest.mark.parametrize(("study", "year"), [("Müller", 2002), ("Müller 2001a", 2001), ("Miller", 2001)])
def test_another_study_is_not_taken_and_those_of_the_file_are_named(context, study, year):
    proposals, notes = propose(review(row(study, year), row("Roe", 2005)), "Müller 2001", "r.rm5", context)
    assert proposals == ()
    assert notes[0].startswith("r.rm5 has no data of Müller 2001; it has those of M")
    assert notes[0].endswith(", Roe 2005")


def test_what_is_no_count_of_people_is_named(context):
    means = review(row(), kind="means")
    assert "not counts of people but means" in propose(means, "Müller 2001", "r.rm5", context)[1][0]
    half = review(row(ai=2.5))
    assert "not whole numbers" in propose(half, "Müller 2001", "r.rm5", context)[1][0]


def test_groups_without_a_name_have_their_number(context):
    (found,) = propose(review(row(), experimental="", control=""), "Müller 2001", "r.rm5", context)[0]
    assert [cell.group for cell in found.cells] == [("1", "group 1"), ("2", "group 2")]


def test_a_file_of_very_many_studies_names_some(context):
    many = review(*(row(f"Study{n}", 2000) for n in range(100)))
    assert propose(many, "Doe 1999", "r.rm5", context)[1][0].endswith("Study11 2000, and 88 more")
    assert propose(RevMan(()), "Doe 1999", "r.rm5", context)[1] == (
        "r.rm5 has no data of Doe 1999; it has those of no study",
    )
