"""What is written into the store can be read back, whatever it was made of."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import RegistryError
from metaan.records.record import AbstractPart
from metaan.registry.store.candidate import Candidate, Sighting
from metaan.registry.store.decisions import Decision, append_decision, read_decisions
from metaan.registry.store.json_files import json_bytes, parsed, plain_json
from metaan.registry.store.metadata import Metadata, read, write
from metaan.registry.store.runs import FileRun, RunRecord, SearchMark, read_watermark, watermark_bytes

AT = "2026-11-22T12:00:00Z"
HIDDEN = "\x00\x07\x08\x1b\x7f\x85\x9b\u202a\u202e\u2066\u2069"
ANYTHING = st.text(st.sampled_from('aé<&\\"\t\n 蜜' + HIDDEN))

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(0, 100).map(lambda x: round(x, 1)) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé"), inner, max_size=4),
    max_leaves=12,
)


def hidden(text):
    return [char for char in HIDDEN if char in text]


@given(content=st.dictionaries(st.text("abcé"), _PLAIN, max_size=4))
@settings(max_examples=50)
def test_a_file_is_written_as_the_json_of_the_standard_library_with_sorted_keys(content):
    slow = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    for char in filter(lambda char: not char.isprintable(), slow):
        assert char in "\n" or char not in plain_json(content).decode() or char not in HIDDEN
    if slow.replace("\n", "").isprintable() and "\\" not in slow:
        assert plain_json(content) == slow.encode()


@given(text=ANYTHING, more=ANYTHING)
@settings(max_examples=100)
def test_what_is_written_is_read_and_holds_nothing_that_a_terminal_obeys(tmp_path_factory, text, more):
    sighting = Sighting(source="file-1", id="1", url=more)
    abstract = (AbstractPart(label=more, text=text),)
    made = Candidate(
        key="a", title=text, doi=more, authors=(text,), abstract=abstract, sightings=(sighting,), found=AT, run="r"
    )
    back = parsed(tmp_path_factory.getbasetemp(), json_bytes(made), Candidate)
    assert not hidden(f"{back.title}{back.doi}{back.authors}{back.abstract}")
    assert "".join(back.title.split()) == "".join(c for c in "".join(text.split()) if c not in HIDDEN)


@pytest.mark.parametrize("char", HIDDEN)
def test_no_file_of_the_store_takes_a_hidden_character(tmp_path, char):
    digest, said = "0" * 64, f"a{char}b"
    write(tmp_path, "doe-2020", Metadata(title=said, pmid="1", fetched=AT, url="x", digest=digest))
    assert read(tmp_path, "doe-2020").title == "ab"
    file = FileRun(file=said, sha256=digest, read=1, new=1, duplicate=0, failed=0)
    run = RunRecord(id="1", kind="import", started=AT, finished=AT, versions={said: said}, files=(file,))
    assert parsed(tmp_path, json_bytes(run), RunRecord).files[0].file == "ab"
    append_decision(tmp_path, Decision(key="a", action="exclude", at=AT, by=said, reason=said))
    assert read_decisions(tmp_path)[0].reason == "ab"
    mark = SearchMark(term=said, searched="2026-11-22", run="1")
    (tmp_path / "watermark.json").write_bytes(watermark_bytes({"pubmed": {"x": mark}}))
    assert read_watermark(tmp_path)["pubmed"]["x"].term == "ab"


def test_a_model_that_could_not_be_read_back_is_never_written(tmp_path):
    made = Candidate(key="a", sightings=(Sighting(source="pubmed", id="1"),), found=AT, run="r")
    assert parsed(tmp_path, json_bytes(made), Candidate) == made
    with pytest.raises(RegistryError, match="sightings"):
        json_bytes(made.model_copy(update={"sightings": ()}))
    with pytest.raises(RegistryError, match="by"):
        append_decision(tmp_path, Decision(key="a", action="later", at=AT, by="\u202e"))
    assert not (tmp_path / "decisions.jsonl").exists()
