"""Numbers that a person has read enter a study file, with the place they stand at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError, choose
from ...extraction.typed import read_typed
from ...registry.load import load
from ...registry.model.study import Design, DesignKind
from ...registry.write import set_value
from ..run import REAL, Run
from .study_edit import Written, edit_study, write_result

if TYPE_CHECKING:
    from ...registry.model.public import Study


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person has read.

    Attributes
    ----------
    numbers
        One line of `metaan.extraction.typed.SYNTAX`: the numbers of each arm, or an effect.
    arms
        Ids of the arms in the order of the numbers; empty: the order of the file.
    document, place, quote
        Where it was read: what, where in it, and its words.
    level
        ``"secondary"`` where the document quotes the study.
    derived
        How the numbers follow from what was printed, where they do not stand there.
    by
        Who has read them there; without a name they are written as unconfirmed.
    """

    outcome: str
    numbers: str
    document: str
    arms: tuple[str, ...] = ()
    time: str | None = None
    name: str | None = None
    place: str | None = None
    quote: str | None = None
    level: str = "primary"
    derived: str | None = None
    by: str = ""


def enter(folder: Path | str, study_id: str, typed: Typed, run: Run = REAL) -> Written:
    """Write a result into a study file.

    Parameters
    ----------
    folder, study_id
        The study.
    typed
        What was read.
    run
        Its day (UTC) stands with the name.

    Raises
    ------
    UsageError
        Something is missing, or the file would not be valid; it was not changed.
    ConflictError
        The study has a result for this outcome at this time.
    """
    review = load(folder, with_metadata=False)
    study, outcome = review.study(study_id), review.outcome(typed.outcome)
    time = typed.time or _only(outcome.time)
    if not time:
        raise UsageError(f"{outcome.id} needs its time; allowed: --time TEXT, such as 'day 28'")
    said = {key: getattr(typed, key) for key in ("document", "place", "quote", "level", "derived")}
    by = " ".join(typed.by.split())
    mark = {"confirmed": {"by": by, "on": run.now().date()}} if by else {"unconfirmed": True}
    item: dict[str, Any] = {
        "outcome": outcome.id,
        "name": typed.name or outcome.name,
        "time": time,
        **_numbers(study, typed),
        "source": {key: value for key, value in said.items() if value},
        **mark,
    }
    return write_result(Path(folder), study, item)


def _only(time: str | None) -> str | None:
    """Return the time of an outcome where review.yaml names one, and not an order of preference."""
    return time if time and "," not in time else None


def _numbers(study: Study, typed: Typed) -> dict[str, Any]:
    """Return the numbers by arm: every arm of the study once, or those that are named, of each role one or more."""
    read = read_typed(typed.numbers)
    known = {arm.id: arm for arm in study.arms}
    arms = [choose(known, arm, "arm").id for arm in typed.arms]
    if read.effect is not None:
        return {"effect": {**read.effect, **({"arms": arms} if arms else {})}}
    arms = arms or list(known)
    roles = {known[arm].role for arm in arms}
    if len({*arms}) != len(arms) or len(arms) != len(read.arms) or len(roles) != len({a.role for a in study.arms}):
        found = f"{len(read.arms)} groups for the arms {', '.join(arms)}"
        allowed = f"the numbers of every arm of {study.id} once ({', '.join(known)}), or of those that --arms names"
        raise UsageError(f"{found}; allowed: {allowed}")
    for one in read.arms:
        if "events" in one and "total" in one and (one["events"] > one["total"] or not one["total"]):
            found = f"{one['events']}/{one['total']}: {one['events']} events among {one['total']} people"
            raise UsageError(f"{found}; allowed: events/people")
    return {"arms": dict(zip(arms, read.arms)), **read.more}


def set_design(folder: Path | str, study_id: str, text: str) -> Design:
    """Write the design of a study into its file.

    Parameters
    ----------
    folder, study_id
        The study.
    text
        The kind, and behind a colon what its controls are where it is not randomised:
        ``"non-randomised: historical"``.

    Raises
    ------
    UsageError
        There is no such kind, or the file would not be valid.
    """
    kind, _, control = (part.strip() for part in text.partition(":"))
    kinds: Sequence[str] = DesignKind.__args__  # type: ignore[attr-defined]
    choose(dict.fromkeys(kinds), kind, "design")
    load(folder, with_metadata=False).study(study_id)

    def edit(path: Path, study: Study) -> None:
        before = study.design
        set_value(path, ("design", "kind"), kind)
        # The control of a design that it is no longer of goes.
        if control or (before.control is not None and kind != before.kind):
            set_value(path, ("design", "control"), control or None)

    return edit_study(Path(folder), study_id, edit).design
