"""What keeps a result from being taken at its face value, one sentence for each reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...stats.pooling.result import Pooled
from . import formats
from .methods import model_name
from .words import Arms, design_name, favours, lower_first, mark

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool


def cautions(pool: Pool, analysis: Analysis, arms: Arms) -> tuple[str, ...]:
    """Return what keeps a result from being taken at its face value."""
    found = (
        mixed(pool), models_differ(pool, analysis, arms), sensitivity_differs(pool, analysis, arms), *noted(pool)
    )  # fmt: skip
    return tuple(text for text in found if text)


def noted(pool: Pool) -> Iterable[str]:
    """Yield what the protocol's results say of themselves."""
    for fit in filter(None, (pool.common, pool.random)):
        yield from (f"{model_name(fit)}: {note}." for note in fit.notes)


def mixed(pool: Pool) -> str | None:
    """Say that one pool holds both designs."""
    designs = [row.design for row in pool.rows if row.yi is not None]
    if len(set(designs)) < 2:
        return None
    each = [
        f"{designs.count(d)} {design_name(d, designs.count(d))}" for d in dict.fromkeys(sorted(designs, reverse=True))
    ]
    return f"This pool mixes designs: {formats.listing(each)}."


def models_differ(pool: Pool, analysis: Analysis, arms: Arms) -> str | None:
    """Say that the common-effect and the random-effects result lead to different conclusions."""
    if pool.common is None or pool.random is None or pool.common.ci is None or pool.random.ci is None:
        return None
    pair = [favours(f.display.ci, analysis.measure, analysis.outcome.direction) for f in (pool.common, pool.random)]
    if pair[0] == pair[1]:
        return None
    common, random = (mark(code, arms) for code in pair)
    return (
        f"The two models lead to different conclusions: {common} under a common (fixed) effect, "
        f"{random} under random effects."
    )


def sensitivity_differs(pool: Pool, analysis: Analysis, arms: Arms) -> str | None:
    """Say which other methods lead to another conclusion than the protocol's."""
    differing = [s for s in pool.sensitivity if s.differs and not s.without]
    if not differing:
        return None
    by_result: dict[str, list[str]] = {}
    for s in differing:
        by_result.setdefault(_result(s.fit, analysis, arms), []).append(lower_first(model_name(s.fit)))
    each = [f"{formats.listing(n)} {'gives' if len(n) == 1 else 'give'} {text}" for text, n in by_result.items()]
    return f"The conclusion depends on the method: {'; '.join(each)}."


def _result(fit: Pooled, analysis: Analysis, arms: Arms) -> str:
    code = favours(fit.display.ci, analysis.measure, analysis.outcome.direction)
    return f"{formats.effect(fit.display.estimate, fit.display.ci, analysis.measure)}, {mark(code, arms)}"
