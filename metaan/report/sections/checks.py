"""Checks on the page: printed results beside recomputed ones, and what people let stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import null_of
from ...stats.numerics.numerals import p_value
from ..blocks import Block, Paragraph, Table
from ..language import formats, words
from . import provenance

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...stats.measures.effects import Interval
    from ...synthesis.recompute import ReportedCheck


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An effect as printed, beside what the counts give; ``waiver`` says who lets a difference stand, and why."""

    study: str
    label: str
    what: str
    href: str
    printed: str
    recomputed: str
    verdict: str
    note: str
    waiver: str


@dataclass(frozen=True, slots=True)
class WaivedRow:
    """What a check of the registry found, with its place, and the waiver that lets it stand."""

    study: str
    label: str
    check: str
    found: str
    place: str
    reason: str
    by: str
    on: str


def waived(review: Review) -> tuple[WaivedRow, ...]:
    """Return what the registry's own checks found and people let stand."""
    return tuple(_waived(review))


def _waived(review: Review) -> Iterable[WaivedRow]:
    labels = {study.id: study.label for study in review.studies}
    for one in review.waived:
        yield WaivedRow(
            study=one.study if one.study in labels else "",
            label=labels.get(one.study, "The review"),
            check=words.upper_first(one.check),
            found=f"{one.problem.where}: {one.problem.found}",
            place=f"{review.file(one.study)}:{one.problem.line}",
            reason=one.waiver.reason,
            by=one.waiver.by,
            on=one.waiver.date.isoformat(),
        )


def check_row(check: ReportedCheck) -> CheckRow:
    """Return the row of a printed effect or p value."""
    return CheckRow(
        study=check.study.id,
        label=check.study.label,
        what=f"{words.upper_first(check.result.name)}, {check.result.time}",
        href=_check_href(check),
        printed=provenance.printed(check.reported),
        recomputed=_recomputed(check),
        verdict=check.verdict,
        note="no usual test gives it" if check.p_values and check.verdict == "disagrees" else check.note,
        waiver=str(check.waiver or ""),
    )


def _check_href(check: ReportedCheck) -> str:
    results = check.study.results
    i = next((i for i, result in enumerate(results) if result is check.result), None)
    j = next((j for j, reported in enumerate(check.result.reported) if reported is check.reported), None)
    return "" if i is None or j is None else "#" + provenance.anchor(check.study.id, "results", i, "reported", j)


def _recomputed(check: ReportedCheck) -> str:
    """Write what the counts give, and the opposite outcome where only that is what was printed."""
    if check.p_values:
        return "; ".join(f"{name} {p_value(p)}" for name, p in check.p_values.items())
    if check.recomputed is None:
        return formats.NOTHING
    stated = _effect(check.reported.measure, check.recomputed, check.recomputed_ci)
    if check.verdict != "agrees inverted" or check.inverted is None:
        return stated
    opposite = _effect(check.reported.measure, check.inverted, check.inverted_ci)
    return f"{stated} as the registry counts it; {opposite} for the opposite outcome"


def _effect(measure: str | None, estimate: float, ci: Interval | None) -> str:
    null = None if measure is None else null_of(measure)
    shown, *ends = (_digits(x, null) for x in (estimate, *(ci or ())))
    bounds = f" ({ends[0]} to {ends[1]})" if ends else ""
    return f"{measure or ''} {shown}{bounds}".strip()


def _digits(x: float, null: float | None) -> str:
    """Write a number with one digit more than authors usually print."""
    return formats.fixed(x, 3, null) if 0.001 <= abs(x) < 100 else formats.number(x, null)


def tally(checks: Sequence[ReportedCheck]) -> str:
    """Say how many printed results agree with their counts, how many do not, and how many cannot be told."""
    if not checks:
        return ""
    agree = sum(check.verdict == "agrees" for check in checks)
    untold = sum(check.verdict == "not checked" for check in checks)
    off = len(checks) - agree - untold
    parts = [f"{agree} of {len(checks)} agree with their counts"]
    parts += [f"{off} {'does' if off == 1 else 'do'} not"] if off else []
    parts += [f"{untold} cannot be told from counts alone"] if untold else []
    return f"{formats.listing(parts)}."


def checks_blocks(waived: Sequence[WaivedRow], checks: Sequence[CheckRow], tally: str) -> Iterable[Block]:
    """Yield what people let stand, and printed results beside recomputed ones."""
    if waived:
        rows = tuple((w.label, w.check, f"{w.found} ({w.place})", w.reason, f"{w.by}, {w.on}") for w in waived)
        yield Table(("Study", "Check", "What it found", "Why it stands", "Waived by"), rows)
    else:
        yield Paragraph("No check of the registry is waived.")
    if checks:
        yield Paragraph(tally)
        yield Table(("Study", "Result", "Printed", "From the counts", "Verdict"), tuple(map(_cells, checks)))


def _cells(row: CheckRow) -> tuple[str, ...]:
    verdict = "; ".join(filter(None, (f"{row.verdict}: {row.note}", row.waiver)))
    return row.label, row.what, row.printed, row.recomputed, verdict
