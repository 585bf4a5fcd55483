"""Which studies form a pool, and what the pool is called: the one answer for the page, `metaan diff`, watch, release.

A pool is known by what its studies have in common. Its name on the page says only as much of that as is needed there:
``severe``, and ``severe, randomised`` as soon as other designs are kept apart from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..stats.numerics.numerals import exact
from .selection import Chosen, moderator

if TYPE_CHECKING:
    from ..registry.model.public import Plan


@dataclass(frozen=True, slots=True)
class Block:
    """One pool: the studies with a value of a moderator, and of a design; None stands for any.

    ``name`` is what the page calls it, and no part of what it is; ``""`` is the pool of all studies. ``stated`` is
    False where its studies have no value of the moderator: they are no group of their own kind.
    """

    by: str | None = None
    value: str | None = None
    design: str | None = None
    name: str = field(default="", compare=False)
    stated: bool = field(default=True, compare=False)

    def holds(self, chosen: Chosen) -> bool:
        """Say whether a study belongs to the pool."""
        return self.design in (None, chosen.design) and (self.by is None or value_of(chosen, self.by) == self.value)

    @property
    def full_name(self) -> str:
        """All that its studies have in common, in words."""
        return ", ".join(filter(None, (self.value, self.design)))


@dataclass(frozen=True, slots=True)
class Grouping:
    """The pools of an analysis.

    Attributes
    ----------
    blocks
        In the order they are shown; none where there is no study.
    total
        The pool of all studies beside several blocks; None where designs are kept apart, and for a single block.
    apart
        Whether studies of several designs are there, and the protocol pools no total over them.
    """

    blocks: tuple[Block, ...] = ()
    total: Block | None = None
    apart: bool = False

    @property
    def pools(self) -> tuple[Block, ...]:
        """The blocks, and the total after them."""
        return self.blocks if self.total is None else (*self.blocks, self.total)


def grouping(chosen: Sequence[Chosen], plan: Plan) -> Grouping:
    """Return the pools of the studies that enter: designs in the plan's order, values in that of the studies."""
    found_designs = dict.fromkeys(c.design for c in chosen)
    designs = [*(d for d in plan.designs if d in found_designs), *(d for d in found_designs if d not in plan.designs)]
    apart = not plan.pool_designs and len(designs) > 1
    found = list(dict.fromkeys(_block(c, plan, apart) for c in chosen))
    if plan.by in (None, "design"):
        found.sort(key=lambda block: designs.index(block.design) if block.design else 0)
    total = Block(design=None if plan.pool_designs else designs[0]) if len(found) > 1 and not apart else None
    return Grouping(tuple(found), total, apart)


def _block(c: Chosen, plan: Plan, apart: bool) -> Block:
    if plan.by in (None, "design"):
        design = None if plan.pool_designs and plan.by is None else c.design
        return Block(design=design, name=c.design if apart or plan.by else "")
    value = value_of(c, plan.by)
    design = None if plan.pool_designs else c.design
    stated = moderator(c.study, plan.by) is not None
    return Block(plan.by, value, design, f"{value}, {c.design}" if apart else value, stated)


def value_of(chosen: Chosen, by: str) -> str:
    """Return what a study has of a moderator, in words; numbers keep all their digits, as they tell pools apart."""
    value = moderator(chosen.study, by)
    if value is None:
        return f"{by} not stated"
    return exact(value) if isinstance(value, int | float) else value
