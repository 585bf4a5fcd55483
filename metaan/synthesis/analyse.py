"""The only place where a study meets an array: from a registry and its protocol to analyses.

`analyse` is the way in. What is taken from each study, what is left out and why, is decided here and in
`metaan.synthesis.selection`; what is computed, in `metaan.stats`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, choose, did_you_mean
from ..preparation.choice import NOT_CONFIRMED
from ..stats.measures.catalogue import MEASURES, ONE_ARM, TWO_ARMS
from ..stats.measures.matched import MATCHED
from ..stats.measures.paired import PAIRED
from ..stats.pooling.intervals import check_level
from ..stats.pooling.models import MODELS
from ..stats.regression.subgroups import between_groups
from .grouping import Block, grouping
from .pooling import pool_group
from .selection import Chosen, choose_studies
from .statement import judged
from .values import Analysis, Pool, PublishedReference, Remark, SubgroupTest

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import Plan, Structure


@dataclass(frozen=True, slots=True)
class Choices:
    """What a caller puts in place of the protocol; None keeps the protocol's.

    ``structure`` is a model of the protocol's ``structure:`` block, or ``"none"``; ``rho`` its correlation. ``by`` is
    ``"design"``, ``"none"`` (all designs in one pool) or the name of a moderator; ``only`` and ``exclude`` hold study
    ids; ``explore`` False leaves out what the protocol asks for beside the pooled result; ``unconfirmed`` takes numbers
    that no person has confirmed yet.
    """

    measure: str | None = None
    model: str | tuple[str, ...] | None = None
    common_method: str | None = None
    tau2_method: str | None = None
    ci_method: str | None = None
    pi_method: str | None = None
    level: float | None = None
    structure: str | None = None
    rho: float | None = None
    by: str | None = None
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    explore: bool = True
    unconfirmed: bool = False

    def __post_init__(self) -> None:
        for name in ("model", "only", "exclude"):
            if isinstance(one := getattr(self, name), str):
                object.__setattr__(self, name, (one,))
        for name, allowed in ALLOWED.items():
            asked = getattr(self, name)
            for code in asked if isinstance(asked, tuple) else filter(None, [asked]):
                choose(allowed, code, name)
        if self.model == ():
            raise UsageError(f"no model is asked for; allowed: {', '.join(ALLOWED['model'])}")
        if self.level is not None:
            check_level(self.level)


#: What a protocol takes, as its schema says; what no field holds apart here is checked where it is used.
ALLOWED = {"model": dict.fromkeys(("common", "random")), "common_method": dict.fromkeys(("MH", "IV", "PETO", "GLMM")),
           "structure": dict.fromkeys(("CHE", "three-level", "independent", "none"))}  # fmt: skip

PROTOCOL = Choices()

NO_ANALYSES = "the protocol has no analyses; enter what is to be pooled in review.yaml under analyses:"

DESIGNS_APART = "randomised and non-randomised studies are kept apart: the protocol pools no total over designs"


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
    if choices.by not in (None, "none", "design"):
        _check_moderator(review, choices.by)
    plans = find_plans(review, outcomes)
    if choices.measure is not None:
        _check_measure(review, plans, choices.measure, named=bool(outcomes))
    return tuple(_analyse(review, _with(plan, _able(review, plan, choices)), choices) for plan in plans)


def _check_measure(review: Review, plans: Sequence[Plan], measure: str, named: bool) -> None:
    """Refuse a measure that an analysis cannot have: that was named, or where no analysis of the protocol has it."""
    each = [_possible(review, plan) for plan in plans]
    wrong = [known for known in each if measure not in known]
    if wrong and (named or len(wrong) == len(each)):
        choose(wrong[0], measure, "measure")


def _able(review: Review, plan: Plan, choices: Choices) -> Choices:
    """Return the choices, without a measure that what studies report of an outcome cannot give."""
    if choices.measure is None or choices.measure in _possible(review, plan):
        return choices
    return replace(choices, measure=None)


def _check_moderator(review: Review, name: str) -> None:
    known = ["none", "design", "year", *dict.fromkeys(m.name for study in review.studies for m in study.moderators)]
    if name not in known:
        raise UsageError(f"no study has a moderator {name!r}; {did_you_mean(name, known)}")


def find_plans(review: Review, outcomes: Sequence[str] = ()) -> tuple[Plan, ...]:
    """Return the protocol's analyses with these ids or outcomes, in the order asked for."""
    plans = review.info.analyses
    if not outcomes:
        return tuple(plans)
    if not plans:
        raise UsageError(f"no analysis {outcomes[0]!r}: {NO_ANALYSES}")
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
    if (structure := _structure(plan, choices)) is not plan.structure:
        update["structure"] = structure
    if not choices.explore:
        update["explore"] = None
    if choices.by == "none":
        update |= {"by": None, "pool_designs": True}
    elif choices.by == "design":
        update |= {"by": "design", "pool_designs": False}
    elif choices.by is not None:
        update |= {"by": choices.by}
    return plan.model_copy(update=update)


def _structure(plan: Plan, choices: Choices) -> Structure | None:
    """Return how several results of a study hang together; what that decides cannot be asked for beside it."""
    from ..registry.model.public import Structure

    found = plan.structure
    if choices.structure is not None:
        own = {} if found is None else found.model_dump()
        found = None if choices.structure == "none" else Structure(**{**own, "model": choices.structure})
    if choices.rho is not None:
        if found is None or not 0 <= choices.rho < 1:
            raise UsageError(f"rho = {choices.rho:g}; allowed: 0 to below 1, with a structure")
        found = found.model_copy(update={"rho": choices.rho})
    if found is not None and found.model != "independent":
        for name, same in (("common_method", "IV"), ("tau2_method", "REML"), ("ci_method", ""), ("pi_method", "")):
            if getattr(choices, name) not in (None, same):
                raise UsageError(
                    f"{plan.key}: {name} {getattr(choices, name)} beside structure {found.model}, which decides it; "
                    "allowed: without, or structure independent or none"
                )
    return found


def _analyse(review: Review, plan: Plan, choices: Choices) -> Analysis:
    outcome = review.outcome(plan.outcome)
    measure = review.measure(plan)
    chosen, excluded = choose_studies(review, plan, choices.only, choices.exclude, choices.unconfirmed)
    found = grouping(chosen, plan)
    pools = tuple(
        pool_group(b.name, [c for c in chosen if b.holds(c)], plan, measure, found.total is None, outcome.direction)
        for b in found.blocks or (Block(),)
    )
    overall = None if found.total is None else pool_group("", chosen, plan, measure, direction=outcome.direction)
    by = _by(plan, found.apart)
    pooled = Analysis(
        outcome=outcome,
        plan=plan,
        measure=measure,
        level=plan.level,
        pools=pools,
        overall=overall,
        by=by,
        subgroup_test=_subgroup_test(found.blocks, pools, plan, by) if len(pools) > 1 else None,
        excluded=tuple(excluded),
        references=tuple(_references(review, plan.outcome)),
        remarks=tuple(dict.fromkeys(_remarks(chosen, pools if overall is None else (*pools, overall), found.apart))),
    )
    return judged(pooled, review.info.certainty)


def _possible(review: Review, plan: Plan) -> dict[str, object]:
    """Return the measures that what studies report of an outcome can give, by code."""
    results = [r for study in review.studies for r in study.results if r.outcome == plan.outcome]
    kinds = {"means" if kind == "medians" else kind for r in results for kind in r.kinds}
    of_pairs = (PAIRED, MATCHED) if any(r.paired or r.pairs or r.correlation for r in results) else ()
    tables = [*(TWO_ARMS.get(kind, {}) for kind in kinds), *of_pairs, *(ONE_ARM.get(kind, {}) for kind in kinds)]
    found = dict.fromkeys(code for table in tables for code in table)
    return found | dict.fromkeys(effect.measure for r in results for effect in r.effects) or dict.fromkeys(MEASURES)


def _by(plan: Plan, apart: bool) -> str | None:
    """Return what the subgroups are by, in words."""
    if plan.by in (None, "design"):
        return "design" if apart else plan.by
    return f"{plan.by} and design" if apart else plan.by


def _subgroup_test(blocks: Sequence[Block], pools: Sequence[Pool], plan: Plan, by: str | None) -> SubgroupTest:
    """Test between the groups whose value is stated, under the models of the protocol."""
    stated = [pool for block, pool in zip(blocks, pools) if block.stated and pool.k]
    each = {model: _between(stated, model) for model in MODELS if model in plan.model}
    found: dict[str, tuple[float, int, float]] = {model: test for model, test in each.items() if test is not None}
    without = (block.name for block, pool in zip(blocks, pools) if pool.k and not block.stated)
    return SubgroupTest(by or "", found, tuple(without))


def _between(pools: Sequence[Pool], model: str) -> tuple[float, int, float] | None:
    """Test between groups; a single study is its group's result, and without one of all groups there is no test."""
    means = [_mean(pool, model) for pool in pools]
    found = [mean for mean in means if mean is not None]
    if len(found) < max(2, len(means)):
        return None
    return between_groups([estimate for estimate, _ in found], [se for _, se in found])


def _mean(pool: Pool, model: str) -> tuple[float, float] | None:
    """Return estimate and standard error of a group, None where the model has no answer."""
    if (fit := pool.fits.get(model)) is not None:
        return None if fit.se is None else (fit.estimate, fit.se)
    alone = [(row.yi, math.sqrt(row.vi)) for row in pool.rows if row.yi is not None and row.vi is not None]
    return alone[0] if len(alone) == 1 else None


def _references(review: Review, outcome: str) -> Iterable[PublishedReference]:
    """Yield what reviews have pooled of an outcome in its own measure; others stand in a section of the page."""
    measure = review.outcome(outcome).measure
    for study in review.studies:
        for published in study.published_pools:
            if published.outcome == outcome and published.measure == measure:
                yield PublishedReference(study, published)


def _remarks(chosen: Sequence[Chosen], pools: Sequence[Pool], apart: bool) -> Iterable[Remark]:
    """Yield what is to be known of the studies that were taken, neither dropped nor kept in silence; of the pools."""
    for c in chosen:
        if c.flag:
            decided = c.decision or "no signed decision stands about it"
            text = f"{c.study.label} is {c.flag} and {_part(c, pools, decided)}"
            yield Remark("flagged", text, c.study.id)
    for c in chosen:
        if c.result.unconfirmed:
            yield Remark("unconfirmed", f"{c.study.label} is in the pool although {NOT_CONFIRMED}", c.study.id)
    yield from _of_two_values(chosen)
    for pool in pools:
        yield from pool.remarks
    if apart:
        yield Remark("designs apart", DESIGNS_APART)


def _of_two_values(chosen: Sequence[Chosen]) -> Iterable[Remark]:
    """Say that final values and changes are pooled together, where a difference of means does that."""
    values = [c.row.values for c in chosen if c.row.kind == "means"]
    changes = values.count("change")
    if 0 < changes < len(values):
        text = f"means of final values ({len(values) - changes}) and of changes ({changes}) are pooled together"
        yield Remark("two values", text)


def _part(flagged: Chosen, pools: Sequence[Pool], decided: str) -> str:
    """Say which part a flagged study has in the results, and what was decided about it."""
    if not any(row.id == flagged.study.id and row.enters for pool in pools for row in pool.rows):
        return f"stands in the table ({decided}); it has no effect that enters a result"
    beside = any(flagged.study.label in other.without for pool in pools for other in pool.sensitivity)
    return f"is still in the pool ({decided})" + ("; the rows without it stand beside" if beside else "")
