"""Rare events: tables of arms, and what of them can be used without adding to their cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....errors import NotEstimableError
from ...measures.effects import FloatArray
from ..contrasts import Codes
from ..pairwise import ArmColumns

Excluded = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ArmDesign:
    """The k studies of one design: ``treatments`` of p arms, events and non-events of shape (k, p)."""

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    events: FloatArray
    others: FloatArray


def designs_of(arms: ArmColumns, keep_empty: bool) -> tuple[list[ArmDesign], Excluded]:
    """Return the tables by design, fewest arms first, and what was left out.

    Studies in which nobody or everybody had the event say nothing. An arm that has no event (or nothing else) in any
    study of its design has no odds ratio there and leaves the design, as in Efthimiou et al. 2019, unless
    ``keep_empty``; what is left with one arm leaves the network.
    """
    groups: dict[tuple[str, ...], list[tuple[str, FloatArray]]] = {}
    out = list(arms.excluded)
    for study, rows in _by_study(arms).items():
        names = sorted(rows, key=lambda row: _key(arms.treatment[row]))
        table = np.array([[arms.data["events"][row], arms.data["total"][row]] for row in names]).T
        if table[0].sum() == 0 or table[0].sum() == table[1].sum():
            out.append((study, "no events in any arm" if table[0].sum() == 0 else "events in all people of all arms"))
        else:
            groups.setdefault(tuple(arms.treatment[row] for row in names), []).append((study, table))
    found = []
    for treatments, tables in groups.items():
        stacked = np.array([table for _, table in tables])
        design = ArmDesign(treatments, tuple(s for s, _ in tables), stacked[:, 0], stacked[:, 1] - stacked[:, 0])
        kept, gone = (design, ()) if keep_empty else _without_empty(design)
        out += gone
        if kept is not None:
            found.append(kept)
    if not found:
        raise NotEstimableError("no design has two arms with events")
    return sorted(found, key=lambda d: (len(d.treatments), tuple(map(_key, d.treatments)))), tuple(out)


def _by_study(arms: ArmColumns) -> dict[str, list[int]]:
    rows: dict[str, dict[int, None]] = {}
    for i, j in zip(arms.first.tolist(), arms.second.tolist()):
        rows.setdefault(arms.study[i], {}).update({i: None, j: None})
    return {study: list(found) for study, found in rows.items()}


def _key(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _without_empty(design: ArmDesign) -> tuple[ArmDesign | None, Excluded]:
    """Take arms without events, or with nothing else, in all studies out of a design."""
    full: NDArray[np.bool_] = (design.events.sum(axis=0) > 0) & (design.others.sum(axis=0) > 0)
    names = ":".join(design.treatments)
    gone = [
        (study, f"{t} has no odds ratio in any study of the design {names}")
        for study in design.studies for t, some in zip(design.treatments, full) if not some
    ]  # fmt: skip
    if full.sum() < 2:
        return None, tuple(gone)
    left = tuple(t for t, some in zip(design.treatments, full) if some)
    return ArmDesign(left, design.studies, design.events[:, full], design.others[:, full]), tuple(gone)


def treatments_of(designs: list[ArmDesign]) -> tuple[str, ...]:
    """Return all treatments, in alphabetical order whatever their case."""
    return tuple(sorted({t for design in designs for t in design.treatments}, key=_key))


def codes_in(design: ArmDesign, treatments: tuple[str, ...]) -> Codes:
    """Return where the treatments of a design stand."""
    return np.array([treatments.index(t) for t in design.treatments], dtype=np.intp)
