"""Results enter study files: into the form that waits, or as a new entry. The file stays valid, or as it was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConflictError, RegistryError, UsageError
from ...registry.check.draft import unfilled
from ...registry.load import load
from ...registry.model.times import meet
from ...registry.store.commit import taking_turns
from ...registry.text.nodes import Node, compose
from ...registry.text.raw import decode
from ...registry.write import append, change, set_value

if TYPE_CHECKING:
    from ...registry.model.public import Result, Study

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a study file now: ``number`` is the place of the result among the study's, from 1."""

    file: Path
    number: int
    result: Result


def write_result(folder: Path, study: Study, item: Mapping[str, Any]) -> Written:
    """Write a new result into the file of a study, into the form for its outcome where there is one.

    Raises
    ------
    ConflictError
        The study has a result for this outcome at this time.
    UsageError
        The file would not be valid; it was not changed.
    """

    def edit(path: Path, now: Study) -> None:
        _refuse_double(now, item["outcome"], item["time"])
        _put(path, item)
        if not item.get("unconfirmed"):
            end_waiting(path)

    results = edit_study(folder, study.id, edit).results
    found = [i for i, r in enumerate(results) if (r.outcome, r.time) == (item["outcome"], item["time"])]
    return Written(folder / f"{study.id}.yaml", found[-1] + 1, results[found[-1]])


def edit_study(folder: Path, study_id: str, edit: Callable[[Path, Study], None]) -> Study:
    """Edit a copy of the registry; its file takes the place of the old one, at once, if the copy is valid.

    Commands take turns, so ``edit`` is given the file and the study as the one before has left them.

    Raises
    ------
    UsageError
        The file would not be valid; it was not changed.
    ConflictError
        Somebody has changed the file by hand meanwhile; it was not changed.
    """
    name = f"{study_id}.yaml"
    with taking_turns(folder), tempfile.TemporaryDirectory() as copy:
        for path in folder.glob("*.yaml"):
            shutil.copyfile(path, Path(copy) / path.name)
        file = Path(copy) / name
        study, before = load(copy, with_metadata=False).study(study_id), file.read_bytes()
        edit(file, study)
        try:
            edited = load(copy, with_metadata=False).study(study_id)
        except RegistryError as error:
            found = "; ".join(f"{p.where}: {p.found}; {p.allowed}" for p in error.problems)
            raise UsageError(f"{name} would not be valid, and was not changed: {found}") from None
        change(folder / name, before, file.read_bytes())
    return edited


def place_in_file(path: Path, index: int) -> int:
    """Return the place of a result in the file, where forms that nobody has filled in stand among the results."""
    tree, forms = _forms(path)
    return [i for i in range(len(tree.at(("results",)).value)) if i not in forms][index]


def _forms(path: Path) -> tuple[Node, list[int]]:
    root, _ = compose(decode(path.read_bytes())[0])
    assert root is not None
    return root, sorted(int(at[1]) for at in unfilled(root))


def _refuse_double(study: Study, outcome: str, time: str) -> None:
    for i, result in enumerate(study.results, 1):
        if result.outcome == outcome and meet(result.time, time):
            raise ConflictError(f"{study.id} has {outcome}, {result.time}, already (result {i}); it is not overwritten")


def _put(path: Path, item: Mapping[str, Any]) -> None:
    """Fill in the first form for this outcome that has the same arms, else add an entry."""
    tree, forms = _forms(path)
    for i in forms:
        form = tree.at(("results", i))
        outcome, arms = form.child("outcome"), form.child("arms")
        if outcome and outcome.value == item["outcome"] and arms and set(arms.value) == set(item.get("arms", ())):
            for key_path, value in _leaves(("results", i), item, form):
                set_value(path, key_path, value)
            return
    append(path, ("results",), item)


def end_waiting(path: Path) -> None:
    """A study with a result that is pooled awaits data no more; its reason was that the numbers are not in."""
    status = _forms(path)[0].at(("status",))
    for key, value in (("state", "included"), ("reason", "its numbers are in")):
        if status.child("state") is not None and status.at(("state",)).value == "awaiting data" and status.child(key):
            set_value(path, ("status", key), value)


def _leaves(at: KeyPath, value: Any, form: Node | None) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what is to be set in a form, value by value, so that its comments stay; empty keys of it are left.

    An arm of which the form asks for another kind of data is set as a whole.
    """
    other_kind = at[-2:-1] == ("arms",) and form is not None and not set(value) <= set(form.value)
    if isinstance(value, Mapping) and form is not None and isinstance(form.value, dict) and not other_kind:
        for key, inner in value.items():
            yield from _leaves((*at, key), inner, form.child(key))
    else:
        yield at, value
