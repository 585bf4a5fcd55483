"""Several results of a study in one analysis: pooled as the protocol's ``structure:`` says, and as it might have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import NotEstimableError
from ..stats.measures.effects import EffectSizes
from ..stats.pooling.models import MODELS
from ..stats.pooling.pool import pool
from ..stats.pooling.result import Pooled
from .selection import Chosen
from .values import Remark

if TYPE_CHECKING:
    from ..registry.model.public import Plan

RHOS = (0.0, 0.2, 0.4, 0.6, 0.8)


def hangs_together(plan: Plan) -> bool:
    """Return whether the protocol has rows of a study depend on each other."""
    return plan.structure is not None and plan.structure.model != "independent"


def pool_rows(es: EffectSizes, chosen: Sequence[Chosen], plan: Plan, model: str) -> Pooled | Remark:
    """Pool rows under a model of the protocol and its structure."""
    assert plan.structure is not None
    try:
        return _pool(es, chosen, plan, plan.structure.model, plan.structure.rho, model)
    except NotEstimableError as error:
        return Remark("no result", f"no {MODELS[model].words} result: {error}")


def _pool(es: EffectSizes, chosen: Sequence[Chosen], plan: Plan, structure: str, rho: float, model: str) -> Pooled:
    from ..stats.dependent.pooled import pool_dependent  # not on the way of a protocol without structure

    people = [str(c.result.subgroup.value) if c.result.subgroup is not None else "" for c in chosen]
    of = [c.study.id for c in chosen]
    return pool_dependent(es, of, structure, rho, model, plan.level, subgroup=people)


def otherwise(es: EffectSizes, chosen: Sequence[Chosen], plan: Plan, model: str) -> Iterable[tuple[str, Pooled]]:
    """Yield what is otherwise and the result: other correlations, and one effect a study."""
    from ..stats.dependent.covariance import aggregate

    assert plan.structure is not None
    own = plan.structure
    if own.model == "CHE":
        for rho in RHOS:
            if rho != own.rho:
                yield f"correlation {rho:g} within studies", _pool(es, chosen, plan, "CHE", rho, model)
    one = aggregate(es, [c.study.id for c in chosen], rho=own.rho)
    methods = ("REML", "hksj-adhoc") if model == "random" else ("DL", "wald")
    yield "one effect a study", pool(one, model, *methods, level=plan.level)
