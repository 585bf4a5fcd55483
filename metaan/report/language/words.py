"""Results as sentences, one function per thing that a reader asks.

A sentence never says more than its interval: a conclusion is which side of "no difference" the whole interval lies on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...preparation.kinds import IN_UNITS, WAYS
from ...preparation.rows import SILENT
from ...registry.model.times import days
from ...stats.measures.catalogue import MEASURES
from ...synthesis.lead import CONTROL, EXPERIMENTAL, MEASURED, NOTHING, UNBOUNDED, UNCLEAR
from ...synthesis.statement import DEPENDS, LITTLE, NO_EVENTS, UNCERTAIN
from . import formats

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Absolute, Analysis, Pool, Sensitivity, StudyRow

_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_FROM_RIGHT = re.compile(f"[{_RIGHT}](?:[{_RIGHT} '.-]*[{_RIGHT}])?(?: \\d{{4}}[a-z]?)?")
FLAT = "non-randomised"
MARKS = {
    UNCLEAR: "no clear difference", UNBOUNDED: "no interval can be given", MEASURED: "one group", NOTHING: "no data",
    NO_EVENTS: "no events", UNCERTAIN: "very uncertain", LITTLE: "little to no difference",
    DEPENDS: "depends on the method",
}  # fmt: skip
NOUNS = {
    "randomised": ("randomised trial", "randomised trials"),
    FLAT: ("non-randomised study", "non-randomised studies"),
}


class Arms(NamedTuple):
    """What the two arms are called on the page."""

    experimental: str = "experimental"
    control: str = "control"


def mark(code: str, arms: Arms) -> str:
    """Return a verdict in a few words."""
    names = {EXPERIMENTAL: f"favours {arms.experimental}", CONTROL: f"favours {arms.control}"}
    return names.get(code) or MARKS[code]


def left_out(other: Sensitivity) -> str:
    """Return the name of a result without flagged studies; empty for any other."""
    if not other.without:
        return ""
    model = f", {other.fit.model}" if other.fit.k > 1 else ""
    return f"Without {formats.listing(other.without)}{model}"


def marks(row: StudyRow) -> str:
    """Return what stands behind a study's name wherever its numbers are shown; empty where nothing is against them."""
    said = [NOTICES[row.flag]] if row.flag else []
    said += ["unconfirmed"] if row.result.unconfirmed else []
    return f" ({', '.join(said)})" if said else ""


#: What a notice is about -> the mark of the study.
NOTICES = {"retraction": "retracted", "concern": "expression of concern"}


def ways_of_unit(unit: str | None) -> tuple[str, str]:
    """Return what less and more of a unit is: a time is shorter or longer, anything else lower or higher.

    >>> ways_of_unit("days"), ways_of_unit("mg/dL")
    (('shorter', 'longer'), ('lower', 'higher'))
    """
    return ("shorter", "longer") if unit and days(f"1 {unit}") is not None else WAYS


def measure_name(measure: str) -> str:
    """Return the words for a measure."""
    return MEASURES[measure].name if measure in MEASURES else "effect"


def measure_in_unit(measure: str, unit: str | None) -> str:
    """Return the words for a measure, with the unit of what is measured where the measure has it."""
    return f"{measure_name(measure)}, {unit}" if unit and measure in IN_UNITS else measure_name(measure)


def transformation(measure: str) -> str:
    """Return the transformation that is pooled of what a measure shows; empty where none needs a name."""
    return MEASURES[measure].via if measure in MEASURES else ""


def converted(analysis: Analysis) -> list[tuple[str, list[str]]]:
    """Return how numbers of studies were converted, in words, each with the labels of its studies."""
    found: dict[str, list[str]] = {}
    for row in analysis.rows:
        steps = row.prepared.converted if row.prepared else ()
        for said in dict.fromkeys(step.words for step in steps if step.method not in TAKEN_FOR_GRANTED):
            found.setdefault(said, []).append(row.label)
    return list(found.items())


#: Conversions that a table shows without words: that arms are added up stands in its note.
TAKEN_FOR_GRANTED = (*SILENT, "combined")


def of_studies(fit: Pooled, pool: Pool) -> str:
    """Name the studies of a result where they are more than have an effect of their own."""
    shown = sum(row.yi is not None for row in pool.rows)
    return "" if fit.k in (pool.k, shown) else f", {formats.plural(fit.k, 'study', 'studies')}"


def design_name(name: str, n: int = 2) -> str:
    """Return the words for a pool's studies: trials where randomised, studies else."""
    one, many = NOUNS.get(name, ("study", "studies"))
    return one if n == 1 else many


def per_1000(absolute: Absolute) -> str:
    """Return the effect per 1000 people with its interval and the risk that it assumes."""
    low, high = (formats.per_1000(x) for x in absolute.ci)
    return f"{formats.per_1000(absolute.estimate)} per 1000 people ({low} to {high})"


def assumed(absolute: Absolute) -> str:
    """Return the assumed risk with its source."""
    people = 1000 * absolute.assumed_risk
    return f"{formats.number(people) if 0 < people < 1 else round(people)} per 1000 ({absolute.source})"


def lower_first(text: str) -> str:
    """Begin in lower case inside a sentence, unless the first word is an abbreviation."""
    first = text.split(" ")[0]
    return text if first[1:] != first[1:].lower() else text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """Begin a heading with a capital letter."""
    return text[:1].upper() + text[1:]


def isolated(text: str) -> str:
    """Keep a name that is written from right to left together with its year, and apart from what stands around it.

    >>> isolated("Cohen 1997"), isolated("\u05db\u05d4\u05df 1997, Ng")
    ('Cohen 1997', '\u2068\u05db\u05d4\u05df 1997\u2069, Ng')
    """
    return text if text.isascii() else _FROM_RIGHT.sub("\u2068\\g<0>\u2069", text)
