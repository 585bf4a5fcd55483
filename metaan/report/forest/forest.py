"""From an analysis to its forest plot as data: which rows there are, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import null_of
from ...stats.measures.effects import Interval
from ...stats.pooling.result import Pooled
from ...synthesis.lead import favoured_by
from ..language import formats, methods, words
from ..language.answers import answers
from ..language.headings import pool_heading
from ..language.words import Arms
from .axis import Axis
from .columns import as_shown, columns, data_cells, decimals, times, total_cells
from .landmarks import Band, band, guide
from .lights import NONE, Lights, lights
from .order import sort
from .plot import ForestMark, Plot, Row, axis_of, of_little_weight
from .styles import STYLES, Style, axis_title
from .traits import trait_cells, trait_columns

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool, PublishedReference, Sensitivity, StudyRow

NO_EFFECT = "No effect can be estimated from these studies by the methods of the protocol, so nothing is drawn."


@dataclass(frozen=True, slots=True)
class Shared:
    """What the rows of one plot share; ``places`` holds the decimals of each number of the data."""

    analysis: Analysis
    terse: bool
    style: Style
    lights: Lights
    places: Mapping[str, int]

    @property
    def measure(self) -> str:
        """The measure of the analysis."""
        return self.analysis.measure


def forest(analysis: Analysis, arms: Arms, terse: bool = False, style: Style = STYLES["default"]) -> Plot:
    """Turn an analysis into a plot.

    In a ``terse`` one results have short names, those of other methods on the same studies are rows too, and the
    further columns of the protocol are left out.

    >>> import metaan as ma
    >>> [failure] = ma.analyse(ma.load(ma.example("anakinra")), ["clinical-failure"])
    >>> [row.kind for row in forest(failure, Arms("anakinra", "usual care")).rows]
    ['heading', 'study', 'study', 'pooled', 'pooled', 'text', 'spacer']
    """
    found = NONE if terse or not analysis.plan.plot.lights else lights(analysis.rows)
    rows = tuple(_rows(Shared(analysis, terse, style, found, decimals(map(as_shown, analysis.rows)))))
    further = () if terse else trait_columns(analysis.plan.plot.columns, analysis.rows)
    drawn = axis_of(rows, analysis.measure)
    shaded = band(analysis) if any(row.mark for row in rows) else None
    plot = Plot(
        id=analysis.plan.key,
        title=f"{words.upper_first(analysis.outcome.name)}: forest plot",
        description=_description(analysis, arms),
        columns=columns(analysis, arms, style, further, found.columns),
        rows=rows,
        axis=drawn,
        axis_title=axis_title(style, analysis),
        favours=sides(analysis.measure, analysis.outcome.direction, arms, style.favours[0]),
        signs=found.key,
        notes=tuple(_notes(analysis, rows, drawn, shaded, found)),
        band=shaded,
        guide=guide(analysis) if style.guide else None,
        favours_above=style.favours[1],
        notes_on_signs=found.notes,
    )
    return replace(plot, notes=(NO_EFFECT, *plot.notes)) if plot.bare else plot


def sides(measure: str, direction: str | None, arms: Arms, word: str = "Favours") -> tuple[str, str] | None:
    """Return what the left and the right side of no effect favour; None where the measure compares nothing."""
    return None if null_of(measure) is None else favours(direction, arms, word)


def favours(direction: str | None, arms: Arms, word: str = "Favours") -> tuple[str, str]:
    """Return what the left and the right side of no effect favour.

    >>> favours("bad", Arms("anakinra", "usual care"))
    ('Favours anakinra', 'Favours usual care')
    """
    left, right = (f"{word} {getattr(arms, favoured_by(side, direction))}" for side in (-1, 1))
    return left, right


def _rows(shared: Shared) -> Iterable[Row]:
    analysis = shared.analysis
    for i, pool in enumerate(analysis.pools):
        yield from _in_block(pool.name, i, _block(pool, shared))
    if analysis.overall is not None and len(analysis.pools) > 1:
        whole = [Row("heading", {"label": pool_heading(analysis.overall)}), *_results(analysis.overall, shared, True)]
        yield from _in_block("", len(analysis.pools), whole)
        yield Row("spacer")
    tests = shared.style.between(analysis.subgroup_test)
    yield from (Row("text", {"label": line}) for line in tests)
    yield from [Row("spacer")] if tests else []
    if analysis.references:
        yield Row("heading", {"label": "Published pools of reviews (not pooled here)"})
        for i, reference in enumerate(analysis.references):
            yield replace(_reference(reference, shared), place=i)


def _in_block(name: str, place: int, rows: Iterable[Row]) -> Iterable[Row]:
    return (replace(row, block=name, place=place) for row in rows)


def _block(pool: Pool, shared: Shared) -> Iterable[Row]:
    alone = len(shared.analysis.pools) == 1
    if pool.name or not alone:
        yield Row("heading", {"label": pool_heading(pool)})
    yield from (_study(row, shared) for row in sort(pool.rows, shared.analysis.plan.plot.sort))
    yield from _results(pool, shared, alone)
    yield Row("spacer")


def _study(row: StudyRow, shared: Shared) -> Row:
    """Return the row of a study; one without an effect has no mark and says why."""
    style, drawn = shared.style, shared.lights.of(row.id)
    effect = "not estimable" if row.estimate is None else style.value(row.estimate, row.ci, shared.measure)
    label = f"{row.label}{words.marks(row)}"
    cells = {"label": label, "time": row.result.time, "effect": effect}
    cells |= data_cells(row.data, style, shared.places)
    cells |= {name: style.share(getattr(row, name)) for name in ("weight_common", "weight_random")}
    cells |= trait_cells(shared.analysis.plan.plot.columns, row)
    cells |= {name: light.text for name, light in drawn.items()}
    weight = row.weight_random if row.weight_random is not None else row.weight_common
    mark = None if row.estimate is None else ForestMark("square", row.estimate, row.ci, weight)
    said = f"{words.measure_name(shared.measure)} {effect}" if mark else row.note or "no effect"
    return Row("study", cells, mark, row.row, f"{label}: {said}{shared.lights.sentence(row.id)}", lights=drawn)


def _results(pool: Pool, shared: Shared, last: bool) -> Iterable[Row]:
    style = shared.style
    for i, (role, fit) in enumerate(pool.fits.items()):
        totals = {} if i else _totals(pool, role, shared)
        plain = (methods.short_name(fit) if shared.terse else methods.model_name(fit)) + words.of_studies(fit, pool)
        yield _pooled(fit, role, totals, style.total(fit, pool, last) or plain, style)
    if shared.terse:
        yield from (_other(s) for s in pool.sensitivity)
        yield from _bayes(pool)
    if pool.fit is not None and pool.fit.pi is not None:
        yield _prediction(pool.fit, style)
    yield from (Row("text", {"label": line}) for line in style.lines(pool))


def _pooled(fit: Pooled, role: str, totals: Mapping[str, str], name: str, style: Style) -> Row:
    shown = fit.display
    effect = style.value(shown.estimate, shown.ci, fit.measure)
    cells = {"label": name, "effect": effect, f"weight_{role}": "100%" if style.weight_sign else "100"}
    mark = ForestMark("diamond", shown.estimate, shown.ci, role=role)
    return Row("pooled", {**cells, **totals}, mark, None, f"{name}: {effect}")


def _other(other: Sensitivity) -> Row:
    shown = other.fit.display
    name = words.left_out(other) or methods.short_name(other.fit) + (f", {other.assuming}" if other.assuming else "")
    cells = {"label": name, "effect": formats.effect(shown.estimate, shown.ci, other.fit.measure)}
    return Row("sensitivity", cells, ForestMark("diamond", shown.estimate, shown.ci, role="sensitivity"))


def _bayes(pool: Pool) -> Iterable[Row]:
    """Yield the row of the protocol's Bayesian model: median and credible interval."""
    found = pool.exploration.bayes if pool.exploration else None
    if found is not None:
        estimate, ci = found.fit.display(found.fit.mu.median), Interval(*map(found.fit.display, found.fit.mu.ci))
        cells = {"label": methods.bayes_name(found.fit), "effect": formats.effect(estimate, ci, found.fit.measure)}
        yield Row("sensitivity", cells, ForestMark("diamond", estimate, ci, role="sensitivity"))


def _totals(pool: Pool, role: str, shared: Shared) -> dict[str, str]:
    pooled = [row.data for row in pool.rows if getattr(row, f"weight_{role}") is not None]
    return total_cells(pooled, shared.style, shared.places)


def _prediction(fit: Pooled, style: Style) -> Row:
    pi = fit.display.pi
    text = formats.NOTHING if pi is None else style.bounds(pi, fit.measure)
    label = f"Prediction interval, {methods.convention(fit.pi_method)}"
    return Row(
        "prediction", {"label": label, "effect": text}, ForestMark("bar", None, pi, role="prediction"), None, text
    )


def _reference(reference: PublishedReference, shared: Shared) -> Row:
    pool = reference.pool
    ci = Interval(*pool.ci)
    size = [formats.plural(pool.k, "study", "studies")] if pool.k else []
    size += [f"{pool.n} people"] if pool.n and not shared.terse else []
    aside = f" ({', '.join(size)})" if size else ""
    label = f"{reference.study.label}{aside}"
    effect = shared.style.value(pool.estimate, ci, pool.measure)
    same = pool.measure == shared.measure
    mark = ForestMark("diamond", pool.estimate, ci, role="reference") if same else None
    effect = effect if same else f"{pool.measure} {effect}"
    return Row("reference", {"label": label, "effect": effect}, mark, reference.study.id, f"{label}: {effect}")


def _notes(analysis: Analysis, rows: Iterable[Row], drawn: Axis, shaded: Band | None, found: Lights) -> Iterable[str]:
    yield from [shaded.note] if shaded else []
    yield methods.footer(analysis)
    yield from _beyond(rows, drawn)
    yield from _time(analysis)
    yield from found.notes


def _beyond(rows: Iterable[Row], drawn: Axis) -> Iterable[str]:
    """Name the studies that lie beyond the axis, which they do not set."""
    light = of_little_weight(rows)
    gone = [row for row in light if row.mark and row.mark.estimate and not 0 <= drawn.place(row.mark.estimate) <= 1]
    if gone:
        names = formats.listing(f"{row.label} ({row.cells['effect']})" for row in gone)
        rule = "a study with less than a quarter of an equal share of the weight does not set it"
        yield f"Beyond the axis: {names}; {rule}."


def _time(analysis: Analysis) -> tuple[str, ...]:
    """Say when all results were measured, where no column is needed for it."""
    found = times(analysis)
    return (f"Time: {found[0]}.",) if len(found) == 1 and found[0] else ()


def _description(analysis: Analysis, arms: Arms) -> str:
    sentences = [str(answer.text) for answer in answers(analysis, arms)]
    return " ".join([f"{formats.plural(analysis.k, 'study', 'studies')}.", *sentences, "The table has every row."])
