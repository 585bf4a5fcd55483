"""A review of RevMan becomes a registry: every number with its place, under the file's methods; nothing vanishes."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

import metaan as ma
from metaan.cli.main import main
from metaan.errors import ConflictError, SourceError, UsageError
from metaan.workflows.studies.bring.start import start_from
from metaan.workflows.studies.init import init

#: A made-up review. The results that it stores are those of metafor 3.8-1: rma.mh, rma.peto, escalc with rma(method =
#: "FE" or "DL"), rounded to ten digits.
FULL = Path(__file__).with_name("full.rm5")


@pytest.fixture(scope="module")
def started():
    return start_from(FULL, "full")


@pytest.fixture(scope="module")
def review(started, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    init(folder, "full", started=started.files)
    return ma.load(folder / "studies")


def changed(tmp_path, *changes):
    text = FULL.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "changed.rm5"
    path.write_text(text, encoding="utf-8")
    return path


def test_stored_results_of_every_kind_agree(started):
    assert "pooled results: 10 of 10 agree" in "\n".join(started.said)


def test_a_stored_result_that_differs_is_listed_with_both_numbers(tmp_path):
    path = changed(tmp_path, ('EFFECT_SIZE="0.842618685"', 'EFFECT_SIZE="0.8436"'))
    said = "\n".join(start_from(path, "x").said)
    assert "9 of 10 agree" in said
    assert "analysis 1.5 (Relapse): the file has 0.8436 [0.59327, 1.1968], here 0.84262 [0.59327, 1.1968]" in said


def test_the_protocol_is_the_files(review):
    plans = {p.outcome: (p.model[0], p.common_method, p.by, review.measure(p)) for p in review.info.analyses}
    assert plans == {
        "death": ("common", "MH", "subgroup in 1.1", "OR"),
        "recovery": ("random", "IV", None, "RR"),
        "length-of-stay": ("common", "IV", None, "MD"),
        "survival": ("common", "IV", None, "HR"),
        "relapse": ("random", "IV", None, "HR"),
        "death-2": ("common", "PETO", None, "PETO"),
        "harm-any": ("common", "MH", None, "RR"),
        "harm-severe": ("common", "MH", None, "RR"),
    }
    assert [outcome.id for outcome in review.info.outcomes if outcome.direction == "good"] == ["recovery"]


def test_every_number_has_its_place(review):
    study = review.study("muller-2001")
    assert {result.source.document for result in study.results} == {"full.rm5"}
    death = next(result for result in study.results if result.outcome == "death")
    place = "comparison 1 (Drug versus placebo), analysis 1.1 (Death), subgroup Old people"
    assert (death.source.place, death.source.level) == (place, "secondary")
    assert (str(death.arms["drug"]), str(death.arms["placebo"])) == ("12 of 100", "18 of 98")
    assert death.note == "By telephone"


def test_effects_keep_what_the_file_has(review):
    results = {result.outcome: result for result in review.study("muller-2001").results}
    [survival] = results["survival"].effects
    assert (survival.measure, float(survival.o_minus_e), float(survival.variance)) == ("HR", -3.2, 8.1)
    assert str(results["survival"].arms["drug"]) == "12 of 100"
    [relapse] = results["relapse"].effects
    assert float(relapse.estimate) == pytest.approx(0.6065306597)
    assert results["relapse"].source.quote == "ESTIMATE -0.5, SE 0.2, TOTAL_1 100, TOTAL_2 98"


def test_a_study_with_its_publications_texts_and_bias(review):
    study = review.study("muller-2001")
    assert (study.title, study.doi, study.citation.journal) == (
        "A made-up trial",
        "10.5555/a",
        "Journal of Made-up Trials",
    )
    assert [relation.note for relation in study.relations] == ["Müller J. An abstract. Congress. 2000"]
    assert (study.design.description, study.population) == ("Parallel trial", "198 adults")
    [judged] = study.risk_of_bias
    assert [(d.name, d.judgement, d.support) for d in judged.domains] == [
        ("random sequence generation", "low", "Computer"),
        ("incomplete outcome data", "high", "Objective: Many lost"),
    ]
    assert "risk of bias: Paid by the maker?: NO: It was" in study.notes
    assert [arm.id for arm in study.arms] == ["drug", "placebo", "nothing"]


def test_what_has_no_place_is_kept_verbatim_and_listed(started):
    assert started.files["revman/full.rm5"] == FULL.read_bytes()
    kept = started.files["revman/kept.md"]
    for text in ("Nobody knows.", "People liked it", "Not randomised", "Xu Y", "SD_1 0.0", "jane@example.org"):
        assert text in kept
    assert "Poe 2010: MEAN_1 9.0, SD_1 0.0" in "\n".join(started.said)


def test_every_text_of_the_file_stands_somewhere(started):
    from xml.etree.ElementTree import fromstring

    everything = "\n".join(text for text in started.files.values() if isinstance(text, str))
    words = [" ".join(text.split()) for text in fromstring(FULL.read_bytes()).itertext()]
    pieces = {"Jane", "Doe", "Nobody", "knows", "."}  # of one text
    in_our_words = {
        "Favours drug": "direction",
        "Favours placebo": "direction",
        "Random sequence generation (selection bias)": "random sequence generation",
        "Incomplete outcome data (attrition bias)": "incomplete outcome data",
        "Hazard Ratio": "HR",
    }
    assert all(ours in everything for ours in in_our_words.values())
    assert {text for text in words if text and text not in everything} <= pieces | set(in_our_words)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('EVENTS_1="20" TOTAL_1="150"', 'EVENTS_1="200" TOTAL_1="150"', "1.1.*Young people.*Poe 2010: 200 events"),
        ('O_E="-3.2"', 'O_E="x"', "analysis 1.4: Müller 2001: no number: O_E"),
        ('VAR="5.4"', 'VAR="-5.4"', "analysis 1.4.*Roe: a number below 0"),
        ('EFFECT_MEASURE="MD"', 'EFFECT_MEASURE="XX"', "analysis 1.3.*'XX' is not known for means"),
        ("</COCHRANE_REVIEW>", "", "changed.rm5: "),
    ],
)  # fmt: skip
def test_bad_input_is_an_error_with_its_place_and_nothing_is_written(tmp_path, capsys, old, new, said):
    path = changed(tmp_path, (old, new))
    with pytest.raises(SourceError, match=said):
        start_from(path, "x")
    assert main(["--project", str(tmp_path), "init", "made", "--from", str(path)]) != 0
    assert not (tmp_path / "made").exists()


def test_another_ending_lists_what_can_be_read(tmp_path):
    with pytest.raises(SourceError, match=r"ending in \.doc; allowed: \.rm5"):
        start_from(tmp_path / "x.doc", "x")


def test_an_example_and_a_file_are_not_mixed_and_a_review_is_not_overwritten(tmp_path, started):
    with pytest.raises(UsageError):
        init(tmp_path, "x", "bcg", started=started.files)
    init(tmp_path, "x", started=started.files)
    with pytest.raises(ConflictError):
        init(tmp_path, "x", started=started.files)


def test_two_studies_with_one_reference_both_stay(tmp_path):
    roe = '<STUDY ID="STD-B" NAME="Roe" YEAR="2005"/>'
    same = ('<REFERENCE><TI>Twins</TI><IDENTIFIERS><IDENTIFIER TYPE="DOI" VALUE="10.5555/a"/></IDENTIFIERS></REFERENCE>'
            "</STUDY>")  # fmt: skip
    started = start_from(changed(tmp_path, (roe, roe.removesuffix("/>") + ">" + same)), "x")
    study = YAML(typ="safe").load(started.files["studies/roe-2005.yaml"])
    assert "doi" not in study
    assert "doi of another study of this review too: 10.5555/a" in study["notes"]


def test_an_outcome_without_a_pooled_result_has_no_analysis(tmp_path):
    path = changed(tmp_path, ('TOTALS="YES" UNITS="days"', 'TOTALS="NO" UNITS="days"'))
    made = YAML(typ="safe").load(start_from(path, "x").files["studies/review.yaml"])
    assert "length-of-stay" in [outcome["id"] for outcome in made["outcomes"]]
    assert "length-of-stay" not in [plan["outcome"] for plan in made["analyses"]]
