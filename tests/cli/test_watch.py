"""`metaan watch` and what is written about it: the exit status, the files, the page and the workflow to copy."""

import json
import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from metaan.cli.main import build_parser
from tests.server.eutils import Eutils
from tests.server.living import PAPERS, STUDY, registry

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "living.md").read_text(encoding="utf-8")
WORKFLOW = (DOCS / "workflows" / "metaan-watch.yml").read_text(encoding="utf-8")


@pytest.fixture
def server(monkeypatch):
    with Eutils(papers={STUDY.pmid: STUDY}, rate=None) as running:
        monkeypatch.setenv("METAAN_PUBMED_URL", running.url)
        yield running


@pytest.fixture
def review(tmp_path):
    return registry(tmp_path / "review").parent


@pytest.mark.usefixtures("server")
def test_nothing_to_do_is_status_0(run, review):
    status, out, _ = run("watch", "--project", review)
    assert status == 0
    assert "**Nothing to do.**" in out


def test_what_is_to_be_judged_is_status_3_and_the_summary_is_what_is_printed(run, review, server):
    server.papers = PAPERS
    summary = review / "watch" / "summary.md"
    status, out, _ = run("watch", "--project", review, "--summary", summary, "--plots", review / "watch")
    assert status == 3
    assert summary.read_text(encoding="utf-8") == out
    assert "`pmid-900000012`" in out
    status, out, _ = run("watch", "--project", review, "--json")
    assert (status, json.loads(out)["status"], len(json.loads(out)["waiting"])) == (3, 3, 4)


@pytest.mark.usefixtures("server")
def test_data_at_fault_are_status_1_and_nothing_is_printed(run, review):
    (review / "studies" / "bees.yaml").write_text("id: [", encoding="utf-8")
    status, out, err = run("watch", "--project", review)
    assert (status, out) == (1, "")
    assert err.startswith("metaan watch: ")


def test_help_says_what_each_status_means(run):
    _, out, _ = run("watch", "--help")
    for status in ("0  nothing", "1  the data", "2  the command line", "3  something", "4  a conclusion"):
        assert status in out


def commands(text):
    """Every command line of metaan in a shell text, without what the shell does with it."""
    lines = (line.partition("||")[0].strip() for line in text.splitlines())
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("metaan ")]


def test_every_command_of_the_page_exists_with_its_options():
    found = [words for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for words in commands(block)]
    named = {
        "init",
        "update",
        "import",
        "screen",
        "extract",
        "check",
        "diff",
        "report",
        "release",
        "watch",
        "merge",
        "table",
    }
    assert {words[0] for words in found} == named
    for words in found:
        build_parser().parse_args(words)


def test_every_command_that_the_page_names_exists():
    for name in set(re.findall(r"`metaan (\w+)", PAGE)):
        with pytest.raises(SystemExit) as stop:
            build_parser().parse_args([name, "--help"])
        assert stop.value.code == 0


def steps():
    (job,) = YAML(typ="safe").load(WORKFLOW)["jobs"].values()
    return job["steps"]


def test_the_workflow_runs_commands_that_exist():
    found = [words for step in steps() if "run" in step for words in commands(step["run"])]
    assert [words[0] for words in found] == ["watch"]
    args = build_parser().parse_args(found[0])
    script = next(step["run"] for step in steps() if step.get("id") == "watch")
    assert f'{args.summary} > "$RUNNER_TEMP/body.md"' in script
    body = next(step["with"]["body-path"] for step in steps() if "body-path" in step.get("with", {}))
    assert body == "${{ runner.temp }}/body.md"


def test_the_workflow_takes_well_known_actions_only_and_may_do_little():
    used = [step["uses"].partition("@") for step in steps() if "uses" in step]
    names = [name for name, _, _ in used]
    assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for _, _, commit in used), "a tag can be moved, a commit cannot"
    assert len(re.findall(r"@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", WORKFLOW, re.MULTILINE)) == len(used)
    assert names == ["actions/checkout", "actions/setup-python", "peter-evans/create-pull-request"]
    workflow = YAML(typ="safe").load(WORKFLOW)
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["watch"]["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}


def test_the_workflow_gives_secrets_to_one_step_and_no_script_holds_an_expression():
    with_secrets = [step for step in steps() if "secrets." in str(step)]
    assert [step["name"] for step in with_secrets] == ["Watch"]
    assert set(with_secrets[0]["env"]) == {"METAAN_EMAIL", "NCBI_API_KEY"}
    assert not [step for step in steps() if "${{" in step.get("run", "")]


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_the_workflows_script_goes_on_where_there_is_something_to_do(tmp_path, status, code):
    import os
    import subprocess

    script = next(step["run"] for step in steps() if step.get("id") == "watch")
    program = tmp_path / "metaan"
    lines = "- a title ![with](<x.svg>)", "![Death ](<y)](<what-if-a.svg>)"
    said = "\n".join(f"echo {shlex.quote(line)} >> watch/summary.md" for line in lines)
    program.write_text(f"#!/bin/sh\nmkdir -p watch\n{said}\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    files["RUNNER_TEMP"] = str(tmp_path)
    known = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "me/review"}
    environment = os.environ | files | known | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == code
    if code == 0:
        said = dict(line.split("=", 1) for line in Path(files["GITHUB_OUTPUT"]).read_text().splitlines())
        assert said["status"] == str(status)
        assert said["title"].startswith("metaan watch: ")
        plot = "https://github.example/me/review/blob/metaan-watch/watch/what-if-a.svg?raw=true"
        assert (tmp_path / "body.md").read_text().splitlines() == [lines[0], f"![Death ](<y)]({plot})"]


def test_the_page_and_the_help_agree_on_the_exit_statuses(run):
    _, out, _ = run("watch", "--help")
    helped = re.findall(r"^  (\d)  ", out, re.MULTILINE)
    assert re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE) == helped == list("01234")
