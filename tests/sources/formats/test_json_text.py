import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.sources.formats.json_text import (
    DEEPEST,
    canonical,
    document,
    items_at,
    text_at,
    texts_at,
    value_at,
    whole_at,
)
from metaan.sources.net.answers import UnreadableError

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=10,
)


@given(ANY)
@settings(max_examples=50)
def test_whatever_stands_there_is_of_the_right_type_or_absent(value):
    for path in ((), ("a",), ("a", "b")):
        assert isinstance(text_at(value, *path), str | None)
        assert all(isinstance(text, str) and text for text in texts_at(value, *path))
        assert all(isinstance(item, dict) for item in items_at(value, *path))
        whole = whole_at(value, *path)
        assert whole is None or (type(whole) is int and whole >= 0)


def test_a_path_leads_through_objects_only():
    assert value_at({"a": {"b": [1]}}, "a", "b") == [1]
    assert value_at({"a": [{"b": 1}]}, "a", "b") is None
    assert texts_at({"a": ["x", 1, None, " ", ["y"]]}, "a") == ("x", "1")
    assert texts_at({"a": "x"}, "a") == ("x",)


@pytest.mark.parametrize("text", ["-1", "1.0", "٣", "", "1" * 16, "1e3", " 1"])
def test_what_is_no_count_is_none(text):
    assert whole_at({"a": text}, "a") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":NaN}',
        b'{"a":1',
        b"\xff\xfe\x00",
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_object_is_unreadable(body):
    with pytest.raises(UnreadableError):
        document(body)


SHAPES = {  # what is nested once more, and how many levels that makes
    "objects": ('{"a":', "}", 1),
    "lists": ("[", "]", 1),
    "both, and siblings": ('{"b":[],"a":[{},{"c":', "}]}", 3),
    "brackets within text": ('{"]]\\"}}":"[[{\\\\","a":', "}", 1),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_depth_is_counted_so_that_every_interpreter_refuses_the_same(shape):
    before, after, levels = SHAPES[shape]

    def nested(times):
        return f'{{"x":{before * times}1{after * times}}}'.encode()

    times = (DEEPEST - 1) // levels
    assert document(nested(times))
    with pytest.raises(UnreadableError, match=f"nested more than {DEEPEST} deep"):
        document(nested(times + 1))
    with pytest.raises(UnreadableError, match="deep"):
        document(nested(100_000))


def test_text_that_never_ends_is_read_once():
    with pytest.raises(UnreadableError, match="Unterminated string"):
        document(b'{"a":"' + rb"[\"" * 1_000_000)


def test_canonical_bytes_do_not_depend_on_order():
    assert canonical({"b": "\ud800", "a": 1}) == canonical(json.loads('{"a":1,"b":"\\ud800"}'))
