"""Proposals for the eye and for other programs: numbered lines of text, and plain values for JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .proposal import CountReading, Effect, Proposal, ProposedCell, Span, Value, read_cell
from .text.suggest import ReviewContext

SHOWN = 20  # possible numbers that are listed one by one


def reading_of(cell: ProposedCell, context: ReviewContext) -> CountReading:
    """Return the counts that a cell can stand for, with the size of the arm it may belong to."""
    size, where = context.sizes.get(cell.arm or "", (None, ""))
    return read_cell(cell, size, where)


def as_lines(proposals: Iterable[Proposal], context: ReviewContext, width: int = 100) -> Iterator[str]:
    """Yield the lines of all proposals, numbered from 1."""
    for number, proposal in enumerate(proposals, 1):
        place = ", ".join(filter(None, (proposal.document, proposal.place)))
        if proposal.span is not None:
            place += f", characters {proposal.span.start} to {proposal.span.end}"
        yield from textwrap.wrap(f"{number:>3}  {place}", width, subsequent_indent="     ", break_on_hyphens=False)
        if proposal.span is not None:
            yield from _indented(f"“{proposal.quote}”", width)
        for cell in proposal.cells:
            yield from _indented(_cell_line(cell, context), width)
        for value in proposal.values:
            yield from _indented(_value_line(value), width)
        for effect in proposal.reported:
            yield from _indented(
                f"printed with it: {effect_text(effect)}" if proposal.kind != "effect" else effect_text(effect), width
            )
        if proposal.kind == "counts":
            meant = " or ".join(proposal.outcomes) or "an outcome that the words do not name"
            yield from _indented(f"may be: {meant}; time: {_time(proposal)}", width)
        yield ""


def _time(proposal: Proposal) -> str:
    if proposal.time or not proposal.earlier_time:
        return proposal.time or "not named: say --time"
    return f"not named, {proposal.earlier_time} in a sentence before: say --time"


def _indented(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="     ", subsequent_indent="       ", break_on_hyphens=False)


def _value_line(value: Value) -> str:
    """A mean, a median or a rate, with what stands beside it and the arm it may be of."""
    bounds = " to ".join(f"{bound}" for bound in value.bounds)
    beside = f"({value.spread} {bounds})" if value.bounds else value.spread
    people = "" if value.total is None else f", {value.total} people"
    arm = f" - perhaps {value.arm}, {value.because}" if value.arm else ""
    return f"{value.group[0] + ' ' if value.group else ''}{value.statistic} {value.value} {beside}{people}{arm}"


def _cell_line(cell: ProposedCell, context: ReviewContext) -> str:
    """One group: what is printed, what it stands for, and which arm it may be."""
    reading = reading_of(cell, context)
    group = f"{cell.group[0]} " if cell.group else ""
    counts = f" = {reading.counts[0]} of {reading.counts[1]}" if reading.counts and reading.derived else ""
    notes = [text for text in (reading.derived, reading.problem and f"but {reading.problem}") if text]
    notes += [f"as many as {' and '.join(cell.holds)} together: it may hold the same people"] if cell.holds else []
    arm = f" - perhaps {cell.arm}, {cell.because}" if cell.arm else ""
    return f"{group}{cell.printed}{counts}{arm}" + (f" ({'; '.join(notes)})" if notes else "")


def effect_text(effect: Effect) -> str:
    """Return a printed effect or p value on one line.

    >>> effect_text(Effect(measure="OR", estimate=1.762, ci=(0.39, 7.93)))
    'OR 1.762 (95% CI 0.39 to 7.93)'
    """
    parts = [effect.measure or "", "" if effect.estimate is None else f"{effect.estimate}"]
    if effect.ci is not None:
        kind = "CrI" if effect.interval == "credible" else "CI"
        parts.append(f"({100 * effect.level:g}% {kind} {effect.ci[0]} to {effect.ci[1]})")
    if effect.p is not None:
        parts.append(f"p {effect.p}" if isinstance(effect.p, str) else f"p = {effect.p}")
    return " ".join(filter(None, parts)) + (f" ({effect.note})" if effect.note else "")


def as_dicts(proposals: Iterable[Proposal], context: ReviewContext) -> list[dict[str, Any]]:
    """Return the proposals as plain values, numbered from 1."""
    return [_proposal(number, proposal, context) for number, proposal in enumerate(proposals, 1)]


def _proposal(number: int, proposal: Proposal, context: ReviewContext) -> dict[str, Any]:
    return {
        "number": number,
        "kind": proposal.kind,
        "document": proposal.document,
        "place": proposal.place,
        "span": _span(proposal.span),
        "quote": proposal.quote,
        "title": proposal.title,
        "cells": [_cell(cell, context) for cell in proposal.cells],
        "values": [_value(value) for value in proposal.values],
        "reported": [_effect(effect) for effect in proposal.reported],
        "suggested": {
            "outcomes": list(proposal.outcomes),
            "time": proposal.time,
            "earlier_time": proposal.earlier_time,
        },
    }


def _cell(cell: ProposedCell, context: ReviewContext) -> dict[str, Any]:
    reading = reading_of(cell, context)
    return {
        "printed": cell.printed,
        "span": _span(cell.span),
        "group": dict(zip(("id", "title"), cell.group)) if cell.group else None,
        "events": cell.events,
        "total": cell.total,
        "percent": str(cell.percent) if cell.percent else None,
        "possible": {"events": _several(reading.events), "totals": _several(reading.totals)},
        "derived": reading.derived,
        "problem": reading.problem,
        "holds": list(cell.holds),
        "suggested": {"arm": cell.arm, "because": cell.because} if cell.arm else None,
    }


def _value(value: Value) -> dict[str, Any]:
    numbers: dict[str, Any] = {"statistic": value.statistic, "value": value.value, "spread": value.spread}
    numbers |= {"bounds": list(value.bounds), "total": value.total}
    numbers["group"] = dict(zip(("id", "title"), value.group)) if value.group else None
    suggested = {"arm": value.arm, "because": value.because} if value.arm else None
    return {"printed": value.printed, "span": _span(value.span)} | numbers | {"suggested": suggested}


def _several(numbers: Sequence[int]) -> list[int] | dict[str, int]:
    """Numbers one by one, or the first and the last where they are many."""
    return list(numbers) if len(numbers) <= SHOWN else {"from": numbers[0], "to": numbers[-1]}


def _effect(effect: Effect) -> dict[str, Any]:
    names = ("measure", "estimate", "level", "interval", "p", "note")
    ci = list(effect.ci) if effect.ci else None
    return {name: getattr(effect, name) for name in names} | {"ci": ci, "span": _span(effect.span)}


def _span(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"start": span.start, "end": span.end, "quote": span.quote}
