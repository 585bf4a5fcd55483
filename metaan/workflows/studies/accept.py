"""A proposal enters a study file, marked as unconfirmed until a person confirms it
(`metaan.workflows.studies.confirm`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import UsageError, choose
from ...extraction.proposal import Column, CountReading, Effect, Proposal, ProposedCell, Value, read_cell
from ...extraction.trial_results import choose_groups
from ...registry.model.types import is_ratio
from .measured import measured, nth
from .study_edit import Written, write_result

if TYPE_CHECKING:
    from ...registry.model.public import Study
    from .extract import Extraction


LEFT_OUT = "-"  # in the place of an arm


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says about a proposal.

    Attributes
    ----------
    outcome
        Id of an outcome of the review.
    arms
        Ids of the arms, in the order of the proposal's numbers, `LEFT_OUT` for a number of no arm; empty: as suggested,
        where words suggest it.
    time, name
        The time point, and the outcome as the authors call it; None: as proposed.
    events, totals
        Numbers in the same order, where what is printed allows several or says nothing; empty: as read.
    experimental, control
        In a table: the groups that are the arms of a study that has two.
    groups
        In a table: each arm's id, and the group that it is; for any number of arms.
    reported
        Numbers of further proposals, effects and p values, that belong to the result.
    spread
        ``"SD"`` or ``"SE"``, where a text does not say what its ± is.
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
    groups: tuple[tuple[str, str], ...] = ()
    spread: str | None = None


def accept(extraction: Extraction, number: int, wanted: Wanted) -> Written:
    """Write a proposal into the study file as a result that nobody has confirmed yet.

    Parameters
    ----------
    extraction
        What `metaan.workflows.studies.extract.propose` returned.
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
    numbers = _numbers(extraction, proposal, wanted)
    time = wanted.time or proposal.time
    if not time:
        perhaps = proposal.earlier_time or "day 28"
        raise UsageError(f"the words of proposal {number} name no time; allowed: --time TEXT, such as {perhaps!r}")
    name = wanted.name or proposal.title or outcome.name
    item = {"outcome": outcome.id, "name": name, "time": time, **numbers, "unconfirmed": True}
    return write_result(review.folder, study, item)


def _numbers(extraction: Extraction, proposal: Proposal, wanted: Wanted) -> dict[str, Any]:
    """Return what a result holds besides its outcome and time: arms, or an effect, with their source."""
    effects = [*proposal.reported, *(e for n in wanted.reported for e in extraction.proposal(n).reported)]
    if proposal.kind == "effect":
        return _effect_alone(proposal, extraction.study, wanted)
    reported = [_reported(effect) for effect in effects if _is_sound(effect)]
    if proposal.kind == "values":
        values = _assigned(proposal.values, extraction.study, wanted)
        arms, derived = {}, []
        for i, value in enumerate(values):
            total = nth(wanted.totals, i, "--totals")
            arms[value.arm], how = measured(value, extraction.context.sizes, total, wanted.spread)
            derived += [f"{value.arm}: {how}"] if how else []
        return {"arms": arms, "source": _source(proposal, values, derived), "reported": reported}
    return _people(extraction, proposal, wanted) | {"reported": reported}


def _people(extraction: Extraction, proposal: Proposal, wanted: Wanted) -> dict[str, Any]:
    """Return the counts of each arm; a printed percentage that does not fit is noted."""
    cells = _assigned(proposal.cells, extraction.study, wanted)
    readings = [_counted(cell, i, extraction, wanted) for i, cell in enumerate(cells)]
    problems = [f"{cell.arm}: {reading.problem}" for cell, reading in zip(cells, readings) if reading.problem]
    derived = [f"{cell.arm}: {reading.derived}" for cell, reading in zip(cells, readings) if reading.derived]
    return {
        "arms": {cell.arm: _counts(reading) for cell, reading in zip(cells, readings)},
        "source": _source(proposal, cells, derived),
        **({"note": "; ".join(problems)} if problems else {}),
    }


def _effect_alone(proposal: Proposal, study: Study, wanted: Wanted) -> dict[str, Any]:
    """Return an effect that stands for itself; which arm is compared with which a person says of a table."""
    effect = next((one for one in proposal.reported if one.measure and one.estimate is not None and one.ci), None)
    if effect is None or not _is_sound(effect):
        raise UsageError("an effect without its measure and its interval is no result; allowed: --with N beside counts")
    for arm in wanted.arms:
        choose({one.id: one for one in study.arms}, arm, "arm")
    if len(wanted.arms) not in (0, 2) or (not wanted.arms and (proposal.span is None or len(study.arms) != 2)):
        known = ", ".join(arm.id for arm in study.arms)
        raise UsageError(
            f"which arm is compared with which is yours to say; allowed: --arms with two of {known} in order"
        )
    p = next((one.p for one in proposal.reported if one.p is not None), None)
    said = _reported(replace(effect, p=p, note=effect.note or None))
    return {
        "effect": said | ({"arms": list(wanted.arms)} if wanted.arms else {}),
        "source": _source(proposal, (), ()),
    }


def _assigned(columns: Sequence[Column], study: Study, wanted: Wanted) -> tuple[Column, ...]:
    """Return the cells with the arms they are to stand for: every arm once, or those named, of each role one."""
    known: list[str] = [arm.id for arm in study.arms]
    cells: Sequence[Column] = _groups(columns, study, wanted)
    arms: Sequence[str] = wanted.arms or [cell.arm or "" for cell in cells]
    if LEFT_OUT in arms and len(arms) == len(cells):
        cells = [cell for cell, arm in zip(cells, arms) if arm != LEFT_OUT]
        arms = [arm for arm in arms if arm != LEFT_OUT]
    for arm in wanted.arms:
        choose(dict.fromkeys([*known, LEFT_OUT]), arm, "arm")
    named = dict.fromkeys(arm for arm in wanted.arms if arm != LEFT_OUT)
    both = {arm.role for arm in study.arms if arm.id in named} == {arm.role for arm in study.arms}
    needed = list(named) if both else known
    if len(cells) != len(needed):
        found = f"numbers for {len(cells)} of the {len(known)} arms of {study.id}"
        raise UsageError(
            f"the proposal has {found} ({', '.join(known)}); a result needs all of them, or "
            f"those that --arms names, of each role one; --arms with {LEFT_OUT} leaves a number out"
        )
    if sorted(arms) != sorted(needed):
        shown = ", ".join(cell.printed for cell in cells)
        raise UsageError(f"which arm is which is not said of {shown}; allowed: --arms with {', '.join(known)} in order")
    return tuple(replace(cell, arm=arm) for cell, arm in zip(cells, arms))


def _groups(columns: Sequence[Column], study: Study, wanted: Wanted) -> tuple[Column, ...]:
    """In a table, return the groups that were named, with the arms of the study that they are."""
    if not any(cell.group for cell in columns):
        return tuple(columns)
    roles = {role: study.arm(role) for role in ("experimental", "control")}
    pairs = list(wanted.groups)
    for role, group in (("experimental", wanted.experimental), ("control", wanted.control)):
        if group is not None:
            pairs += [(roles[role][0].id if len(roles[role]) == 1 else role, group)]
    known = {arm.id: arm for arm in study.arms}
    if not pairs or len(pairs) < len(known):
        raise UsageError(_which_groups(columns, study))
    cells = choose_groups(columns, *(group for _, group in pairs))
    return tuple(
        replace(cell, arm=choose(known, arm, "arm").id, because="chosen") for cell, (arm, _) in zip(cells, pairs)
    )


def _which_groups(columns: Sequence[Column], study: Study) -> str:
    """Say which options tell which groups of a table are the arms."""
    groups = [f"{cell.group[0]} ({cell.group[1]})" for cell in columns if cell.group]
    two = "--experimental GROUP --control GROUP, or " if len(study.arms) == 2 else ""
    each = " ".join(f"--group {arm.id}=GROUP" for arm in study.arms)
    more = (
        f"; {len(groups)} groups and {len(study.arms)} arms: groups that are to be pooled as one are arms of one role, "
        "each with an entry of its own under arms: in the study file"
        if len(groups) > len(study.arms)
        else ""
    )
    return f"which groups are the arms is yours to say: {two}{each}; allowed: {', '.join(groups)}{more}"


def _counted(cell: ProposedCell, i: int, extraction: Extraction, wanted: Wanted) -> CountReading:
    """Return a reading with one number of events and one total; what a person adds must fit what is printed."""
    size, where = extraction.context.sizes.get(cell.arm or "", (None, ""))
    if total := nth(wanted.totals, i, "--totals"):
        if cell.total is not None and cell.total != total:
            raise UsageError(f"{cell.printed}: the total that is printed is {cell.total}, not {total}")
        size, where = total, "the total that was entered"
        reading = _with_total(cell, total, read_cell(cell, size, where))
    else:
        reading = read_cell(cell, size, where)
    if wanted.events:
        reading = _with_events(cell, reading, nth(wanted.events, i, "--events"))
    if reading.counts is None or reading.counts[0] > reading.counts[1]:
        option = "--events" if len(reading.totals) == 1 and len(reading.events) > 1 else "--totals"
        raise UsageError(f"{cell.printed}: {reading.problem}; allowed: {option} with the numbers, one for each group")
    return reading


def _with_total(cell: ProposedCell, total: int, reading: CountReading) -> CountReading:
    """A total that a person enters is taken only where the printed percentage allows it."""
    if list(reading.totals) != [total]:
        raise UsageError(f"{cell.printed}: a total of {total} does not fit what is printed")
    return reading


def _with_events(cell: ProposedCell, reading: CountReading, events: int | None) -> CountReading:
    if events is None or events not in reading.events:
        found = f"{reading.events[0]} to {reading.events[-1]}" if reading.events else "none"
        raise UsageError(f"{cell.printed}: {events} events do not fit what is printed; allowed: {found}")
    if len(reading.events) == 1:
        return reading
    derived = f"{events} was chosen: {reading.problem}"
    return CountReading([events], reading.totals, derived)


def _counts(reading: CountReading) -> dict[str, int]:
    assert reading.counts is not None
    return dict(zip(("events", "total"), reading.counts))


def _source(proposal: Proposal, cells: Sequence[ProposedCell | Value], derived: Sequence[str]) -> dict[str, Any]:
    """Where the numbers stand: document, place with the characters, quotation, and how numbers follow."""
    place = [proposal.place] if proposal.place else []
    if proposal.span is not None:
        place.append(f"characters {proposal.span.start} to {proposal.span.end}")
    if any(cell.group for cell in cells):
        place.append("groups " + ", ".join(f"{cell.group[1]} = {cell.arm}" for cell in cells if cell.group))
    source = {"document": proposal.document, "place": "; ".join(place), "quote": proposal.quote}
    source["level"] = proposal.level
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
