from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import ConflictError, RegistryError, SetAsideWarning, UsageError
from metaan.records.record import AbstractPart, Correction, Record
from metaan.registry.flow import flow
from metaan.registry.load import load
from metaan.registry.model.review import Screening
from metaan.registry.store.candidate import (
    KEY,
    Candidate,
    Sighting,
    candidate_key,
    find_candidate,
    packed,
    raw_name,
    read_candidates,
    read_raw,
)
from metaan.registry.store.commit import commit, is_unfinished, locked, recover
from metaan.registry.store.decisions import CONSENSUS, Decision, append_decision, in_force, read_decisions
from metaan.registry.store.json_files import json_bytes
from metaan.registry.store.runs import (
    FileRun,
    RunRecord,
    SearchMark,
    SearchRun,
    read_runs,
    read_watermark,
    run_id,
    watermark_bytes,
)
from metaan.registry.store.standing import paired_judgements, standings

AT = "2026-11-22T12:00:00Z"


def candidate(key="pmid-1", **more):
    return Candidate(
        key=key, title="A <i>trial</i>", sightings=(Sighting(source="pubmed", id="1"),), found=AT, run="r-1", **more
    )


def said(action, by="ada", key="pmid-1", **more):
    return Decision(key=key, action=action, at=AT, by=by, **more)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=50)
def test_a_key_is_a_name_of_one_file_whatever_the_record_holds(pmid, words, identity):
    key = candidate_key(None, pmid or None, words, identity)
    assert KEY.fullmatch(key)
    assert len(key) <= 80


def test_a_key_never_leaves_the_folder():
    assert candidate_key(None, None, "../../etc/passwd", "x").startswith("etc-passwd-")
    assert candidate_key("1/../2", None, "", "") == "pmid-1-2"
    assert candidate_key(None, "NCT01234567", "", "") == "nct01234567"


def test_what_is_written_is_what_is_read_and_bears_its_name(tmp_path):
    written = candidate(pmid="1", doi="10.5555/x")
    commit_all(tmp_path, {"candidates/pmid-1.json": json_bytes(written)})
    assert read_candidates(tmp_path) == {"pmid-1": written}
    text = (tmp_path / "candidates" / "pmid-1.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert text.endswith("}\n")


def test_every_damaged_file_is_named(tmp_path):
    (tmp_path / "candidates").mkdir()
    (tmp_path / "candidates" / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "candidates" / "b.json").write_text('{"key": "b", "evil": 1}', encoding="utf-8")
    (tmp_path / "candidates" / "pmid-1.json").write_bytes(json_bytes(candidate()))
    with pytest.warns(SetAsideWarning) as told:
        assert list(read_candidates(tmp_path)) == ["pmid-1"]
    assert {Path(warning.message.problem.file).name for warning in told} == {"a.json", "b.json"}
    (tmp_path / "candidates" / "a.json").unlink()
    (tmp_path / "candidates" / "b.json").write_bytes(json_bytes(candidate("c")))
    with pytest.warns(SetAsideWarning, match="not the file's name"):
        assert list(read_candidates(tmp_path)) == ["pmid-1"]


def test_a_candidate_is_found_by_key_pmid_doi_and_registration():
    one, two = candidate("a", pmid="1", doi="10.5555/x"), candidate("b", pmid="2", registrations=("NCT1",))
    both = {"a": one, "b": two}
    assert [find_candidate(both, name).key for name in ("a", "1", "10.5555/X", "nct1")] == ["a", "a", "a", "b"]
    with pytest.raises(UsageError, match=r"did you mean"):
        find_candidate({"pmid-123": one}, "pmid-124")
    with pytest.raises(UsageError, match="run metaan update"):
        find_candidate({}, "a")
    with pytest.raises(UsageError, match="could be several"):
        find_candidate({"a": one, "c": candidate("c", pmid="1")}, "1")
    with pytest.raises(UsageError, match="one of the 21 keys"):
        find_candidate({str(n): candidate(str(n)) for n in range(21)}, "x")


def test_raw_answers_have_the_digest_of_their_name(tmp_path):
    digest, content = hashlib.sha256(b"<a/>").hexdigest(), packed(b"<a/>")
    assert packed(b"<a/>") == content
    name = raw_name(digest, "xml")
    commit_all(tmp_path, {name: content})
    assert read_raw(tmp_path, digest) == b"<a/>"
    assert read_raw(tmp_path, "0" * 64) is None
    (tmp_path / name).write_bytes(content[:-3])
    with pytest.raises(RegistryError, match="other bytes"):
        read_raw(tmp_path, digest)
    with pytest.raises(UsageError, match="no digest"):
        read_raw(tmp_path, "../../etc/passwd")


def commit_all(folder, files):
    with locked(folder, "test"):
        commit(folder, files)


@pytest.mark.parametrize("name", ["../x.json", "/etc/x.json", "a/b.json", ".hidden.json", "candidates/../../x.json"])
def test_only_files_of_the_store_are_written(tmp_path, name):
    with locked(tmp_path, "test"), pytest.raises(ValueError, match="no file of the store"):
        commit(tmp_path, {name: b"x"})
    assert not list(tmp_path.glob("*.json"))


# One process, forked for each place at which the child kills itself: before the nth thing it does to a file.
_KILLED = """
import os, signal, sys
from pathlib import Path
from metaan.registry.store.commit import commit, locked, recover, is_unfinished
root = Path(sys.argv[1])
OLD = {"candidates/a.json": b"old", "watermark.json": b"old"}
NEW = {"candidates/a.json": b"new", "candidates/b.json": b"new", "raw/x.xml.gz": b"new", "runs/1.json": b"new",
       "watermark.json": b"new"}
def state(folder):
    files = [p for p in folder.rglob("*") if p.is_file() and ".update" not in p.parts]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}
ends = []
for nth in range(1, 200):
    folder = root / str(nth)
    for name, content in OLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    child = os.fork()
    if child == 0:
        left = [nth]
        def hook(event, args):
            if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        with locked(folder, "test"):
            commit(folder, NEW)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    moved = state(folder).get("watermark.json") == b"new"
    assert not moved or state(folder) == NEW, "the watermark moved before the rest"
    if not is_unfinished(folder):
        assert state(folder) in (OLD, NEW), nth
    with locked(folder, "the next run"):
        after = state(folder)
    assert after in (OLD, NEW), (nth, after)
    assert not list((folder / ".update").glob("staging")) and not is_unfinished(folder)
    ends.append(after == NEW)
    if not killed:
        break
assert not killed and ends == sorted(ends) and True in ends and False in ends and len(ends) > 20, ends
print(len(ends))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_at_any_moment_the_store_is_the_old_or_the_new_one(tmp_path):
    done = subprocess.run([sys.executable, "-c", _KILLED, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


_HOLDER = """
import sys
from metaan.registry.store.commit import locked
with locked(sys.argv[1], "metaan update"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_says_who_is_at_work_and_stops(tmp_path):
    held = [sys.executable, "-c", _HOLDER, tmp_path]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=f"metaan update \\(process {other.pid}\\) is at work"):
            commit_all(tmp_path, {"watermark.json": b"x"})
        other.kill()
        other.wait()
    commit_all(tmp_path, {"watermark.json": b"x"})  # the lock went with the process
    assert (tmp_path / "watermark.json").read_bytes() == b"x"


def test_the_folder_of_the_work_is_kept_out_of_version_control(tmp_path):
    commit_all(tmp_path, {})
    assert (tmp_path / ".update" / ".gitignore").read_text() == "*\n"
    recover(tmp_path)
    assert not is_unfinished(tmp_path)


def test_runs_come_in_the_order_of_their_time(tmp_path):
    started = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert run_id(tmp_path, started) == "20261122T120000Z-1"
    for at in ("2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z"):
        run = RunRecord(id=at[:10], kind="update", started=at, finished=at, versions={})
        commit_all(tmp_path, {f"runs/{run.id}.json": json_bytes(run)})
    assert [run.id for run in read_runs(tmp_path)] == ["2026-11-22", "2026-11-23"]
    (tmp_path / "runs" / "20261122T120000Z-1.json").write_text("{}", encoding="utf-8")
    assert run_id(tmp_path, started) == "20261122T120000Z-2"


def test_the_watermark_is_read_as_it_was_written(tmp_path):
    assert read_watermark(tmp_path) == {}
    marks = {"pubmed": {"abc": SearchMark(term="x", searched=date(2026, 11, 22), run="r")}}
    commit_all(tmp_path, {"watermark.json": watermark_bytes(marks)})
    assert read_watermark(tmp_path) == marks
    (tmp_path / "watermark.json").write_text('{"pubmed": 3}', encoding="utf-8")
    with pytest.warns(SetAsideWarning, match=r"watermark\.json"):
        assert read_watermark(tmp_path) == {}


def test_decisions_are_added_and_a_line_without_an_end_is_none(tmp_path):
    append_decision(tmp_path, said("include"))
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(path.read_bytes() + b'{"action": "excl')
    assert [decision.action for decision in read_decisions(tmp_path)] == ["include"]
    append_decision(tmp_path, said("exclude", "bob", reason="é"))
    assert [decision.action for decision in read_decisions(tmp_path)] == ["include", "exclude"]
    assert path.read_bytes().count(b"\n") == 2
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    with pytest.warns(SetAsideWarning, match=r"decisions\.jsonl:1"):
        assert [decision.action for decision in read_decisions(tmp_path)] == ["include", "exclude"]


@pytest.mark.parametrize(
    ("decisions", "reviewers", "state"),
    [
        ([], 1, "open"),
        ([said("later")], 1, "later"),
        ([said("include")], 1, "included"),
        ([said("exclude")], 1, "excluded"),
        ([said("include"), said("exclude")], 1, "excluded"),
        ([said("include"), said("exclude", "bob")], 1, "conflict"),
        ([said("include"), said("exclude", "bob")], 3, "second opinion"),
        ([said("include")], 2, "second opinion"),
        ([said("include"), said("include", "bob")], 2, "included"),
        ([said("include"), said("later", "bob")], 2, "second opinion"),
        ([said("include"), said("exclude", "bob"), said("exclude", CONSENSUS)], 2, "excluded"),
        ([said("include"), said("undo")], 1, "open"),
        ([said("later"), said("include"), said("undo")], 1, "later"),
    ],
)
def test_where_a_candidate_stands_follows_from_what_was_said(decisions, reviewers, state):
    assert standings(decisions, ["pmid-1"], Screening(reviewers=reviewers))["pmid-1"].state == state


def test_only_first_and_independent_words_are_compared():
    decisions = [
        said("include", "ada", "x"),
        said("exclude", "bob", "x"),
        said("include", "bob", "x"),
        said("include", CONSENSUS, "x"),
        said("later", "bob", "y"),
        said("include", "ada", "y"),
    ]
    assert paired_judgements(decisions) == {("ada", "bob"): [("include", "exclude")]}
    assert len(in_force(decisions)) == 6


def test_the_flow_counts_each_record_once(project):
    review = load(project.write())
    common = {"kind": "update", "started": AT, "finished": AT, "versions": {}}
    search = {"source": "pubmed", "strategy": "s", "term": "t", "asked": "t"}
    first = RunRecord(
        id="1",
        searches=(SearchRun(count=4, identifiers=("1", "2", "3", "4"), **search),),
        new=("a", "b"),
        known={"pubmed:1": "doe-2020"},
        duplicates={"pubmed:4": "a"},
        **common,
    )
    second = RunRecord(id="2", searches=(SearchRun(count=2, identifiers=("3", "5"), **search),), new=("c",), **common)
    file = FileRun(file="x", sha256="0", identifiers=("file-0:1",), read=1, new=0, duplicate=1, failed=0)
    third = RunRecord(id="3", files=(file,), duplicates={"file-0:1": "c"}, **(common | {"kind": "import"}))
    decisions = [said("include", key="a", study="doe-2020"), said("exclude", key="b", reason="no bees")]
    found = flow((first, second, third), decisions, review)
    assert found.identified == {"files": 1, "pubmed": 5}
    assert (found.records, found.known, found.duplicates) == (6, 1, 2)
    assert (found.screened, found.included, found.undecided, found.previous) == (2, 1, 1, 0)
    assert found.excluded == {"no bees": 1}
    boxes = found.known + found.duplicates + found.included + sum(found.excluded.values()) + found.undecided
    assert boxes == found.records == found.to_dict()["records"]


@pytest.mark.parametrize("hidden", ["\\u001b[2J", "\\u009B2J", "\\u202e", "\u009b2J", "\u202e", "\x7f", "\\\\\\u001b"])
def test_a_candidate_that_somebody_else_wrote_cannot_speak_to_the_terminal(tmp_path, hidden):
    folder = tmp_path / "candidates"
    folder.mkdir()
    found = '{"key": "a", "title": "A%s", "sightings": [{"source": "x", "id": "1"}], "found": "x", "run": "x"}'
    (folder / "a.json").write_text(found % hidden, encoding="utf-8")
    with pytest.warns(SetAsideWarning, match="a control character"):
        assert read_candidates(tmp_path) == {}
    (folder / "a.json").write_text(found % "\\\\u001b is how it is written", encoding="utf-8")
    assert "u001b" in read_candidates(tmp_path)["a"].title


def test_every_field_of_a_record_is_stored_and_comes_back():
    texts = ("published", "journal", "journal_abbreviation", "volume", "issue", "pages", "doi", "pmid", "pmcid")
    lists = ("authors", "registrations", "mesh", "keywords", "publication_types")
    said = {name: name for name in texts} | {name: (name, "x") for name in lists}
    said |= {"title": "p < 1", "title_markup": "p &lt; 1", "year": 2021, "authors_complete": False, "source": "x"}
    said |= {"abstract": (AbstractPart("AIM", "<i>a</i>"), AbstractPart(None, "b"))}
    said |= {"corrections": (Correction("ErratumIn", "J. 2021", "1", "a note"), Correction("RetractionIn"))}
    assert set(said) | {"publication_type_uis", "extra"} == {field.name for field in fields(Record)}
    made = Candidate.of(Record(**said), key="pmid-1", sightings=(Sighting(source="x", id="1"),))
    again = Candidate.model_validate_json(json_bytes(made))
    assert (again.record("x"), again.retracted, again.concern) == (Record(**said), True, False)
