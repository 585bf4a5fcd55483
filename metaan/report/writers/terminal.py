"""Results in the terminal: the rows of the forest plot as text, with a small plot where there is room.

Imports nothing but the standard library, `metaan.stats` and its light neighbours: it lies on the way of `metaan pool`.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...synthesis.statement import by_importance
from ..forest.axis import Axis
from ..forest.columns import ForestColumn
from ..forest.forest import forest
from ..forest.plot import ForestMark, Plot, Row
from ..language import designs, formats, words
from ..language.answers import answers
from ..language.cautions import cautions
from ..language.left_out import left_out
from ..language.words import Arms, lower_first

if TYPE_CHECKING:
    from ...synthesis.values import Analysis

GAP = 2
DEFAULT_ARMS = Arms()
Line = tuple[str, str]
PLOT_FROM = 110  # columns; a narrower terminal shows no plot
PLOT_LEAST, PLOT_MOST = 24, 48
LABEL_LEAST = 16
_BOLD, _DIM, _WARN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[1;33m", "\x1b[0m"
_STYLES = {"heading": _BOLD, "pooled": _BOLD, "head": _BOLD, "text": _DIM, "sensitivity": _DIM, "warning": _WARN}


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters a plot is drawn with."""

    line: str = "─"
    null: str = "│"
    cross: str = "┼"
    left: str = "◄"
    right: str = "►"
    bar: str = "━"
    points: Mapping[str, str] = None  # type: ignore[assignment]


UNICODE = Signs(points={"study": "■", "common": "◇", "random": "◆", "sensitivity": "·", "reference": "◇"})
ASCII = Signs(
    "-", "|", "+", "<", ">", "=", {"study": "#", "common": "o", "random": "@", "sensitivity": ".", "reference": "o"}
)


def table(
    analysis: Analysis, arms: Arms = DEFAULT_ARMS, *, width: int = 80, color: bool = False, ascii_only: bool = False
) -> str:
    """Return one outcome as lines of text, none wider than ``width`` unless a single word is.

    From a width of `PLOT_FROM` on a text forest plot stands beside the numbers. ``color`` is bold and dim by ANSI
    sequences; with ``ascii_only`` signs outside ASCII are replaced, and letters of names stay.

    >>> import metaan as ma
    >>> [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    >>> print(table(death).splitlines()[0])
    Death from any cause: odds ratio, 8 studies
    """
    lines = [*_one(analysis, arms, width, ascii_only), *_left_out([analysis], width)]
    return _written(lines, color, ascii_only)


def tables(
    analyses: Iterable[Analysis],
    arms: Arms = DEFAULT_ARMS,
    *,
    width: int = 80,
    color: bool = False,
    ascii_only: bool = False,
    brief: bool = False,
) -> str:
    """Return the answers, then every outcome, then what was left out; the critical outcomes first.

    ``brief`` stops after the answers.
    """
    shown = by_importance(analyses)
    lines = [line for one in shown for line in _answers(one, arms, width)]
    for one in () if brief else shown:
        lines += [("plain", ""), *_one(one, arms, width, ascii_only)]
    if not brief:
        lines += [("plain", ""), *_left_out(shown, width)]
    return _written(lines, color, ascii_only).rstrip("\n")


def _written(lines: Iterable[Line], color: bool, ascii_only: bool) -> str:
    done = "\n".join(_styled(kind, text.rstrip(), color) for kind, text in lines)
    return formats.ascii_text(done) if ascii_only else done


def _one(analysis: Analysis, arms: Arms, width: int, ascii_only: bool) -> list[Line]:
    plot = forest(analysis, arms, terse=True)
    lines = [*_title(analysis, width), *_table(plot, width, ASCII if ascii_only else UNICODE)]
    return lines + [line for kind, text in _below(analysis, arms) for line in _wrapped(kind, text, width)]


def _answers(analysis: Analysis, arms: Arms, width: int) -> list[Line]:
    """Return the statement of each result, with its effect."""
    title, lines = words.upper_first(analysis.title), []
    for answer in answers(analysis, arms):
        name = f"{title}, {answer.pool}" if answer.pool else title
        effect = dict(answer.numbers).get("effect", "")
        measure = f" {words.upper_first(words.measure_name(analysis.measure))} {effect}." if effect else ""
        lines += _wrapped("plain", f"{name}: {answer.statement}{measure}", width)
    return lines


def _left_out(analyses: Sequence[Analysis], width: int) -> list[Line]:
    return [line for one in left_out(analyses) for line in _wrapped("text", str(one), width)]


def _styled(kind: str, text: str, color: bool) -> str:
    style = _STYLES.get(kind, "")
    return f"{style}{text}{_OFF}" if color and style and text else text


def _title(analysis: Analysis, width: int) -> list[Line]:
    name = words.upper_first(analysis.title)
    what = f"{name}: {words.measure_name(analysis.measure)}, {formats.plural(analysis.k, 'study', 'studies')}"
    lines = [("head", line) for line in wrap(what, width)]
    return [*lines, ("rule", "=" * min(width, max(display_width(text) for _, text in lines)))]


def _below(analysis: Analysis, arms: Arms) -> Iterable[Line]:
    """Yield what must be read with the table: disagreement, conclusions that hang on a method, warnings."""
    apart = designs.disagreement(analysis, arms)
    if apart:
        yield "warning", str(apart)
    for i, pool in enumerate(analysis.results):
        where = f"{words.upper_first(pool.name)}: " if pool.name and len(analysis.pools) > 1 else ""
        for text in cautions(pool, i, analysis, arms):
            yield "warning", f"{where}{text}"
        if pool.absolute is not None:
            effect = words.per_1000(pool.absolute)
            yield "plain", f"{where}{effect}, at an assumed risk of {words.assumed(pool.absolute)}."
    yield from (("plain", f"Note: {warning}.") for warning in analysis.warnings)
    yield from (
        ("plain", f"Converted ({how}): {formats.listing(labels)}.") for how, labels in words.converted(analysis)
    )
    if any(pool.exploration is not None for pool in analysis.results):
        from ..language import exploration

        yield from exploration.lines(analysis, arms)


def _wrapped(kind: str, text: str, width: int) -> list[Line]:
    return [(kind, line) for line in wrap(text, width)]


def _table(plot: Plot, width: int, signs: Signs) -> list[Line]:
    if plot.empty:
        return [("text", line) for row in plot.rows if row.label for line in wrap(f"{row.label}.", width)]
    columns, widths, room = _fit(plot, width)
    room = 0 if plot.bare else room
    lines = [("head", text) for text in _head(plot, columns, widths, room)]
    for row in plot.rows:
        if row.kind in ("heading", "text"):
            lines += [(row.kind, line) for line in wrap(row.label, width)]
        elif row.kind == "spacer":
            lines.append(("plain", ""))
        else:
            lines.append((row.kind, _row(row, columns, widths) + _plotted(row.mark, plot.axis, room, signs)))
    return [*lines, *(("plain", text) for text in _axis(plot, columns, widths, room))]


def _fit(plot: Plot, width: int) -> tuple[list[ForestColumn], dict[str, int], int]:
    """Return the columns that fit, their widths, and the room for a plot (0: none).

    Times go first where there is no room, then weights, then data; the label is cut last.
    """
    widths = {column.key: _column_width(column, plot.rows) for column in plot.columns}
    columns = list(plot.columns)
    for key in ("time", "weight_common", "weight_random"):
        if _total(columns, widths) > width:
            columns = [column for column in columns if column.key != key]
    if _total(columns, widths) - widths["label"] + LABEL_LEAST > width:
        columns = [column for column in columns if column.key in ("label", "effect")]
    over = _total(columns, widths) - width
    if over > 0:
        widths["label"] = max(LABEL_LEAST, widths["label"] - over)
    room = min(PLOT_MOST, width - _total(columns, widths) - GAP)
    return columns, widths, room if width >= PLOT_FROM and room >= PLOT_LEAST else 0


def _total(columns: Sequence[ForestColumn], widths: Mapping[str, int]) -> int:
    return sum(widths[column.key] for column in columns) + GAP * (len(columns) - 1)


def _column_width(column: ForestColumn, rows: Iterable[Row]) -> int:
    cells = [row.cells.get(column.key, "") for row in rows if row.kind not in ("heading", "text")]
    indent = 2 if column.key == "label" else 0
    return max(map(display_width, (*cells, column.header, column.group)), default=0) + indent


def _head(plot: Plot, columns: Sequence[ForestColumn], widths: Mapping[str, int], room: int) -> list[str]:
    lines = [[_pad(getattr(c, part), widths[c.key], c.align) for c in columns] for part in ("group", "header")]
    texts = [(" " * GAP).join(cells) for cells in lines if any(cell.strip() for cell in cells)]
    if room:
        texts[-1] += " " * GAP + _pad(plot.axis_title.lines[-1], room, "middle")
    return texts


def _row(row: Row, columns: Sequence[ForestColumn], widths: Mapping[str, int]) -> str:
    return (" " * GAP).join(_cell(row, column, widths[column.key]) for column in columns)


def _cell(row: Row, column: ForestColumn, width: int) -> str:
    text = row.cells.get(column.key, "")
    return _pad(cut(f"  {text}" if column.key == "label" else text, width), width, column.align)


def _pad(text: str, width: int, align: str) -> str:
    space = max(0, width - display_width(text))
    before = {"start": 0, "middle": space // 2, "end": space}[align]
    return " " * before + text + " " * (space - before)


def _plotted(mark: ForestMark | None, axis: Axis, room: int, signs: Signs) -> str:
    """Draw one row of the text plot."""
    if not room:
        return ""
    cells = [" "] * room
    if axis.scale.null is not None:
        cells[_at(axis.scale.null, axis, room)] = signs.null
    if mark is not None and mark.interval is not None:
        _interval(cells, mark, axis, signs)
    if mark is not None and mark.estimate is not None and 0 <= axis.place(mark.estimate) <= 1:
        cells[_at(mark.estimate, axis, room)] = signs.points.get(mark.role, "*")
    return " " * GAP + "".join(cells)


def _interval(cells: list[str], mark: ForestMark, axis: Axis, signs: Signs) -> None:
    lo, hi = mark.interval or (0.0, 0.0)
    first, last = _at(lo, axis, len(cells)), _at(hi, axis, len(cells))
    cells[first : last + 1] = [signs.bar if mark.shape == "bar" else signs.line] * (last - first + 1)
    null = axis.scale.null
    if null is not None and first < (at := _at(null, axis, len(cells))) < last and mark.shape != "bar":
        cells[at] = signs.cross
    if axis.place(lo) < 0:
        cells[0] = signs.left
    if axis.place(hi) > 1:
        cells[-1] = signs.right


def _at(value: float, axis: Axis, room: int) -> int:
    """Return the cell of a value; what lies beyond the axis is in the first or the last."""
    return round(min(1.0, max(0.0, axis.place(value))) * (room - 1))


def _axis(plot: Plot, columns: Sequence[ForestColumn], widths: Mapping[str, int], room: int) -> list[str]:
    """Write the tick labels that have room, and what each side favours; that nothing can be drawn, where that is so."""
    if plot.bare:
        return wrap(plot.notes[0], _total(columns, widths))
    null, sides = plot.axis.scale.null, plot.favours
    if not room:
        return [] if sides is None else [f"Left of {null:g}: {lower_first(sides[0])}. Right: {lower_first(sides[1])}."]
    cells = [" "] * room
    for tick in sorted(plot.axis.ticks, key=lambda tick: tick.value != null):
        start = min(room - len(tick.label), max(0, _at(tick.value, plot.axis, room) - len(tick.label) // 2))
        around = cells[max(0, start - 1) : start + len(tick.label) + 1]
        if all(cell == " " for cell in around):
            cells[start : start + len(tick.label)] = tick.label
    before = " " * (_total(columns, widths) + GAP)
    labels = before + "".join(cells)
    if sides is None or null is None:
        return [labels]
    favours = f"{sides[0]} | {sides[1]}"
    place = _at(null, plot.axis, room) - len(sides[0]) - 1
    at = max(0, len(before) + min(place, room - display_width(favours)))
    return [labels, " " * at + favours]


def display_width(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    >>> display_width("Zhang 2020"), display_width("张伟 2020")
    (10, 9)
    """
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Cut a text to a number of columns, with an ellipsis where something is gone.

    >>> cut("Audemard-Verger", 8), cut("short", 8)
    ('Audemar…', 'short')
    """
    if display_width(text) <= width:
        return text
    while text and display_width(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines for a terminal; wide characters count twice."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and display_width(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return [piece for line in lines for piece in (textwrap.wrap(line, width) if len(line) > width else [line])]
