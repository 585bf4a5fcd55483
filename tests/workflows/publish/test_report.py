"""The report of a registry in which people have judged: everything is shown, and the page names its commit."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from metaan.registry.load import load
from metaan.registry.store.runs import RunRecord, SearchRun
from metaan.workflows.git import Git
from metaan.workflows.publish.flow_of_records import flow_of_records
from metaan.workflows.publish.report import write_report
from tests.registry.model.test_judgements import CERTAINTY, ROB2
from tests.repository import NEEDS_GIT, commit, git

REVIEW = """\
title: A made-up drug, a systematic review
question: {population: people, intervention: the drug, comparator: usual care, text: Does it work?}
labels: {experimental: the drug, control: usual care}
dates: {searched: 2026-10-01}
registration: CRD42026000001
funding: none
outcomes:
  - {id: death, name: death, direction: bad, measure: RR, mid: {per_1000: 20, source: a survey of patients}}
analyses:
  - outcome: death
    assumed_risks:
      - {name: low, value: 0.05, source: a made-up cohort}
      - {name: medium, value: 0.1, source: a made-up cohort}
      - {name: high, value: 0.3, source: a made-up cohort}
search:
  - {source: pubmed, query: drug AND disease}
"""


def study(name: str, events: int) -> str:
    return f"""\
id: {name}
label: {name.capitalize()}
title: The trial {name}
design: {{kind: randomised}}
status: {{state: included}}
arms:
  - {{id: drug, role: experimental, name: drug}}
  - {{id: control, role: control, name: usual care}}
results:
  - outcome: death
    name: death
    time: day 28
    arms:
      drug: {{events: {events}, total: 200}}
      control: {{events: 30, total: 200}}
    source: {{document: made up, level: primary}}
{ROB2}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "studies"
    made.mkdir()
    (made / "review.yaml").write_text(REVIEW + CERTAINTY, encoding="utf-8")
    for name, events in (("alpha", 12), ("beta", 18), ("gamma", 15)):
        (made / f"{name}.yaml").write_text(study(name, events), encoding="utf-8")
    return made


@pytest.fixture
def page(folder: Path) -> str:
    return write_report(load(folder), folder.parent / "report.html").read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.split(f'<section id="{name}"')[1].split("\n</section>")[0]


def test_the_summary_holds_what_was_judged_and_each_assumed_risk(page: str) -> None:
    summary = section(page, "summary")
    assert "⊕⊕○○" in summary
    assert "The drug may reduce death." in summary
    assert re.findall(r'class="soft">(low|medium|high)</span> (?:<[^>]*>)*(\d+)', summary) == [
        ("low", "50"), ("medium", "100"), ("high", "300"),
    ]  # fmt: skip
    assert "Imprecision very serious: the interval includes benefit and harm." in summary
    assert "not assessed yet" not in summary.casefold()


def test_bias_certainty_and_checklist_are_full(page: str) -> None:
    assert "RoB 2 (2019)" in section(page, "risk-of-bias")
    assert section(page, "risk-of-bias").count("some concerns: ") == 3
    assert "Judged by A. Panel on 2026-11-01." in section(page, "certainty")
    assert "per 1000" in section(page, "certainty")
    assert "not assessed yet" not in section(page, "checklist")
    assert "CRD42026000001" in section(page, "registration")


def test_the_same_registry_gives_the_same_bytes(folder: Path, page: str) -> None:
    again = write_report(load(folder), folder.parent / "again.html").read_text(encoding="utf-8")
    assert again == page
    assert "none holds this registry" in page


def test_the_anakinra_page_shows_suggestions_only_and_is_light(tmp_path: Path) -> None:
    import metaan as ma

    path = ma.write_report(ma.load(ma.example("anakinra")), tmp_path / "a.html")
    page = path.read_text(encoding="utf-8")
    assert "⊕" not in page
    assert section(page, "summary").count("not assessed yet") == 11
    assert "consider one level" in section(page, "certainty")
    assert path.stat().st_size < 1_500_000


def test_searches_that_were_run_make_the_flow(folder: Path) -> None:
    assert flow_of_records(load(folder)) == (None, ())
    search = SearchRun(source="pubmed", strategy="x", term="drug", asked="drug", count=2, identifiers=("1", "2"))
    at = "2026-11-20T10:00:00Z"
    run = RunRecord(id="r", kind="update", started=at, finished=at, versions={}, searches=(search,), new=("a", "b"))
    (folder / "runs").mkdir()
    (folder / "runs" / "r.json").write_text(json.dumps(run.model_dump(mode="json")), encoding="utf-8")
    found, searches = flow_of_records(load(folder))
    assert found is not None
    assert found.identified == {"pubmed": 2}
    assert [asdict(one) for one in searches] == [{"source": "pubmed", "day": "2026-11-20", "since": None, "records": 2}]
    page = write_report(load(folder), folder.parent / "r.html").read_text(encoding="utf-8")
    assert "2 records identified" in section(page, "flow")
    assert "the last on 2026-11-20" in section(page, "methods")


@NEEDS_GIT
@pytest.mark.usefixtures("no_settings_of_this_machine")
def test_the_commit_is_the_last_that_changed_the_registry(folder: Path) -> None:
    project = folder.parent
    assert Git(folder).last_change() == ""
    git(project, "init", "-q")
    assert Git(folder).last_change() == ""
    commit(project, "studies")
    first = git(project, "rev-parse", "HEAD").strip()
    (project / "other").write_text("x", encoding="utf-8")
    commit(project, "other")
    assert Git(folder).last_change() == first
    page = write_report(load(folder), folder.parent / "g.html").read_text(encoding="utf-8")
    assert f"<code>{first}</code>" in page
    with (folder / "review.yaml").open("a") as file:
        file.write("# a remark\n")
    assert Git(folder).last_change() == f"{first}, with changes that are not committed"
