"""Results as sentences, one function per thing that a reader asks.

A sentence never says more than its interval: a conclusion is which side of "no difference" the whole interval lies on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...stats.measures.catalogue import MEASURES, null_of, scale_of
from ...stats.pooling.models import MODELS
from ...synthesis.kinds import WAYS, kind_of
from ...synthesis.lead import CONTROL, EXPERIMENTAL, MEASURED, NOTHING, UNBOUNDED, UNCLEAR, Lead
from ..document import Number, Text
from . import anchors, formats

if TYPE_CHECKING:
    from ...stats.measures.effects import Interval
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Absolute, Analysis, Pool, Sensitivity, StudyRow

_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_FROM_RIGHT = re.compile(f"[{_RIGHT}](?:[{_RIGHT} '.-]*[{_RIGHT}])?(?: \\d{{4}}[a-z]?)?")
FLAT = "non-randomised"
ALL = "all studies"
NO_SIDE = {
    UNCLEAR: "no clear difference",
    UNBOUNDED: "no interval can be given",
    MEASURED: "one group",
    NOTHING: "no data",
}
NOUNS = {
    "randomised": ("randomised trial", "randomised trials"),
    FLAT: ("non-randomised study", "non-randomised studies"),
}


class Arms(NamedTuple):
    """What the two arms are called on the page."""

    experimental: str = "experimental"
    control: str = "control"


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentence of the answer.

    Attributes
    ----------
    pool
        The name of the pool it is about.
    verdict
        Which arm the interval favours: a code of `metaan.synthesis.lead`.
    mark
        The verdict in two to four words.
    text
        The sentence.
    place
        The pool's place among the `blocks`.
    numbers
        What each number of the sentence is, in its order; empty where there is none.
    """

    pool: str
    verdict: str
    mark: str
    text: Text
    place: int = 0
    numbers: tuple[tuple[str, Number | str], ...] = ()


def mark(code: str, arms: Arms) -> str:
    """Return a verdict in a few words."""
    names = {EXPERIMENTAL: f"favours {arms.experimental}", CONTROL: f"favours {arms.control}"}
    return names.get(code) or NO_SIDE[code]


def answers(analysis: Analysis, arms: Arms) -> tuple[Answer, ...]:
    """Return a sentence for every pool of an outcome, that about all studies first."""
    found = [_answer(pool, analysis, arms, place) for place, pool in enumerate(analysis.results)]
    return tuple(found if analysis.overall is None else [found[-1], *found[:-1]])


def _answer(pool: Pool, analysis: Analysis, arms: Arms, place: int) -> Answer:
    got, code = pool.lead, analysis.verdict(pool)
    name = ALL if pool is analysis.overall and len(analysis.pools) > 1 else pool.name
    if got is None:
        why = f" ({pool.reason})" if pool.reason and pool.k else ""
        return Answer(name, NOTHING, mark(NOTHING, arms), Text.of(f"{_nobody(pool)}{why}."), place)
    way = _way(pool, fewer(got, analysis.measure))
    outcome = lower_first(analysis.outcome.name)
    finding = _finding(code, outcome, way, arms)
    found = _numbers(pool, name, got, code, analysis, place)
    who, effect, absolute, prediction = found.values()
    elsewhere = (" In a new, similar setting the effect could go either way (", prediction, ").") if prediction else ()
    text = Text.of(
        "In ", who, f", {finding}: {measure_name(analysis.measure)} ", effect, absolute and "; ", absolute, ".",
        _open(code, pool.absolute), *elsewhere, *(f" {text}" for text in dependence(pool)),
    )  # fmt: skip
    return Answer(name, code, mark(code, arms), text, place, tuple(found.items()))


def _numbers(pool: Pool, name: str, got: Lead, code: str, analysis: Analysis, i: int) -> dict[str, Number | str]:
    key, block = analysis.plan.key, anchors.anchor(analysis.plan.key, "block", i)
    absolute, pi = pool.absolute, _elsewhere(code, got, analysis)
    between = f"{formats.level(analysis.level)} prediction interval {formats.bounds(pi, analysis.measure)}"
    return {
        "people": Number(_who(pool, name, analysis.by), pool.people, f"{block}.people"),
        "effect": Number(_effect(got, analysis), got.estimate, anchors.lead(pool, i, key)),
        "difference": Number(per_1000(absolute), absolute.estimate, f"{block}.absolute") if absolute else "",
        "prediction": Number(between, pi, f"{block}.{got.fit.model}.prediction") if pi and got.fit else "",
    }


def dependence(pool: Pool) -> Iterable[str]:
    """Yield what the conclusion hangs on: the method, or a study that is retracted or under concern."""
    if any(s.differs and not s.without for s in pool.sensitivity):
        yield "The conclusion depends on the method."
    for s in pool.sensitivity:
        if s.differs and s.without:
            flagged = "which is flagged" if len(s.without) == 1 else "which are flagged"
            yield f"{left_out(s)} ({flagged}), the conclusion is another."


def left_out(other: Sensitivity) -> str:
    """Return the name of a result without flagged studies; empty for any other."""
    if not other.without:
        return ""
    model = f", {other.fit.model}" if other.fit.k > 1 else ""
    return f"Without {formats.listing(other.without)}{model}"


def marks(row: StudyRow) -> str:
    """Return what stands behind a study's name wherever its numbers are shown; empty where nothing is against them."""
    said = [MARKS[row.flag]] if row.flag else []
    said += ["unconfirmed"] if row.result.unconfirmed else []
    return f" ({', '.join(said)})" if said else ""


#: What a notice is about -> the mark of the study.
MARKS = {"retraction": "retracted", "concern": "expression of concern"}


def _effect(got: Lead, analysis: Analysis) -> str:
    """Return the relative effect with its interval and model: ``0.96 (95% CI 0.44 to 2.11; ...)``."""
    value = formats.estimate(got.estimate, analysis.measure, got.ci)
    interval = f"{formats.level(analysis.level)} CI {formats.bounds(got.ci, analysis.measure)}"
    how = "one study, not pooled" if got.fit is None else MODELS[got.fit.model].words
    return f"{value} ({interval if got.ci else 'no interval'}; {how})"


def measure_name(measure: str) -> str:
    """Return the words for a measure."""
    return MEASURES[measure].name if measure in MEASURES else "effect"


def transformation(measure: str) -> str:
    """Return the transformation that is pooled of what a measure shows; empty where none needs a name."""
    return MEASURES[measure].via if measure in MEASURES else ""


def of_studies(fit: Pooled, pool: Pool) -> str:
    """Name the studies of a result where they are more than have an effect of their own."""
    return "" if fit.k == pool.k else f", {formats.plural(fit.k, 'study', 'studies')}"


def design_name(name: str, n: int = 2) -> str:
    """Return the words for a pool's studies: trials where randomised, studies else."""
    one, many = NOUNS.get(name, ("study", "studies"))
    return one if n == 1 else many


def _who(pool: Pool, name: str, by: str | None) -> str:
    n = pool.people
    kind = [] if name in ("", ALL, *NOUNS) else [f"{by}: {name}"]
    inside = "; ".join([*kind, *([f"{formats.people(n)} people"] if n else [])])
    size = f" ({inside})" if inside else ""
    k = len(pool.answering)
    if k == 1:
        return f"the only {design_name(name, 1)}{size}"
    return f"{'all ' if name == ALL else ''}{k} {design_name(name, k)}{size}"


def _nobody(pool: Pool) -> str:
    if pool.k:
        return f"{pool.k} {design_name(pool.name, pool.k)}, not pooled"
    return f"No {design_name(pool.name, 1)} reports this outcome in a form that can be pooled"


def fewer(got: Lead, measure: str) -> bool:
    """Return whether a result lies below no effect; never where a measure compares nothing."""
    null = null_of(measure)
    return null is not None and got.estimate < null


def _way(pool: Pool, less: bool) -> str:
    """Say which way an outcome differs: events are more or less frequent, a mean or a score is higher or lower."""
    kind = next((kind for row in pool.rows if (kind := kind_of(row.data))), None)
    return (kind.ways if kind else WAYS)[not less]


def _finding(code: str, outcome: str, way: str, arms: Arms) -> str:
    if code == MEASURED:
        return outcome
    if code == UNCLEAR:
        return f"there was no clear difference in {outcome}"
    if code == UNBOUNDED:
        return f"no interval can be given for the effect on {outcome}"
    favoured = arms.experimental if code == EXPERIMENTAL else arms.control
    return f"{outcome} was {way} with {arms.experimental} than with {arms.control}, which favours {favoured}"


def per_1000(absolute: Absolute) -> str:
    """Return the effect per 1000 people with its interval and the risk that it assumes."""
    low, high = (formats.per_1000(x) for x in absolute.ci)
    return f"{formats.per_1000(absolute.estimate)} per 1000 people ({low} to {high})"


def assumed(absolute: Absolute) -> str:
    """Return the assumed risk with its source."""
    risk = formats.number(1000 * absolute.assumed_risk) if absolute.assumed_risk < 0.001 else None
    return f"{risk or round(1000 * absolute.assumed_risk)} per 1000 ({absolute.source})"


def _open(code: str, absolute: Absolute | None) -> str:
    if code != UNCLEAR or absolute is None:
        return ""
    return " Fewer and more events both remain possible." if absolute.ci.lb < 0 < absolute.ci.ub else ""


def _elsewhere(code: str, got: Lead, analysis: Analysis) -> Interval | None:
    """Return the prediction interval where a clear mean does not promise the same for a new setting."""
    pi = got.pi
    return pi if code != UNCLEAR and pi is not None and scale_of(analysis.measure).crosses(*pi) else None


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
