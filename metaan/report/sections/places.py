"""Where each number of a forest plot's table comes from: the row of the appendix that its cell leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...preparation.kinds import ROLES
from ..forest import traits
from ..language.anchors import anchor
from . import provenance

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, StudyRow
    from ..forest.plot import Row

WEIGHTS = ("weight_common", "weight_random")


@dataclass(frozen=True, slots=True)
class Places:
    """What the places of an analysis are found by.

    ``studies`` are its rows by id, ``pooled`` the places of the pools with a result, ``references`` the sources of the
    published pools.
    """

    key: str
    studies: Mapping[str, StudyRow]
    references: tuple[str, ...]
    pooled: frozenset[int]

    @classmethod
    def of(cls, analysis: Analysis) -> Places:
        """Return the places of an analysis."""
        pools = ((one.study, one.study.published_pools.index(one.pool)) for one in analysis.references)
        sources = tuple(provenance.anchor(study.id, "published_pools", i, "estimate") for study, i in pools)
        pooled = frozenset(i for i, pool in enumerate(analysis.results) if pool.fits)
        return cls(analysis.plan.key, {row.row: row for row in analysis.rows}, sources, pooled)

    def line(self, row: Row) -> str:
        """Return the place of the numbers in a line of text; empty for one without numbers of its own."""
        if row.kind != "text":
            return ""
        if row.place is None:
            return anchor(self.key, "subgroups")
        return anchor(self.key, "block", row.place, "q") if row.place in self.pooled else ""

    def cell(self, row: Row, column: str) -> tuple[str, str]:
        """Return the place of a cell's number, and of its second one."""
        study = self.studies.get(row.id or "")
        if column == "label":
            return self._card(row, study), ""
        if row.kind == "study" and study is not None:
            return self._study(study, column)
        if row.kind == "reference":
            return (self.references[row.place or 0], "") if column == "effect" else ("", "")
        return self._result(row, column), ""

    def _card(self, row: Row, study: StudyRow | None) -> str:
        """Return the place of what is known of a study; of one that came from arrays nothing is."""
        if row.id is None or (study is not None and study.prepared is None):
            return ""
        return f"study.{study.id if study else row.id}"

    def _study(self, row: StudyRow, column: str) -> tuple[str, str]:
        if column in ROLES:
            numbers = [*_first_arm(row, column)]
            return (_source(row, column, numbers[0]), _source(row, column, numbers[-1])) if numbers else ("", "")
        if column == "effect" or column in WEIGHTS:
            shown = row.yi if column == "effect" else getattr(row, column)
            return (anchor(self.key, "study", row.row, column) if shown is not None else ""), ""
        return (f"study.{row.id}" if column.startswith(traits.key("")) else ""), ""

    def _result(self, row: Row, column: str) -> str:
        if row.place is None or row.mark is None or not row.cells.get(column):
            return ""
        place = "block", row.place
        if column in ROLES:
            return anchor(self.key, *place, "people")
        role = "random" if row.kind == "prediction" else row.mark.role
        return anchor(self.key, *place, role, "prediction" if row.kind == "prediction" else "effect")


def _first_arm(row: StudyRow, role: str) -> tuple[str, ...]:
    """Return the keys of the numbers that the first arm of a role has."""
    arms = [arm.id for arm in row.study.arms if arm.role == role and arm.id in row.result.arms]
    return tuple(row.result.arms[arms[0]].numbers) if arms else ()


def _source(row: StudyRow, role: str, what: str) -> str:
    """Return where a number of an arm comes from."""
    arms = [arm.id for arm in row.study.arms if arm.role == role and arm.id in row.result.arms]
    index = next((i for i, result in enumerate(row.study.results) if result is row.result), None)
    return provenance.anchor(row.id, "results", index, "arms", arms[0], what) if arms and index is not None else ""
