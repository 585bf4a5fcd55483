"""`metaan extract`: proposals as text and as JSON, accepted and confirmed from the command line."""

import io
import json

import pytest

from metaan.records.record import AbstractPart
from metaan.registry.store import metadata as stored
from metaan.workflows.studies.extract import results_file
from tests.server.ctgov import CTGov
from tests.server.trials import RESULTS, trial

ABSTRACT = "At day 28, 9 and 3 patients had died (p &lt; 0.1)."


@pytest.fixture
def abstract(project):
    """The review, with a made-up abstract of one study."""
    known = {"pmid": "900000001", "title": "A trial", "fetched": "2026-11-01T00:00:00Z", "url": "u", "digest": "0" * 64}
    part = AbstractPart(label="RESULTS", text=ABSTRACT)
    stored.write(project / "studies", "elmekaty-2023", stored.Metadata(abstract=(part,), **known))
    return project


@pytest.fixture
def posted(project):
    """The review, with made-up posted results of one study."""
    path = results_file(project / "studies", "NCT04643678")
    path.parent.mkdir(parents=True)
    study = trial("NCT04643678", "A trial", updated="2026-11-01", results=RESULTS)
    path.write_text(json.dumps({"study": study}), encoding="utf-8")
    return project


def extract(run, project, *argv):
    return run("--project", project, "extract", "elmekaty-2023", *argv)


ACCEPT = ("--accept", 1, "--outcome", "death", "--arms", "anakinra,control")


def test_proposals_are_numbered_with_place_and_words(run, abstract):
    status, out, err = extract(run, abstract)
    assert (status, err) == (0, "")
    assert "Elmekaty 2023 (studies/elmekaty-2023.yaml): 1 proposal\n" in out
    assert "  1  article abstract (PubMed 900000001), RESULTS, characters 11 to 27\n" in out
    assert "“At day 28, 9 and 3 patients had died (p < 0.1).”" in out
    assert "perhaps" not in out  # the words name no arm
    assert "printed with it: p <0.1" in out
    assert "nothing was written" in out


def test_json_has_spans_and_suggestions(run, abstract):
    status, out, _ = extract(run, abstract, "--json")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))
    [proposal] = found["proposals"]
    assert (status, found["study"], proposal["number"]) == (0, "elmekaty-2023", 1)
    assert proposal["span"] == {"start": 11, "end": 27, "quote": "9 and 3 patients"}
    first = proposal["cells"][0]
    assert (first["events"], first["possible"]) == (9, {"events": [9], "totals": []})
    assert first["suggested"] is None
    assert "death" in proposal["suggested"]["outcomes"]


def test_from_a_proposal_to_the_pool(run, abstract):
    assert "Elmekaty 2023" not in run("--project", abstract, "pool", "death")[1].split("Left out")[0]
    status, out, _ = extract(run, abstract, *ACCEPT)
    assert status == 0
    assert "result 3, death (day 28), written, unconfirmed" in out
    assert "--confirm 3\n" in out
    plain = run("--project", abstract, "pool", "death")[1]
    assert "Left out (its numbers are not confirmed yet): Elmekaty 2023." in plain
    asked = run("--project", abstract, "pool", "death", "--unconfirmed")[1]
    assert "Elmekaty 2023 (unconfirmed)" in asked
    assert "Note: Elmekaty 2023 is in the pool although its numbers are not confirmed yet." in asked
    assert "unconfirmed in the file: result 3, death (day 28)" in extract(run, abstract)[1]
    assert "elmekaty-2023.yaml: not confirmed yet and not pooled: result 3" in run("--project", abstract, "check")[1]
    assert "result 3, death (day 28), confirmed" in extract(run, abstract, "--confirm", "death", "--by", "A")[1]
    assert "Elmekaty 2023 " in run("--project", abstract, "pool", "death")[1].split("Left out")[0]


def test_the_page_marks_what_is_not_confirmed(run, abstract):
    extract(run, abstract, *ACCEPT)
    page = abstract / "page.html"
    run("--project", abstract, "report", "-o", page)
    assert "Elmekaty 2023 (unconfirmed)" not in page.read_text(encoding="utf-8")
    run("--project", abstract, "report", "-o", page, "--unconfirmed")
    text = page.read_text(encoding="utf-8")
    assert "Elmekaty 2023 (unconfirmed)" in text
    assert "death from any cause, day 28, not confirmed yet: events, anakinra" in text


def test_json_of_the_pool_has_the_note(run, abstract):
    extract(run, abstract, *ACCEPT)
    [death] = json.loads(run("--project", abstract, "pool", "death", "--unconfirmed", "--json")[1])["analyses"]
    [row] = [row for row in death["studies"] if row["id"] == "elmekaty-2023"]
    assert "its numbers are not confirmed yet" in row["note"]


def test_what_was_written_as_json(run, abstract):
    found = json.loads(extract(run, abstract, *ACCEPT, "--json")[1])
    assert (found["number"], found["state"]) == (3, "written, unconfirmed")
    assert found["result"]["arms"]["anakinra"]["events"] == 9


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--accept", 1), "--accept needs --outcome; perhaps: "),
        (("--accept", 1, "--outcome", "death"), "--arms with anakinra, control in order"),
        (("--accept", 7, "--outcome", "death"), "there is no proposal 7; allowed: 1 to 1"),
        (("--accept", 1, "--totals", "4,x"), "whole numbers, separated by commas"),
        (("--accept", 1, "--confirm", "death"), "not allowed with"),
        (("--confirm", "death", "--by", "A"), "has no unconfirmed result"),
    ],
)
def test_a_command_line_at_fault_says_what_is_allowed(run, abstract, argv, message):
    status, out, err = extract(run, abstract, *argv)
    assert (status, out) == (2, "")
    assert message in err


def test_an_unknown_study(run, project):
    status, _, err = run("--project", project, "extract", "elmekati-2023")
    assert status == 2
    assert "did you mean elmekaty-2023" in err


def test_nothing_to_read_says_how_to_get_it(run, project):
    status, out, _ = extract(run, project)
    assert status == 0
    assert "0 proposals" in out
    assert "metaan fetch elmekaty-2023" in out
    assert "--fetch" in out


def test_a_table_needs_its_groups_and_takes_them(run, posted):
    options = ("--accept", 1, "--outcome", "death", "--time", "day 28")
    status, _, err = extract(run, posted, *options)
    assert status == 2
    assert "OG000 (Made-up drug), OG001 (Nothing)" in err
    status, out, _ = extract(run, posted, *options, "--experimental", "made-up drug", "--control", "nothing")
    assert status == 0
    assert "anakinra: 3 of 40; control: 7 of 40" in out


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_at_a_terminal_the_groups_are_asked_for(run, posted, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Terminal("OG000\nOG001\n"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    status, out, _ = extract(run, posted, "--accept", 1, "--outcome", "death", "--time", "day 28")
    assert status == 0
    assert "OG001  Nothing: 7 of 40" in out
    assert "the group that is anakinra (experimental): " in out
    assert "anakinra: 3 of 40; control: 7 of 40" in out


def test_a_terminal_that_gives_no_answer(run, posted, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal(""))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    status, _, err = extract(run, posted, "--accept", 1, "--outcome", "death")
    assert status == 2
    assert "no answer; allowed: --group ARM=GROUP" in err


def test_posted_results_are_fetched_and_stored(run, project, monkeypatch):
    study = trial("NCT04643678", "A trial", updated="2026-11-01", results=RESULTS)
    with CTGov(rate=None, trials={"NCT04643678": study}) as server:
        monkeypatch.setenv("METAAN_CTGOV_URL", server.url)
        status, out, err = extract(run, project, "--fetch")
    assert status == 0
    assert "stored " in err
    assert "ClinicalTrials.gov NCT04643678, primary outcome: Deaths" in out
    assert "EG002 All: " in out


def test_a_file_that_is_no_study(run, project, tmp_path):
    path = tmp_path / "results.json"
    path.write_text("nothing", encoding="utf-8")
    status, _, err = extract(run, project, "--results", path)
    assert status == 1
    assert "results.json: the JSON is cut off or garbled" in err
