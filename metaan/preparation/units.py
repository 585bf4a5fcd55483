"""Numbers of several studies in one unit: what the protocol converts, and units of time, which convert themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry.model.times import UNITS
from .asked import PER_TIME
from .kinds import IN_UNITS
from .rows import NotTakenError

if TYPE_CHECKING:
    from ..registry.model.public import Result
    from .asked import Asked


def unit_factor(asked: Asked, result: Result) -> tuple[float, str]:
    """Return by what means of a result are multiplied to be in the unit of the analysis, and that in words.

    Raises
    ------
    NotTakenError
        The measure is in units, and the protocol does not convert this one.
    """
    if asked.measure not in IN_UNITS or asked.unit is None or result.unit is None or _same(result.unit, asked.unit):
        return 1.0, ""
    known = asked.plan.convert_units.items()
    factor = next((factor for name, factor in known if _same(name, result.unit)), None)
    if factor is None:
        raise NotTakenError(
            "unit",
            f"is in {result.unit}, and the analysis in {asked.unit}: enter what one {result.unit} is in {asked.unit} "
            "under convert_units: in the plan, or pool another measure (SMD, ROM)",
        )
    return factor, f"{result.unit} (times {factor:g}) to {asked.unit}"


def time_factor(asked: Asked, result: Result) -> tuple[float, str]:
    """Return by what the time of rates is multiplied to be in the unit of the analysis, and that in words.

    Raises
    ------
    NotTakenError
        The measure is of events per time, and the two units of time cannot be read as such.
    """
    here, there = result.time_unit, asked.time_unit
    if asked.measure not in PER_TIME or here is None or there is None or _same(here, there):
        return 1.0, ""
    days, wanted = time_in_days(here), time_in_days(there)
    if days is None or wanted is None:
        raise NotTakenError(
            "unit", f"has its time in {here}, and the analysis in {there}: enter time_unit: such as person-years"
        )
    return days / wanted, f"{here} to {there}"


def time_in_days(unit: str) -> float | None:
    """Return the days of a unit of time of people; None where it is none.

    >>> time_in_days("person-years"), time_in_days("1000 patient weeks"), time_in_days("beds")
    (365.25, 7000.0, None)
    """
    words = unit.casefold().replace("-", " ").replace(",", "").split()
    number = float(words.pop(0)) if words and words[0].replace(".", "", 1).isdecimal() else 1.0
    found = [days for days, spelt in UNITS.items() if words and words[-1] in spelt.split()]
    return number * found[0] if found and words[:-1] in ([], *([one] for one in PEOPLE)) else None


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


PEOPLE = ("person", "patient", "participant", "persons", "patients", "participants", "subject", "woman", "child")
