"""A list that comes in pages: whole, or begun anew; one whose pages do not fit together is never used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ...errors import SourceError

RESTARTS = 3  # times a list is begun anew when its pages do not fit together

T = TypeVar("T")
K = TypeVar("K")
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody what is being done, how much of it is done, and how much there is."""


class TornError(Exception):
    """The pages of a list do not fit together."""


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page: what it lists, of how many in all, and by what the next is asked for."""

    entries: tuple[T, ...]
    total: int | None
    following: str | None


def whole(service: str, what: str, read: Callable[[], T]) -> T:
    """Return what a reader of all pages returns, begun anew as long as it finds them torn."""
    for _ in range(RESTARTS):
        try:
            return read()
        except TornError as error:
            torn = error
    raise SourceError(f"{service}: {torn}, {RESTARTS} times; nothing of this {what} is used")


def collected(
    pages: Iterable[ListPage[T]], key: Callable[[T], K], what: str, progress: Progress = silent, *, exact: bool = True
) -> dict[K, T]:
    """Return what pages list, each once, by its key; as many as were counted, or no fewer."""
    found: dict[K, T] = {}
    total = 0
    for page in pages:
        total = max(total, page.total or 0)
        found |= {key(entry): entry for entry in page.entries}
        progress("searching", len(found), total)
    if len(found) < total or (exact and len(found) != total):
        raise TornError(f"{total:,} {what} were counted and {len(found):,} listed")
    return found
