"""The forest plot of results that were pooled from arrays, where there is no registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import DataError, UsageError
from ...preparation.kinds import KINDS
from ...registry.model.arms import Source
from ...registry.model.public import Outcome, Plan, Result, Study
from ...registry.model.study import Design
from ...report.language.words import Arms
from ...report.plots.figure import Request
from ...report.plots.standalone import standalone
from ...stats.measures.catalogue import own_scales
from ...stats.measures.effects import Interval
from ...stats.measures.two_by_two import CELLS
from ...stats.pooling.intervals import mean_interval
from ...stats.pooling.result import Pooled
from ...synthesis.values import Analysis, Excluded, Exploration, Pool, StudyRow

if TYPE_CHECKING:
    from ...registry.model.types import Entry
    from ...stats.measures.effects import EffectSizes
    from ...stats.measures.scales import Scale


def forest_plot(
    *fits: Pooled,
    outcome: str = "effect",
    experimental: str = "experimental",
    control: str = "control",
    direction: str = "bad",
    style: str = "default",
    sort: str | None = None,
) -> str:
    """Draw the forest plot of one pool of studies, as the text of an SVG file.

    Columns follow the data that the effect sizes were computed from: events and totals, means with their standard
    deviations, or person-time. `metaan.report.plots.convert.convert` makes PDF, PNG or EPS of the text.

    Parameters
    ----------
    fits
        What was pooled: by one model, or by two of the same studies. Each model takes those that its rule takes: a
        study that one of them leaves out has a row, without a weight by that one.
    outcome
        What was measured, for the title.
    experimental, control
        What the arms are called.
    direction
        Whether more of the outcome is ``"good"`` or ``"bad"``: what each side of no effect favours.
    style
        A key of `metaan.report.forest.styles.STYLES`.
    sort
        A key of `metaan.report.forest.order.KEYS`: year and risk of bias are not known here.

    Raises
    ------
    DataError
        No result, two of one model, or results of different studies.
    UsageError
        Something else than a pooled result; the style or the order is unknown.

    Examples
    --------
    >>> import metaan as ma
    >>> es = ma.effect_sizes("MD", m1i=[5.1, 4.2], sd1i=[1.1, 0.9], n1i=[20, 31], m2i=[6.0, 4.9], sd2i=[1.2, 1.0],
    ...                      n2i=[21, 30], slab=["A 2019", "B 2021"])
    >>> text = ma.forest_plot(ma.pool(es, "random"), outcome="pain", experimental="drug", control="placebo")
    >>> "5.1 (1.1), 20" in text, "Favours drug" in text
    (True, True)
    """
    analysis = analysis_of(fits, outcome, direction, sort)
    asked = Request(analysis, analysis.pools[0], Exploration(), Arms(experimental, control))
    return str(standalone("forest", asked, style))


def analysis_of(fits: Sequence[Pooled], outcome: str, direction: str = "bad", sort: str | None = None) -> Analysis:
    """Return results of arrays as an analysis of studies of which nothing is known but their labels."""
    about = Outcome.model_validate({"id": "effect", "name": outcome, "direction": direction})
    return _analysis(_by_model(fits), about, sort)


def _by_model(fits: Sequence[Pooled]) -> dict[str, Pooled]:
    """Return the results by model, of the same studies; random effects last, after the others with a tau2."""
    for fit in fits:
        if not isinstance(fit, Pooled):
            found = type(fit).__name__
            raise UsageError(f"{found} is not a pooled result; allowed: what pool, mantel_haenszel, peto or glmm give")
    known = {fit.model: fit for fit in sorted(fits, key=lambda fit: (fit.model == "random", fit.has_tau2))}
    if not 1 <= len(known) == len(fits) <= 2:
        raise DataError(f"{len(fits)} results; allowed: one, or two by different models of the same studies")
    for other in fits[1:]:
        if _all_labels(other) != _all_labels(fits[0]) or other.measure != fits[0].measure:
            raise DataError("the two results are of different studies or measures; allowed: two models of the same")
        _check_same_data(fits[0].effects, other.effects)
    if len({fit.level for fit in fits}) > 1:
        raise DataError(f"levels {', '.join(f'{fit.level:g}' for fit in fits)}; allowed: one for all intervals")
    return known


def _analysis(fits: Mapping[str, Pooled], outcome: Outcome, sort: str | None) -> Analysis:
    *_, main = fits.values()
    common = fits["common"].method if "common" in fits else "IV"
    roles = _roles(list(fits.values()))
    plan = Plan.model_validate({"outcome": outcome.id, "by": None, "level": main.level})
    known: dict[str, Any] = {
        "model": tuple(fits),
        "common_method": common,
        "tau2_method": main.tau2_method or plan.tau2_method,
        "ci_method": main.ci_method,
        "pi_method": main.pi_method or plan.pi_method,
        "plot": plan.plot.model_copy(update={"sort": sort}),
    }
    pool = Pool("", _rows(roles, main.level), roles)
    shown = {row.study.label for row in pool.rows}
    left_out = [(label, reason) for label, reason in main.excluded if label not in shown]
    gone = tuple(Excluded(f"left-out-{i}", label, reason) for i, (label, reason) in enumerate(left_out, 1))
    return Analysis(outcome, plan.model_copy(update=known), main.measure, main.level, (pool,), excluded=gone)


def _roles(fits: Sequence[Pooled]) -> dict[str, Pooled]:
    """Return the results by the role in which they are drawn: as the common effect, or as random effects."""
    if len(fits) == 2:
        return dict(zip(("common", "random"), fits))
    return {"random" if fits[0].has_tau2 else "common": fits[0]}


def _all_labels(fit: Pooled) -> set[str]:
    return {*fit.effects.slab, *(label for label, _ in fit.excluded)}


def _check_same_data(one: EffectSizes, other: EffectSizes) -> None:
    """Refuse two studies of one label: where each model takes its own, a row is found by its label."""
    if one.slab == other.slab:
        return
    for es in (one, other):
        if twice := [label for label, times in Counter(es.slab).items() if times > 1]:
            raise DataError(f"two studies are called {twice[0]!r}; allowed: a label of its own for each (slab)")
    places = {label: j for j, label in enumerate(other.slab)}
    for i, label in enumerate(one.slab):
        if label in places and (found := _data(one, i)) != (there := _data(other, places[label])):
            raise DataError(f"{label}: {found} in one result, {there} in the other; allowed: the same data in both")


def _rows(roles: Mapping[str, Pooled], level: float) -> tuple[StudyRow, ...]:
    """Return a row for each study of either result, in the order of the one with more; its effect is the later's."""
    ordered = sorted(roles.values(), key=lambda fit: -len(fit.effects))
    known: dict[tuple[str, int], StudyRow] = {}
    for fit in roles.values():
        for i, (key, scale) in enumerate(zip(_keys(fit.effects), own_scales(fit.effects))):
            row = _row(fit.effects, i, level, scale)
            known[key] = known.get(key, row) if row.yi is None else row
    common, random = (_weights(roles.get(role)) for role in ("common", "random"))
    order = dict.fromkeys(key for fit in ordered for key in _keys(fit.effects))
    weighted = (replace(known[k], weight_common=common.get(k), weight_random=random.get(k)) for k in order)
    return tuple(_numbered(row, i) for i, row in enumerate(weighted, 1))


def _weights(fit: Pooled | None) -> dict[tuple[str, int], float]:
    return {} if fit is None else dict(zip(_keys(fit.effects), fit.weights.tolist()))


def _keys(es: EffectSizes) -> list[tuple[str, int]]:
    """Return the label of each study, and how many of that label stand before it."""
    before: Counter[str] = Counter()
    found = []
    for label in es.slab:
        found.append((label, before[label]))
        before[label] += 1
    return found


def _numbered(row: StudyRow, number: int) -> StudyRow:
    return replace(row, study=row.study.model_copy(update={"id": f"study-{number}"}))


def _row(es: EffectSizes, i: int, level: float, scale: Scale) -> StudyRow:
    """Return a study of which nothing is known but its label and its numbers."""
    study = _bare(Study, id="", label=es.slab[i], title=es.slab[i], design=_bare(Design))
    result = _bare(Result, outcome="effect", name="effect", time="", arms={}, source=_bare(Source))
    row = StudyRow(study, result, "", _data(es, i), note=es.reasons[i])
    if not es.estimable[i]:
        return row
    yi, sei, back = float(es.yi[i]), float(es.sei[i]), scale.to_display
    ci = mean_interval(yi, sei, None, level)
    return replace(row, yi=yi, vi=float(es.vi[i]), estimate=back(yi), ci=Interval(back(ci.lb), back(ci.ub)))


def _bare(entry: type[Entry], **known: Any) -> Any:
    """Return an entry with every field: what a file must say, and nobody has said, is None."""
    unknown = {name: None for name, field in entry.model_fields.items() if field.is_required()}
    return entry.model_construct(**{**unknown, **known})


def _data(es: EffectSizes, i: int) -> dict[str, float]:
    """Return the data of a study; the cells of a table are events and totals."""
    data = {name: float(values[i]) for name, values in es.data.items()}
    if data.keys() >= set(CELLS):
        a, b, c, d = (data[name] for name in CELLS)
        data = KINDS["counts"].data((a, a + b), (c, c + d))
    return data if all(x == x for x in data.values()) else {}
