"""The only place where a study meets an array: from a registry and its protocol to analyses.

`analyse` is the way in. What is taken from each study, what is left out and why, is decided here and in
`metaan.selection`; what is computed, in `metaan.stats`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .analysis import Absolute, Analysis, Pool, Reference, Sensitivity, StudyRow, SubgroupTest
from .errors import NotEstimableError, UsageError, choose, did_you_mean
from .selection import Chosen, choose_studies
from .stats.absolute import RISK_OF, risk_with_treatment
from .stats.effects import EffectSizes, Interval
from .stats.intervals import mean_interval
from .stats.measures import MEASURES, effect_sizes, scale_of
from .stats.pooling import Pooled
from .stats.pooling import pool as pool_by_inverse_variance
from .stats.stratified import MH_MEASURES, mantel_haenszel
from .stats.subgroups import between_groups

if TYPE_CHECKING:
    from .registry.load import Review
    from .registry.model import Plan
    from .stats.explain import Explanation

#: Pooled beside the protocol's own result, so that a reader sees whether the method decides the conclusion.
SENSITIVITY_METHODS = (("DL", "hksj-adhoc"), ("REML", "hksj-adhoc"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What a caller puts in place of the protocol; None keeps the protocol's.

    ``by`` is ``"design"`` or ``"none"`` (all designs in one pool); ``only`` and ``exclude`` hold study ids.
    """

    measure: str | None = None
    model: tuple[str, ...] | None = None
    common_method: str | None = None
    tau2_method: str | None = None
    ci_method: str | None = None
    pi_method: str | None = None
    level: float | None = None
    by: str | None = None
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


PROTOCOL = Choices()


def analyse(review: Review, outcomes: Sequence[str] = (), choices: Choices = PROTOCOL) -> tuple[Analysis, ...]:
    """Pool what the protocol says is to be pooled.

    Parameters
    ----------
    review
        What `metaan.load` returned.
    outcomes
        Ids of analyses or outcomes; all analyses of the protocol when empty.
    choices
        What to put in place of the protocol.

    Raises
    ------
    UsageError
        An outcome, a study or a method is unknown.

    Examples
    --------
    >>> import metaan as ma
    >>> [analysis] = ma.analyse(ma.load(ma.example("anakinra")), ["clinical-failure"])
    >>> round(analysis.pools[0].common.display.estimate, 6)
    2.951077
    """
    known = [study.id for study in review.studies]
    for study_id in (*choices.only, *choices.exclude):
        if study_id not in known:
            raise UsageError(f"no study {study_id!r}; {did_you_mean(study_id, known)}")
    return tuple(_analyse(review, _with(plan, choices), choices) for plan in find_plans(review, outcomes))


def explain_analysis(
    review: Review, outcome: str, choices: Choices = PROTOCOL
) -> tuple[dict[str, Explanation], dict[str, str]]:
    """Put each pool of one analysis under the rules of several programs.

    Returns
    -------
    tuple
        By the name of the pool: what was explained, and why a pool was not.
    """
    from .stats.explain import explain

    (analysis,) = analyse(review, [outcome], choices)
    explained, refused = {}, {}
    for pool in analysis.pools:
        columns: dict[str, Any] = {n: [row.data[n] for row in pool.rows] for n in ("ai", "n1i", "ci", "n2i")}
        try:
            explained[pool.name] = explain(analysis.measure, analysis.level, **columns)
        except NotEstimableError as error:
            refused[pool.name] = str(error)
    return explained, refused


def find_plans(review: Review, outcomes: Sequence[str] = ()) -> tuple[Plan, ...]:
    """Return the protocol's analyses with these ids or outcomes, in the order asked for."""
    plans = review.info.analyses
    if not outcomes:
        return tuple(plans)
    found: list[Plan] = []
    for name in outcomes:
        matching = [plan for plan in plans if name.casefold() in (plan.key.casefold(), plan.outcome.casefold())]
        if not matching:
            raise UsageError(f"no analysis {name!r} in the protocol; {did_you_mean(name, [p.key for p in plans])}")
        found += [plan for plan in matching if plan not in found]
    return tuple(found)


def _with(plan: Plan, choices: Choices) -> Plan:
    """Return the plan with the choices in place."""
    names = ("measure", "model", "common_method", "tau2_method", "ci_method", "pi_method", "level")
    update: dict[str, Any] = {n: getattr(choices, n) for n in names if getattr(choices, n) is not None}
    if choices.by is not None:
        update |= {"by": None if choices.by == "none" else choices.by, "pool_designs": choices.by == "none"}
    return plan.model_copy(update=update)


def _analyse(review: Review, plan: Plan, choices: Choices) -> Analysis:
    outcome = review.outcome(plan.outcome)
    measure = plan.measure or outcome.measure
    choose(MEASURES, measure, "measure")
    chosen, excluded = choose_studies(review, plan, choices.only, choices.exclude)
    apart = not plan.pool_designs
    groups = _groups(chosen, plan) if apart or plan.by else {"": chosen}
    warnings: list[str] = list(_warnings(review, chosen))
    pools = tuple(_pool(name, rows, plan, measure, warnings) for name, rows in groups.items())
    several = len(pools) > 1
    overall = _pool("", chosen, plan, measure, warnings) if several and not apart else None
    if several and apart:
        warnings.append(f"{' and '.join(groups)} studies are kept apart: the protocol pools no total over designs")
    return Analysis(
        outcome=outcome,
        plan=plan,
        measure=measure,
        level=plan.level,
        pools=pools,
        overall=overall,
        by="design" if apart or plan.by else None,
        subgroup_test=_subgroup_test(pools) if several else None,
        excluded=tuple(excluded),
        references=tuple(_references(review, plan.outcome)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _groups(chosen: Sequence[Chosen], plan: Plan) -> dict[str, list[Chosen]]:
    """Return the studies of each design of the plan, in the plan's order, without empty groups."""
    groups = {design: [c for c in chosen if c.design == design] for design in plan.designs}
    return {design: members for design, members in groups.items() if members} or {"": []}


def _pool(name: str, chosen: Sequence[Chosen], plan: Plan, measure: str, warnings: list[str]) -> Pool:
    """Pool one group of studies by the protocol's methods and by those of the sensitivity table."""
    if not chosen:
        return Pool(name, (), reason="no study reports this outcome")
    es = _effect_sizes(chosen, plan, measure)
    rows = _rows(chosen, es, plan.level)
    if es.k < 2:
        why = "one study with an effect size: there is nothing to pool" if es.k else "no study has an effect size"
        return Pool(name, rows, reason=why)
    common = _common(es, plan, measure, warnings) if "common" in plan.model else None
    random = _random(es, plan) if "random" in plan.model else None
    main = random or common
    return Pool(
        name=name,
        rows=_weighted(rows, es, common, random),
        common=common,
        random=random,
        tau2_ci=_random(es, plan).tau2_ci("QP"),
        sensitivity=tuple(_sensitivity(es, plan, measure, common, random)),
        absolute=_absolute(rows, main, plan, measure) if main else None,
    )


def _effect_sizes(chosen: Sequence[Chosen], plan: Plan, measure: str) -> EffectSizes:
    columns: dict[str, Any] = {name: [c.data[name] for c in chosen] for name in ("ai", "n1i", "ci", "n2i")}
    return effect_sizes(
        measure,
        add=plan.zero_cells.add,
        to=plan.zero_cells.to,
        drop00=MEASURES[measure].drops_double_zero,
        slab=[c.study.label for c in chosen],
        **columns,
    )


def _rows(chosen: Sequence[Chosen], es: EffectSizes, level: float) -> tuple[StudyRow, ...]:
    return tuple(_row(c, es, i, level) for i, c in enumerate(chosen))


def _row(chosen: Chosen, es: EffectSizes, i: int, level: float) -> StudyRow:
    row = StudyRow(chosen.study, chosen.result, chosen.design, chosen.data, note=chosen.note)
    if (why := es.reasons[i]) is not None:
        return replace(row, note="; ".join(filter(None, (chosen.note, f"not pooled: {why}"))))
    yi, vi = float(es.yi[i]), float(es.vi[i])
    return replace(
        row,
        yi=yi,
        vi=vi,
        estimate=scale_of(es.measure).to_display(yi),
        ci=_shown(es.measure, mean_interval(yi, math.sqrt(vi), None, level)),
    )


def _shown(measure: str, ci: Interval) -> Interval:
    back = scale_of(measure).to_display
    return Interval(back(ci.lb), back(ci.ub))


def _weighted(
    rows: Sequence[StudyRow], es: EffectSizes, common: Pooled | None, random: Pooled | None
) -> tuple[StudyRow, ...]:
    """Put each model's weights on the rows that it pooled."""
    at = {int(i): j for j, i in enumerate(np.flatnonzero(es.estimable))}

    def weight(fit: Pooled | None, i: int) -> float | None:
        return None if fit is None or i not in at else float(fit.weights[at[i]])

    return tuple(
        replace(row, weight_common=weight(common, i), weight_random=weight(random, i)) for i, row in enumerate(rows)
    )


def _common(es: EffectSizes, plan: Plan, measure: str, warnings: list[str]) -> Pooled | None:
    if plan.common_method == "MH" and measure in MH_MEASURES:
        try:
            return _mantel_haenszel(es, plan.level)
        except NotEstimableError as error:
            warnings.append(f"no common-effect result: {error}")
            return None
    return pool_by_inverse_variance(es, "common", level=plan.level)


def _mantel_haenszel(es: EffectSizes, level: float) -> Pooled:
    columns: dict[str, Any] = dict(es.complete.data)
    return mantel_haenszel(es.measure, level=level, slab=es.complete.slab, **columns)


def _random(es: EffectSizes, plan: Plan, methods: tuple[str, str] | None = None) -> Pooled:
    tau2_method, ci_method = methods or (plan.tau2_method, plan.ci_method)
    return pool_by_inverse_variance(es, "random", tau2_method, ci_method, plan.pi_method, plan.level)


def _sensitivity(
    es: EffectSizes, plan: Plan, measure: str, common: Pooled | None, random: Pooled | None
) -> Iterable[Sensitivity]:
    """Yield the other usual methods: the other common-effect method, and the other random-effects ones."""
    if common is not None:
        if common.method == "MH":
            other = pool_by_inverse_variance(es, "common", level=plan.level)
            yield Sensitivity("common effect, inverse variance", other, _differs(other, common))
        elif measure in MH_MEASURES:
            other = _mantel_haenszel(es, plan.level)
            yield Sensitivity("common effect, Mantel-Haenszel", other, _differs(other, common))
    if random is not None:
        for methods in SENSITIVITY_METHODS:
            if methods != (plan.tau2_method, plan.ci_method):
                other = _random(es, plan, methods)
                yield Sensitivity(f"random effects, {methods[0]}, {methods[1]}", other, _differs(other, random))


def conclusion(fit: Pooled) -> int:
    """Return -1 or 1 where the interval lies below or above no effect, else 0."""
    return -1 if fit.ci.ub < 0 else 1 if fit.ci.lb > 0 else 0


def _differs(fit: Pooled, protocol: Pooled) -> bool:
    return conclusion(fit) != conclusion(protocol)


def _absolute(rows: Sequence[StudyRow], fit: Pooled, plan: Plan, measure: str) -> Absolute | None:
    """Return the effect per 1000 at the protocol's assumed risk, else at the median risk of the control arms."""
    if measure not in RISK_OF:
        return None
    risk, source = _assumed_risk([row for row in rows if row.yi is not None], plan)
    shown = fit.display

    def difference(estimate: float) -> float:
        return 1000 * (risk_with_treatment(measure, estimate, risk) - risk)

    ci = Interval(difference(shown.ci.lb), difference(shown.ci.ub))
    return Absolute(risk, source, difference(shown.estimate), ci)


def _assumed_risk(rows: Sequence[StudyRow], plan: Plan) -> tuple[float, str]:
    if plan.assumed_risk is not None:
        return plan.assumed_risk.value, plan.assumed_risk.source
    median = float(np.median([row.data["ci"] / row.data["n2i"] for row in rows]))
    return median, f"median of the control arms of these {len(rows)} studies"


def _subgroup_test(pools: Sequence[Pool]) -> SubgroupTest | None:
    """Test between groups; a group of one study enters with that study's own effect."""

    def test(fits: list[tuple[float, float]]) -> tuple[float, int, float] | None:
        return between_groups([e for e, _ in fits], [s for _, s in fits]) if len(fits) > 1 else None

    return SubgroupTest("design", *(test(_means(pools, model)) for model in ("common", "random")))


def _means(pools: Sequence[Pool], model: str) -> list[tuple[float, float]]:
    means = []
    for pool in pools:
        fit: Pooled | None = getattr(pool, model)
        if fit is not None:
            means.append((fit.estimate, fit.se))
        elif pool.k == 1:
            means += [(row.yi, math.sqrt(row.vi)) for row in pool.rows if row.yi is not None and row.vi is not None]
    return means


def _references(review: Review, outcome: str) -> Iterable[Reference]:
    for study in review.studies:
        for published in study.published_pools:
            if published.outcome == outcome:
                yield Reference(study, published)


def _warnings(review: Review, chosen: Sequence[Chosen]) -> Iterable[str]:
    """Yield what PubMed flags about the studies that were taken: they are neither dropped nor kept in silence."""
    for study in (c.study for c in chosen):
        metadata = review.metadata.get(study.id)
        flag = metadata and (
            "retracted" if metadata.retracted else "under an expression of concern" if metadata.concern else ""
        )
        if metadata and flag:
            yield f"{study.label} is {flag} (PubMed, {metadata.fetched[:10]}) and is still in the pool"
