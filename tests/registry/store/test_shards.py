from __future__ import annotations

import json

import pytest

from metaan.errors import RegistryError, SetAsideWarning
from metaan.registry.store import shards
from metaan.registry.store.candidate import FOLDER, Candidate, Candidates, Sighting, put_candidates, read_candidates
from metaan.registry.store.commit import Staging, locked
from metaan.registry.store.json_files import json_bytes
from metaan.registry.store.shards import drop_old, in_order, line_of, shard_of


def candidate(key, **more):
    return Candidate(key=key, title=f"A trial of {key}", sightings=(Sighting(source="pubmed", id="1"),), **more)


MANY = {key: candidate(key) for key in (f"pmid-{n}" for n in range(400))}


def put(folder, *candidates):
    with locked(folder, "test"), Staging(folder) as change:
        put_candidates(change, candidates)
        change.decide()
    drop_old(folder, FOLDER)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "studies").mkdir()
    return tmp_path / "studies"


def shard(folder, key):
    return folder / FOLDER / shard_of(key)


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / FOLDER).iterdir()}


def test_many_candidates_are_few_files_in_the_order_of_their_keys(folder, monkeypatch):
    monkeypatch.setattr(shards, "MOST_SPOOLED", 1000)
    put(folder, *MANY.values())
    assert len(files(folder)) <= 256
    assert read_candidates(folder) == {key: MANY[key] for key in sorted(MANY)}
    for raw in files(folder).values():
        keys = [json.loads(line)["key"] for line in raw.splitlines()]
        assert keys == sorted(keys)
        assert raw.endswith(b"}\n")


def test_the_order_in_which_they_came_leaves_no_trace(tmp_path):
    for name, order in (("a", list(MANY)), ("b", list(reversed(MANY)))):
        (tmp_path / name).mkdir()
        put(tmp_path / name, *(MANY[key] for key in order[:150]))
        put(tmp_path / name, *(MANY[key] for key in order[150:]))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_an_old_store_is_read_and_becomes_lines_with_the_next_that_is_found(folder):
    (folder / FOLDER).mkdir()
    for key in ("pmid-1", "pmid-2"):
        (folder / FOLDER / f"{key}.json").write_bytes(json_bytes(MANY[key]))
    (folder / FOLDER / "broken.json").write_text("{", encoding="utf-8")
    before = {key: MANY[key] for key in ("pmid-1", "pmid-2")}
    with pytest.warns(SetAsideWarning, match=r"broken\.json"):
        assert read_candidates(folder) == before
    put(folder, MANY["pmid-3"])
    assert {name for name in files(folder) if not name.endswith(".jsonl")} == {"broken.json"}
    (folder / FOLDER / "broken.json").unlink()
    assert read_candidates(folder) == before | {"pmid-3": MANY["pmid-3"]}


def test_a_line_goes_before_a_file_of_its_own_that_another_clone_still_had(folder):
    put(folder, MANY["pmid-1"])
    (folder / FOLDER / "pmid-1.json").write_bytes(json_bytes(candidate("pmid-1", doi="10.5555/old")))
    assert read_candidates(folder) == {"pmid-1": MANY["pmid-1"]}
    put(folder, MANY["pmid-2"])
    assert not (folder / FOLDER / "pmid-1.json").exists()


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"key": "../x"}', b'{"key":"pmid-1","evil":1}', b"<<<<<<< ours"])
def test_a_line_that_holds_none_is_named_and_never_lost(folder, line):
    put(folder, MANY["pmid-1"], MANY["pmid-2"])
    path = shard(folder, "pmid-1")
    path.write_bytes(line + b"\n")
    with pytest.warns(SetAsideWarning, match=rf"{path.name}:1"):
        assert list(read_candidates(folder)) == ["pmid-2"]
    same = next(key for key in MANY if shard_of(key) == path.name and key != "pmid-1")
    put(folder, MANY[same])
    assert line in path.read_bytes().splitlines()


def test_a_line_in_a_wrong_place_a_second_one_and_an_empty_file_are_named(folder):
    put(folder, MANY["pmid-1"], MANY["pmid-2"])
    path = shard(folder, "pmid-1")
    line = path.read_bytes()
    path.write_bytes(line + line + shard(folder, "pmid-2").read_bytes())
    shard(folder, "pmid-2").write_bytes(b"")
    with pytest.warns(SetAsideWarning) as told:
        assert list(read_candidates(folder)) == ["pmid-1"]
    said = " ".join(str(one.message) for one in told)
    assert f"{path.name}:2: a line of pmid-1 in a wrong place" in said
    assert f"{path.name}:3: a line of pmid-2 in a wrong place" in said
    assert f"{shard_of('pmid-2')}:1: nothing, where candidates were" in said


def test_a_large_store_is_read_line_by_line_and_a_file_written_anew_is_said(folder, monkeypatch):
    monkeypatch.setattr(shards, "MOST_KEPT", 0)
    put(folder, *MANY.values())
    there = Candidates(folder)
    assert dict(there) == {key: MANY[key] for key in sorted(MANY)}
    path = shard(folder, "pmid-7")
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(RegistryError, match="written anew; start again"):
        there["pmid-7"]
    path.unlink()
    with pytest.raises(RegistryError, match="No such file"):
        there["pmid-7"]


def test_what_a_terminal_would_obey_is_refused_line_by_line(folder):
    put(folder, MANY["pmid-1"], MANY["pmid-2"])
    path = shard(folder, "pmid-1")
    path.write_bytes(path.read_bytes().replace(b"A trial", b"A\\u001b[2J"))
    with pytest.warns(SetAsideWarning, match="a control character"):
        assert list(read_candidates(folder)) == ["pmid-2"]


def test_of_two_lines_of_one_key_both_are_asked_for(folder):
    one, other = line_of({"key": "a", "title": "x"}), line_of({"key": "a", "doi": "y", "none": None})
    assert in_order(one + other) == one
    assert in_order(one + other, lambda first, second: first + b"|" + second) == one.rstrip() + b"|" + other
