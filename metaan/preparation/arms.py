"""Which arms are compared, and how arms of one side are put together or shared out.

Sources: Cochrane Handbook, version 6, sections 6.5.2.10 (combining groups) and 23.3.4 (shared groups).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import MetaanError
from .kinds import KINDS, ROLES, Numbers
from .rows import Conversion, NotTakenError

if TYPE_CHECKING:
    from ..registry.model.public import Result, Study
    from .asked import Asked


@dataclass(frozen=True, slots=True)
class ArmsCompared:
    """One row of a study: the arms of each side, and among how many rows the second side is shared.

    ``second`` is empty for a measure of one group; ``label`` tells several rows of one study apart.
    """

    first: tuple[str, ...]
    second: tuple[str, ...] = ()
    label: str = ""
    shared: int = 1

    @property
    def arms(self) -> dict[str, tuple[str, ...]]:
        """The arms by role."""
        return {role: arms for role, arms in zip(ROLES, (self.first, self.second)) if arms}


def comparisons(asked: Asked, study: Study, there: Collection[str]) -> tuple[ArmsCompared, ...]:
    """Return the rows that a study makes of the arms that are there.

    Raises
    ------
    NotTakenError
        The arms that are asked for are not there.
    """
    by_role = {role: tuple(arm.id for arm in study.arms if arm.role == role and arm.id in there) for role in ROLES}
    if asked.one_arm:
        return (ArmsCompared(_one_group(asked, by_role)),)
    if asked.plan.compare is not None:
        one, other = (_named(asked, study, name, there) for name in asked.plan.compare)
        return (ArmsCompared(one, other),)
    gone = next((role for role, arms in by_role.items() if not arms), None)
    if gone is not None:
        raise NotTakenError("no arm", f"has no numbers of {'an' if gone[0] == 'e' else 'a'} {gone} arm")
    first, second = by_role.values()
    if asked.plan.arms == "combine" or len(first) == 1:
        return (ArmsCompared(first, second),)
    names = {arm.id: arm.name for arm in study.arms}
    return tuple(ArmsCompared((arm,), second, names[arm], len(first)) for arm in first)


def _one_group(asked: Asked, by_role: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    every = tuple(arm for arms in by_role.values() for arm in arms)
    wanted = asked.plan.arm or ("all" if not all(by_role.values()) else None)
    if wanted is None:
        raise NotTakenError(
            "which arm",
            f"has two arms and {asked.measure} is of one: enter arm: experimental, control or all in the plan",
        )
    found = every if wanted == "all" else by_role[wanted]
    if not found:
        raise NotTakenError("no arm", f"has no numbers of its {wanted} arm")
    return found


def _named(asked: Asked, study: Study, name: str, there: Collection[str]) -> tuple[str, ...]:
    """Return the arms that had a treatment, or the arm of that id."""
    by_treatment = bool(asked.treatments)
    found = tuple(
        arm.id for arm in study.arms if arm.id in there and name == (arm.treatment if by_treatment else arm.id)
    )
    if not found:
        what = "arm with the treatment" if by_treatment else "arm"
        raise NotTakenError("not compared", f"has no numbers of an {what} {name!r}, which the protocol compares")
    return found


def put_together(kind: str, arms: Mapping[str, Numbers]) -> tuple[dict[str, float], tuple[Conversion, ...]]:
    """Return the numbers of several arms as those of one."""
    (*_, last) = arms.values()
    if len(arms) == 1:
        return dict(last), ()
    join = KINDS[kind].join
    if join is None:
        raise NotTakenError("several arms", f"{kind} of several arms ({', '.join(arms)}) cannot be put together")
    try:
        found = join(list(arms.values()))
    except MetaanError as error:
        raise NotTakenError("several arms", f"arms {', '.join(arms)} cannot be put together: {error.reason}") from None
    said = f"arms {' and '.join(arms)} {KINDS[kind].joined}"
    return found, (Conversion("combined", {}, found, by=said),)


def shared_out(
    kind: str, numbers: Numbers, parts: int, arms: Sequence[str]
) -> tuple[dict[str, float], tuple[Conversion, ...]]:
    """Return a group's numbers divided among the comparisons that use it."""
    if parts == 1:
        return dict(numbers), ()
    found = divided(kind, numbers, parts)
    return found, (Conversion("split", dict(numbers), found, " and ".join(arms), str(parts)),)


def divided(kind: str, numbers: Numbers, by: float) -> dict[str, float]:
    """Return numbers with what adds up over people divided: events and totals, never means."""
    return {key: value / by if key in KINDS[kind].additive else value for key, value in numbers.items()}


def counts_by_role(study: Study, result: Result) -> dict[str, float]:
    """Return the events and people of both roles under metafor's names, arms of one role added up."""
    roles = [[arm.id for arm in study.arms if arm.role == role and arm.id in result.arms] for role in ROLES]
    arms = [{name: _floats(result.arms[name].numbers) for name in names} for names in roles]
    return KINDS["counts"].named([put_together("counts", each)[0] for each in arms])


def _floats(numbers: Mapping[str, object]) -> dict[str, float]:
    return {key: float(value) for key, value in numbers.items() if isinstance(value, int | float)}
