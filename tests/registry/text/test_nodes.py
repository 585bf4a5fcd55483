import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.registry.text import nodes
from metaan.registry.text.nodes import Node, compose, parser, python_events
from metaan.registry.text.raw import decode
from metaan.registry.text.scalars import Written

WORDS = st.sampled_from(
    ["a", "b c", "NO", "12:30", "012345", "1e-3", "'q''s'", '"x\\ty"', "-4", "é😀", "", "~", "true"]
)
KEYS = st.sampled_from(["id", "label", "é", "arms", "n1"])


def flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]" if isinstance(value, list) else str(value)


def block(value: object, indent: int) -> str:
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "\n" + "\n".join(f"{pad}{key}: {block(inner, indent + 2)}  # c - x" for key, inner in value.items())
    if isinstance(value, list) and value:
        return "\n" + "\n".join(f"{pad}- {flow(inner)}" for inner in value)
    return flow(value)


TREES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
TEXTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=4).map(lambda tree: block(tree, 0).lstrip("\n") + "\n")


def layout(node: Node) -> object:
    inner = node.value
    if isinstance(inner, dict):
        inner = {key: layout(child) for key, child in inner.items()}
    elif isinstance(inner, list):
        inner = [layout(child) for child in inner]
    return inner, node.line, node.start, node.end, node.style, node.key


@pytest.mark.skipif(parser() is python_events, reason="ruamel.yaml has no compiled parser here")
@settings(max_examples=50)
@given(text=TEXTS)
def test_both_parsers_build_the_same_tree(text: str) -> None:
    compiled, flaws = compose(text)
    python, python_flaws = compose(text, python_events)
    assert (compiled is None) == (python is None)
    assert [flaw.line for flaw in flaws] == [flaw.line for flaw in python_flaws]
    if compiled is not None and python is not None:
        assert layout(compiled) == layout(python)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("012345", "012345"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2021-02-05", "2021-02-05"),
        ("40", 40),
        ("-4", -4),
        ("1e-3", 0.001),
        (".5", 0.5),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ('""', ""),
    ],
)
@pytest.mark.parametrize("events", [python_events, None])
def test_scalars_mean_what_a_person_means(text: str, value: object, events: nodes.Events | None) -> None:
    root, flaws = compose(f"k: {text}\nz: 1", events)
    assert root is not None
    assert not flaws
    found = root.value["k"].value
    assert found == value
    assert type(found) is type(value) or isinstance(found, Written)


def test_a_number_keeps_its_text() -> None:
    root, _ = compose("version: 1.10")
    assert root is not None
    assert str(root.value["version"].value) == "1.10"


@pytest.mark.parametrize("events", [python_events, None])
def test_lines_are_those_of_the_keys(events: nodes.Events | None) -> None:
    root, _ = compose("a: 1\nb:\n  - c: 2\n\n  # comment\n  -\n  - d:\n", events)
    assert root is not None
    assert root.at(("b", 0, "c")).line == 3
    assert root.at(("b", 1)).line == 6
    assert root.at(("b", 2, "d")).line == 7
    assert root.at(("b", 2, "d", "nothing", 3)).line == 7


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_any_kind_count(newline: str) -> None:
    root, _ = compose(newline.join(["a: 1", "", "b: 2"]))
    assert root is not None
    assert root.at(("b",)).line == 3


@pytest.mark.parametrize(
    ("raw", "line", "found", "allowed"),
    [
        (b"", 1, "empty", "YAML with keys"),
        (b"# only a comment\n\n---\n", 1, "empty", "YAML with keys"),
        (b"a: 1\nb: caf\xe9\n", 2, "0xE9 is not UTF-8", "UTF-8"),
        (b"\xff\xfea\x00", 1, "0xFF is not UTF-8", "UTF-8"),
        (b"a:\n\tb: 1\n", 2, "a tab", "spaces"),
        (b"a:\n  \tb: 1\n", 2, "a tab", "spaces"),
        (b"a: 1\nb: \x00\n", 2, "control character", "text"),
        ("a: x\u202ey\n".encode(), 1, "control character", "text"),
        (b"x" * 4_000_001, 1, "4,000,001 bytes", "4,000,000"),
    ],
)
def test_bytes_that_are_no_registry_text(raw: bytes, line: int, found: str, allowed: str) -> None:
    _, flaws = decode(raw)
    assert flaws[0].line == line
    assert found in flaws[0].found
    assert allowed in flaws[0].allowed


@pytest.mark.parametrize(
    ("piece", "found"),
    [(b"\n", "empty"), (b" \r\n", "empty"), (b"#\n", "empty"), (b"\x01", "control"), (b"\tx\n", "tab")],
)
def test_four_megabytes_of_nothing_are_looked_through_once(piece: bytes, found: str) -> None:
    _, flaws = decode(piece * (4_000_000 // len(piece)))  # looked through for each line again, this takes hours
    assert found in flaws[0].found
    assert len(flaws) <= 20


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(b"\xef\xbb\xbfid: x\n") == ("id: x\n", [])


@pytest.mark.parametrize("events", [python_events, None])
@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "key 'a' is here a second time"),
        ("a: &x 1\nb: *x\n", 1, "an anchor or alias"),
        ("a: *x\n", 1, "an anchor or alias"),
        ("a: !!python/object:os.system 1\n", 1, "a tag"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ('a: 1\nb: "x\\e[2Jy"\n', 2, "a control character, '\\x1b'"),
        ('a: "x\\x9b2Jy"\n', 1, "a control character, '\\x9b'"),
        ('a: "x\\u202Ey"\n', 1, "a control character, '\\u202e'"),
        ('"a\\r": 1\n', 1, "a control character, '\\r'"),
        ("a: " + "[" * 30 + "]" * 30, 1, "levels"),
        ("[a, b]: 1\n", 1, "a key that is not plain text"),
        ("a: [1, 2\n", 2, "this is not YAML"),
        ("a: b: c\n", 1, "this is not YAML"),
        ("a:\n  b: 1\n c: 2\n", 3, "this is not YAML"),
        ('a: "open\n', 2, "this is not YAML"),
    ],
)
def test_what_no_registry_needs_is_refused(text: str, line: int, found: str, events: nodes.Events | None) -> None:
    _, flaws = compose(text, events)
    assert found in flaws[-1].found
    assert flaws[-1].line == line
    assert flaws[-1].allowed


def test_an_alias_bomb_of_a_megabyte_stops_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30))]
    bomb = "\n".join(lines) + "\n" + "# " + "x" * 1_000_000
    read = []

    def counted(text: str):
        for event in parser()(text):
            read.append(event)
            yield event

    root, flaws = compose(bomb, counted)
    assert root is None
    assert (flaws[0].line, flaws[0].found) == (1, "an anchor or alias (& or *)")
    assert len(read) < 10


def test_only_the_first_of_two_keys_is_kept() -> None:
    root, flaws = compose("a: 1\na: 2\nb: 3\nb: 4\n")
    assert root is not None
    assert root.plain() == {"a": 1, "b": 3}
    assert [flaw.line for flaw in flaws] == [2, 4]


@pytest.mark.parametrize("text", ["k{0}: 0\n", "- 0\n", "- {{a: 0}}\n"])
def test_more_values_than_any_file_has_are_not_read_to_their_end(text: str) -> None:
    root, flaws = compose("".join(text.format(i) for i in range(nodes.MAX_VALUES + 5)))
    assert root is None
    assert [flaw.found for flaw in flaws] == ["more than 20,000 values"]
    assert flaws[0].line <= nodes.MAX_VALUES + 1
