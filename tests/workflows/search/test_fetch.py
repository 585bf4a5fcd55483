from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SetAsideWarning, SourceError, UsageError
from metaan.records.record import Record
from metaan.registry.load import load
from metaan.registry.store import metadata as stored
from metaan.registry.write import scaffold_study
from metaan.workflows.run import Run, Voice
from metaan.workflows.search.fetch import fetch
from tests.server.eutils import Eutils
from tests.server.faults import FAULTS, LIES
from tests.server.living import at, empty_registry
from tests.server.pace import FakeTime, client_at
from tests.server.papers import PAPERS

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
STUDIES = {
    "one": {"pmid": "900000001", "doi": "10.5555/METAAN.1", "registrations": ["NCT99999991"]},
    "two": {"doi": "10.5555/metaan.2"},
    "three": {"pmid": "900000003"},
    "gone": {"doi": "10.5555/not.there"},
    "lost": {"pmid": "123456789"},
    "bare": {},
}


def put(folder, study_id, title=None, year="2024", **known):
    paper = PAPERS.get(known.get("pmid", "900000002"))
    title = title or (paper.title if paper else "A title")
    text = scaffold_study(study_id, study_id, Record(title, published=year, **known))
    (folder / f"{study_id}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    return registry(tmp_path)


def registry(root):
    folder = empty_registry(root)
    for study_id, known in STUDIES.items():
        put(folder, study_id, title="A made-up title", **known)
    return folder


@pytest.fixture(scope="module")
def server():
    with Eutils(rate=None) as running:
        yield running


@pytest.fixture(autouse=True)
def sound(server):
    server.reset()


def run(folder, server, *study_ids, now=NOW):
    return fetch(folder, study_ids or None, at(now, pubmed=server.url))


def files(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "metadata").glob("*"))}


def states(report):
    return {study.study_id: study.state for study in report.studies}


def test_every_study_is_asked_for_in_few_requests(folder, server):
    report = run(folder, server)
    assert states(report) == {
        "bare": "not found",
        "gone": "not found",
        "lost": "not found",
        "one": "fetched",
        "three": "fetched",
        "two": "fetched",
    }
    assert sorted(files(folder)) == ["one.json", "three.json", "two.json"]
    reasons = {study.study_id: study.reason for study in report.in_state("not found")}
    assert "neither a PMID nor a DOI" in reasons["bare"]
    assert "10.5555/not.there" in reasons["gone"]
    assert "123456789" in reasons["lost"]
    assert [call.path for call in server.calls].count("efetch.fcgi") == 3  # the PMIDs, once more the lost one, the DOIs


def test_what_is_stored_is_what_the_registry_reads(folder, server, monkeypatch):
    monkeypatch.setenv("METAAN_PUBMED_URL", server.url)
    run(folder, server)
    kept = load(folder).metadata["one"]
    assert kept.pmid == "900000001"
    assert kept.title.startswith("A made-up trial of nothing against IL-1<sub>b</sub>")
    assert "&lt;script&gt;" in kept.title
    assert kept.authors == ("Ångström Å", "O'Nobody QR", "The Nobody Group")
    assert kept.fetched == "2026-11-22T12:00:05Z"
    assert kept.checked == "2026-11-22"
    assert kept.url == f"{server.url}efetch.fcgi?db=pubmed&id=900000001&retmode=xml"
    assert (load(folder).metadata["two"].retracted, load(folder).metadata["three"].concern) == (True, True)
    text = (folder / "metadata" / "one.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert text.endswith("}\n")
    assert "Ångström" in text


def test_the_same_answer_on_the_same_day_changes_no_file(folder, server):
    run(folder, server)
    before = {path: path.stat().st_mtime_ns for path in (folder / "metadata").iterdir()}
    report = run(folder, server, now=NOW + timedelta(hours=5))
    assert set(states(report).values()) == {"unchanged", "not found"}
    assert {path: path.stat().st_mtime_ns for path in (folder / "metadata").iterdir()} == before


def test_the_same_answer_on_another_day_changes_the_day_alone(folder, server):
    run(folder, server)
    before = files(folder)
    assert states(run(folder, server, now=LATER))["one"] == "unchanged"
    for name, old in before.items():
        new = files(folder)[name]
        assert new == old.replace(b'"checked": "2026-11-22"', b'"checked": "2026-11-25"')
        assert new != old


def test_a_record_that_changed_is_fetched_anew(folder, server):
    run(folder, server)
    papers = {**PAPERS, "900000003": PAPERS["900000002"]}
    changed = PAPERS["900000003"].__class__("900000003", "Another title", doi="10.5555/metaan.3")
    with Eutils(papers=papers | {"900000003": changed}, rate=None) as other:
        report = run(folder, other, now=LATER)
    assert states(report)["three"] == "fetched"
    kept = stored.read(folder, "three")
    assert (kept.title, kept.fetched) == ("Another title", "2026-11-25T12:00:05Z")


def test_chosen_studies_only(folder, server):
    assert states(run(folder, server, "two")) == {"two": "fetched"}
    assert list(files(folder)) == ["two.json"]
    with pytest.raises(UsageError, match="study 'twoo' is unknown; did you mean two"):
        run(folder, server, "twoo")


def test_a_damaged_file_is_written_anew(folder, server):
    run(folder, server)
    sound = files(folder)
    (folder / "metadata" / "one.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.warns(SetAsideWarning, match=r"one\.json:1: in conflict"):
        load(folder)
    run(folder, server)
    assert files(folder) == sound


def test_disagreements_are_shown_and_nothing_is_overwritten(folder, server):
    put(
        folder,
        "one",
        title="Quite another title",
        year="1999",
        pmid="900000001",
        doi="10.5555/other",
        registrations=["NCT00000001"],
    )
    put(folder, "three", title=PAPERS["900000003"].title.upper(), year="2022", pmid="900000003")
    before = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    found = {study.study_id: study.disagreements for study in run(folder, server).studies}
    assert {entry.field for entry in found["one"]} == {"title", "year", "DOI", "registration"}
    assert str(found["one"][1]) == "year: the registry says 1999, PubMed says 2024"
    assert found["three"] == ()
    assert {path.name: path.read_bytes() for path in folder.glob("*.yaml")} == before


def test_a_record_that_was_merged_is_a_disagreement_about_the_pmid(folder, server):
    put(folder, "one", title=PAPERS["900000001"].title, pmid="900000008")
    (one,) = run(folder, server, "one").studies
    assert [(entry.field, entry.registry, entry.pubmed) for entry in one.disagreements if entry.field == "PMID"] == [
        ("PMID", "900000008", "900000001")
    ]


def test_a_book_is_said_to_be_one(folder, server):
    put(folder, "one", title="A made-up chapter", pmid="900000004", year="2020")
    (one,) = run(folder, server, "one").studies
    assert (one.state, one.reason, one.disagreements) == ("fetched", "a chapter or a book, not an article", ())


def test_a_retraction_is_said_at_once(folder, server):
    reasons = {study.study_id: study.reason for study in run(folder, server).in_state("fetched")}
    assert reasons == {
        "one": "",
        "two": "PubMed flags it as retracted",
        "three": "an expression of concern about it has been published",
    }


def test_progress_and_troubles_are_told(folder, server):
    steps, said = [], []
    server.reset(["bad gateway"])
    client = client_at(server.url, FakeTime(), notice=said.append)
    voice = Voice(progress=lambda *s: steps.append(s))
    fetch(folder, run=Run(voice=voice, services=lambda service, settings, keep: client))
    assert ("fetching", 0, 3) in steps
    assert ("searching", 1, 2) in steps
    assert [message[:24] for message in said] == ["PubMed: HTTP 502, the se"]


def test_nobody_there_leaves_everything_as_it_was(folder, server):
    run(folder, server)
    before = files(folder)
    with Eutils() as gone:
        url = gone.url
    with pytest.raises(SourceError, match="nobody answers there"):
        fetch(folder, run=at(LATER, pubmed=url))
    assert files(folder) == before


def test_the_environment_says_where_and_who(folder, server, monkeypatch):
    monkeypatch.setenv("METAAN_PUBMED_URL", server.url.rstrip("/"))
    monkeypatch.setenv("METAAN_EMAIL", "me@example.org")
    monkeypatch.setenv("NCBI_API_KEY", "secret-key")
    assert states(fetch(folder, ["one"], at(NOW))) == {"one": "fetched"}
    assert server.calls[0].params["email"] == "me@example.org"
    assert server.calls[0].params["api_key"] == "secret-key"
    assert b"secret-key" not in files(folder)["one.json"]
    assert b"example.org" not in files(folder)["one.json"]


def test_the_anakinra_studies_agree_with_what_was_seen_of_them(tmp_path, server):
    folder = Path(shutil.copytree(Path(__file__).parents[3] / "studies", tmp_path / "studies"))
    shutil.rmtree(folder / "metadata", ignore_errors=True)
    report = run(folder, server)
    fetched = report.in_state("fetched")
    assert {study.metadata.pmid for study in fetched} >= {"35925914", "33999135", "34480127"}
    assert [str(entry) for study in fetched for entry in study.disagreements] == []


# One lie at most: a sound answer that lacks something shows only by being asked for twice.
_FAULTS = st.lists(st.sampled_from([None, *(name for name in FAULTS if name not in LIES)]), max_size=14)
_PLANS = st.tuples(_FAULTS, st.sampled_from([None, *LIES]), _FAULTS).map(lambda plan: [*plan[0], plan[1], *plan[2]])


@pytest.fixture(scope="module")
def outcome(server, tmp_path_factory):
    """A registry with what a run long ago stored, and what a run without faults makes of it."""
    folder = registry(tmp_path_factory.mktemp("faultless"))
    server.reset()
    run(folder, server)
    put_old(folder)
    before = files(folder)
    report = run(folder, server, now=LATER)
    return folder, before, files(folder), report


def put_old(folder):
    """Let one stored record be out of date and one be missing."""
    old = stored.read(folder, "one")
    stored.write(folder, "one", old.model_copy(update={"digest": "0" * 64, "title": "Out of date"}))
    (folder / "metadata" / "two.json").unlink()


@given(plan=_PLANS)
@settings(max_examples=50)
def test_whatever_fails_the_end_is_the_faultless_one_or_an_error_and_the_old_files(outcome, server, plan):
    folder, before, after, report = outcome
    for name in {*before, *after}:
        (folder / "metadata" / name).unlink(missing_ok=True)
    for name, raw in before.items():
        (folder / "metadata" / name).write_bytes(raw)
    server.reset(plan)
    try:
        again = run(folder, server, now=LATER)
    except SourceError:
        assert files(folder) == before
    else:
        assert files(folder) == after
        assert again == report
