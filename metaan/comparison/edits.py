"""What was edited between two versions of a registry, value by value, with the line of each.

Studies are compared by id; items of lists by what names them (an id, an outcome with its time, a source), so that a new
order is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import Study
    from ..registry.store.metadata import Metadata

Path = tuple[str | int, ...]
Plain = str | int | float | bool | list[Any] | None

#: Parts of a study file that hold its data: a change here is a correction, elsewhere an edit.
DATA = frozenset(
    (
        "arms",
        "baseline",
        "design",
        "moderators",
        "published_judgements",
        "published_pools",
        "randomised_total",
        "results",
        "screened",
    )
)

#: What can happen to a study, in the order of its weight; ``edited`` is a change without a change of data.
KINDS = ("added", "removed", "status", "flagged", "confirmed", "corrected", "re-rated", "edited")

REVIEW = "review"

UNCONFIRMED = ("results", "unconfirmed")  # the keys of the mark that the numbers of a result wait for a person


@dataclass(frozen=True, slots=True)
class Edit:
    """One value that is not what it was."""

    part: str  # the key at the top of the file (``"results"``, ``"analyses"`` ...)
    where: str  # where in the file, in words: ``"death, day 28, control, events"``
    # old, new: the values; None for absent
    old: Plain
    new: Plain
    # old_place, new_place: ``"studies/x.yaml:12"``; None where the value is absent
    old_place: str | None
    new_place: str | None
    keys: tuple[str, ...] = ()  # the keys on the way to the value, without the places in lists


@dataclass(frozen=True, slots=True)
class StudyState:
    """Where a study stands: its state, the reason where there is one, and whether its numbers wait for a person."""

    state: str
    reason: str = ""
    waits: bool = False

    @property
    def short(self) -> str:
        """The state in words, without the reason."""
        return f"{self.state}, its numbers not confirmed yet" if self.waits else self.state

    def __str__(self) -> str:
        return f"{self.short}: {self.reason}" if self.reason and not self.waits else self.short


@dataclass(frozen=True, slots=True)
class StudyChange:
    """One study that is not what it was."""

    id: str
    label: str
    kinds: tuple[str, ...]  # of `KINDS`, in its order
    # was, now: where it stood and stands; None where the study is absent
    was: StudyState | None
    now: StudyState | None
    edits: tuple[Edit, ...]  # every value that changed; empty for a study that was added or removed
    flags: tuple[str, ...]  # what PubMed says now and did not say before, in words
    place: str  # where the file is: ``"studies/x.yaml:1"``


def study_changes(old: Review, new: Review) -> tuple[StudyChange, ...]:
    """Return every study that differs, ordered by id."""
    before, after = ({study.id: study for study in review.studies} for review in (old, new))
    found = (_study(i, before.get(i), after.get(i), old, new) for i in sorted(before.keys() | after.keys()))
    return tuple(change for change in found if change.kinds)


def review_edits(old: Review, new: Review) -> tuple[Edit, ...]:
    """Return what differs in review.yaml: the question, the protocol, the searches."""
    was, now = (review.info.model_dump(mode="json", by_alias=True, warnings=False) for review in (old, new))
    return tuple(_edits(old, new, REVIEW, was, now))


def _study(study_id: str, was: Study | None, now: Study | None, old: Review, new: Review) -> StudyChange:
    flags = _flags(old.metadata.get(study_id), new.metadata.get(study_id))
    edits = () if was is None or now is None else tuple(_edits(old, new, study_id, _dump(was), _dump(now)))
    if now is not None:
        edits = (*_renamed(study_id, was, old, new), *edits)
    present, review = (now, new) if now is not None else (was, old)
    assert present is not None
    return StudyChange(
        study_id,
        present.label,
        tuple(_kinds(was, now, edits, flags)),
        _state(was),
        _state(now),
        edits,
        flags,
        f"{review.file(study_id)}:1",
    )


def _renamed(study_id: str, was: Study | None, old: Review, new: Review) -> Iterator[Edit]:
    """Yield the new name of a study's file, where it has one."""
    if was is None:
        return
    before, after = old.file(study_id), new.file(study_id)
    if before.rpartition("/")[2] != after.rpartition("/")[2]:
        yield Edit("id", "file", before, after, f"{before}:1", f"{after}:1")


def _dump(study: Study) -> dict[str, Any]:
    return study.model_dump(mode="json", warnings=False)


def _kinds(was: Study | None, now: Study | None, edits: tuple[Edit, ...], flags: tuple[str, ...]) -> Iterator[str]:
    if was is None:
        yield "added"
    elif now is None:
        yield "removed"
    elif was.status.state != now.status.state:
        yield "status"
    if flags:
        yield "flagged"
    confirmations = (UNCONFIRMED, ("results", "confirmed"))
    if any(edit.old is True and edit.keys == UNCONFIRMED for edit in edits):
        yield "confirmed"
    parts = {edit.part for edit in edits if edit.keys[:2] not in confirmations}
    if parts & DATA:
        yield "corrected"
    if "risk_of_bias" in parts:
        yield "re-rated"
    if parts - DATA - {"risk_of_bias", "status"} or _only_the_reason(was, now):
        yield "edited"


def _only_the_reason(was: Study | None, now: Study | None) -> bool:
    return bool(was and now and was.status != now.status and was.status.state == now.status.state)


def _state(study: Study | None) -> StudyState | None:
    if study is None:
        return None
    waits = bool(study.results) and all(result.unconfirmed for result in study.results)
    return StudyState(study.status.state, study.status.reason or "", waits)


def _flags(old: Metadata | None, new: Metadata | None) -> tuple[str, ...]:
    """Say what PubMed flags now and did not flag before, and what it took back."""
    if new is None:
        return ()
    said = []
    for name, words in (("retracted", "retracted"), ("concern", "under an expression of concern")):
        was, now = bool(old and getattr(old, name)), bool(getattr(new, name))
        if was != now:
            said.append(words if now else f"no longer {words}")
    known = {(c.kind, c.pmid, c.source) for c in old.corrections} if old else set()
    notices = [c for c in new.corrections if old and (c.kind, c.pmid, c.source) not in known]
    return (*said, *(f"{c.kind}: {c.source or c.pmid or 'no source named'}" for c in notices))


def _edits(old: Review, new: Review, name: str, was: Any, now: Any) -> Iterator[Edit]:
    for words, old_path, new_path, before, after in _leaves(was, now, (), (), ()):
        keys = tuple(part for part in old_path or new_path or () if isinstance(part, str))
        places = _place(old, name, old_path), _place(new, name, new_path)
        yield Edit(keys[0] if keys else "", ", ".join(words), before, after, *places, keys)


def _place(review: Review, name: str, path: Path | None) -> str | None:
    return None if path is None else f"{review.file(name)}:{review.line(name, *path)}"


Leaf = tuple[tuple[str, ...], Path | None, Path | None, Any, Any]


def _leaves(was: Any, now: Any, words: tuple[str, ...], old: Path | None, new: Path | None) -> Iterator[Leaf]:
    """Yield every value that differs, with its place in both; a path is None where the value is absent."""
    if was == now or (_empty(was) and _empty(now)):
        return
    if isinstance(was, Mapping) or isinstance(now, Mapping):
        yield from _in_mapping(was or {}, now or {}, words, old, new)
    elif _is_table(was or now) and _is_table(now or was):
        yield from _in_list(was or [], now or [], words, old, new)
    else:
        yield words, old if was is not None else None, new if now is not None else None, was, now


def _empty(value: Any) -> bool:
    """A key that is absent and one that holds its default of nothing are the same; 0 is a number."""
    return value is None or value is False or value in ([], {})


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _in_mapping(
    was: Mapping[str, Any], now: Mapping[str, Any], words: tuple[str, ...], old: Path | None, new: Path | None
) -> Iterator[Leaf]:
    for key in dict.fromkeys((*was, *now)):
        named = words if key in SILENT else (*words, key.replace("_", " "))
        yield from _leaves(was.get(key), now.get(key), named, _join(old, key), _join(new, key))


def _in_list(
    was: list[Any], now: list[Any], words: tuple[str, ...], old: Path | None, new: Path | None
) -> Iterator[Leaf]:
    before, after = _named(was), _named(now)
    for name in dict.fromkeys((*before, *after)):
        (i, a), (j, b) = before.get(name, (None, None)), after.get(name, (None, None))
        yield from _leaves(a, b, (*words, name), _join(old, i), _join(new, j))


def _join(path: Path | None, part: str | int | None) -> Path | None:
    return None if path is None or part is None else (*path, part)


def _named(items: list[Any]) -> dict[str, tuple[int | None, Any]]:
    """Return the items of a list with their index, by what names them; a second of one name is numbered."""
    found: dict[str, tuple[int | None, Any]] = {}
    for i, item in enumerate(items):
        name = _name(item)
        found[name if name not in found else f"{name} ({i + 1})"] = (i, item)
    return found


def _name(item: Mapping[str, Any]) -> str:
    """Return what names an item among its like."""
    for keys, form in NAMES:
        if all(isinstance(item.get(key), str) for key in keys):
            return form.format(**item)
    return "entry"


#: Keys that say nothing in a sentence: what stands below them is named by itself.
SILENT = frozenset(("arms", "results", "outcomes", "analyses", "domains"))

#: What names an item of a list, the first that fits.
NAMES = (
    (("id",), "{id}"),
    (("tool", "outcome"), "{tool} for {outcome}"),
    (("tool",), "{tool}"),
    (("outcome", "time"), "{outcome}, {time}"),
    (("name", "arm"), "{name}, {arm}"),
    (("name",), "{name}"),
    (("outcome",), "{outcome}"),
    (("source", "query"), "{source}"),
    (("kind",), "{kind}"),
    (("about", "date"), "{about} on {date}"),
    (("measure",), "{measure}"),
    (("p",), "p"),
)
