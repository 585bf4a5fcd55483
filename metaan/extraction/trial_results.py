"""Results posted on ClinicalTrials.gov as proposals: one for each row of a table of people, means or medians.

Rows are never added up: classes are time points or subgroups, categories are levels of response, and the groups of
adverse events overlap. Which two columns are the arms is for a person to say (`choose_groups`); the ids of columns mean
something within one table only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..registry.text.scalars import Written
from ..sources.ctgov.results import printed_number
from .proposal import Column, Effect, Proposal, ProposedCell, Value
from .rounding import percent_of
from .text.suggest import ReviewContext, outcomes_in, time_in

if TYPE_CHECKING:
    from ..sources.ctgov.results import (
        AdverseEvents,
        Category,
        Comparison,
        Denominators,
        PostedOutcome,
        ResultClass,
        Results,
    )

MOST = 400
MOST_WORDS = 300  # characters of a title
_MOST_PARTS = 3  # columns that are tried as the parts of another


@dataclass(frozen=True, slots=True)
class Unusable:
    """A table that has no numbers of people, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Started:
    """How many people were randomised into a group of a trial, as posted; which arm that is a person says."""

    group: str
    people: int
    document: str
    place: str


def started(results: Results, nct_id: str) -> tuple[Started, ...]:
    """Return how many people entered the first period of a trial, by group; nothing where that is not posted."""
    if results.flow is None or not results.flow.periods:
        return ()
    period = results.flow.periods[0]
    place = f"participant flow, {period.title or 'first period'}, STARTED"
    counts = next((m.counts for m in period.milestones if m.title.strip().upper() == "STARTED"), {})
    numbers = [(group.title, printed_number(counts.get(group.id))) for group in results.flow.groups]
    known = [(title, number) for title, number in numbers if number is not None and number == int(number) >= 0]
    return tuple(Started(title, int(n), f"ClinicalTrials.gov {nct_id}", place) for title, n in known)


def propose(results: Results, nct_id: str, context: ReviewContext) -> tuple[tuple[Proposal, ...], tuple[Unusable, ...]]:
    """Return what the tables of a trial may be, and the tables that have no numbers of people.

    Parameters
    ----------
    results
        What the trial has posted.
    nct_id
        The trial, for provenance.
    context
        The outcomes to recognise.
    """
    proposals: list[Proposal] = []
    unusable: list[Unusable] = []
    document = f"ClinicalTrials.gov {nct_id}"
    for outcome in results.outcomes:
        reason = _why_not(outcome)
        if not reason:
            proposals += _outcome(outcome, document, context)
            continue
        unusable.append(Unusable(outcome.title[:MOST_WORDS], reason))
        proposals += _effects_alone(outcome, document, context)
    if results.adverse_events is not None:
        proposals += _safety(results.adverse_events, document, context)
    return tuple(proposals[:MOST]), tuple(unusable)


def choose_groups(columns: Sequence[Column], *names: str) -> tuple[Column, ...]:
    """Return the columns of a table that a person names, in their order.

    Parameters
    ----------
    columns
        The numbers of each group: `Proposal.columns`.
    names
        Each the id of a column, its title, or a part of the title that only one column has.

    Raises
    ------
    UsageError
        No column or several are called so, or one is named twice; the columns are listed.
    """
    chosen = [_group(columns, name) for name in names]
    for i, cell in enumerate(chosen):
        if (first := chosen.index(cell)) < i:
            same = f"{names[first]!r} and {names[i]!r} are the same group"
            raise UsageError(f"{same}; allowed: each of {_groups(columns)} once")
    return tuple(chosen)


def _group(columns: Sequence[Column], name: str) -> Column:
    wanted = name.strip().casefold()
    named = [cell for cell in columns if cell.group]
    for same in _WAYS:
        found = [cell for cell in named if same(wanted, *(word.casefold() for word in cell.group or ("", "")))]
        if len(found) == 1:
            return found[0]
    what = "no group is" if not found else "several groups are"
    raise UsageError(f"{what} called {name!r} in this table; allowed: {_groups(columns)}")


_WAYS: tuple[Callable[[str, str, str], bool], ...] = (
    lambda wanted, group, title: wanted == group,
    lambda wanted, group, title: wanted == title,
    lambda wanted, group, title: bool(wanted) and wanted in title,
)


def _groups(columns: Sequence[Column]) -> str:
    return ", ".join(f"{cell.group[0]} ({cell.group[1]})" for cell in columns if cell.group)


def _why_not(outcome: PostedOutcome) -> str | None:
    """Return why the numbers of a table are not those of people, None where they are."""
    words = f"{outcome.title} {outcome.description or ''} {outcome.unit or ''}".casefold()
    unit = (outcome.unit or "").casefold()
    if not outcome.posted:
        return "nothing is posted"
    if outcome.units_analysed and outcome.units_analysed.casefold() != "participants":
        return f"{outcome.units_analysed} are counted, not participants"
    if outcome.param in STATISTICS:
        return None if _spread(outcome.dispersion) else f"what stands beside the numbers is {outcome.dispersion}"
    if outcome.param not in _PARAMS:
        return f"the numbers are of the kind {outcome.param or 'not said'}"
    if "kaplan" in words:
        return "a Kaplan-Meier estimate is no share of people"
    if outcome.param == "NUMBER" and not (_is_percent(unit) or any(word in unit for word in _PEOPLE)):
        return f"the unit is {outcome.unit or 'not said'}"
    if "person-year" in unit or "patient-year" in unit or "per " in unit:
        return f"the unit is {outcome.unit}, a rate"
    return None


def _is_percent(unit: str) -> bool:
    return "percent" in unit or "%" in unit


def _outcome(outcome: PostedOutcome, document: str, context: ReviewContext) -> Iterator[Proposal]:
    rows = [(block, row) for block in outcome.classes for row in block.categories]
    for block, row in rows:
        values = tuple(_values(outcome, block, row)) if outcome.param in STATISTICS else ()
        cells = () if values else _with_sums(tuple(_cells(outcome, block, row)))
        if not cells and not values:
            continue
        where = [f"{outcome.kind.lower().replace('_', ' ')} outcome", _short(outcome.title)]
        where += [_short(title) for title in (block.title, row.title) if title]
        words = " ".join(filter(None, (outcome.title, block.title, row.title)))[: 4 * MOST_WORDS]
        yield Proposal(
            kind="counts" if cells else "values",
            document=document,
            place=": ".join(where),
            quote="; ".join([*(cell.printed for cell in cells), *(value.printed for value in values)]),
            cells=cells,
            values=values,
            reported=tuple(_effects(outcome.comparisons)) if len(rows) == 1 else (),
            outcomes=outcomes_in(words, context),
            time=_time(block.title, outcome.time_frame, outcome.title),
            title=_short(words),
        )


def _effects_alone(outcome: PostedOutcome, document: str, context: ReviewContext) -> Iterator[Proposal]:
    """Yield the effects that the authors computed of a table whose numbers are of another kind."""
    for effect in _effects(outcome.comparisons):
        if effect.measure is not None and effect.estimate is not None:
            yield Proposal(
                kind="effect",
                document=document,
                place=f"{outcome.kind.lower().replace('_', ' ')} outcome: {_short(outcome.title)}: analysis",
                quote=effect.note or "",
                reported=(effect,),
                outcomes=outcomes_in(outcome.title[: 4 * MOST_WORDS], context),
                time=_time(None, outcome.time_frame, outcome.title),
                title=_short(outcome.title),
            )


def _values(outcome: PostedOutcome, block: ResultClass, row: Category) -> Iterator[Value]:
    """Yield the mean or the median of each group that has one, with what stands beside it."""
    totals = _totals(block.denominators or outcome.denominators)
    titles = {group.id: group.title for group in outcome.groups}
    spread = _spread(outcome.dispersion)
    for measured in row.measurements:
        value = _float(measured.value)
        sides = (measured.lower, measured.upper) if spread not in ("SD", "SE") else (measured.spread,)
        bounds = [bound for bound in map(_float, sides) if bound is not None]
        if value is None or len(bounds) < len(sides):
            continue
        title, total = titles.get(measured.group, measured.group), totals.get(measured.group)
        beside = " to ".join(side or "" for side in sides)
        shown = f"{title}: {measured.value} ({spread} {beside})" + ("" if total is None else f", {total} people")
        statistic, group = STATISTICS[outcome.param or ""], (measured.group, title)
        yield Value(shown, value, spread, tuple(bounds), statistic=statistic, total=total, group=group)


def _spread(dispersion: str | None) -> str:
    """Return what stands beside a posted mean or median; empty where it is nothing that a result can hold."""
    words = (dispersion or "").casefold().replace("_", " ").replace("-", " ")
    found = next((code for word, code in _SPREADS.items() if word in words), "")
    level = re.match(r"\d{2}", words)
    return f"{level[0]}% CI" if found == "CI" and level else "95% CI" if found == "CI" else found


def _time(*texts: str | None) -> str | None:
    """Return the first time point that is named, else the time frame as it stands."""
    named = (time_in(text[:MOST_WORDS]) for text in texts if text)
    return next((time for time in named if time), None) or (_short(texts[1]) if texts[1] else None)


def _short(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"


def _cells(outcome: PostedOutcome, block: ResultClass, row: Category) -> Iterator[ProposedCell]:
    """Yield a cell for each group that has a value: those without one are not zero."""
    totals = _totals(block.denominators or outcome.denominators)
    titles = {group.id: group.title for group in outcome.groups}
    percent = outcome.param == "NUMBER" and _is_percent((outcome.unit or "").casefold())
    for measured in row.measurements:
        value, total = (measured.value or "").strip(), totals.get(measured.group)
        title = titles.get(measured.group, measured.group)
        shown = f"{title}: {value}{'%' if percent else ''}" + ("" if total is None else f" of {total}")
        cell = ProposedCell(shown, total=total, group=(measured.group, title))
        if percent and (found := percent_of(value)) is not None:
            yield replace(cell, percent=found)
        elif not percent and (events := _whole(value)) is not None:
            yield replace(cell, events=events)


def _with_sums(cells: tuple[ProposedCell, ...]) -> tuple[ProposedCell, ...]:
    """Return the columns; one with as many people and events as others together says so: it may hold them."""
    return tuple(replace(cell, holds=_parts(cell, [c for c in cells if c is not cell])) for cell in cells)


def _parts(whole: ProposedCell, others: list[ProposedCell]) -> tuple[str, ...]:
    if not whole.total or whole.events is None:
        return ()
    for size in range(2, min(len(others), _MOST_PARTS) + 1):
        for some in combinations(others, size):
            if _sum_of("total", some) == whole.total and _sum_of("events", some) == whole.events:
                return tuple(cell.group[0] for cell in some if cell.group)
    return ()


def _sum_of(name: str, cells: Iterable[ProposedCell]) -> int | None:
    """Return the sum of a number over columns; None, which no column has, where one of them has none."""
    numbers = [getattr(cell, name) for cell in cells]
    return None if None in numbers else sum(numbers)


def _totals(denominators: tuple[Denominators, ...]) -> dict[str, int]:
    people = next((d.counts for d in denominators if d.units.casefold() == "participants"), {})
    read = {group: _whole(text) for group, text in people.items()}
    return {group: total for group, total in read.items() if total is not None}


def _whole(text: str) -> int | None:
    digits = text.replace(",", "").removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def _safety(events: AdverseEvents, document: str, context: ReviewContext) -> Iterator[Proposal]:
    """Yield deaths, and people with a serious adverse event; the table of a group says nothing of other groups."""
    for kind, title in SAFETY.items():
        cells = []
        for group in events.groups:
            affected = getattr(group, kind)
            if affected.affected is None:
                continue
            of = "" if affected.at_risk is None else f" of {affected.at_risk}"
            shown = f"{group.title}: {affected.affected}{of}"
            cells.append(ProposedCell(shown, affected.affected, affected.at_risk, group=(group.id, group.title)))
        if cells:
            yield Proposal(
                kind="counts",
                document=document,
                place=f"adverse events: {title}",
                quote="; ".join(cell.printed for cell in cells),
                cells=_with_sums(tuple(cells)),
                outcomes=outcomes_in(title, context),
                time=_time(None, events.time_frame),
                title=title,
            )


def _effects(comparisons: tuple[Comparison, ...]) -> Iterator[Effect]:
    """Yield what the authors computed, in their words where those have no code of ours."""
    for comparison in comparisons:
        measure = next(
            (code for words, code in _MEASURES.items() if words in (comparison.measure or "").casefold()), None
        )
        lower, upper, value = (_float(text) for text in (comparison.lower, comparison.upper, comparison.value))
        level = _float(comparison.level)
        notes = [f"groups {', '.join(comparison.groups)} in this order"]
        notes += [comparison.measure] if comparison.measure and measure is None else []
        notes += ["one-sided"] if (comparison.sides or "").startswith("ONE") else []
        effect = Effect(
            measure=measure,
            estimate=value,
            ci=None if lower is None or upper is None else (lower, upper),
            level=level / 100 if level and 0 < level < 100 else 0.95,
            p=_p(comparison.p),
            note="; ".join(notes),
        )
        if effect.estimate is not None or effect.p is not None:
            yield effect


def _p(text: str | None) -> float | str | None:
    """Return a p value as a number, or as a bound; None for words."""
    digits = (text or "").replace(" ", "")
    sign = digits[:1] if digits[:1] in "<>≤≥" else ""
    value = _float(digits[len(sign) :].lstrip("="))
    if value is None or not 0 <= value <= 1:
        return None
    return f"{sign}{digits[len(sign) :].lstrip('=')}" if sign else value


def _float(text: str | None) -> float | None:
    digits = (text or "").strip()
    plain = digits.lstrip("-").replace(".", "", 1)
    return Written(digits) if len(digits) < 20 and plain.isascii() and plain.isdigit() else None


SAFETY: Mapping[str, str] = {"deaths": "death from any cause", "serious": "participants with a serious adverse event"}

STATISTICS = {
    "MEAN": "mean", "LEAST_SQUARES_MEAN": "mean", "MEDIAN": "median", "GEOMETRIC_MEAN": "geometric mean",
    "GEOMETRIC_LEAST_SQUARES_MEAN": "geometric mean",
}  # fmt: skip
_SPREADS = {
    "coefficient": "",
    "deviation": "SD",
    "error": "SE",
    "confidence": "CI",
    "quartile": "IQR",
    "range": "range",
}
_PARAMS = ("COUNT_OF_PARTICIPANTS", "NUMBER")
_PEOPLE = ("participant", "subject", "patient", "people", "individual", "person")
_MEASURES = {
    "odds ratio": "OR", "risk ratio": "RR", "hazard ratio": "HR", "risk difference": "RD",
    "mean difference": "MD",
}  # fmt: skip
