"""What stands over a pool of studies, and how a sentence calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .words import lower_first, upper_first

if TYPE_CHECKING:
    from ...synthesis.values import Pool

DESIGN_HEADINGS = {"randomised": "Randomised trials", "non-randomised": "Non-randomised studies"}
ALL_STUDIES = "All studies"


def pool_heading(pool: Pool) -> str:
    """Return the heading over the studies of a pool."""
    return DESIGN_HEADINGS.get(pool.name, upper_first(pool.name) or ALL_STUDIES)


def inside(heading: str) -> str:
    """Write a heading over studies inside a sentence; what a review calls its own groups keeps its capitals.

    >>> inside("Randomised trials"), inside("East Asia")
    ('randomised trials', 'East Asia')
    """
    return lower_first(heading) if heading in (ALL_STUDIES, *DESIGN_HEADINGS.values()) else heading
