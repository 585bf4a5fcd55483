"""The summary-of-findings table (GRADE): what a panel decides from, of the same objects as the plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...synthesis.statement import statement
from ..blocks import Block, Table
from ..document import Line, Marks, Note
from ..language import anchors, formats, words
from ..language.statements import sentence
from ..language.words import Arms
from .certainty import CertaintyView, certainty

if TYPE_CHECKING:
    from ...stats.measures.effects import Interval
    from ...synthesis.certainty import Evidence
    from ...synthesis.risks import RiskEffect
    from ...synthesis.values import Analysis

PER = 1000
SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass
class Notes:
    """The footnotes of one table, each text once."""

    texts: dict[str, Note] = field(default_factory=dict)

    def add(self, text: str) -> Note:
        """Return the note of a text, a new one where it is not there yet."""
        mark = letter(len(self.texts))
        return self.texts.setdefault(text, Note(mark, text, f"summary.note.{mark}"))


def letter(number: int) -> str:
    """Return the mark of a footnote.

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(number, 26)
    return (letter(first - 1) if first else "") + chr(ord("a") + last)


@dataclass(frozen=True, slots=True)
class RiskLine:
    """The effect at one assumed risk, per 1000 people: risks, their difference, and the intervals of both."""

    name: str
    control: str
    treated: str
    treated_ci: str
    difference: str
    ci: str
    prediction: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Risks per 1000 to draw: without and with the treatment, and the interval of the latter."""

    without: float
    treated: float
    lb: float
    ub: float


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One result of the table; without absolute effects it has one line that says so.

    ``place`` and ``lead`` are where the appendix says how its numbers, and its relative effect, were computed.
    """

    pool: str
    people: str
    studies: str
    effect: str
    ci: str
    measure: str
    lines: tuple[RiskLine, ...]
    certainty: CertaintyView
    statement: str
    effect_notes: tuple[Note, ...]
    certainty_notes: tuple[Note, ...]
    place: str
    lead: str
    bars: Bars | None = None


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """The results of one outcome."""

    id: str
    title: str
    time: str
    importance: str
    has_mid: bool
    rows: tuple[SummaryRow, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole table with its footnotes."""

    groups: tuple[SummaryGroup, ...]
    notes: tuple[Note, ...]

    @property
    def rows(self) -> tuple[SummaryRow, ...]:
        """All results."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def most(self) -> float:
        """The end of the scale on which risks are drawn, per 1000; one for all results."""
        ends = [max(row.bars.without, row.bars.ub) for row in self.rows if row.bars]
        return next((end for end in SCALES if end >= max(ends)), SCALES[-1]) if ends else SCALES[-1]

    @property
    def without_mid(self) -> str:
        """The outcomes that have no minimal important difference."""
        return formats.listing(words.lower_first(group.title) for group in self.groups if not group.has_mid)

    @property
    def judged(self) -> bool:
        """Whether anybody has judged the certainty of any result."""
        return any(row.certainty.judged for row in self.rows)


def summary(analyses: Sequence[Analysis], arms: Arms, evidence: Mapping[str, Sequence[Evidence]]) -> Summary:
    """Return the table; an analysis without ``evidence`` has no suggestions and no absolute effects."""
    notes = Notes()
    groups = tuple(_group(a, arms, evidence.get(a.plan.key, ()), notes) for a in analyses)
    return Summary(groups, tuple(notes.texts.values()))


def _group(analysis: Analysis, arms: Arms, evidence: Sequence[Evidence], notes: Notes) -> SummaryGroup:
    rows = []
    for i in range(len(analysis.results)):
        found = evidence[i] if i < len(evidence) else None
        rows.append(_row(analysis, i, arms, certainty(analysis, i, found), notes))
    title = words.upper_first(analysis.title)
    time = analysis.outcome.time or ""
    time = "" if time.casefold() in title.casefold() else time
    about = analysis.outcome
    return SummaryGroup(analysis.plan.key, title, time, about.importance or "", about.mid is not None, tuple(rows))


def _row(analysis: Analysis, i: int, arms: Arms, judged: CertaintyView, notes: Notes) -> SummaryRow:
    pool, found = analysis.results[i], judged.evidence
    got = pool.lead
    single = () if got is None or got.fit is not None else (notes.add("One study: its own result, nothing is pooled."),)
    return SummaryRow(
        pool=judged.pool,
        people=formats.people(n) if (n := pool.people) else formats.NOTHING,
        studies=formats.plural(pool.studies, "study", "studies"),
        effect=formats.estimate(got.estimate, analysis.measure, got.ci) if got else formats.NOTHING,
        ci=formats.bounds(got.ci, analysis.measure) if got else "",
        measure=words.measure_in_unit(analysis.measure, analysis.outcome.unit),
        lines=tuple(_lines(found, notes)) if got else (),
        certainty=judged,
        statement=sentence(statement(analysis, pool), analysis, pool, arms),
        effect_notes=single,
        certainty_notes=tuple(_reasons(judged, notes)),
        place=anchors.anchor(analysis.plan.key, "block", i),
        lead=anchors.lead(pool, i, analysis.plan.key),
        bars=_bars(found) if got else None,
    )


def _bars(found: Evidence | None) -> Bars | None:
    """Return what is drawn of the medium one of the assumed risks."""
    if found is None or not found.risks:
        return None
    at = found.risks[len(found.risks) // 2]
    return Bars(PER * at.risk, PER * at.treated, PER * at.treated_ci.lb, PER * at.treated_ci.ub)


def _lines(found: Evidence | None, notes: Notes) -> Iterable[RiskLine]:
    for effect in found.risks if found else ():
        source = notes.add(f"Assumed risk{f' ({effect.name})' if effect.name else ''}: {effect.source}.")
        yield RiskLine(
            name=effect.name,
            control=_per(effect.risk),
            treated=_per(effect.treated),
            treated_ci=f"{_per(effect.treated_ci.lb)} to {_per(effect.treated_ci.ub)}",
            difference=formats.per_1000(effect.difference),
            ci=_between(effect.ci),
            prediction=_prediction(effect),
            notes=(source,),
        )


def _per(risk: float) -> str:
    """Write a risk per 1000: whole people, with digits where there are few."""
    people = PER * risk
    return formats.number(people) if 0 < people < 1 else f"{people:.0f}"


def _between(ci: Interval) -> str:
    return f"{formats.per_1000(ci.lb)} to {formats.per_1000(ci.ub)}"


def _prediction(effect: RiskEffect) -> str:
    return "" if effect.pi is None else _between(effect.pi)


def _reasons(judged: CertaintyView, notes: Notes) -> Iterable[Note]:
    if judged.judged is None:
        return
    for domain in judged.judged.domains:
        if domain.matters:
            yield notes.add(f"{words.upper_first(domain.name)} {domain.judgement}: {domain.reason.rstrip('.')}.")
    if judged.judged.stale:
        yield notes.add(judged.judged.stale)


def summary_blocks(summary: Summary, arms: Arms) -> Iterable[Block]:
    """Yield the table with its footnotes; nothing where there is no analysis."""
    if summary.groups:
        without, given = (f"per 1000 with {name}" for name in (arms.control, arms.experimental))
        heads = ("Outcome", "Result", "People (studies)", "Relative effect", without, given, "difference per 1000")
        rows = (line for group in summary.groups for row in group.rows for line in _cells(group.title, row))
        yield Table((*heads, "in a new setting", "Certainty", "In words"), tuple(rows), notes=summary.notes)


def _cells(title: str, row: SummaryRow) -> Iterable[tuple[Line, ...]]:
    effect = f"{row.measure} {row.effect}" + (f" ({row.ci})" if row.ci else "")
    judged = row.certainty.judged
    level = f"{judged.level} {judged.symbols}" if judged else "not assessed yet"
    first = title, row.certainty.pool, f"{row.people} ({row.studies})"
    marked = effect, Marks(*row.effect_notes, *row.certainty_notes)
    for cells in [_risk_cells(line) for line in row.lines] or [["–"] * 4]:
        yield *first, marked, *cells, level, row.statement


def _risk_cells(line: RiskLine) -> list[Line]:
    assumed = f"{line.name} {line.control}".strip(), Marks(*line.notes)
    return [assumed, f"{line.treated} ({line.treated_ci})", f"{line.difference} ({line.ci})", line.prediction or "–"]
