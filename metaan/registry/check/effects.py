"""Effects as printed: the interval is in order and holds its estimate, a ratio is above 0."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem
from ..model.contrasts import Contrast
from ..model.study import PublishedPool, ReportedEffect, Study
from ..model.types import is_ratio
from .draft import Document, Draft, Path


def intervals_are_sound(draft: Draft) -> Iterator[Problem]:
    """The lower bound is not above the upper, and the estimate lies between them."""
    for document, path, effect in _printed(draft):
        if effect.ci is None:
            continue
        lo, hi = effect.ci
        if lo > hi:
            yield document.problem((*path, "ci"), f"[{lo}, {hi}] is reversed", "allowed: [lower, upper]")
        elif effect.estimate is not None and not lo <= effect.estimate <= hi:
            found = f"{effect.estimate} lies outside its interval"
            yield document.problem((*path, "estimate"), found, f"allowed: {lo} to {hi}")


def ratios_are_positive(draft: Draft) -> Iterator[Problem]:
    """Odds ratios and their like are above 0; only the lower bound may be printed as 0."""
    for document, path, effect in _printed(draft):
        if effect.measure is None or not is_ratio(effect.measure):
            continue
        if effect.estimate is not None and effect.estimate <= 0:
            found = f"{effect.measure} = {effect.estimate}"
            yield document.problem((*path, "estimate"), found, "allowed: above 0, on the display scale (not the log)")
        if effect.ci is not None and effect.ci[0] < 0:
            found = f"{effect.measure} with a bound of {effect.ci[0]}"
            yield document.problem((*path, "ci"), found, "allowed: 0 or more, on the display scale (not the log)")


def effects_of(draft: Draft) -> Iterator[tuple[Document[Study], Path, Contrast]]:
    """Yield every effect of a result, with the place it stands in: an only one need not stand in a list."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            for j, effect in enumerate(result.effects):
                place: Path = ("results", i, "effect")
                yield document, place if isinstance(result.effect, Contrast) else (*place, j), effect


def _printed(draft: Draft) -> Iterator[tuple[Document[Study], Path, ReportedEffect | Contrast | PublishedPool]]:
    """Yield every effect that someone printed, with the place it stands in."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            for j, effect in enumerate(result.reported):
                yield document, ("results", i, "reported", j), effect
        for i, pool in enumerate(document.model.published_pools):
            yield document, ("published_pools", i), pool
    yield from effects_of(draft)
