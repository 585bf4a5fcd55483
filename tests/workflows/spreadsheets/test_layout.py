from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metaan.registry.scaffold import schema
from metaan.workflows.spreadsheets.cells import Unread, freed, guarded, is_same, read, shown
from metaan.workflows.spreadsheets.layout import ARM, DOMAIN, NOT_IN_TABLES, sheets

SCHEMAS = schema()


def leaves(root: dict[str, Any], node: dict[str, Any], at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that a file can hold, lists and arms passed through."""
    if "$ref" in node:
        yield from leaves(root, root["$defs"][node["$ref"].rpartition("/")[2]], at)
    elif choices := [*node.get("anyOf", ()), *node.get("oneOf", ())]:
        for choice in choices:
            yield from leaves(root, choice, at)
    elif "properties" in node:
        for name, below in node["properties"].items():
            yield from leaves(root, below, (*at, name))
    elif node.get("type") == "array":
        yield from leaves(root, node.get("items") or node.get("prefixItems", [{}])[0], at)
    elif node.get("type") == "object":
        yield from leaves(root, node["additionalProperties"], at)
    elif node.get("type") != "null":
        yield at


def columns(review: bool) -> set[tuple[str, ...]]:
    found = ((sheet, column) for sheet in sheets().values() for column in sheet.columns if sheet.of_review == review)
    return {
        (*filter(None, [sheet.items]), *(p for p in column.path if isinstance(p, str) and p not in (ARM, DOMAIN)))
        for sheet, column in found
    }


def test_everything_that_a_study_file_holds_has_a_column_or_a_reason_for_none():
    held = set(leaves(SCHEMAS["study"], SCHEMAS["study"], ()))
    without = {tuple(name.split(".")) for name in NOT_IN_TABLES}
    missing = {path for path in held - columns(False) if not any(path[: len(end)] == end for end in without)}
    assert missing == set()
    assert all(any(path[: len(end)] == end for path in held) for end in without)
    assert columns(False) <= held


def test_every_column_of_certainty_is_one_of_review_yaml():
    root = SCHEMAS["review"]
    held = set(leaves(root, root["properties"]["certainty"], ("certainty",)))
    assert columns(True) == held


def test_no_sheet_has_two_columns_of_one_heading():
    for sheet in sheets().values():
        headings = [column.heading.casefold() for column in sheet.wide(3)]
        assert len(headings) == len(set(headings)), sheet.name
        assert all(column.note for column in sheet.columns), sheet.name


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("12", "whole", 12),
        (12.0, "whole", 12),
        (" 0,5 ", "number", 0.5),
        ("0\N{MIDDLE DOT}5", "number", 0.5),
        ("\N{MINUS SIGN}3", "number", -3),
        ("1.50", "number", 1.5),
        ("<0.001", "number or text", "<0.001"),
        ("TRUE", "yes or no", True),
        (False, "yes or no", False),
        ("a; b\nc", "list", ["a", "b", "c"]),
        ('["a; b"]', "list", ["a; b"]),
        (12345678.0, "text", "12345678"),
        ("", "number", None),
        (None, "text", None),
    ],
)
def test_cells_are_read_as_people_and_spreadsheets_write_them(raw, kind, value):
    found = read(raw, kind)
    assert (found, type(found) is bool) == (value, type(value) is bool)


@pytest.mark.parametrize(("raw", "kind"), [("x", "number"), ("1,234", "whole"), ("1.5", "whole"), ("Sep-12", "text")])
def test_what_could_be_meant_otherwise_is_not_guessed(raw, kind):
    assert isinstance(read(raw, kind), Unread)


@pytest.mark.parametrize(
    "value", ["=1+1", "-x", "@a", "'=a", "''", "+1", "a\nb", "x ", "12", ["a; b", "c"], ["[x"], True, 0, 1.5]
)
def test_what_is_shown_is_known_again(value):
    cell = shown(value)
    assert is_same(cell, value)
    text = str(cell)
    assert freed(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@") or text != guarded(text)
    assert is_same(freed(guarded(text)), value)
