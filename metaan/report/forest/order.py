"""The order of the rows within each block of a forest plot.

What a key cannot place - no year, no effect - comes last, and equals keep the order of the analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...errors import choose
from .traits import risk_of_bias

if TYPE_CHECKING:
    from ...synthesis.values import StudyRow

Place = float | str | None


def sort(rows: Iterable[StudyRow], key: str | None) -> tuple[StudyRow, ...]:
    """Return rows in an order of `KEYS`; None keeps them as they are.

    Raises
    ------
    UsageError
        The key is unknown.
    """
    if key is None:
        return tuple(rows)
    place = choose(KEYS, key, "order")
    placed = [(place(row), row) for row in rows]
    known = sorted((pair for pair in placed if pair[0] is not None), key=lambda pair: pair[0])  # type: ignore[arg-type, return-value]
    return tuple(row for _, row in [*known, *(pair for pair in placed if pair[0] is None)])


def _year(row: StudyRow) -> Place:
    return row.study.citation.year


def _weight(row: StudyRow) -> Place:
    weight = row.weight_random if row.weight_random is not None else row.weight_common
    return None if weight is None else -weight


def _name(row: StudyRow) -> Place:
    return row.label.casefold()


def _bias(row: StudyRow) -> Place:
    found = risk_of_bias(row)
    return None if found is None else found[1]


#: Name of an order to the place of a row: small ones stand at the top.
KEYS: dict[str, Callable[[StudyRow], Place]] = {
    "year": _year,
    "effect": lambda row: row.yi,
    "weight": _weight,
    "precision": lambda row: row.vi,
    "name": _name,
    "risk of bias": _bias,
}
