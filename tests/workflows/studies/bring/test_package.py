"""A data package of RevMan Web becomes a registry, from a ZIP file with others inside or from a folder of tables."""

import io
from zipfile import ZipFile

import pytest

import metaan as ma
from metaan.errors import SourceError
from metaan.workflows.studies.bring.start import start_from
from metaan.workflows.studies.init import init

SETTINGS = """\
Analysis group,Analysis number,Analysis name,Analysis group name,Data type,Log-scale data,Experimental group label,\
Control group label,Statistical method,Effect measure,Unit of effect measure,Analysis model,Subgroup estimates,\
Overall estimates,Swap event and non-event,Estimate CI,Mean,CI start,CI end,Filter criteria,\
Heterogeneity estimator,Heterogeneity Chi²
1,1,Death,Drug or not,Dichotomous,true,Drug,Placebo,MH,Odds Ratio,,Fixed effect,true,true,false,95%,0.644239,0.416788,\
0.995815,adults only,REML,1.5
1,2,Stay,Drug or not,Continuous,false,Drug,Placebo,IV,Mean Difference,days,Fixed effect,true,true,false,95%,-1.363455,\
-2.636565,-0.090344,
1,3,Survival,Drug or not,O-E and Variance,true,Drug,Placebo,EXP_O_E_VAR,Hazard Ratio,,Fixed effect,true,true,false,\
95%,0.705994,0.414127,1.203563,
1,4,Relapse,Drug or not,Generic Inverse Variance,true,Drug,Placebo,IV,Hazard Ratio,,Random effects,true,true,false,95%,\
0.842619,0.593269,1.19677,
"""
ROWS = """\
Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,GIV Mean,GIV SE,Experimental mean,\
Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,Control cases,Control N,O-E,Variance,Footnotes
1,1,Death,Old,SUBGROUP_AND_OVERALL,Doe,2001,0.0,0.0,0.0,0.0,12,100,0.0,0.0,18,98,0.0,0.0,By telephone
1,1,Death,Old,SUBGROUP_AND_OVERALL,Roe,2005,0.0,0.0,0.0,0.0,8,80,0.0,0.0,15,82,0.0,0.0,
1,1,Death,Young,SUBGROUP_AND_OVERALL,Poe,2010,0.0,0.0,0.0,0.0,20,150,0.0,0.0,25,149,0.0,0.0,
1,2,Stay,,SUBGROUP_AND_OVERALL,Doe,2001,0.0,0.0,10.5,4.1,0,40,12.0,4.4,0,38,0.0,0.0,
1,2,Stay,,SUBGROUP_AND_OVERALL,Roe,2005,0.0,0.0,8.25,3.5,0,35,9.5,3.9,0,36,0.0,0.0,
1,3,Survival,,SUBGROUP_AND_OVERALL,Doe,2001,0.0,0.0,0.0,0.0,12,100,0.0,0.0,18,98,-3.2,8.1,
1,3,Survival,,SUBGROUP_AND_OVERALL,Roe,2005,0.0,0.0,0.0,0.0,0,0,0.0,0.0,0,0,-1.5,5.4,
1,4,Relapse,,SUBGROUP_AND_OVERALL,Doe,2001,-0.5,0.2,0.0,0.0,0,0,0.0,0.0,0,0,0.0,0.0,
1,4,Relapse,,SUBGROUP_AND_OVERALL,Roe,2005,-0.1,0.15,0.0,0.0,0,0,0.0,0.0,0,0,0.0,0.0,
1,4,Relapse,,SUBGROUP_AND_OVERALL,Poe,2010,0.2,0.3,0.0,0.0,0,0,0.0,0.0,0,0,0.0,0.0,
"""
SUBGROUPS = """\
Analysis group,Analysis number,Subgroup,Subgroup number,Mean,CI start,CI end
1,1,Old,1,0.556168,0.305515,1.012461
1,1,Young,2,0.763077,0.403418,1.443382
"""
STUDIES = "Study,Year,Char: Methods,Char: Notes\nDoe,2001,Parallel trial,Asked\nRoe,2005,,\nPoe,2010,,\n"
BIAS = """\
Study,Domain (judgement): Random sequence generation (selection bias),Domain (support): Random sequence generation \
(selection bias),Domain (judgement): Paid?,Domain (support): Paid?
Doe,Low risk,Computer,High risk,It was
Roe,Not applicable,,Not applicable,
"""
INCLUDED = "TY  - JOUR\nNS  - Doe\nAU  - Doe, J\nTI  - A trial\nPY  - 2001\nER  - \n\nTY  - JOUR\nNS  - Roe\nER  - \n"
TABLES = {
    "9-analysis-data/9-overall-estimates-and-settings.csv": SETTINGS,
    "9-analysis-data/9-data-rows.csv": ROWS,
    "9-analysis-data/9-subgroup-estimates.csv": SUBGROUPS,
    "9-study-data/9-study-information.csv": STUDIES,
    "9-study-data/9-risk-of-bias.csv": BIAS,
    "9-study-data/9-included.ris": INCLUDED,
    "9-study-data/9-excluded.ris": "TY  - JOUR\nTI  - No trial\nER  - \n",
}


def packed(files):
    with io.BytesIO() as held:
        with ZipFile(held, "w") as made:
            for name, text in files.items():
                made.writestr(name, text)
        return held.getvalue()


def package(tmp_path, tables=TABLES):
    path = tmp_path / "review.zip"
    path.write_bytes(packed({"9/9-data.zip": packed(tables), "9/9-article.pdf": b"%PDF"}))
    return path


def test_a_zip_file_with_another_inside(tmp_path):
    path = package(tmp_path)
    started = start_from(path, "x")
    said = "\n".join(started.said)
    assert "3 studies, 4 outcomes, 4 analyses, 10 results" in said
    assert "pooled results: 6 of 6 agree" in said
    assert started.files["revman/review.zip"] == path.read_bytes()
    kept = started.files["revman/kept.md"]
    assert "Heterogeneity Chi²" not in kept
    assert all(text in kept for text in ("adults only", "REML", "No trial", "9/9-article.pdf"))


def test_a_folder_of_the_tables_is_the_same_review(tmp_path):
    folder = tmp_path / "review"
    for name, text in TABLES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "secret.txt").write_text("of somebody else")
    started = start_from(folder, "x")
    from_zip = start_from(package(tmp_path), "x")
    studies = [name for name in started.files if name.startswith("studies/") and name.endswith(".yaml")]
    assert len(studies) == 4
    for name in studies:
        assert started.files[name] == from_zip.files[name].replace("review.zip", "review")
    assert {n for n in started.files if n.startswith("revman/")} == {f"revman/{n}" for n in TABLES} | {"revman/kept.md"}


def test_its_studies(tmp_path):
    init(tmp_path / "made", "x", started=start_from(package(tmp_path), "x").files)
    review = ma.load(tmp_path / "made" / "studies")
    study = review.study("doe-2001")
    assert (study.title, study.citation.authors, study.design.description) == ("A trial", ("Doe J",), "Parallel trial")
    [judged] = study.risk_of_bias
    assert [(d.name, d.judgement, d.support) for d in judged.domains] == [
        ("random sequence generation", "low", "Computer")
    ]
    assert "risk of bias: Paid?: High risk: It was" in study.notes
    assert not review.study("roe-2005").risk_of_bias
    death = study.results[0]
    assert (death.source.place, death.note) == (
        "comparison 1 (Drug or not), analysis 1.1 (Death), subgroup Old",
        "By telephone",
    )
    assert review.outcome("stay").unit == "days"


def test_events_that_the_review_swaps_are_those_without(tmp_path):
    swapped = SETTINGS.replace("Fixed effect,true,true,false,95%,0.644239,0.416788,0.995815", (
        "Fixed effect,true,true,true,95%,1.552218,1.004202,2.399300"))  # fmt: skip
    assert swapped != SETTINGS
    started = start_from(package(tmp_path, {**TABLES, "9-analysis-data/9-overall-estimates-and-settings.csv": swapped,
                                            "9-analysis-data/9-subgroup-estimates.csv": ""}), "x")  # fmt: skip
    assert "pooled results: 4 of 4 agree" in "\n".join(started.said)
    assert "drug: {events: 88, total: 100}" in started.files["studies/doe-2001.yaml"]


def test_rob_2_is_told_by_its_domains(tmp_path):
    bias = (
        "Study,Domain (judgement): Bias arising from the randomization process,Domain (support): Bias arising from the "
        "randomization process,Domain (judgement): Overall bias\nDoe,Some concerns,No table,Some concerns\n"
    )
    started = start_from(package(tmp_path, {**TABLES, "9-study-data/9-risk-of-bias.csv": bias}), "x")
    text = started.files["studies/doe-2001.yaml"]
    assert "tool: RoB 2" in text
    assert "{name: randomisation process, judgement: some concerns, support: No table}" in text
    assert "overall: some concerns" in text


AT = "9-analysis-data/9-data-rows.csv"


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "no data-rows.csv"),
        ({"9-data-rows.csv": ROWS}, "no overall-estimates-and-settings.csv"),
        ({**TABLES, AT: ROWS.replace(",12,100,", ",120,100,")}, "Doe: 120 events of 100"),
        ({**TABLES, AT: ROWS.replace("10.5,4.1", "10.5,-")}, "analysis 1.2: Doe.*no number"),
    ],
)  # fmt: skip
def test_a_package_that_lacks_something_says_what_and_where(tmp_path, tables, said):
    with pytest.raises(SourceError, match=said):
        start_from(package(tmp_path, tables), "x")


def test_what_is_no_zip_file_is_refused(tmp_path):
    path = tmp_path / "review.zip"
    path.write_bytes(b"PK nothing")
    with pytest.raises(SourceError, match="cannot be unpacked"):
        start_from(path, "x")
