"""Pooling one group of studies: by the protocol, by the methods beside it, and per 1000 people."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MetaanError, NotEstimableError
from ..preparation.kinds import columns_of
from ..preparation.rows import DOUBTFUL
from ..stats.measures.catalogue import MEASURES, ONE_ARM, TO, added, effect_sizes, own_scales
from ..stats.measures.effects import EffectSizes, Interval
from ..stats.measures.scales import Scale
from ..stats.numerics.numerals import exact
from ..stats.pooling.intervals import mean_interval
from ..stats.pooling.models import MODELS
from ..stats.pooling.pool import pool
from ..stats.pooling.result import Pooled
from ..stats.pooling.tau2_ci import HeterogeneityCI
from ..stats.tables.peto import peto
from ..stats.tables.stratified import MH_MEASURES, informative, mantel_haenszel
from .dependent import hangs_together, otherwise, pool_rows, refitting
from .lead import LEADING, leading
from .risks import absolute
from .selection import Chosen
from .values import Exploration, Pool, Remark, Sensitivity, StudyRow

if TYPE_CHECKING:
    from ..registry.model.public import Plan

PETO_MEASURES = ("OR", "PETO")

#: Kind of data of one group to the measure of its mixed model, and what that is of.
MIXED_MODELS = {"counts": ("PLO", "proportions"), "rates": ("IRLN", "rates")}

#: Method that needs the tables of all studies to its name.
TABLED = {"MH": "Mantel-Haenszel", "PETO": "Peto's method", "GLMM": "a mixed model"}

#: Pooled beside the protocol's own result, so that a reader sees whether the method decides the conclusion.
SENSITIVITY_METHODS = (("DL", "hksj-adhoc"), ("REML", "hksj-adhoc"))


def pool_group(
    name: str, chosen: Sequence[Chosen], plan: Plan, measure: str, explored: bool = True, direction: str | None = None
) -> Pool:
    """Pool one group of studies by the protocol's methods and by those of the sensitivity table.

    Parameters
    ----------
    name
        The group's name, or ``""``.
    chosen
        Its studies.
    plan, measure
        The protocol, and a measure of counts in two arms.
    explored
        False where the protocol's ``explore:`` is for a total over this group and others.
    direction
        Of the outcome: ``"good"``, ``"bad"`` or None.
    """
    if not chosen:
        return Pool(name, (), reason="no study reports this outcome")
    es = _effect_sizes(chosen, plan, measure)
    rows = _rows(chosen, es, plan)
    if es.k < 2:
        why = "one study with an effect size: there is nothing to pool" if es.k else _all_left_out(len(rows))
        return _with_absolute(Pool(name, rows, reason=why), plan, measure)
    fits, remarks = _fits(es, plan, measure, chosen)
    main = fits[leading(fits)] if fits else None
    shown = _weighted(chosen, es, plan, fits)
    found = Pool(
        name=name,
        rows=shown,
        fits=fits,
        tau2_ci=None if hangs_together(plan) else _tau2_ci(es, plan, fits.get("random")),
        sensitivity=(
            *(_otherwise_dependent if hangs_together(plan) else _sensitivity)(es, plan, measure, fits, chosen),
            *_without_flagged(chosen, plan, measure, fits),
            *_assuming(chosen, plan, measure, fits),
        ),
        exploration=_explored(plan, main, shown, direction) if explored else None,
        remarks=remarks,
    )
    return _with_absolute(found, plan, measure)


def _tau2_ci(es: EffectSizes, plan: Plan, fit: Pooled | None) -> HeterogeneityCI:
    """Return heterogeneity with its intervals: by the likelihood where that was maximised, else by Q."""
    return fit.tau2_ci("PL") if fit is not None and fit.method == "GLMM" else _random(es, plan).tau2_ci("QP")


def _all_left_out(k: int) -> str:
    return "its only study has no effect size" if k == 1 else f"all {k} studies are left out: none has an effect size"


def _with_absolute(found: Pool, plan: Plan, measure: str) -> Pool:
    return replace(found, absolute=absolute(found, plan, measure))


def protocol_results(chosen: Sequence[Chosen], plan: Plan, measure: str) -> dict[str, Pooled]:
    """Return the protocol's result of a group by model, and nothing beside it: for many groups in a row.

    A single study is its own result, under every model; a model that has no answer is absent.
    """
    es = _effect_sizes(chosen, plan, measure) if chosen else None
    return _fits(es, plan, measure, chosen)[0] if es is not None and es.k else {}


def _fits(
    es: EffectSizes, plan: Plan, measure: str, chosen: Sequence[Chosen]
) -> tuple[dict[str, Pooled], tuple[Remark, ...]]:
    """Return the results of studies by model, and what is to be said of a model that has no answer."""
    found: dict[str, Pooled | Remark] = {m: _under(es, plan, measure, m, chosen) for m in MODELS if m in plan.model}
    fits = {model: fit for model, fit in found.items() if isinstance(fit, Pooled)}
    tabled = () if hangs_together(plan) else _by_inverse_variance(es, plan, measure, fits)
    said = (*tabled, *(r for r in found.values() if isinstance(r, Remark)))
    return fits, said


def _by_inverse_variance(es: EffectSizes, plan: Plan, measure: str, fits: Mapping[str, Pooled]) -> Iterable[Remark]:
    """Say that a method which needs the tables of all studies gave way: some have only an effect."""
    for model, method in (("common", plan.common_method), ("random", plan.random_method)):
        if model in fits and es.k > 1 and not es.data and _is_tabled(method, measure):
            text = f"{MODELS[model].words} by inverse variance: {TABLED[method]} needs a table of every study"
            yield Remark("inverse variance", text)


def _is_tabled(method: str, measure: str) -> bool:
    """Return whether a method needs tables, and pools a measure of them."""
    if method == "GLMM":
        from ..stats.glmm.models import GLMM_MEASURES  # loaded where it is asked for: it is slow to import

        return measure in GLMM_MEASURES
    return measure in {"MH": MH_MEASURES, "PETO": PETO_MEASURES}.get(method, ())


def _explored(plan: Plan, main: Pooled | None, rows: Sequence[StudyRow], direction: str | None) -> Exploration | None:
    """Do what the protocol asks for beside the pooled result, on the studies that were pooled."""
    if main is None or (plan.explore is None and plan.bayes is None and plan.selection is None):
        return None
    from ..registry.model.public import Explore
    from .exploration import explore

    return explore(
        plan.explore or Explore.model_construct(),
        main,
        rows,
        plan.bayes,
        refitting(rows, plan),
        plan.selection,
        direction,
    )


def _effect_sizes(chosen: Sequence[Chosen], plan: Plan, measure: str) -> EffectSizes:
    """Return the effects of rows: computed of what arms hold, or as they were prepared."""
    slab = [c.label for c in chosen]
    if _tabled(chosen):
        return effect_sizes(
            measure,
            add=plan.zero_cells.add,
            to=plan.zero_cells.to,
            drop00=MEASURES[measure].drops_double_zero,
            slab=slab,
            **columns_of(measure, (c.data for c in chosen)),
        )
    computed = [c for c in chosen if c.row.yi is None]
    found = iter(_each(_effect_sizes(computed, plan, measure)) if computed else ())
    rows = [next(found) if c.row.yi is None else (c.row.yi, c.row.vi, None) for c in chosen]
    yi, vi, reasons = zip(*rows)
    return EffectSizes(np.array(yi, float), np.array(vi, float), tuple(slab), measure, tuple(reasons))


def _each(es: EffectSizes) -> Iterable[tuple[float, float, str | None]]:
    return zip(es.yi.tolist(), es.vi.tolist(), es.reasons)


def _tabled(chosen: Sequence[Chosen]) -> bool:
    """Return whether every row is computed of what its arms hold."""
    return all(c.row.yi is None for c in chosen)


def _rows(chosen: Sequence[Chosen], es: EffectSizes, plan: Plan, tabled: Collection[int] = ()) -> tuple[StudyRow, ...]:
    """Return the rows; ``tabled`` are the places of the studies whose tables are pooled, whatever their effect is."""
    return tuple(_row(c, es, i, plan, i in tabled, s) for i, (c, s) in enumerate(zip(chosen, own_scales(es))))


def _row(chosen: Chosen, es: EffectSizes, i: int, plan: Plan, tabled: bool, scale: Scale) -> StudyRow:
    row = StudyRow(
        chosen.study,
        chosen.result,
        chosen.design,
        chosen.data,
        note=chosen.note,
        flag=chosen.about,
        prepared=chosen.row,
    )
    if (why := es.reasons[i]) is not None:
        only = "pooled by Mantel-Haenszel only" if tabled else "not pooled"
        return replace(row, note="; ".join(filter(None, (chosen.note, f"{only}: {why}"))))
    yi, vi = float(es.yi[i]), float(es.vi[i])
    return replace(
        row,
        note="; ".join(filter(None, (chosen.note, _correction(es, i, plan)))) or None,
        yi=yi,
        vi=vi,
        estimate=scale.to_display(yi),
        ci=Interval(*map(scale.to_display, mean_interval(yi, math.sqrt(vi), None, plan.level))),
    )


def _correction(es: EffectSizes, i: int, plan: Plan) -> str | None:
    """Say of a study what was added to its counts; Mantel-Haenszel adds nothing."""
    amount = added(es.measure, plan.zero_cells.add)
    cells = MEASURES[es.measure].family.cells if es.data else ()
    if not cells:
        return None
    zero = np.any([es.data[name] == 0 for name in cells], axis=0) & es.estimable
    if not cells or not amount or not TO[plan.zero_cells.to](zero)[i]:
        return None
    why = "a zero cell" if zero[i] else "no zero cell"
    return f"{why}: {exact(amount)} is added for inverse variance"


def _weighted(
    chosen: Sequence[Chosen], es: EffectSizes, plan: Plan, fits: Mapping[str, Pooled]
) -> tuple[StudyRow, ...]:
    """Return the rows with the weights that each model gave them."""
    ours, theirs = (_weights(fits.get(model), es) for model in ("common", "random"))
    return tuple(
        replace(row, weight_common=ours.get(i), weight_random=theirs.get(i))
        for i, row in enumerate(_rows(chosen, es, plan, ours))
    )


def _weights(fit: Pooled | None, es: EffectSizes) -> dict[int, float]:
    """Return the weights of a result by the place of the study: Mantel-Haenszel needs no effect of the study's own."""
    if fit is None:
        return {}
    pooled = informative(es.measure, es.data) if fit.method == "MH" else es.estimable
    return dict(zip(np.flatnonzero(pooled).tolist(), fit.weights.tolist()))


def _common(es: EffectSizes, plan: Plan, measure: str) -> Pooled | Remark:
    if not es.data or not _is_tabled(plan.common_method, measure):
        return pool(es, "common", level=plan.level)
    if plan.common_method == "GLMM":
        return _mixed_model(es, plan, "common")
    if plan.common_method == "PETO":
        return peto(**_tables(es), **_said(es, plan))
    try:
        return _mantel_haenszel(es, plan.level)
    except NotEstimableError as error:
        return Remark("no result", f"no common-effect result: {error}")


def _mixed_model(es: EffectSizes, plan: Plan, model: str) -> Pooled | Remark:
    """Pool counts by a generalised linear mixed model: of one group, or of two with fixed study baselines."""
    from ..stats.glmm.glmm import glmm
    from ..stats.glmm.models import GLMM_MEASURES

    first = next(iter(GLMM_MEASURES[es.measure]))
    try:
        return glmm(first, measure=es.measure, model=model, pi_method=plan.pi_method, **_said(es, plan), **_tables(es))
    except MetaanError as error:
        return Remark("no result", f"no {MODELS[model].words} result by a mixed model: {error}")


def _tables(es: EffectSizes) -> dict[str, Any]:
    return dict(es.data)


def _said(es: EffectSizes, plan: Plan) -> dict[str, Any]:
    return {"level": plan.level, "slab": es.slab}


def _mantel_haenszel(es: EffectSizes, level: float) -> Pooled:
    """Pool every table that says something, also of studies that inverse variance has no effect of."""
    return mantel_haenszel(es.measure, level=level, slab=es.slab, **dict[str, Any](es.data))


def _random(es: EffectSizes, plan: Plan, methods: tuple[str, str] | None = None) -> Pooled:
    tau2_method, ci_method = methods or (plan.tau2_method, plan.ci_method)
    return pool(es, "random", tau2_method, ci_method, plan.pi_method, plan.level)


def _otherwise_dependent(
    es: EffectSizes, plan: Plan, measure: str, fits: Mapping[str, Pooled], chosen: Sequence[Chosen]
) -> Iterable[Sensitivity]:
    """Yield what other correlations and other structures give under the model that is answered with."""
    if not fits:
        return
    model = leading(fits)
    for what, other in otherwise(es, chosen, plan, model):
        yield Sensitivity(f"{MODELS[model].short}, {what}", other, _differs(other, fits[model]), assuming=what)


def _sensitivity(
    es: EffectSizes, plan: Plan, measure: str, fits: Mapping[str, Pooled], chosen: Sequence[Chosen]
) -> Iterable[Sensitivity]:
    """Yield the other usual methods: the other common-effect method, and the other random-effects ones."""
    if (common := fits.get("common")) is not None:
        if common.method == "MH":
            other = pool(es, "common", level=plan.level)
            yield Sensitivity("common effect, inverse variance", other, _differs(other, common))
        elif measure in MH_MEASURES and es.data:
            tabled = _common(es, plan.model_copy(update={"common_method": "MH"}), measure)
            if isinstance(tabled, Pooled):
                yield Sensitivity("common effect, Mantel-Haenszel", tabled, _differs(tabled, common))
    if (random := fits.get("random")) is not None:
        for kind, (of, what) in MIXED_MODELS.items():
            if measure in ONE_ARM[kind] and es.data and random.method != "GLMM":
                mixed = _mixed_model(replace(es, measure=of), plan, "random")
                if isinstance(mixed, Pooled):
                    yield Sensitivity(f"random effects, mixed model of {what}", mixed, False)
        for methods in SENSITIVITY_METHODS:
            if methods != (plan.tau2_method, plan.ci_method):
                other = _random(es, plan, methods)
                yield Sensitivity(f"random effects, {methods[0]}, {methods[1]}", other, _differs(other, random))


def _assuming(
    chosen: Sequence[Chosen], plan: Plan, measure: str, protocol: Mapping[str, Pooled]
) -> Iterable[Sensitivity]:
    """Yield the protocol's result under other assumptions, and without the studies that needed a doubtful one."""
    if not protocol:
        return
    model = leading(protocol)
    for what, rows in _otherwise(chosen):
        es = _effect_sizes(rows, plan, measure) if rows else None
        other = None if es is None or es.k == 0 else _under(es, plan, measure, model, rows)
        if isinstance(other, Pooled):
            name = f"{MODELS[other.model].short}, {what}"
            yield Sensitivity(name, other, _differs(other, protocol[model]), assuming=what)


def _otherwise(chosen: Sequence[Chosen]) -> Iterable[tuple[str, list[Chosen]]]:
    for what in dict.fromkeys(name for c in chosen for name in c.row.variants):
        yield what, [replace(c, row=c.row.variants.get(what, c.row)) for c in chosen]
    for what, methods in DOUBTFUL.items():
        rest = [c for c in chosen if not c.row.has(methods)]
        if len(rest) < len(chosen):
            yield f"without {what}", rest


def _without_flagged(
    chosen: Sequence[Chosen], plan: Plan, measure: str, protocol: Mapping[str, Pooled]
) -> Iterable[Sensitivity]:
    """Yield the protocol's results without the studies that are retracted or under concern, where there are any."""
    flagged = tuple(dict.fromkeys(c.study.label for c in chosen if c.flag))
    rest = [c for c in chosen if not c.flag]
    es = _effect_sizes(rest, plan, measure) if flagged and rest else None
    if es is None or es.k == 0:
        return
    for model in sorted(protocol, key=LEADING.index):
        other = _under(es, plan, measure, model, rest)
        if isinstance(other, Pooled):
            what, differs = MODELS[model].short if es.k > 1 else "one study", _differs(other, protocol[model])
            yield Sensitivity(f"{what}, without {' and '.join(flagged)}", other, differs, flagged)
        if es.k == 1:
            return  # one study is its own result, under every model


def _under(es: EffectSizes, plan: Plan, measure: str, model: str, chosen: Sequence[Chosen]) -> Pooled | Remark:
    """Return studies under a model of the protocol; a single one is its own result."""
    if es.k == 1:
        return pool(es, "common", level=plan.level)
    if hangs_together(plan):
        return pool_rows(es, chosen, plan, model)
    if model == "common":
        return _common(es, plan, measure)
    if es.data and _is_tabled(plan.random_method, measure):
        return _mixed_model(es, plan, "random")
    return _random(es, plan)


def _differs(fit: Pooled, protocol: Pooled) -> bool:
    return fit.side != protocol.side
