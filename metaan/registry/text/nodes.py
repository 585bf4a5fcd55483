"""YAML text as a tree of values that know their line and their place in the text.

Values follow the core rules of YAML 1.2 where they are what a person means: ``NO`` and ``12:30`` are text, dates are
text, and so is a number with leading zeros. What a registry never needs is refused instead of guessed at: aliases,
tags, several documents, keys that stand twice. The events come from libyaml where ruamel.yaml has it, else from
ruamel.yaml's own parser; the tree is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NoReturn

from ...errors import HIDDEN
from .raw import Flaw, control_flaw
from .scalars import resolve

Events = Callable[[str], Iterator[Any]]

MAX_DEPTH = 24
MAX_VALUES = 20_000  # of one file; the largest of a study has some hundreds


@dataclass(slots=True)
class Node:
    """One value of the tree.

    Attributes
    ----------
    value
        A scalar, a dict of keys to nodes, or a list of nodes.
    line
        1-based; of the key, where the value has one.
    start, end
        Where the value stands in the text; for an empty value both are where it would stand.
    style
        ``|``, ``>``, ``'``, ``"`` or ``""`` for scalars; ``{`` or ``[`` in flow style, ``""`` in block style.
    key
        Where its key stands in the text; None for items of lists.
    gone
        The keys (or ids of items) that were taken out of it because they are at fault, so that no check calls them
        missing.
    """

    value: Any
    line: int
    start: int
    end: int
    style: str = ""
    key: tuple[int, int] | None = None
    gone: tuple[str, ...] = ()

    def plain(self, *, gaps: bool = False) -> Any:
        """Return the value without the places; a key with nothing behind it is as good as absent, unless asked for."""
        value = self.value
        if type(value) is dict:
            return {name: node.plain(gaps=gaps) for name, node in value.items() if gaps or node.value is not None}
        return [node.plain(gaps=gaps) for node in value] if type(value) is list else value

    def child(self, part: str | int) -> Node | None:
        """Return the value behind a key, or the item at an index (0-based)."""
        value = self.value
        if isinstance(value, dict):
            return value.get(part)
        return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Return the node at a path, or the deepest node on the way to it that is there."""
        node = self
        for part in path:
            child = node.child(part)
            if child is None:
                break
            node = child
        return node


def compose(text: str, events: Events | None = None) -> tuple[Node | None, list[Flaw]]:
    r"""Return the tree of a text, None where there is none, and what is wrong with the text.

    Parameters
    ----------
    text
        What `metaan.registry.text.raw.decode` returned without a flaw.
    events
        The parser; the fastest there is when not given.

    Examples
    --------
    >>> node, flaws = compose("country: NO\nat: 12:30\npmid: 012345\nn: 40")
    >>> node.plain()
    {'country': 'NO', 'at': '12:30', 'pmid': '012345', 'n': 40}
    """
    if events is None:
        root, flaws = _compose(text, parser())
        unread = root is None and flaws[-1].found.startswith(_UNREAD)
        # libyaml knows YAML 1.1 and refuses some of 1.2, such as [12:30]: what it cannot read, the other judges.
        if not unread or len(text) > _SECOND_LOOK:
            return root, flaws
    return _compose(text, events or python_events)


def _compose(text: str, events: Events) -> tuple[Node | None, list[Flaw]]:
    builder = _Builder(text, events(text))
    try:
        root = builder.document()
    except _StopError as stop:
        return None, [*builder.flaws, stop.flaw]
    except Exception as error:
        if getattr(error, "problem_mark", None) is None:
            raise
        return None, [*builder.flaws, _syntax(text, error)]
    return root, builder.flaws


class _StopError(Exception):
    """What makes the rest of the text pointless to read."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.found)
        self.flaw = flaw


@dataclass(slots=True)
class _Builder:
    """Builds the tree of one text from its events."""

    text: str
    events: Iterator[Any]
    flaws: list[Flaw] = field(default_factory=list)
    values: int = 0

    def document(self) -> Node | None:
        """Read the one document, and refuse a second."""
        root = None
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                _stop(event.start_mark, "a second document", "allowed: one in a file, no ---")
            if kind in _OPENING:
                root = self.node(event, 0, None)
        return root

    def node(self, event: Any, depth: int, key: Any) -> Node:
        """Read the value that starts with an event; ``key`` is the event of its key."""
        mark = event.start_mark
        kind = _OPENING.get(type(event).__name__)
        if kind is None or event.anchor is not None:
            _stop(mark, "an anchor or alias (& or *)", "allowed: the value itself, written out")
        if event.tag is not None:
            _stop(mark, f"a tag, {event.tag}", "allowed: plain values without ! in front")
        if depth > MAX_DEPTH:
            _stop(mark, f"more than {MAX_DEPTH} levels", "allowed: the keys that are documented")
        self.values += 1
        if self.values > MAX_VALUES:
            _stop(mark, f"more than {MAX_VALUES:,} values", "allowed: that many in a file; what follows was not read")
        line = (key.start_mark if key else mark).line + 1
        node = Node(None, line, mark.index, event.end_mark.index)
        if key is not None:
            node.key = (key.start_mark.index, key.end_mark.index)
        kind(self, node, event, depth + 1)
        return node

    def scalar(self, node: Node, event: Any, _depth: int) -> None:
        """Fill in one scalar."""
        node.style = event.style or ""
        node.value = _said(event) if node.style else resolve(event.value)
        if node.style in ("|", ">"):
            node.end = node.start + len(self.text[node.start : node.end].rstrip())
        elif node.key and not node.style and not event.value:
            match = _COLON.match(self.text, node.key[1])
            node.start = node.end = match.end() if match else node.key[1]

    def mapping(self, node: Node, event: Any, depth: int) -> None:
        """Fill in a mapping; of a key that stands twice the first is kept."""
        node.value = found = dict[str, Node]()
        node.style = "{" if event.flow_style else ""
        while type(key := next(self.events)).__name__ != "MappingEndEvent":
            name = self.name(key)
            child = self.node(next(self.events), depth, key)
            if name in found:
                first = found[name].line
                self.flaws.append(Flaw(child.line, f"key {name!r} is here a second time", f"first: line {first}"))
            else:
                found[name] = child
        node.end = key.end_mark.index

    def name(self, key: Any) -> str:
        """Return the text of a key."""
        if type(key).__name__ != "ScalarEvent" or key.anchor is not None or key.tag is not None:
            _stop(key.start_mark, "a key that is not plain text", "allowed: text before the colon")
        return _said(key)

    def sequence(self, node: Node, event: Any, depth: int) -> None:
        """Fill in a list."""
        node.value = items = list[Node]()
        node.style = "[" if event.flow_style else ""
        while type(item := next(self.events)).__name__ != "SequenceEndEvent":
            before = items[-1].end if items else node.start
            items.append(child := self.node(item, depth, None))
            match = _DASH.match(self.text, before) if child.start == child.end and not child.style else None
            if match and not node.style and not isinstance(child.value, dict | list):
                child.start = child.end = match.end()
                child.line = self.text.count("\n", 0, child.start) + 1
        node.end = item.end_mark.index


def _stop(mark: Any, found: str, allowed: str) -> NoReturn:
    raise _StopError(Flaw(mark.line + 1, found, allowed))


def _said(event: Any) -> str:
    """Return the text of a scalar; an escape in quotes may not bring in what a terminal or a page would obey."""
    if event.style == '"' and (found := HIDDEN.search(event.value)):
        raise _StopError(control_flaw(event.start_mark.line + 1, found[0]))
    return str(event.value)


@cache
def parser() -> Events:
    """Return libyaml's parser where ruamel.yaml has it, else ruamel.yaml's own."""
    import ruamel.yaml  # noqa: F401 - the extension looks its classes up in it

    for module in ("_ruamel_yaml", "_ruamel_yaml_clibz"):
        try:
            compiled = __import__(module).CParser
        except ImportError:
            continue
        return lambda text: _compiled_events(compiled(text))
    return python_events


def python_events(text: str) -> Iterator[Any]:
    """Yield the events of ruamel.yaml's own parser."""
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def _compiled_events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        yield parser.get_event()


def _syntax(text: str, error: Any) -> Flaw:
    """Say in one line what the parser could not read."""
    mark = error.problem_mark
    if text[mark.index : mark.index + 1] == "\t":
        return Flaw(mark.line + 1, f"{_UNREAD}: a tab where a value or key should start", "allowed: spaces")
    problem = (error.problem or error.context or "unreadable").strip()
    return Flaw(min(mark.line, text.count("\n")) + 1, f"{_UNREAD}: {problem}", _hint(text, mark))


def _hint(text: str, mark: Any) -> str:
    """Name the mistake that is behind most syntax errors."""
    line = text.splitlines()[min(mark.line, text.count("\n", 0, len(text.rstrip())))]
    if line.count(": ") > 1:
        return "allowed: one 'key: value' a line; put a value with a colon and a space in quotes"
    return "allowed: 'key: value', indented with spaces, quotes and brackets closed"


_UNREAD = "this is not YAML"
_SECOND_LOOK = 200_000  # characters; the other parser is slow
_COLON = re.compile(r"\s*:")
_DASH = re.compile(r"(?:\s|(?<=\s)#[^\n]*)*-")
_OPENING = {
    "ScalarEvent": _Builder.scalar,
    "MappingStartEvent": _Builder.mapping,
    "SequenceStartEvent": _Builder.sequence,
}
