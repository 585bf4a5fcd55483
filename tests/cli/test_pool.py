"""`metaan pool`: tables, JSON, CSV, and choices in place of the protocol."""

import csv
import io
import json

import pytest


def analyses(run, project, *argv):
    status, out, _ = run("--project", project, "pool", *argv, "--json")
    assert status == 0
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))["analyses"]


def test_no_argument_pools_the_whole_protocol(run, project):
    found = [analysis["outcome"] for analysis in analyses(run, project)]
    counted = ["clinical-failure", "death", "ventilation", "serious-adverse-events", "infection"]
    assert found == [*counted, "death-time-to-event", "stay"]


def test_designs_kept_apart_have_no_total_and_say_why(run, project):
    (death,) = analyses(run, project, "death")
    assert death["common"] is death["random"] is None
    assert [group["name"] for group in death["subgroups"]] == ["randomised", "non-randomised"]
    assert any("kept apart" in warning for warning in death["warnings"])


def test_by_none_is_one_pool(run, project):
    (ventilation,) = analyses(run, project, "ventilation", "--by", "none")
    # metafor 5.1-12, rma.mh and rma(method="DL") on Balkhair, Franzetti, Segala, Kharazmi
    assert round(ventilation["common"]["estimate"], 6) == 0.402362
    assert round(ventilation["random"]["estimate"], 6) == 0.409754


def test_choices_reach_the_result(run, project):
    (failure,) = analyses(
        run, project, "clinical-failure", "--tau2", "REML", "--ci", "hksj-adhoc", "--level", "0.9", "--measure", "RR"
    )
    assert failure["measure"] == "RR"
    assert failure["random"]["tau2_method"] == "REML"
    assert failure["random"]["ci_method"] == "hksj-adhoc"
    assert failure["level"] == 0.9


@pytest.mark.parametrize(("model", "absent"), [("common", "random"), ("random", "common")])
def test_one_model_only(run, project, model, absent):
    (failure,) = analyses(run, project, "clinical-failure", "--model", model)
    assert failure[absent] is None
    assert failure[model] is not None


def test_only_and_exclude_take_lists(run, project):
    (death,) = analyses(run, project, "death", "--only", "balkhair-2021,segala-2023", "--exclude", "segala-2023")
    assert [study["id"] for study in death["studies"]] == ["balkhair-2021"]


def test_csv_has_a_row_a_study_and_a_row_a_result(run, project):
    _, out, _ = run("--project", project, "pool", "clinical-failure", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {"Elmekaty 2023", "Audemard-Verger 2022"} <= {value for row in rows for value in row.values()}
    assert len(rows) > 2


def test_the_table_names_the_finding(run, project):
    _, out, _ = run("--project", project, "pool", "death")
    assert "0.96 (0.44 to 2.11)" in out
    assert "0.42 (0.27 to 0.65)" in out
    assert "evidence disagree about death" in " ".join(out.split())


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_output_that_is_not_a_terminal_is_plain(run, project, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    _, out, _ = run("--project", project, "pool", "death")
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["deth"], "did you mean death"),
        (["--tau2", "REM"], "did you mean REML"),
        (["--ci", "hksj-ad"], "did you mean hksj-adhoc"),
        (["death", "--measure", "SMD"], "allowed: OR, RR, RD"),
        (["--only", "elmekaty"], "did you mean elmekaty-2023"),
    ],
)
def test_a_wrong_choice_is_status_2_and_says_what_is_allowed(run, project, argv, said):
    status, out, err = run("--project", project, "pool", *argv)
    assert (status, out) == (2, "")
    assert said in err


def test_a_protocol_without_analyses_is_said_and_no_success(run, project):
    review = project / "studies" / "review.yaml"
    review.write_text(review.read_text().split("\nanalyses:")[0] + "\n")
    for argv in ((), ("death",), ("--json",)):
        status, out, err = run("--project", project, "pool", *argv)
        assert (status, out) == (2, "")
        assert "the protocol has no analyses; enter what is to be pooled in review.yaml" in err
