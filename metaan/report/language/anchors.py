"""Where a number is computed: the ids of the rows of the appendix, to which the numbers of a page lead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Pool


def anchor(key: str, *path: str | int) -> str:
    """Return the id of a number's row in the appendix.

    >>> anchor("death", "block", 0, "random", "effect")
    'formula.death.block.0.random.effect'
    """
    return ".".join(["formula", key, *map(str, path)])


def lead(pool: Pool, i: int, key: str) -> str:
    """Return the id of the row of the result that a pool answers with: that of a model, or of its only study."""
    got = pool.lead
    if got is None:
        return ""
    role = next((role for role, fit in pool.fits.items() if fit is got.fit), "")
    return anchor(key, *(("block", i, role) if role else ("study", got.study)), "effect")


def fits(pool: Pool) -> Iterable[tuple[str, Pooled]]:
    """Yield the results of a pool by the name that anchors have for them."""
    yield from pool.fits.items()
    for i, other in enumerate(pool.sensitivity):
        yield f"other{i}", other.fit
