"""`metaan diff`: what it prints, what it writes, and its exit status."""

import json
import shutil

import pytest

CORE = ("review", "elmekaty-2023", "audemard-verger-2022", "balkhair-2021", "barkas-2021")


@pytest.fixture
def core(project):
    """The review as it was started, with four studies, in a folder beside the whole of it."""
    folder = project / "started"
    shutil.copytree(project / "studies", folder)
    for path in folder.glob("*.yaml"):
        if path.stem not in CORE:
            path.unlink()
    return folder


def test_each_later_trial_has_one_sentence_about_what_it_did(run, project, core):
    status, out, _ = run("diff", "--folders", core, project / "studies")
    said = " ".join(out.split())
    assert status == 0
    assert (
        "SAVE-MORE 2021 (added) moved the odds ratio of death from any cause among randomised trials "
        "from 1.32 (0.65 to 2.68) to 0.96 (0.44 to 2.11) (its share of the whole change, 3.32 to 0.96, is a factor "
        "of 0.52); the conclusion stays no clear difference." in said
    )
    for later in (p.stem for p in (project / "studies").glob("*.yaml") if p.stem not in CORE):
        label = (project / "studies" / f"{later}.yaml").read_text(encoding="utf-8").split("label: ")[1].split("\n")[0]
        assert any(f"{label} (added) {did}" in said for did in ("moved", "hardly moved", "gives the first result")), (
            label
        )


def test_nothing_changed(run, project):
    status, out, _ = run("diff", "--exit-code", "--folders", project / "studies", project / "studies")
    assert status == 0
    assert "Nothing changed between" in out


@pytest.mark.parametrize(("argv", "status"), [([], 0), (["--exit-code"], 1)])
def test_a_changed_conclusion_is_status_1_where_asked_for(run, project, core, argv, status):
    assert run("diff", *argv, "--folders", core, project / "studies")[0] == status


def test_a_change_without_a_new_conclusion_is_status_0(run, project, tmp_path):
    new = tmp_path / "new"
    shutil.copytree(project / "studies", new)
    path = new / "kyriazopoulou-2021-save-more.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("control: {events: 13,", "control: {events: 14,"), "utf-8")
    status, out, _ = run("diff", "--exit-code", "--folders", project / "studies", new)
    assert status == 0
    assert "No conclusion changed." in out
    assert "death, day 28, control, events: 13 (studies/kyriazopoulou-2021-save-more.yaml:" in " ".join(out.split())


def test_json_is_one_object_without_nan(run, project, core):
    _, out, _ = run("diff", "--json", "--folders", core, project / "studies")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))
    (death,) = [a for a in found["analyses"] if a["id"] == "death"]
    pool = death["pools"][0]
    random = pool["results"][0]
    shares = random["shares"]["estimate"]
    assert (random["model"], round(random["after"]["estimate"], 2), random["after"]["k"]) == ("random", 0.96, 4)
    assert len(pool["sentences"]) == len(shares["shares"]) == 3
    assert abs(sum(shares["shares"]) - shares["total"]) < 1e-12
    assert found["conclusion_changed"] is True
    assert [item["code"] for item in found["prisma_lsr"] if item["code"]] == ["L1", "L2", "L3", "L4"]


def test_markdown(run, project, core):
    _, out, _ = run("diff", "--markdown", "--folders", core, project / "studies")
    assert out.startswith("# Anakinra in COVID-19: what changed\n")
    assert "| 4 | 0.96 (0.44 to 2.11) | 0.32 | 52% | 0.11 to 8.80 | no clear difference |" in out
    assert out.endswith("\n")
    assert not out.endswith("\n\n")


def test_the_page_stands_alone_and_is_the_same_each_time(run, project, core):
    pages = [project / "a.html", project / "b.html"]
    for page in pages:
        status, out, err = run("diff", "--html", page, "--folders", core, project / "studies")
        assert status == 0
        assert str(page) in err
        assert str(page) not in out
    assert pages[0].read_bytes() == pages[1].read_bytes()
    text = pages[0].read_text(encoding="utf-8")
    assert "<svg" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["a", "b", "c"], "allowed: none, one or two"),
        (["HEAD", "--folders", "a", "b"], "allowed: one of both"),
        (["--json", "--markdown"], "not allowed with"),
        (["--folders", "a"], "expected 2 arguments"),
    ],
)
def test_a_wrong_command_line_is_status_2(run, project, argv, said):
    status, out, err = run("--project", project, "diff", *argv)
    assert (status, out) == (2, "")
    assert said in err


def test_a_project_outside_of_git_is_status_1(run, project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    status, out, err = run("--project", project, "diff")
    assert (status, out) == (1, "")
    assert "git" in err
