"""What PRISMA-LSR asks a new version of a living review to say, as far as the registry tells.

The extension of PRISMA 2020 for living systematic reviews: Akl et al. 2024, BMJ 387:e079183.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..language import formats

if TYPE_CHECKING:
    from ...comparison.difference import Difference
    from ...registry.load import Review

SHOWN = 12  # digits of a digest


@dataclass(frozen=True, slots=True)
class LsrItem:
    """One item: its code (empty for those without), what it asks, and what the registry tells."""

    code: str
    title: str
    text: str


def lsr_items(difference: Difference, trigger: str) -> tuple[LsrItem, ...]:
    """Return the items in the order of the statement; ``trigger`` says which studies changed."""
    return (
        LsrItem("", "Title", _title(difference.new)),
        LsrItem("", "Version", _version(difference)),
        LsrItem("", "Preceding version", _named(difference.old, difference.old_name)),
        LsrItem("", "Trigger of this version", trigger),
        LsrItem("L1", "Living mode: searches and their schedule", _edited(difference, ("search", "dates"))),
        LsrItem("L2", "Changes to methods", _edited(difference, METHODS)),
        LsrItem("L3", "Changes to results", _results(difference)),
        LsrItem("L4", "Authors and their roles", _edited(difference, ("authors",))),
        LsrItem("", "Flow of studies", _flow(difference)),
    )


#: The parts of review.yaml that say how the review is done.
METHODS = ("question", "eligibility", "outcomes", "analyses")


def _title(review: Review) -> str:
    said = "living" in review.info.title.casefold()
    return f"“{review.info.title}” {'names' if said else 'does not name'} the review as living."


def _version(difference: Difference) -> str:
    old, new = (review.info.version for review in (difference.old, difference.new))
    if new is None:
        return "review.yaml has no version."
    return f"{new}; {'the same as before' if old == new else f'before: {old or formats.NOTHING}'}."


def _named(review: Review, name: str) -> str:
    version = f", version {review.info.version}" if review.info.version else ""
    return f"{name}{version}, registry {review.digest[:SHOWN]}."


def _edited(difference: Difference, parts: tuple[str, ...]) -> str:
    found = [edit for edit in difference.protocol if edit.part in parts]
    if not found:
        return "No change in review.yaml."
    places = [f"{edit.where} ({edit.new_place or edit.old_place})" for edit in found]
    shown = places if len(places) <= MOST else [*places[:MOST], f"{len(places) - MOST} more"]
    return f"{formats.plural(len(found), 'change')}: {formats.listing(shown)}."


MOST = 8


def _results(difference: Difference) -> str:
    pools = [pool for analysis in difference.analyses for pool in analysis.pools]
    moved = sum(any(s.before != s.after for s in pool.series) for pool in pools)
    turned = sum(pool.lead.conclusion_changed for pool in pools)
    return f"{moved} of {formats.plural(len(pools), 'pool')} changed; the conclusion of {turned or 'none'} of them did."


def _flow(difference: Difference) -> str:
    counts = [
        Counter[str](study.status.state for study in review.studies) for review in (difference.old, difference.new)
    ]
    states = [state for state in STATES if any(count[state] for count in counts)]
    each = [f"{counts[1][state]} {state} ({counts[0][state]} before)" for state in states]
    return f"{formats.listing(each)}."


STATES = ("included", "awaiting data", "excluded")
