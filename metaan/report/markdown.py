"""The report as Markdown: the answers, every row of every forest plot, and what must be read with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import designs, methods, words
from .forest import forest
from .plot import Plot, Row
from .words import Arms

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..registry.load import Review

_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~$])")


def to_markdown(review: Review, analyses: Sequence[Analysis], *, version: str) -> str:
    """Return the report as one Markdown text; its tables are those of GitHub's dialect.

    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> to_markdown(review, ma.analyse(review, ["death"]), version="1").splitlines()[0]
    '# Anakinra in COVID-19'
    """
    info, labels = review.info, review.info.labels
    arms = Arms(labels.experimental, labels.control)
    parts = [f"# {plain(info.title)}"]
    parts += [plain(info.question.text)] if info.question.text else []
    for analysis in analyses:
        parts += _outcome(analysis, arms)
    parts += _not_included(review)
    parts += ["## Methods", _list(plain(text) for text in methods.paragraphs(analyses))]
    parts.append(f"Made by metaan {plain(version)} from the registry with SHA-256 `{review.digest}`.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _outcome(analysis: Analysis, arms: Arms) -> Iterable[str]:
    plot = forest(analysis, arms)
    yield f"## {plain(words.upper_first(analysis.plan.title or analysis.outcome.name))}"
    yield _list(plain(answer.text) for answer in words.answers(analysis, arms))
    apart = designs.disagreement(analysis, arms)
    if apart:
        yield f"**{plain(apart)}**"
    yield _table(plot)
    yield _list(plain(text) for text in (*plot.notes, *map(words.upper_first, analysis.warnings)))


def _table(plot: Plot) -> str:
    heads = [f"{c.group}, {c.header}" if c.group else c.header for c in plot.columns]
    lines = [_line(map(plain, heads)), _line(":--" if c.align == "start" else "--:" for c in plot.columns)]
    return "\n".join([*lines, *(_row(row, plot) for row in plot.rows if row.kind != "spacer")])


def _row(row: Row, plot: Plot) -> str:
    cells = [plain(row.cells.get(column.key, "")) for column in plot.columns]
    strong = row.kind in ("heading", "pooled")
    return _line(f"**{cell}**" if strong and cell else cell for cell in cells)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _not_included(review: Review) -> Iterable[str]:
    left = [study for study in review.studies if study.status.state != "included"]
    if not left:
        return []
    lines = (f"{study.label} ({study.status.state}): {study.status.reason or 'no reason'}" for study in left)
    return ["## Studies that are not included", _list(map(plain, lines))]


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def plain(text: str) -> str:
    r"""Return a text in which no character is taken for markup, on one line.

    >>> plain("a_b <i>*c*</i>")
    'a\\_b \\<i\\>\\*c\\*\\</i\\>'
    """
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
