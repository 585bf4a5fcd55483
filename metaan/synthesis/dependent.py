"""Several results of a study in one analysis: pooled as the protocol's ``structure:`` says, and as it might have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotEstimableError
from ..stats.measures.effects import EffectSizes
from ..stats.pooling.models import MODELS
from ..stats.pooling.pool import pool
from ..stats.pooling.result import Pooled
from .selection import Chosen
from .values import Remark, StudyRow

if TYPE_CHECKING:
    from ..registry.model.public import Plan
    from ..stats.dependent.blocks import BlockCovariance

#: The two groups of an effect to the roles of arms.
GROUPS = {"grp1": "experimental", "grp2": "control"}

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

    v = _covariance(es, chosen, rho) if structure == "CHE" else None
    return pool_dependent(es, [c.study.id for c in chosen], structure, rho, model, plan.level, V=v)


def _covariance(es: EffectSizes, chosen: Sequence[Chosen], rho: float) -> BlockCovariance:
    """Return the covariance of sampling errors by what rows share.

    Results of the same people correlate by ``rho``, comparisons with one control by the control that they share, and
    subgroups of people not at all. A row without an effect has a variance of 1 here, and is left out.
    """
    from ..stats.dependent.covariance import sampling_covariance

    rows = [c.row for c in chosen]
    shared: dict[str, Any] = {
        name: ["+".join(r.arms.get(role, ())) or role for r in rows] for name, role in GROUPS.items()
    }
    sizes = {name: [r.data.get(column, 0.0) for r in rows] for name, column in (("w1", "n1i"), ("w2", "n2i"))}
    shared |= sizes if all(min(column) > 0 for column in sizes.values()) else {}
    return sampling_covariance(
        np.where(es.estimable, es.vi, 1.0), [c.study.id for c in chosen], rho, obs=[r.nth or 0 for r in rows],
        subgroup=[str(c.result.subgroup.value) if c.result.subgroup else "" for c in chosen], **shared,
    )  # fmt: skip


def refitting(rows: Sequence[StudyRow], plan: Plan) -> Callable[[Pooled, NDArray[np.intp]], Pooled] | None:
    """Return how to pool some of the rows of a result again; None where each row counts as a study."""
    own = plan.structure
    if own is None or not hangs_together(plan):
        return None

    def again(fit: Pooled, at: NDArray[np.intp]) -> Pooled:
        pooled = [row for row in rows if getattr(row, f"weight_{fit.model}") is not None]
        some = [
            Chosen(row.prepared, row.design) for row in (pooled[i] for i in at.tolist()) if row.prepared is not None
        ]
        return _pool(fit.effects.take(at.tolist()), some, plan, own.model, own.rho, fit.model)

    return again


def otherwise(es: EffectSizes, chosen: Sequence[Chosen], plan: Plan, model: str) -> Iterable[tuple[str, Pooled]]:
    """Yield what is otherwise and the result: other correlations, and one effect a study."""
    from ..stats.dependent.covariance import aggregate

    assert plan.structure is not None
    own = plan.structure
    if own.model == "CHE":
        for rho in RHOS:
            if rho != own.rho:
                yield f"correlation {rho:g} within studies", _pool(es, chosen, plan, "CHE", rho, model)
    one = aggregate(es, [c.study.id for c in chosen], V=_covariance(es, chosen, own.rho))
    methods = ("REML", "hksj-adhoc") if model == "random" else ("DL", "wald")
    yield "one effect a study", pool(one, model, *methods, level=plan.level)
