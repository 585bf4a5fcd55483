"""Changing one value of a YAML file and nothing else.

The new value is spliced into the text at the place of the old one: comments, quotes, blank lines, line ends and a
missing last line end stay byte for byte. The result is read again before it is written, and must differ from the old
values in that one place only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ...errors import Problem, RegistryError, UsageError
from .atomic import change
from .nodes import Node, compose
from .raw import decode
from .scalars import resolve

KeyPath = tuple[str | int, ...]


def set_value(path: Path | str, key_path: KeyPath, value: Any) -> None:
    """Change one value of a YAML file, or add it under a key that is new.

    Parameters
    ----------
    path
        The file.
    key_path
        Keys and indices (0-based) from the top, such as ``("status", "state")``; all but the last must be there.
    value
        Text, a number, True, False, None, a date, or lists and dicts of them.

    Raises
    ------
    RegistryError
        The file cannot be read as YAML.
    UsageError
        The key path leads nowhere, or the value cannot be written there without touching others.
    """
    _rewrite(Path(path), lambda text: with_value(text, key_path, value))


def append(path: Path | str, key_path: KeyPath, item: Any) -> None:
    """Add an item at the end of a list of a YAML file; a list that is not there yet is made.

    Parameters
    ----------
    path, key_path
        As in `set_value`; the key path leads to the list.
    item
        As ``value`` in `set_value`.

    Raises
    ------
    RegistryError, UsageError
        As in `set_value`; also where the key path leads to something that is not a list.
    """
    _rewrite(Path(path), lambda text: with_item(text, key_path, item))


def with_value(text: str, key_path: KeyPath, value: Any) -> str:
    """Return the text with one value changed or added.

    >>> with_value("pmid:   # not seen", ("pmid",), "35925914")
    'pmid: "35925914"   # not seen'
    """
    root = _tree(text)
    *head, last = key_path
    parent, flow = _descend(root, tuple(head))
    child = parent.child(last)
    if child is not None:
        edited = _replaced(text, child, value, flow or parent.style != "")
    elif isinstance(last, str) and (parent.value is None or isinstance(parent.value, dict)):
        edited = _with_key(text, parent, last, value)
    else:
        raise UsageError(f"{_shown(key_path)} is not there; allowed: a key path of the file")
    return _verified(edited, _changed(_values(root), key_path, value), key_path)


def with_item(text: str, key_path: KeyPath, item: Any) -> str:
    """Return the text with an item added to a list."""
    root = _tree(text)
    parent, flow = _descend(root, key_path[:-1])
    node = parent.child(key_path[-1])
    if node is None or node.value is None or node.value == []:
        return with_value(text, key_path, [item])
    if not isinstance(node.value, list):
        raise UsageError(f"{_shown(key_path)} is not a list; allowed: the key path of a list")
    expected = _changed(_values(root), key_path, [*_values(node), item])
    if flow or node.style:
        at = _end(node.value[-1])
        return _verified(f"{text[:at]}, {flow_text(item)}{text[at:]}", expected, key_path)
    dash = text.rindex("-", 0, max(node.value[-1].start, 1))
    column = dash - _line_start(text, dash)
    return _verified(_with_lines(text, _end(node.value[-1]), _item_lines(item, column)), expected, key_path)


def flow_text(value: Any, style: str = "") -> str:
    """Return a value as YAML on one line; ``style`` is the quote that text had before, where it had one."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))}: {flow_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise UsageError(f"{value} cannot be written; allowed: finite numbers")
        text = str(value)  # with the digits that it was written with
        return text if resolve(text) == value else repr(float(value))
    if isinstance(value, date):
        return value.isoformat()
    return _quoted(str(value), style)


def _key(text: str) -> str:
    return text if _NAME.fullmatch(text) else _quoted(text, '"')


def _quoted(text: str, style: str) -> str:
    """Return text as a scalar: plain where that is safe, else in quotes."""
    if not style and _PLAIN.fullmatch(text) and resolve(text) == text and not _ELSEWHERE.fullmatch(text):
        return text
    if style == "'" and not _NEEDS_ESCAPE.search(text):
        return "'" + text.replace("'", "''") + "'"
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped)


def _replaced(text: str, node: Node, value: Any, flow: bool) -> str:
    """Return the text with the value of a node replaced."""
    new = flow_text(value, node.style if node.style in ("'", '"') else "")
    if node.start == node.end and not node.style:
        before = text[node.start - 1 : node.start]
        return text[: node.start] + (" " if before in (":", "-") else ": ") + new + text[node.end :]
    end = node.end if flow or node.style else _end(node)
    return text[: node.start] + new + text[end:]


def _with_key(text: str, parent: Node, key: str, value: Any) -> str:
    """Return the text with a key added at the end of a mapping."""
    if parent.value is None or (not parent.value and parent.style):
        return _replaced(text, parent, {key: value}, flow=True)
    line = f"{_key(key)}: {flow_text(value)}"
    children = list(parent.value.values())
    at = _end(children[-1])
    if parent.style:
        return f"{text[:at]}, {line}{text[at:]}"
    start = children[0].key[0]
    return _with_lines(text, at, [" " * (start - _line_start(text, start)) + line])


def _item_lines(item: Any, column: int) -> list[str]:
    """Return the lines of an item of a block list whose dash stands at a column."""
    if not isinstance(item, Mapping) or not item:
        return [" " * column + "- " + flow_text(item)]
    lines = [line for key, value in item.items() for line in _entry_lines(str(key), value, column + 2)]
    return [" " * column + "- " + lines[0][column + 2 :], *lines[1:]]


def _entry_lines(key: str, value: Any, column: int) -> list[str]:
    """Return a key and its value; keys below it that are too long for one line have a line each."""
    line = " " * column + f"{_key(key)}: {flow_text(value)}"
    if len(line) <= _LONGEST_LINE or not isinstance(value, Mapping) or not value:
        return [line]
    inner = [entry for name, below in value.items() for entry in _entry_lines(str(name), below, column + 2)]
    return [" " * column + f"{_key(key)}:", *inner]


def _with_lines(text: str, at: int, lines: list[str]) -> str:
    """Return the text with lines put after the line that holds a place."""
    newline = "\r\n" if "\r\n" in text else "\n"
    match = _LINE_END.search(text, at)
    if match is None:
        return text + newline + newline.join(lines)
    return text[: match.end()] + "".join(line + newline for line in lines) + text[match.end() :]


def _tree(text: str) -> Node:
    root, flaws = compose(text)
    if root is None or flaws or not isinstance(root.value, dict):
        raise UsageError("the text is not YAML with keys: " + "; ".join(f"line {f.line}: {f.found}" for f in flaws))
    return root


def _descend(node: Node, path: KeyPath) -> tuple[Node, bool]:
    """Return the node at a path, and whether it stands inside of brackets."""
    flow = node.style in ("{", "[")
    for part in path:
        child = node.child(part)
        if child is None:
            raise UsageError(f"{_shown(path)} is not there; allowed: a key path of the file")
        flow = flow or child.style in ("{", "[")
        node = child
    return node, flow


def _end(node: Node) -> int:
    """Where the last character of a value stands; the end of a block collection is that of its last value."""
    if node.style or not isinstance(node.value, dict | list) or not node.value:
        return node.end
    children = node.value if isinstance(node.value, list) else list(node.value.values())
    return _end(children[-1])


def _values(node: Node) -> Any:
    """The plain values, those that are empty included."""
    if isinstance(node.value, dict):
        return {key: _values(child) for key, child in node.value.items()}
    return [_values(child) for child in node.value] if isinstance(node.value, list) else node.value


def _changed(values: Any, path: KeyPath, value: Any) -> Any:
    """The values with one of them changed."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(values, list) and isinstance(head, int):
        return [_changed(v, rest, value) if i == head else v for i, v in enumerate(values)]
    values = values or {}
    return values | {head: _changed(values.get(head), rest, value)}


def _verified(text: str, expected: Any, path: KeyPath) -> str:
    """Return the text if it says what it should; text is compared without the line end that a block may gain."""
    root, flaws = compose(text)
    if flaws and flaws[-1].control:
        raise UsageError(f"{_shown(path)}: {flaws[-1].found} in the value; {flaws[-1].allowed}")
    if root is None or flaws or _comparable(_values(root)) != _comparable(expected):
        raise UsageError(f"{_shown(path)} cannot be changed without touching other values; edit the file by hand")
    return text


def _comparable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.rstrip("\r\n") if isinstance(value, str) else value


def _rewrite(path: Path, edit: Callable[[str], str]) -> None:
    raw = path.read_bytes()
    text, flaws = decode(raw)
    if flaws:
        raise RegistryError(Problem(str(path), flaw.line, "", flaw.found, flaw.allowed) for flaw in flaws)
    mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    edited = (mark + edit(text)).encode()
    if edited != raw:
        change(path, raw, edited)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _shown(path: KeyPath) -> str:
    return ".".join(map(str, path))


_LONGEST_LINE = 120
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_PLAIN = re.compile(r"[^\W_](?:[\w ()/+.%'-]*[\w()/+.%'-])?")
_ELSEWHERE = re.compile(r"(?i)y|n|yes|no|on|off|[-+.\d]+e[-+\d]+|0[xo][0-9a-f]+|[\d:._]+")
_NEEDS_ESCAPE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LINE_END = re.compile(r"\r\n|\n|\r")
