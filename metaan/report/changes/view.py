"""What a template, the terminal and Markdown show of a difference: text and tables, no numbers left to write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from ..document import Code, Line, Strong
from ..drawing.svg import svg
from ..forest.plot import Plot
from .prisma_lsr import LsrItem


@dataclass(frozen=True, slots=True)
class EditRow:
    """One value that changed, with the file and line of both."""

    where: str
    old: str
    new: str
    old_place: str
    new_place: str


@dataclass(frozen=True, slots=True)
class ChangedStudy:
    """One study that changed; ``what`` says how."""

    id: str
    label: str
    what: str
    place: str
    edits: tuple[EditRow, ...]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result, before or after."""

    model: str
    when: str
    k: str
    effect: str
    tau2: str
    i2: str
    prediction: str
    conclusion: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What one cause did to the answer of a pool; shares of a ratio are factors that multiply to the whole change."""

    cause: str
    change: str
    without: str
    alone: str
    estimate: str
    lower: str
    upper: str
    tau2: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool that changed."""

    id: str
    heading: str
    results: tuple[ResultRow, ...]
    sentences: tuple[str, ...]  # one a cause
    flips: str  # which causes, and which sets of them, lead to the new conclusion; empty where it did not change
    # shares, note: the attribution as a table, and how to read it; no rows where there is a single cause or nothing to
    # share out
    shares: tuple[ShareRow, ...]
    note: str
    plot: Plot | None  # the what-if plot; None where there is nothing to draw

    @property
    def figure(self) -> Markup:
        """The plot as markup for a page; empty where there is none."""
        return Markup(svg(self.plot) if self.plot else "")  # noqa: S704  every text in it is escaped


@dataclass(frozen=True, slots=True)
class ChangesView:
    """What changed, ready for a template."""

    title: str
    old_name: str
    new_name: str
    digests: tuple[str, str]
    headlines: tuple[str, ...]  # the answer: which conclusions changed, and which studies PubMed flags now
    conclusion_changed: bool
    summary: str  # how many studies changed, in a sentence
    studies: tuple[ChangedStudy, ...]
    protocol: tuple[EditRow, ...]
    pools: tuple[PoolView, ...]
    silent: tuple[str, ...]  # one sentence for each study that changed and moved no result
    unchanged: tuple[str, ...]  # the pools whose results did not change
    living: tuple[LsrItem, ...]  # what PRISMA-LSR asks a new version to say


def changes_lines(changes: ChangesView) -> Iterable[Line]:
    """Yield what changed in words and without tables, as the items of a list: the entry of a changelog."""
    yield from map(Strong, changes.headlines)
    yield changes.summary
    yield from (sentence for pool in changes.pools for sentence in pool.sentences)
    yield from changes.silent
    yield from (("Protocol: ", *edit_line(edit)) for edit in changes.protocol)


def edit_line(edit: EditRow, arrow: str = "→") -> tuple[str, ...]:
    """Return one value before and after, with the places of both."""
    old, new = ((" (", Code(place), ")") if place else () for place in (edit.old_place, edit.new_place))
    return f"{edit.where}: {edit.old}", *old, f" {arrow} {edit.new}", *new
