"""A proposal enters a study file, marked as unconfirmed; a person confirms it, and the mark says who and when."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConflictError, RegistryError, UsageError, choose, did_you_mean
from ..extraction.proposal import Cell, Effect, Proposal, Reading, read_cell
from ..extraction.suggest import WEAK
from ..extraction.trial_results import choose_groups
from ..registry.draft import unfilled
from ..registry.load import load
from ..registry.nodes import compose
from ..registry.raw import decode
from ..registry.types import is_ratio
from ..registry.write import append, set_value, write_text

if TYPE_CHECKING:
    from ..registry.model import Result, Study
    from .extract import Extraction


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says about a proposal.

    Attributes
    ----------
    outcome
        Id of an outcome of the review.
    arms
        Ids of the arms, in the order of the proposal's numbers; empty: as suggested, where words suggest it.
    time, name
        The time point, and the outcome as the authors call it; None: as proposed.
    events, totals
        Numbers in the same order, where what is printed allows several or says nothing; empty: as read.
    experimental, control
        In a table: the groups that are the arms.
    reported
        Numbers of further proposals, effects and p values, that belong to the result.
    """

    outcome: str
    arms: tuple[str, ...] = ()
    time: str | None = None
    name: str | None = None
    events: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()
    experimental: str | None = None
    control: str | None = None
    reported: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a study file now: ``number`` is the place of the result among the study's, from 1."""

    file: Path
    number: int
    result: Result


def accept(extraction: Extraction, number: int, wanted: Wanted) -> Written:
    """Write a proposal into the study file as a result that nobody has confirmed yet.

    Parameters
    ----------
    extraction
        What `metaan.workflows.extract.propose` returned.
    number
        The proposal's number, from 1.
    wanted
        What a person says about it.

    Raises
    ------
    UsageError
        Something is missing or contradicts what was printed; the message says which option says it.
    ConflictError
        The study has a result for this outcome at this time.
    RegistryError
        The file cannot be changed.
    """
    study, review = extraction.study, extraction.review
    outcome = review.outcome(wanted.outcome)
    proposal = extraction.proposal(number)
    cells = _assigned(proposal, study, wanted)
    readings = [_counted(cell, i, extraction, wanted) for i, cell in enumerate(cells)]
    time = wanted.time or proposal.time
    if not time:
        perhaps = proposal.earlier_time or "day 28"
        raise UsageError(f"the words of proposal {number} name no time; allowed: --time TEXT, such as {perhaps!r}")
    _refuse_double(study, outcome.id, time)
    effects = [*proposal.reported, *(e for n in wanted.reported for e in extraction.proposal(n).reported)]
    name = wanted.name or proposal.title or outcome.name
    item = {"outcome": outcome.id, "name": name, "time": time, **_numbers(proposal, cells, readings, effects)}
    return _write(review.folder, study, lambda path: append(path, ("results",), item), -1)


def _numbers(
    proposal: Proposal, cells: Sequence[Cell], readings: Sequence[Reading], effects: Sequence[Effect]
) -> dict[str, Any]:
    """Return what a result holds besides its outcome; a printed percentage that does not fit is noted."""
    problems = [f"{cell.arm}: {reading.problem}" for cell, reading in zip(cells, readings) if reading.problem]
    return {
        "arms": {cell.arm: _counts(reading) for cell, reading in zip(cells, readings)},
        "source": _source(proposal, cells, readings),
        "reported": [_reported(effect) for effect in effects if _is_sound(effect)],
        **({"note": "; ".join(problems)} if problems else {}),
        "unconfirmed": True,
    }


def confirm(
    folder: Path | str, study_id: str, which: str, by: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Written:
    """Take the mark from a result: a person has compared its numbers with the place they were read in.

    Parameters
    ----------
    folder, study_id
        The study.
    which
        The number of the result in the study file, from 1, or its outcome where one unconfirmed result has that.
    by
        Who confirms.
    now
        The present time; its day (UTC) is written down.

    Raises
    ------
    UsageError
        There is no such result, several are meant, it is confirmed already, or nobody is named.
    """
    study = load(folder, with_metadata=False).study(study_id)
    index = _unconfirmed(study, which)
    if not by.strip():
        raise UsageError("a confirmation needs a name; allowed: --by NAME")
    day = now().astimezone(UTC).date()
    path = Path(folder) / f"{study_id}.yaml"
    place = _in_file(path, index)

    def edit(target: Path) -> None:
        set_value(target, ("results", place, "confirmed"), {"by": " ".join(by.split()), "on": day})
        set_value(target, ("results", place, "unconfirmed"), False)

    return _write(Path(folder), study, edit, index)


def _assigned(proposal: Proposal, study: Study, wanted: Wanted) -> tuple[Cell, ...]:
    """Return the cells with the arms they are to stand for, every arm of the study once."""
    if proposal.kind != "counts":
        raise UsageError("an effect without counts is no result; allowed: --with N beside --accept of the counts")
    known = [arm.id for arm in study.arms]
    cells = _groups(proposal, study, wanted)
    arms = wanted.arms or tuple(cell.arm or "" for cell in cells if cell.because != WEAK)
    for arm in wanted.arms:
        choose(dict.fromkeys(known), arm, "arm")
    if len(cells) != len(known):
        found = f"numbers for {len(cells)} of the {len(known)} arms of {study.id}"
        raise UsageError(f"the proposal has {found} ({', '.join(known)}); a result needs all of them")
    if sorted(arms) != sorted(known):
        shown = ", ".join(cell.printed for cell in cells)
        raise UsageError(f"which arm is which is not said of {shown}; allowed: --arms with {', '.join(known)} in order")
    return tuple(replace(cell, arm=arm) for cell, arm in zip(cells, arms))


def _groups(proposal: Proposal, study: Study, wanted: Wanted) -> tuple[Cell, ...]:
    """In a table, return the two groups that were named, with the arms of their roles."""
    if not any(cell.group for cell in proposal.cells):
        return proposal.cells
    if wanted.experimental is None or wanted.control is None:
        groups = ", ".join(f"{cell.group[0]} ({cell.group[1]})" for cell in proposal.cells if cell.group)
        raise UsageError(f"which groups are the arms is yours to say: --experimental, --control; allowed: {groups}")
    chosen = choose_groups(proposal, wanted.experimental, wanted.control)
    roles = (study.arm("experimental"), study.arm("control"))
    if wanted.arms or any(len(arms) != 1 for arms in roles):
        return tuple(replace(cell, because=WEAK) for cell in chosen)
    return tuple(replace(cell, arm=arms[0].id, because="chosen") for cell, arms in zip(chosen, roles))


def _counted(cell: Cell, i: int, extraction: Extraction, wanted: Wanted) -> Reading:
    """Return a reading with one number of events and one total; what a person adds must fit what is printed."""
    size, where = extraction.context.sizes.get(cell.arm or "", (None, ""))
    if total := _nth(wanted.totals, i, "--totals"):
        if cell.total is not None and cell.total != total:
            raise UsageError(f"{cell.printed}: the total that is printed is {cell.total}, not {total}")
        size, where = total, "the total that was entered"
        reading = _with_total(cell, total, read_cell(cell, size, where))
    else:
        reading = read_cell(cell, size, where)
    if wanted.events:
        reading = _with_events(cell, reading, _nth(wanted.events, i, "--events"))
    if reading.counts is None or reading.counts[0] > reading.counts[1]:
        option = "--events" if len(reading.totals) == 1 and len(reading.events) > 1 else "--totals"
        raise UsageError(f"{cell.printed}: {reading.problem}; allowed: {option} with the numbers, one for each group")
    return reading


def _with_total(cell: Cell, total: int, reading: Reading) -> Reading:
    """A total that a person enters is taken only where the printed percentage allows it."""
    if list(reading.totals) != [total]:
        raise UsageError(f"{cell.printed}: a total of {total} does not fit what is printed")
    return reading


def _with_events(cell: Cell, reading: Reading, events: int | None) -> Reading:
    if events is None or events not in reading.events:
        found = f"{reading.events[0]} to {reading.events[-1]}" if reading.events else "none"
        raise UsageError(f"{cell.printed}: {events} events do not fit what is printed; allowed: {found}")
    if len(reading.events) == 1:
        return reading
    derived = f"{events} was chosen: {reading.problem}"
    return Reading([events], reading.totals, derived)


def _nth(numbers: Sequence[int], i: int, option: str) -> int | None:
    if numbers and i >= len(numbers):
        raise UsageError(f"{option} has {len(numbers)} numbers; allowed: one for each group")
    return numbers[i] if numbers else None


def _refuse_double(study: Study, outcome: str, time: str) -> None:
    for i, result in enumerate(study.results, 1):
        if result.outcome == outcome and result.time.casefold() == time.casefold():
            raise ConflictError(
                f"{study.id} has {outcome} at {result.time} already (result {i}); it is not overwritten"
            )


def _counts(reading: Reading) -> dict[str, int]:
    assert reading.counts is not None
    return dict(zip(("events", "total"), reading.counts))


def _source(proposal: Proposal, cells: Sequence[Cell], readings: Sequence[Reading]) -> dict[str, Any]:
    """Where the numbers stand: document, place with the characters, quotation, and how integers follow."""
    place = [proposal.place] if proposal.place else []
    if proposal.span is not None:
        place.append(f"characters {proposal.span.start} to {proposal.span.end}")
    if any(cell.group for cell in cells):
        place.append("groups " + ", ".join(f"{cell.group[1]} = {cell.arm}" for cell in cells if cell.group))
    derived = [f"{cell.arm}: {reading.derived}" for cell, reading in zip(cells, readings) if reading.derived]
    source = {"document": proposal.document, "place": "; ".join(place), "quote": proposal.quote, "level": "primary"}
    return source | ({"derived": "; ".join(derived)} if derived else {})


def _is_sound(effect: Effect) -> bool:
    """Say whether the registry can hold a printed effect: an interval in order around it, a ratio above 0."""
    if effect.ci is not None and not effect.ci[0] <= (effect.estimate or effect.ci[0]) <= effect.ci[1]:
        return False
    values = [v for v in (effect.estimate, *(effect.ci or ())) if v is not None]
    return effect.measure is None or not is_ratio(effect.measure) or all(value > 0 for value in values)


def _reported(effect: Effect) -> dict[str, Any]:
    found = {
        "measure": effect.measure,
        "estimate": effect.estimate,
        "ci": list(effect.ci) if effect.ci else None,
        "level": effect.level if effect.ci else None,
        "interval": effect.interval if effect.interval != "confidence" else None,
        "p": effect.p,
        "note": effect.note,
    }
    return {key: value for key, value in found.items() if value is not None}


def _unconfirmed(study: Study, which: str) -> int:
    """Return the place of the unconfirmed result that is meant, from 0."""
    waiting = [i for i, result in enumerate(study.results) if result.unconfirmed]
    names = [f"{i + 1} ({study.results[i].outcome} at {study.results[i].time})" for i in waiting]
    meant = [i for i in waiting if which in (str(i + 1), study.results[i].outcome)]
    if len(meant) == 1:
        return meant[0]
    if not waiting:
        raise UsageError(f"{study.id} has no unconfirmed result")
    found = "several results are" if meant else "no unconfirmed result is"
    raise UsageError(f"{study.id}: {found} called {which!r}; {did_you_mean(which, names)}")


def _in_file(path: Path, index: int) -> int:
    """Return the place of a result in the file, where forms that nobody has filled in stand among the results."""
    root, _ = compose(decode(path.read_bytes())[0])
    assert root is not None
    forms = {at[1] for at in unfilled(root)}
    return [i for i in range(len(root.at(("results",)).value)) if i not in forms][index]


def _write(folder: Path, study: Study, edit: Callable[[Path], None], index: int) -> Written:
    """Edit a copy of the registry; its file takes the place of the old one, at once, if the copy is valid."""
    name = f"{study.id}.yaml"
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.glob("*.yaml"):
            shutil.copyfile(path, Path(copy) / path.name)
        edit(Path(copy) / name)
        try:
            load(copy, with_metadata=False)
        except RegistryError as error:
            found = "; ".join(f"{p.where}: {p.found}; {p.allowed}" for p in error.problems)
            raise UsageError(f"{name} would not be valid, and was not changed: {found}") from None
        write_text(folder / name, (Path(copy) / name).read_bytes().decode("utf-8"))
    results = load(folder, with_metadata=False).study(study.id).results
    number = index % len(results)
    return Written(folder / name, number + 1, results[number])
