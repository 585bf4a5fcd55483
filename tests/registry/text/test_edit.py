from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import RegistryError, UsageError
from metaan.registry.text import atomic
from metaan.registry.text.edit import with_item, with_value
from metaan.registry.text.nodes import Node, compose
from metaan.registry.write import append, set_value, write_text

TEXT = """\
# top comment, with a - dash: and a colon

id:   'a-1'   # quoted, three spaces before
label: "L \\u00e9"
doi:          # not seen
notes: >-
  folded
  text

# about arms
arms:
  - {id: x, n: 40}   # flow
  - id: y
    n: 30            # block

tags: [one,  two]
empty: []
last: end\x20\x20
"""

PATHS = [
    ("id",),
    ("label",),
    ("doi",),
    ("notes",),
    ("arms", 0, "n"),
    ("arms", 1, "id"),
    ("arms", 1, "n"),
    ("tags", 1),
    ("last",),
    ("new",),
    ("arms", 0, "new"),
    ("arms", 1, "new"),
]
REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LETTERS = st.one_of(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters=REORDERING),
    st.sampled_from("\n\t"),
)
WORDS = st.text(LETTERS, max_size=12)
SCALARS = st.one_of(WORDS, st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.floats(-1e9, 1e9))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.sampled_from("abc"), SCALARS, max_size=3))


def plain(text: str) -> object:
    root, flaws = compose(text)
    assert root is not None
    assert not flaws
    return values(root)


def values(node: object) -> object:
    inner = node.value  # type: ignore[attr-defined]
    if isinstance(inner, dict):
        return {key: values(child) for key, child in inner.items()}
    return [values(child) for child in inner] if isinstance(inner, list) else inner


def found(tree: object, path: tuple[str | int, ...]) -> object:
    for part in path:
        tree = tree[part]  # type: ignore[index]
    return tree


def node_at(text: str, path: tuple[str | int, ...]) -> Node | None:
    node, _ = compose(text)
    for part in path:
        node = node and node.child(part)
    return node


@settings(max_examples=50)
@given(
    path=st.sampled_from(PATHS),
    value=VALUES,
    newline=st.sampled_from(["\n", "\r\n"]),
    final=st.booleans(),
)
def test_one_value_changes_and_all_else_stays_byte_for_byte(
    path: tuple[str | int, ...], value: object, newline: str, final: bool
) -> None:
    text = TEXT.replace("\n", newline) if final else TEXT.rstrip("\n").replace("\n", newline)
    after = with_value(text, path, value)
    assert found(plain(after), path) == value
    node = node_at(text, path)
    if node is not None:
        assert after.startswith(text[: node.start])
        assert after.endswith(text[node.end :])
        again = with_value(after, path, node.value)
        assert plain(again) == plain(text)
    else:
        added = len(after) - len(text)
        assert any(after[:i] + after[i + added :] == text for i in range(len(text) + 1))
    assert after.endswith(newline) == final
    assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("id",), "b-2", "id:   'b-2'   # quoted, three spaces before"),
        (("label",), 'a "b"', 'label: "a \\"b\\""'),
        (("doi",), "10.1000/x", "doi: 10.1000/x          # not seen"),
        (("doi",), "12", 'doi: "12"          # not seen'),
        (("arms", 0, "n"), 41, "  - {id: x, n: 41}   # flow"),
        (("arms", 0, "m"), 1, "  - {id: x, n: 40, m: 1}   # flow"),
        (("arms", 1, "n"), 31, "    n: 31            # block"),
        (("arms", 1, "m"), [1, "a"], "    m: [1, a]"),
        (("tags", 0), "no", 'tags: ["no",  two]'),
        (("notes",), "short", "notes: short"),
        (("last",), None, "last: null  "),
        (("empty",), ["a: b"], 'empty: ["a: b"]'),
    ],
)
def test_values_are_written_as_a_person_would(path: tuple[str | int, ...], value: object, line: str) -> None:
    assert line in with_value(TEXT, path, value).splitlines()


@pytest.mark.parametrize(
    ("path", "item", "lines"),
    [
        (("arms",), {"id": "z", "n": 1}, ["    n: 30            # block", "  - id: z", "    n: 1", ""]),
        (("arms",), "word", ["    n: 30            # block", "  - word", ""]),
        (("tags",), "three", ["tags: [one,  two, three]"]),
        (("empty",), 1, ["empty: [1]"]),
        (("more",), {"a": 1}, ["more: [{a: 1}]"]),
        (("doi",), "x", ["doi: [x]          # not seen"]),
    ],
)
def test_items_are_added_at_the_end(path: tuple[str | int, ...], item: object, lines: list[str]) -> None:
    assert "\n".join(lines) in with_item(TEXT, path, item)


@settings(max_examples=30)
@given(
    items=st.lists(SCALARS, min_size=1, max_size=4),
    start=st.sampled_from(["k: []\n", "k:\n", "k:\n- 1\n", "k:\n  - 1"]),
)
def test_items_come_in_order(items: list[object], start: str) -> None:
    text = start
    for item in items:
        text = with_item(text, ("k",), item)
    assert plain(text) == {"k": ([1] if "1" in start else []) + items}


@settings(max_examples=50)
@given(word=WORDS)
def test_any_text_comes_back(word: str) -> None:
    for text in ("k: x\n", "k: 'x'\n", 'k: "x"\n', "k: [x]\n"):
        path = ("k", 0) if "[" in text else ("k",)
        assert found(plain(with_value(text, path, word)), path) == word


@pytest.mark.parametrize("path", [("nowhere", "deep"), ("arms", 7, "n"), ("arms", 2), ("id", "deeper"), ("tags", "x")])
def test_a_path_that_is_not_there(path: tuple[str | int, ...]) -> None:
    with pytest.raises(UsageError, match=str(path[0])):
        with_value(TEXT, path, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("nan")]])
def test_numbers_that_no_file_holds(value: object) -> None:
    with pytest.raises(UsageError, match="finite"):
        with_value(TEXT, ("id",), value)


def test_a_list_is_needed_to_add_to() -> None:
    with pytest.raises(UsageError, match="not a list"):
        with_item(TEXT, ("id",), 1)


def test_files_keep_their_mark_and_their_rights(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfid: a\r\nn: 1")
    path.chmod(0o640)
    set_value(path, ("n",), 2)
    append(path, ("tags",), "t")
    assert path.read_bytes() == b"\xef\xbb\xbfid: a\r\nn: 2\r\ntags: [t]"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_would_not_change_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("n: 1\n")
    before = path.stat().st_ino
    set_value(path, ("n",), 1)
    assert path.stat().st_ino == before


def test_a_broken_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"n: \xe9")
    with pytest.raises(RegistryError, match="UTF-8"):
        set_value(path, ("n",), 1)
    assert path.read_bytes() == b"n: \xe9"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os if step == "fsync" else Path, step, fail)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x.yaml", "old")]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x00", "\x9b", "\r", "\u202e"])
def test_what_a_terminal_would_obey_is_not_written(hidden: str) -> None:
    with pytest.raises(UsageError, match="a control character"):
        with_value("id: a\n", ("id",), f"a{hidden}b")
