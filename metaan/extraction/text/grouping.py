"""The numbers of a sentence put together: the groups of one comparison, and the effects that stand with them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from ..proposal import Effect, ProposedCell, Value
from ..rounding import fits
from .pattern_reading import PatternMatch

GAP = 220  # characters between two groups of one comparison
_OPEN = 6  # comparisons that a number can still belong to
_NEXT = 60  # characters between an effect and its p value


@dataclass
class NumberGroup:
    """What belongs together: where it starts and ends, its groups of people or means, and the effects with them."""

    items: list[PatternMatch]
    effects: list[Effect] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Where the first number starts."""
        return self.items[0].start

    @property
    def end(self) -> int:
        """Where the last number ends."""
        return self.items[-1].end

    @property
    def cells(self) -> tuple[ProposedCell, ...]:
        """The groups of people."""
        return tuple(cell for item in self.items for cell in item.cells)

    @property
    def values(self) -> tuple[Value, ...]:
        """The means or medians."""
        return tuple(item.value for item in self.items if item.value is not None)

    @property
    def arms(self) -> frozenset[str]:
        """The arms that its numbers belong to."""
        return frozenset().union(*map(arms_of, self.items[: 2 * _OPEN]))

    @property
    def last(self) -> ProposedCell:
        """The last group of people, without a look at those before: a text can enumerate thousands."""
        return self.items[-1].cells[-1]

    @property
    def measured(self) -> bool:
        """Whether it is made of means or medians; people and means never stand in one group."""
        return self.items[0].value is not None

    @property
    def bare(self) -> bool:
        """Whether it is made of numbers alone, which mean something in pairs only."""
        return all(item.bare for item in self.items)


def grouped(items: Sequence[PatternMatch], width: int, text: str) -> list[NumberGroup]:
    """Return the comparisons of a sentence, single groups, and effects that stand alone.

    Parameters
    ----------
    items
        What was found in it, in the order of the text.
    width
        How many groups a comparison has; more where they are enumerated.
    text
        The whole text.
    """
    groups: list[NumberGroup] = []
    for item in items:
        if not (item.cells or item.value):
            continue
        alike = [g for g in groups[-_OPEN:] if _alike(g, item) and bool(g.arms) == bool(arms_of(item))]
        group = next((g for g in _first(alike, item) if _continues(g, item, width, text)), None)
        if group is not None:
            group.items.append(item)
        else:
            groups.append(NumberGroup([item]))
    groups = list(_with_totals(groups, text))
    alone = _effects(items, [group for group in groups if group.cells or group.values])
    return sorted([*groups, *alone], key=lambda group: group.start)


def arms_of(item: PatternMatch) -> frozenset[str]:
    """Return the arms that the numbers of a match belong to."""
    found = (*(cell.arm for cell in item.cells), item.value and item.value.arm)
    return frozenset(arm for arm in found if arm)


def _first(groups: Sequence[NumberGroup], item: PatternMatch) -> Sequence[NumberGroup]:
    """Return the groups that a number may go on with: of those with arms the first that has none of its own."""
    arms = arms_of(item)
    return [group for group in groups if not group.arms & arms] if arms else groups[-1:]


def _alike(group: NumberGroup, item: PatternMatch) -> bool:
    """Say whether a number is printed as those of a group are; none at all is printed in many ways."""
    if item.value or group.measured:
        return bool(item.value and group.measured)
    if (item.bare and item.cells[0].events == 0) or (group.bare and group.last.events == 0):
        return True
    return group.last.shape == item.cells[0].shape and group.items[-1].bare == item.bare


def _continues(group: NumberGroup, item: PatternMatch, width: int, text: str) -> bool:
    """Say whether a number belongs to the comparison before it: near by, and that is not complete yet."""
    complete = len(group.items) >= width or max(len(group.cells), len(group.values)) >= width
    if not 0 <= item.start - group.end <= GAP:
        return False
    if group.arms and arms_of(item):
        return True
    between = text[group.end : item.start]
    if complete:
        return not item.bare and len(item.cells) == 1 and bool(_ENUMERATED.fullmatch(between))
    return not (item.bare or group.bare) or bool(_COMPARED.search(between))


def _with_totals(groups: Sequence[NumberGroup], text: str) -> Iterator[NumberGroup]:
    """Yield the groups; what a sentence begins with, ``Of 405 and 189 patients``, are the totals of what follows."""
    totals: list[ProposedCell] = []
    for group in groups:
        if (
            group.cells
            and all(c.shape == _EVENTS_ALONE for c in group.cells)
            and _AMONG.search(text, max(0, group.start - 16), group.start)
        ):
            totals = list(group.cells)
            continue
        if len(group.cells) == 1 and (group.bare or (not group.arms and group.cells[0].shape == _PERCENT_ALONE)):
            continue  # no comparison, and no count of people
        if totals and group.cells and (cells := _of(group.cells, totals)):
            at = iter(cells)
            group.items = [replace(item, cells=tuple(next(at) for _ in item.cells)) for item in group.items]
        yield group


def _of(cells: tuple[ProposedCell, ...], groups: Sequence[ProposedCell]) -> list[ProposedCell]:
    """Return the groups with totals that fit what is printed of each; empty where they do not."""
    totals = [group.events or 0 for group in groups]
    several = totals if len(totals) == len(cells) else []
    one = totals if len(totals) == len(cells) == 1 else []
    sound = [
        cell.total is None and cell.events is not None and cell.events <= total
        and (fits(cell.events, total, cell.percent) if cell.percent else len(cells) > 1)
        for cell, total in zip(cells, several or one)
    ]  # fmt: skip
    if not sound or not all(sound):
        return []
    return [_among(cell, total, group) for cell, total, group in zip(cells, several or one, groups)]


def _among(cell: ProposedCell, total: int, group: ProposedCell) -> ProposedCell:
    """Return a cell with its total, and with the arm that was named with that."""
    named = cell if cell.arm else group
    return replace(cell, total=total, arm=named.arm, because=named.because)


def _effects(items: Sequence[PatternMatch], groups: Sequence[NumberGroup]) -> list[NumberGroup]:
    """Give each effect to the group before it, else to the first; without any, they stand alone with their p values."""
    alone: list[NumberGroup] = []
    ends = sorted((group.end, i) for i, group in enumerate(groups))
    last = list(accumulate((i for _, i in ends), max))  # of the groups that end up to here
    for item in items:
        if item.effect is None:
            continue
        if groups:
            before = bisect_right(ends, (item.start, len(groups)))
            groups[last[before - 1] if before else 0].effects.append(item.effect)
        elif alone and item.effect.measure is None and item.start - alone[-1].end <= _NEXT:
            alone[-1].items.append(item)
            alone[-1].effects.append(item.effect)
        else:
            alone.append(NumberGroup([item], [item.effect]))
    return alone


_EVENTS_ALONE = (True, False, False)
_PERCENT_ALONE = (False, False, True)
_COMPARED = re.compile(r"\b(?:and|vs|versus|compared|against|while|whereas|than|or)\b", re.IGNORECASE)
_ENUMERATED = re.compile(r"(?:,|,?\s(?:and|vs\.?|versus))\s", re.IGNORECASE)
_AMONG = re.compile(r"\b(?:among|of|out of)(?:\s(?:the|all))?\s$", re.IGNORECASE)
