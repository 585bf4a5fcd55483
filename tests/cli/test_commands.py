"""The other commands: report, check, explain, init, schema, fetch and add."""

import json
import shutil

import pytest

import metaan as ma


def test_the_same_registry_gives_the_same_bytes(run, project):
    first, second = project / "a.html", project / "b.html"
    assert run("--project", project, "report", "-o", first)[0] == 0
    assert run("--project", project, "report", "-o", second)[0] == 0
    assert first.read_bytes() == second.read_bytes()


def test_the_report_goes_to_outputs_under_the_reviews_name(run, project):
    status, out, _ = run("--project", project, "report")
    assert status == 0
    assert out.strip() == str(project / "outputs" / "anakinra.html")


def test_a_projects_own_template_overrides_the_packaged_one(run, project):
    own = project / "templates" / "parts"
    own.mkdir(parents=True)
    (own / "footer.html").write_text("<footer><p>our hospital</p></footer>", encoding="utf-8")
    run("--project", project, "report", "-o", project / "r.html")
    assert "our hospital" in (project / "r.html").read_text(encoding="utf-8")


def test_check_says_what_it_looked_at(run, project):
    status, out, _ = run("--project", project, "check", "--json")
    assert status == 0
    got = json.loads(out)
    apart = [got.pop("remarks"), got.pop("waived")]
    assert got == {"ok": True, "problems": [], "studies": 20, "outcomes": 17, "analyses": 7}
    assert [(one["where"], one["waiver"]) for one in apart[0]] == [
        ("results[stay].arms.anakinra", None),
        ("results[oxygen-days].arms.anakinra", None),
        ("results[treatment-success].reported[2]", None),
        ("results[death].reported[1]", None),
        ("results[treatment-success].reported[1]", None),
    ]
    assert apart[1] == []


@pytest.mark.parametrize("at", ["", "at: 'results[infection]', "])
def test_check_names_a_waiver_of_a_printed_result_that_nothing_needs(run, project, at):
    path = project / "studies" / ("huet-2020.yaml" if not at else "balkhair-2021.yaml")
    signed = f"{at}reason: the test is not named, by: A. Reader, date: 2026-11-20"
    before = path.read_text(encoding="utf-8")
    waiver = f"waivers:\n  - {{check: printed results follow from the counts, {signed}}}\n"
    path.write_text(before + waiver, encoding="utf-8")
    code, _, err = run("--project", project, "check")
    assert code == 1
    assert f"{path.name}:{len(before.splitlines()) + 2}: waivers[1]: the check 'printed results follow" in err
    assert "take this one out" in err


def test_check_names_what_is_waived_apart(run, project):
    path = project / "studies" / "balkhair-2021.yaml"
    signed = "reason: the test is not named, by: A. Reader, date: 2026-11-20"
    waiver = f"waivers:\n  - {{check: printed results follow from the counts, {signed}}}\n"
    path.write_text(path.read_text(encoding="utf-8") + waiver, encoding="utf-8")
    status, out, _ = run("--project", project, "check")
    assert status == 0
    apart = out.split("to be looked at")[0]
    assert "waived:\n  studies/balkhair-2021.yaml:93: results[death].reported[1]: printed p 0.082" in apart
    assert "waived by A. Reader on 2026-11-20: the test is not named" in apart
    [one] = json.loads(run("--project", project, "check", "--json")[1])["waived"]
    assert one["waiver"]["by"] == "A. Reader"


def test_check_lists_problems_as_json(run, project):
    path = project / "studies" / "segala-2023.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("events: 1,", "events: 57,", 1), encoding="utf-8")
    status, out, _ = run("--project", project, "check", "--json")
    (problem,) = json.loads(out)["problems"]
    assert status == 1
    assert problem["file"].endswith("segala-2023.yaml")
    assert problem["line"] > 0
    assert "57" in problem["found"]


def test_explain_names_rules(run, project):
    status, out, err = run("--project", project, "explain", "ventilation")
    assert status == 0
    assert "RevMan 2025" in out
    assert "0.5 is added to the cells of a study with a zero cell" in out
    assert "randomised studies: k = 1" in err


def test_explain_without_anything_to_pool_is_status_1(run, project):
    assert run("--project", project, "explain", "serious-adverse-events")[0] == 1


def test_init_makes_a_review_that_runs_at_once(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("init", "mine")[0] == 0
    monkeypatch.chdir(tmp_path / "mine")
    for command in ("check", "pool", "report"):
        assert run(command)[0] == 0


def test_init_twice_refuses_and_writes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("init", "mine")
    before = sorted((p, p.read_bytes()) for p in (tmp_path / "mine").rglob("*") if p.is_file())
    status, _, err = run("init", "mine")
    assert status == 1
    assert "is not empty" in err
    assert before == sorted((p, p.read_bytes()) for p in (tmp_path / "mine").rglob("*") if p.is_file())


def test_init_from_the_example_gives_the_same_registry(run, tmp_path):
    run("--project", tmp_path, "init", "demo", "--example", "anakinra")
    assert ma.load(tmp_path / "demo" / "studies").digest == ma.load(ma.example("anakinra")).digest


def test_init_with_some_studies_leaves_everything_of_the_others_out(run, tmp_path, monkeypatch):
    source = tmp_path / "example"
    shutil.copytree(ma.example("bcg"), source)
    for study in ("aronson-1948", "comstock-1974"):
        (source / "metadata").mkdir(exist_ok=True)
        (source / "metadata" / f"{study}.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("metaan.workflows.studies.init.example", lambda name: source)
    assert run("--project", tmp_path, "init", "demo", "--example", "bcg", "--only", "aronson-1948")[0] == 0
    studies = tmp_path / "demo" / "studies"
    found = sorted(path.relative_to(studies).as_posix() for path in studies.rglob("*.[yj]*") if path.is_file())
    assert [name for name in found if not name.startswith(".")] == [
        "aronson-1948.yaml",
        "metadata/aronson-1948.json",
        "review.yaml",
    ]


def test_init_from_an_unknown_example_says_which_there_are(run, tmp_path):
    status, _, err = run("--project", tmp_path, "init", "demo", "--example", "anakina")
    assert status == 2
    assert "anakinra" in err
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("kind", ["study", "review"])
def test_schema_is_json_schema(run, kind):
    _, out, _ = run("schema", kind)
    assert json.loads(out)["type"] == "object"


def test_schema_writes_files(run, tmp_path):
    run("schema", "-o", tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["review.schema.json", "study.schema.json"]


@pytest.mark.parametrize("argv", [["fetch", "elmekaty-2023"], ["add", "--doi", "10.5555/new"]])
def test_a_service_that_cannot_be_reached_is_status_1_and_changes_nothing(run, project, monkeypatch, argv):
    monkeypatch.setenv("METAAN_PUBMED_URL", "http://127.0.0.1:9/")
    before = sorted((p, p.read_bytes()) for p in project.rglob("*") if p.is_file())
    status, _, err = run("--project", project, *argv)
    assert status == 1
    assert "PubMed" in err
    assert before == sorted((p, p.read_bytes()) for p in project.rglob("*") if p.is_file())


def test_add_from_bibtex_and_the_next_pool_has_it_when_numbers_are_in(run, project):
    entry = project / "new.bib"
    entry.write_text(
        "@article{new, author = {Muster, Erika}, title = {A trial made up for this test}, year = {2024},"
        " journal = {Journal of Tests}, doi = {10.5555/made-up.1}}",
        encoding="utf-8",
    )
    status, out, _ = run("--project", project, "add", "--bibtex", entry, "--json")
    (added,) = json.loads(out)
    assert (status, added["problem"]) == (0, None)
    assert run("--project", project, "check")[0] == 0
    again, out, _ = run("--project", project, "add", "--bibtex", entry)
    assert again == 1
    assert "muster-2024.yaml" in out


def test_check_says_which_results_no_analysis_takes(run, project):
    path = project / "studies" / "segala-2023.yaml"
    text = path.read_text(encoding="utf-8")
    assert "time: in hospital" in text
    path.write_text(text.replace("time: in hospital", "time: visit 4"), encoding="utf-8")
    status, out, _ = run("--project", project, "check")
    assert status == 0
    assert "visit 4: the analyses take day 28, nearest, in hospital, hospital discharge" in out
    assert "reported, and in no analysis: " in out
    _, out, _ = run("--project", project, "check", "--json")
    assert "an analysis takes every result" in {one["check"] for one in json.loads(out)["remarks"]}


def test_check_knows_the_pools_that_certainty_is_judged_of_and_the_columns_of_plots(run, project):
    path = project / "studies" / "review.yaml"
    text = path.read_text(encoding="utf-8")
    assert "  - outcome: death\n" in text
    path.write_text(
        text.replace("  - outcome: death\n", "  - outcome: death\n    plot: {columns: [Year, sevrity]}\n")
        + "certainty:\n"
        + "".join(
            f"  - {{outcome: death, pool: {pool}, level: high, by: [A], on: 2026-11-01, "
            "domains: [{domain: imprecision, judgement: not serious}]}\n"
            for pool in ("randomized", "randomised")
        ),
        encoding="utf-8",
    )
    status, _, err = run("--project", project, "check")
    assert status == 1
    assert "certainty[death].pool: no pool is called 'randomized'; did you mean randomised?" in err
    assert "analyses[death].plot.columns[2]: no study has 'sevrity' for a column" in err
    assert err.count("no pool is called") == 1


def test_check_refuses_what_pool_computes_all_the_same(run, project):
    studies = project / "studies"
    text = (studies / "segala-2023.yaml").read_text(encoding="utf-8")
    for old, new in (("id: segala-2023", "id: segala-2024"), ("doi: 10", "# doi: 10"), ("pmid: ", "# pmid: ")):
        text = text.replace(old, new, 1)
    (studies / "segala-2024.yaml").write_text(text.replace("pmcid: ", "# pmcid: "), encoding="utf-8")
    assert run("--project", project, "pool", "death")[0] == 0
    status, _, err = run("--project", project, "check")
    assert status == 1
    assert "the counts of segala-2023, at the same time; allowed: one file a study" in err
