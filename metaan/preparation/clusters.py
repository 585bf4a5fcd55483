"""People who were randomised together count for less: the design effect.

Sources: Cochrane Handbook, version 6, section 23.1.4; Eldridge et al. 2006 (clusters of different sizes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry.model.contrasts import Clusters
from .rows import NotTakenError

if TYPE_CHECKING:
    from ..registry.model.public import Result, Study
    from .asked import Asked

#: An intracluster correlation that is borrowed is also taken as half and as twice what it is.
FACTORS = (0.5, 2.0)


def design_effect(asked: Asked, study: Study, result: Result) -> tuple[float, str, dict[str, float]]:
    """Return the design effect, how it came about, and what it is under other intracluster correlations.

    Raises
    ------
    NotTakenError
        The study randomised clusters, and nothing says how alike people of one cluster are.
    """
    clusters = result.clusters or Clusters.model_construct()
    if result.adjusted or clusters.adjusted:
        return 1.0, "", {}
    printed = result.design_effect or clusters.design_effect
    if printed is not None:
        return float(printed), f"{printed:.4g} as printed", {}
    if result.clusters is None and study.design.kind != "cluster-randomised":
        return 1.0, "", {}
    icc, whose = _icc(asked, clusters)
    size = _average_size(result, clusters)
    found = {icc * factor: inflation(size, icc * factor, clusters.cv) for factor in FACTORS} if whose else {}
    spread = f", CV {clusters.cv:g}" if clusters.cv else ""
    of = f"ICC {icc:g}{f' of {whose}' if whose else ''}, {size:.4g} a cluster{spread}"
    effect = inflation(size, icc, clusters.cv)
    return effect, f"{effect:.4g} ({of})", {f"ICC {icc:g}": deff for icc, deff in found.items()}


def inflation(size: float, icc: float, cv: float | None = None) -> float:
    """Return by how much clusters inflate a variance.

    >>> inflation(21, 0.05), round(inflation(21, 0.05, 0.5), 4)
    (2.0, 2.2625)
    """
    return 1 + ((1 + (cv or 0.0) ** 2) * size - 1) * icc


def _icc(asked: Asked, clusters: Clusters) -> tuple[float, str]:
    """Return the intracluster correlation and whose it is where it is borrowed."""
    if clusters.icc is not None:
        return clusters.icc, clusters.icc_from or ""
    borrowed = clusters.icc_from or asked.plan.icc_from
    if borrowed is None:
        raise NotTakenError(
            "no icc",
            "randomised clusters, and its intracluster correlation is not known: enter clusters: {icc: ...} or "
            "design_effect:, adjusted: true where the paper allowed for clusters, or icc_from: in the plan",
        )
    if not isinstance(borrowed, str):
        return borrowed.value, borrowed.source
    known = (r.clusters.icc for s in asked.studies if s.id == borrowed for r in s.results if r.clusters)
    icc = next((icc for icc in known if icc is not None), None)
    if icc is None:
        raise NotTakenError("no icc", f"icc_from: {borrowed} has no intracluster correlation to borrow")
    return icc, borrowed


def _average_size(result: Result, clusters: Clusters) -> float:
    if clusters.average_size is not None:
        return clusters.average_size
    people = sum(getattr(arm, "total", None) or 0 for arm in result.arms.values())
    if not (clusters.number and people):
        raise NotTakenError(
            "no cluster size", "randomised clusters of unknown size: enter average_size, or number, in clusters:"
        )
    return float(people / clusters.number)
