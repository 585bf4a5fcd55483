"""Registry files on their way to being valid: what was read, what is wrong with it, and what can still be checked.

A file with a mistake in one place is checked everywhere else too: what is at fault is taken out of its tree and the
rest is validated again, so that one run finds all problems of all files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ...errors import Problem, did_you_mean
from ..model.arms import ARMS, ArmNumbers
from ..model.outcome import Outcome
from ..model.review import ReviewFile
from ..model.spellings import meant_by
from ..model.study import Result, Study
from ..model.types import Entry, of_one_arm
from ..text.nodes import Node, compose
from ..text.raw import decode

MOST_PROBLEMS = 300  # of one file that are listed; a person mends those first, and the rest is counted

M = TypeVar("M", bound=Entry)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document(Generic[M]):
    """One file: its shown name, its tree, and its model where enough of it is sound.

    ``forms`` are the results that nobody has filled in yet; they are neither in the tree nor in the model.
    """

    file: str
    stem: str
    tree: Node
    model: M
    forms: tuple[Node, ...] = ()

    def problem(self, path: Path, found: str, allowed: str = "") -> Problem:
        """Return a problem at a key path, with its line and its place in words."""
        return Problem(self.file, self.tree.at(path).line, where(self.tree, path), found, allowed)

    def gone(self, *path: str | int) -> tuple[str, ...]:
        """Return the keys or ids that were taken out below a path."""
        return self.tree.at(path).gone


@dataclass(frozen=True)
class Draft:
    """All files that could be read; the input of every check."""

    review: Document[ReviewFile] | None
    studies: tuple[Document[Study], ...]

    @property
    def files(self) -> tuple[Document[Study] | Document[ReviewFile], ...]:
        """The studies, and review.yaml after them where it could be read."""
        return (*self.studies, self.review) if self.review else self.studies

    @cached_property
    def outcomes(self) -> dict[str, None]:
        """The ids of all outcomes that review.yaml names, sound or not; empty where they cannot be told."""
        if self.review is None or "outcomes" in self.review.tree.gone:
            return {}
        return dict.fromkeys([*(outcome.id for outcome in self.review.model.outcomes), *self.review.gone("outcomes")])

    @property
    def measured(self) -> tuple[Outcome, ...]:
        """The outcomes of review.yaml that are sound."""
        return self.review.model.outcomes if self.review else ()

    @cached_property
    def one_group(self) -> frozenset[str]:
        """The ids of the outcomes that are measured in one group, and compare nothing."""
        return frozenset(outcome.id for outcome in self.measured if of_one_arm(outcome.measure))


def read_document(file: str, stem: str, raw: bytes, model: type[M]) -> tuple[Document[M] | None, list[Problem]]:
    """Read one file; the document is None where nothing of it could be used.

    Parameters
    ----------
    file, stem
        The name to show, and the name without folder and suffix.
    raw
        The bytes of the file.
    model
        `ReviewFile` or `Study`.
    """
    text, flaws = decode(raw)
    tree = None
    if not flaws:
        tree, flaws = compose(text)
    problems = [Problem(file, flaw.line, "", flaw.found, flaw.allowed) for flaw in flaws[:MOST_PROBLEMS]]
    problems += _not_listed(file, problems, len(flaws))
    if tree is None:
        return None, problems
    forms = unfilled(tree) if model is Study else []
    problems += _unknown_and_empty(file, without(tree, forms) or tree, model)
    problems += [problem for path in forms for problem in _form_problems(file, tree, path)]
    document, problems = _validate(file, stem, without(tree, forms) or tree, model, problems)
    return document and replace(document, forms=tuple(tree.at(path) for path in forms)), problems


def _unknown_and_empty(file: str, tree: Node, model: type[M]) -> Iterator[Problem]:
    """Yield the unknown keys with nothing behind them, as is left of ``{total: 9,000}`` or of a misspelt key."""
    if not _has_gaps(tree):
        return
    try:
        model.model_validate(tree.plain(gaps=True))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            path = _placed(tree, tuple(fault["loc"]))
            known = model_at(model, tuple(fault["loc"])[:-1]).model_fields
            empty = fault["type"] == "extra_forbidden" and fault["input"] is None
            if empty and str(path[-1]).rstrip(":") not in known:  # as of a form
                yield _problem(file, tree, model, fault)


def _has_gaps(node: Node) -> bool:
    inner = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return node.value is None or any(map(_has_gaps, inner))


def unfilled(tree: Node) -> list[Path]:
    """Return the results that are still forms: arms are named, and none of their keys has a value yet."""
    results = tree.at(("results",)).value
    return [("results", i) for i, result in enumerate(results) if _is_form(result)] if type(results) is list else []


def _is_form(result: Node) -> bool:
    """Say whether arms or an effect are named, and nothing that is asked of them has a value yet."""
    arms, effect = result.child("arms"), result.child("effect")
    if arms is None or not isinstance(arms.value, dict) or not arms.value:
        return arms is None and effect is not None and _is_empty(effect, _EFFECT_NUMBERS)
    empty = all(_is_empty(arm) for arm in arms.value.values())
    return empty and (effect is None or _is_empty(effect, _EFFECT_NUMBERS))


def _is_empty(node: Node, asked: Collection[str] = ()) -> bool:
    """Say whether nothing, or nothing of what is ``asked``, has a value."""
    if node.value is None:
        return True
    plain = node.plain() if isinstance(node.value, dict) else None
    return plain is not None and not (plain.keys() & set(asked) if asked else plain)


def outcomes_of_forms(document: Document[Any]) -> Iterator[Node]:
    """Yield the ids of the outcomes whose forms nobody has filled in yet."""
    for form in document.forms:
        outcome = form.child("outcome")
        if outcome is not None and isinstance(outcome.value, str):
            yield outcome


def _form_problems(file: str, tree: Node, path: Path) -> Iterator[Problem]:
    """Yield what is wrong with a form besides that it is empty."""
    form = tree.at(path)
    try:
        Result.model_validate({"time": "?", "source": _READ, **form.plain(), "arms": _FILLED, "effect": None})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield _problem(file, tree, Study, {**fault, "loc": (*path, *fault["loc"])})
    known = {key for arm in ARMS.values() for key in arm.model_fields}
    for arm, node in form.value["arms"].value.items() if "arms" in form.value else ():
        for key in node.value or ():
            if key.rstrip(":") not in known:  # {events:, total:} has a key "total:"
                yield _problem(file, tree, Study, {"type": "extra_forbidden", "loc": (*path, "arms", arm, key)})


def without(node: Node, broken: Iterable[Path]) -> Node | None:
    """Return the tree without what stands at the paths; None where nothing remains."""
    paths = set(broken)
    if () in paths:
        return None
    if not paths or not isinstance(node.value, dict | list):
        return node
    heads: dict[str | int, set[Path]] = {}
    for path in paths:
        heads.setdefault(path[0], set()).add(path[1:])
    kept = [(key, without(child, heads.get(key, ()))) for key, child in _items(node)]
    gone = [str(_name(child) or key) for (key, child), (_, new) in zip(_items(node), kept) if new is None]
    left = [(key, child) for key, child in kept if child is not None]
    value = dict(left) if isinstance(node.value, dict) else [child for _, child in left]
    return replace(node, value=value, gone=(*node.gone, *gone))


def _items(node: Node) -> Iterable[tuple[str | int, Node]]:
    return node.value.items() if isinstance(node.value, dict) else enumerate(node.value)


def _name(node: Node) -> str | None:
    """The id of an item of a list, where it has one."""
    inner = node.child("id")
    return inner.value if inner is not None and isinstance(inner.value, str) else None


def where(tree: Node, path: Path) -> str:
    """Return a key path in words; items of lists are named by what they are about, else by their place.

    >>> where(compose("arms: [{id: control}, {}]")[0], ("arms", 0, "name"))
    'arms[control].name'
    """
    words, node = "", tree
    for part in path:
        node = node.at((part,))
        words += f"[{_title(node) or part + 1}]" if isinstance(part, int) else f".{part}"
    return words.lstrip(".")


def _title(node: Node) -> str | None:
    titles = (node.child(key) for key in ("id", "outcome", "source", "kind", "tool", "about"))
    return next((t.value for t in titles if t is not None and isinstance(t.value, str)), None)


def _validate(
    file: str, stem: str, tree: Node, model: type[M], problems: list[Problem]
) -> tuple[Document[M] | None, list[Problem]]:
    """Validate, report what is wrong, take it out, and try again with the rest."""
    rest: Node | None = tree
    for attempt in range(8):
        if rest is None:
            break
        try:
            return Document(file, stem, rest, model.model_validate(_data(rest, model, attempt))), problems
        except ValidationError as error:
            faults = error.errors(include_url=False)
        if attempt == 0:
            listed = [_problem(file, tree, model, fault) for fault in faults[:MOST_PROBLEMS]]
            problems += [*listed, *_not_listed(file, listed, len(faults))]
        rest = _rest(rest, model, faults)
    return None, problems


def _not_listed(file: str, listed: list[Problem], found: int) -> list[Problem]:
    """Say how many problems of a file are not listed, behind the last that is."""
    if found <= MOST_PROBLEMS:
        return []
    more = f"{found - MOST_PROBLEMS:,} more problems like these are not listed"
    return [Problem(file, max(problem.line for problem in listed), "", more, f"allowed: none; {MOST_PROBLEMS} are")]


def _rest(tree: Node, model: type[M], faults: Iterable[Mapping[str, Any]]) -> Node | None:
    """Return the tree without what is at fault; required keys that are not there are marked as gone."""
    at_fault = (fault for fault in faults if not (fault["type"] == "missing" and len(fault["loc"]) == 1))
    rest = without(tree, {_culprit(tree, fault) for fault in at_fault})
    if rest is None:
        return None
    absent = STAND_INS[model].keys() - rest.plain().keys()
    return replace(rest, gone=tuple(dict.fromkeys((*rest.gone, *sorted(absent)))))


def _data(tree: Node, model: type[M], attempt: int) -> Any:
    """The values to validate; from the second attempt on, stand-ins for what is required and at fault."""
    values = tree.plain()
    plans = tree.at(("analyses",)).value if model is ReviewFile else None
    for node, plan in zip(plans, values["analyses"]) if isinstance(plans, list) else ():
        by = node.child("by")
        if by is not None and by.value is None and by.start < by.end:
            plan["by"] = None  # "by: null" is an answer, and "by:" is none
    return values if attempt == 0 else STAND_INS[model] | values


def _culprit(tree: Node, fault: Mapping[str, Any]) -> Path:
    """What must go for the rest to be valid: the value, or what it is missing from."""
    path = _placed(tree, tuple(fault["loc"]))
    return path[:-1] if fault["type"] == "missing" else _within(tree, path)


def _placed(tree: Node, path: Path) -> Path:
    """A path without the words that pydantic puts between for the kind of a value."""
    node, placed = tree, list[str | int]()
    for part in path[:-1]:
        child = node.child(part)
        if child is not None:
            node, placed = child, [*placed, part]
        elif not isinstance(node.value, dict | list):
            break
    return (*placed, *path[-1:])


def _within(tree: Node, path: Path) -> Path:
    """The part of a path that is there; pydantic adds the name of a type where a value may be of several."""
    node: Node | None = tree
    for i, part in enumerate(path):
        node = node and node.child(part)
        if node is None:
            return path[:i]
    return path


def _problem(file: str, tree: Node, model: type[BaseModel], fault: Mapping[str, Any]) -> Problem:
    """Put one error of pydantic into our words."""
    path, kind = _placed(tree, tuple(fault["loc"])), fault["type"]
    line = tree.at(path).line
    if kind == "missing":
        empty = tree.at(path[:-1]).child(path[-1]) is not None
        found = f"{path[-1]!r} {'has no value' if empty else 'is missing'}"
        return Problem(file, line, where(tree, path[:-1]), found, "it is required here")
    if kind == "extra_forbidden":
        allowed = _key_meant(str(path[-1]), model_at(model, fault["loc"][:-1]))
        return Problem(file, line, where(tree, path[:-1]), f"key {path[-1]!r} is unknown", allowed)
    found, allowed = _words(kind, fault)
    return Problem(file, line, where(tree, _within(tree, path)), found, allowed)


def _key_meant(key: str, model: type[BaseModel]) -> str:
    """Say which keys a model has, and which of them was probably meant."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    meant = meant_by(key)
    return did_you_mean(meant if meant in known else key, known)


def _words(kind: str, fault: Mapping[str, Any]) -> tuple[str, str]:
    """Return what was found and what is allowed."""
    context = fault.get("ctx", {})
    if kind == "metaan":
        return context["found"], context["allowed"]
    shown = _shown(fault["input"])
    if kind == "literal_error":
        return f"{shown} is unknown", did_you_mean(str(fault["input"]), re.findall(r"'([^']*)'", context["expected"]))
    if kind == "string_pattern_mismatch":
        like = "-".join(re.findall(r"[a-z0-9]+", str(fault["input"]).casefold()))[:80]
        return f"{shown} {WORDS[kind][0]}", f"{f'did you mean {like}? ' if like else ''}{WORDS[kind][1]}"
    if kind in WORDS:
        return f"{shown} {WORDS[kind][0]}".strip(), WORDS[kind][1].format(**context)
    return f"{shown}: {fault['msg']}", ""


def _shown(value: object) -> str:
    """Return a value as a person wrote it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | dict):
        return "key: value lines" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """Return the model that describes a key path, in which the kind of an arm may stand behind its id."""
    for part in path:
        if part in ARMS and issubclass(model, ArmNumbers):
            model = ARMS[str(part)]
        entry = model.model_fields.get(str(part)) if isinstance(part, str) else None
        inner = next(_models_in(entry.annotation), None) if entry else None
        model = inner or model
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


_READ = {"document": "?", "level": "primary"}
_FILLED = {"x": {"events": 0, "total": 1}}
_EFFECT_NUMBERS = ("estimate", "ci", "se", "o_minus_e", "variance", "p")

WORDS = {
    "int_type": ("is not a whole number", "allowed: whole numbers, without quotes"),
    "int_from_float": ("is not a whole number", "allowed: whole numbers, without quotes"),
    "float_type": ("is not a number", "allowed: numbers, without quotes"),
    "finite_number": ("is not a finite number", "allowed: finite numbers"),
    "bool_type": ("is neither true nor false", "allowed: true, false"),
    "string_type": ("is not text", "allowed: text; put quotes around it where YAML would take it for something else"),
    "string_too_short": ("is empty", "allowed: text"),
    "string_pattern_mismatch": ("is not an id", "allowed: a-z, 0-9 and hyphens, up to 80, the first not a hyphen"),
    "greater_than_equal": ("is too small", "allowed: {ge} or more"),
    "greater_than": ("is too small", "allowed: above {gt}"),
    "less_than_equal": ("is too large", "allowed: up to {le}"),
    "less_than": ("is too large", "allowed: below {lt}"),
    "list_type": ("is not a list", "allowed: a list, one '- item' a line or [a, b]"),
    "tuple_type": ("is not a list", "allowed: a list, one '- item' a line or [a, b]"),
    "too_short": ("holds too little", "allowed: at least {min_length}"),
    "model_type": ("stands where keys are needed", "allowed: 'key: value' lines"),
    "dict_type": ("stands where keys are needed", "allowed: 'key: value' lines"),
}

# What a file is checked with in place of a required key at fault. The key is in `gone`, and no check speaks of it.
STAND_INS: dict[Any, dict[str, Any]] = {
    ReviewFile: {
        "title": "?",
        "question": {"population": "?", "intervention": "?", "comparator": "?"},
        "outcomes": [{"id": "x", "name": "?", "direction": "bad"}],
    },
    Study: {"id": "x", "label": "?", "title": "?", "design": {"kind": "randomised"}},
}
