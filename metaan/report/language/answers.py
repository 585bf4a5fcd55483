"""The answer of each result: its statement, and the numbers that it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...preparation.kinds import IN_UNITS
from ...stats.measures.catalogue import scale_of
from ...stats.pooling.models import MODELS
from ...synthesis.lead import UNCLEAR, Lead
from ...synthesis.statement import ALL, DEPENDS, Statement, statement
from ..document import Number, Text
from . import anchors, formats, statements
from .words import NOUNS, Arms, design_name, left_out, mark, measure_name, per_1000, ways_of_unit

if TYPE_CHECKING:
    from ...stats.measures.effects import Interval
    from ...synthesis.values import Absolute, Analysis, Pool


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one result."""

    pool: str  # the name of the pool it is about
    verdict: str  # a code of `metaan.synthesis.statement`
    mark: str  # the verdict in two to four words
    statement: str  # what the result says, in one sentence
    text: Text  # the statement with the numbers that it rests on
    place: int = 0  # the pool's place among the `blocks`
    # What each number of the text is, in its order; empty where there is none
    numbers: tuple[tuple[str, Number | str], ...] = ()


def answers(analysis: Analysis, arms: Arms) -> tuple[Answer, ...]:
    """Return the answer of every pool of an outcome, that about all studies first."""
    found = [_answer(pool, analysis, arms, place) for place, pool in enumerate(analysis.results)]
    return tuple(found if analysis.overall is None else [found[-1], *found[:-1]])


def _answer(pool: Pool, analysis: Analysis, arms: Arms, place: int) -> Answer:
    said = statement(analysis, pool)
    sentence = statements.sentence(said, analysis, pool, arms)
    name = ALL if pool is analysis.overall and len(analysis.pools) > 1 else pool.name
    found = _numbers(pool, name, pool.lead, said, analysis, place) if pool.lead else {}
    text = Text.of(sentence, *(_evidence(found, said, analysis, pool) if pool.lead else ()))
    return Answer(name, said.verdict, mark(said.verdict, arms), sentence, text, place, tuple(found.items()))


def _evidence(
    found: dict[str, Number | str], said: Statement, analysis: Analysis, pool: Pool
) -> Iterable[str | Number]:
    who, effect, absolute, prediction = found.values()
    yield from (" In ", who, f": {measure_name(analysis.measure)} ", effect, absolute and "; ", absolute, ".")
    yield _open(said.verdict, pool.absolute)
    if prediction:
        yield from (" In a new, similar setting the effect could go either way (", prediction, ").")
    yield from (f" {text}" for text in dependence(said, pool))


def _numbers(pool: Pool, name: str, got: Lead, said: Statement, analysis: Analysis, i: int) -> dict[str, Number | str]:
    key, block = analysis.plan.key, anchors.anchor(analysis.plan.key, "block", i)
    absolute, pi = pool.absolute, _elsewhere(said.verdict, got, analysis)
    between = f"{formats.level(analysis.level)} prediction interval {formats.bounds(pi, analysis.measure)}"
    return {
        "people": Number(_who(pool, name, analysis.by), pool.people, f"{block}.people"),
        "effect": Number(in_unit(got, analysis) or _effect(got, analysis), got.estimate, anchors.lead(pool, i, key)),
        "difference": Number(per_1000(absolute), absolute.estimate, f"{block}.absolute") if absolute else "",
        "prediction": Number(between, pi, f"{block}.{got.fit.model}.prediction") if pi and got.fit else "",
    }


def dependence(said: Statement, pool: Pool) -> Iterable[str]:
    """Yield what the conclusion hangs on: the method, or a study that is retracted or under concern."""
    if said.depends and said.verdict != DEPENDS:
        yield "The conclusion depends on the method."
    for s in pool.sensitivity:
        if s.differs and s.without:
            flagged = "which is flagged" if len(s.without) == 1 else "which are flagged"
            yield f"{left_out(s)} ({flagged}), the conclusion is another."


def in_unit(got: Lead, analysis: Analysis) -> str:
    """Return a difference of means in its unit and in words; empty for any other measure.

    ``1.2 days shorter (95% CI 0.4 to 2.0 shorter; random effects)``
    """
    unit = analysis.outcome.unit
    if analysis.measure not in IN_UNITS or not unit or scale_of(analysis.measure).null is None or got.ci is None:
        return ""
    less, more = ways_of_unit(unit)

    def way(x: float) -> str:
        return less if x < 0 else more

    low, high = got.ci
    first, last = sorted((abs(low), abs(high))) if got.ci.side() else (abs(low), abs(high))
    bounds = [formats.estimate(x, analysis.measure, got.ci) for x in (first, last)]
    same = f"{bounds[0]} to {bounds[1]} {way(low)}"
    both = f"{bounds[0]} {way(low)} to {bounds[1]} {way(high)}"
    how = "one study, not pooled" if got.fit is None else MODELS[got.fit.model].words
    interval = f"{formats.level(analysis.level)} CI {same if got.ci.side() else both}"
    value = formats.estimate(abs(got.estimate), analysis.measure, got.ci)
    return f"{value} {unit} {way(got.estimate)} ({interval}; {how})"


def _effect(got: Lead, analysis: Analysis) -> str:
    """Return the relative effect with its interval and model: ``0.96 (95% CI 0.44 to 2.11; ...)``."""
    value = formats.estimate(got.estimate, analysis.measure, got.ci)
    interval = f"{formats.level(analysis.level)} CI {formats.bounds(got.ci, analysis.measure)}"
    how = "one study, not pooled" if got.fit is None else MODELS[got.fit.model].words
    return f"{value} ({interval if got.ci else 'no interval'}; {how})"


def _who(pool: Pool, name: str, by: str | None) -> str:
    n = pool.people
    kind = [] if name in ("", ALL, *NOUNS) else [f"{by}: {name}"]
    inside = "; ".join([*kind, *([f"{formats.people(n)} people"] if n else [])])
    size = f" ({inside})" if inside else ""
    k = pool.studies
    if k == 1:
        return f"the only {design_name(name, 1)}{size}"
    return f"{'all ' if name == ALL else ''}{k} {design_name(name, k)}{size}"


def _open(code: str, absolute: Absolute | None) -> str:
    if code != UNCLEAR or absolute is None:
        return ""
    return " Fewer and more events both remain possible." if absolute.ci.lb < 0 < absolute.ci.ub else ""


def _elsewhere(code: str, got: Lead, analysis: Analysis) -> Interval | None:
    """Return the prediction interval where a clear mean does not promise the same for a new setting."""
    pi = got.pi
    return pi if code != UNCLEAR and pi is not None and scale_of(analysis.measure).crosses(*pi) else None
