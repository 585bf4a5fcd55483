"""Where every extracted number comes from: one row of the appendix a number, and the anchor that pages link to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...preparation.kinds import KINDS
from ..blocks import Block, Paragraph, Table
from ..language import formats

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.contrasts import Contrast
    from ...registry.model.public import ReportedEffect, Result, Source, Study

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One extracted number: what it is, its value, and where it was read."""

    anchor: str
    what: str
    value: str
    file: str
    line: int
    source: Source | None


def anchor(study_id: str, *path: str | int) -> str:
    """Return the id of a number's row in the appendix.

    >>> anchor("elmekaty-2023", "results", 0, "arms", "control", "events")
    'source.elmekaty-2023.results.0.arms.control.events'
    """
    return ".".join(["source", study_id, *map(str, path)])


def rows(review: Review) -> tuple[tuple[Study, tuple[SourceRow, ...]], ...]:
    """Return the appendix: the numbers of each study that has any."""
    made = ((study, tuple(_study(review, study))) for study in review.studies)
    return tuple((study, found) for study, found in made if found)


def _study(review: Review, study: Study) -> Iterable[SourceRow]:
    for what, value, path, source in _numbers(study):
        place = review.file(study.id), review.line(study.id, *path)
        yield SourceRow(anchor(study.id, *path), what, value, *place, source)


ReadNumber = tuple[str, str, Path, "Source | None"]


def _numbers(study: Study) -> Iterable[ReadNumber]:
    yield from _sizes(study)
    for i, result in enumerate(study.results):
        name = f"{result.name}, {result.time}" + (", not confirmed yet" if result.unconfirmed else "")
        yield from _of_result(result, i, name)
        for j, reported in enumerate(result.reported):
            yield f"{name}: as printed", printed(reported), ("results", i, "reported", j), result.source
    yield from _pools(study)
    for i, number in enumerate(study.baseline):
        value = " ".join(filter(None, (formats.written(number.value), number.unit)))
        yield f"baseline: {number.name}", value, ("baseline", i, "value"), number.source


def _of_result(result: Result, i: int, name: str) -> Iterable[ReadNumber]:
    """Yield what was read of the arms, the effects and the pairs of a result."""
    for arm, data in result.arms.items():
        for key, value in data.numbers.items():
            path: Path = ("results", i, "arms", arm, key)
            yield f"{name}: {FIELDS.get(key, key)}, {arm}", _read(value), path, data.source or result.source
    several = isinstance(result.effect, tuple)
    for j, effect in enumerate(result.effects):
        said = printed_effect(effect)
        path = ("results", i, "effect", j, "measure") if several else ("results", i, "effect", "measure")
        yield f"{name}: effect", said, path, effect.source or result.source
    for where, held in (("paired", result.paired), ("pairs", result.pairs)):
        for key, value in held.model_dump(exclude={"source", "level"}, exclude_none=True).items() if held else ():
            yield f"{name}: {where}, {key.replace('_', ' ')}", _read(value), ("results", i, where, key), result.source


def _read(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def printed_effect(effect: Contrast) -> str:
    """Return an effect as its authors printed it."""
    ci = f"{100 * effect.level:g}% {effect.interval} interval {_read(effect.ci)}" if effect.ci is not None else ""
    log_rank = f"O - E {effect.o_minus_e}, V {effect.variance}" if effect.o_minus_e is not None else ""
    se, p = (f"{name} {value}" if value is not None else "" for name, value in (("SE", effect.se), ("p", effect.p)))
    head = f"{effect.measure} {effect.estimate if effect.estimate is not None else ''}".strip()
    adjusted = f"adjusted for {', '.join(effect.adjusted_for)}" if effect.adjusted_for else ""
    return ", ".join(filter(None, (head, ci, se, log_rank, p, adjusted)))


#: What the numbers of arms are called.
FIELDS = {key: what for kind in KINDS.values() for key, what in kind.fields.items()} | {
    "median": "median", "q1": "first quartile", "q3": "third quartile", "min": "minimum", "max": "maximum",
    "se": "standard error", "ci": "confidence interval", "baseline": "before", "time": "time",
}  # fmt: skip


def _sizes(study: Study) -> Iterable[ReadNumber]:
    for key in ("screened", "randomised_total"):
        value = getattr(study, key)
        if value is not None:
            yield key.replace("_", " "), str(value), (key,), None
    for i, arm in enumerate(study.arms):
        for key in ("randomised", "analysed"):
            value = getattr(arm, key)
            if value is not None:
                yield f"{key}, {arm.name}", str(value), ("arms", i, key), None


def _pools(study: Study) -> Iterable[ReadNumber]:
    for i, pool in enumerate(study.published_pools):
        low, high = map(formats.written, pool.ci)
        estimate = f"{pool.measure} {formats.written(pool.estimate)}"
        text = f"{estimate} ({formats.level(pool.level)} CI {low} to {high})"
        yield f"published pool: {pool.name or pool.outcome}", text, ("published_pools", i, "estimate"), pool.source


def printed(reported: ReportedEffect) -> str:
    """Write an effect with the digits that the authors printed.

    The minus sign is U+2212, as on the whole page.
    """
    parts = []
    if reported.estimate is not None:
        parts.append(f"{reported.measure or ''} {formats.written(reported.estimate)}".strip())
    if reported.ci is not None:
        kind = "CrI" if reported.interval == "credible" else "CI"
        low, high = map(formats.written, reported.ci)
        parts.append(f"({formats.level(reported.level)} {kind} {low} to {high})")
    if reported.p is not None:
        p = reported.p if isinstance(reported.p, str) else formats.written(reported.p)
        parts.append(f"p {p}" if p[0] in "<>≤≥" else f"p = {p}")
    return " ".join(parts)


def sources_blocks(sources: Iterable[tuple[Study, Sequence[SourceRow]]]) -> Iterable[Block]:
    """Yield the appendix as one table."""
    lines = tuple((study.label, *_cells(row)) for study, found in sources for row in found)
    yield Table(("Study", "Number", "Value", "Registry", "Read in"), lines) if lines else Paragraph("")


def _cells(row: SourceRow) -> tuple[str, ...]:
    source = row.source
    first = row.what, row.value, f"{row.file}:{row.line}"
    if source is None:
        return *first, ""
    place = ", ".join(filter(None, (source.document, source.place))) + f" ({source.level})"
    derived = f"derived: {source.derived}" if source.derived else ""
    return *first, "; ".join(filter(None, (place, derived, source.quote)))
