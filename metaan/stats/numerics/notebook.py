"""What a notebook shows of a result: what it prints, and under it its rows as a table.

Whatever has ``to_frame`` shows itself by inheriting `ShowsItself`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Protocol

from .numerals import figures

if TYPE_CHECKING:
    import pandas as pd

#: How many rows and columns a notebook shows; the frame has all.
ROWS_SHOWN, COLUMNS_SHOWN = 30, 16


class HasFrame(Protocol):
    """What has its numbers as a frame."""

    def to_frame(self) -> pd.DataFrame:
        """Return them."""


class ShowsItself:
    """A result that a notebook shows as what it prints with its rows below."""

    __slots__ = ()

    def _repr_html_(self: HasFrame) -> str:
        frame = self.to_frame()
        named = frame if frame.index.dtype.kind in "iu" else frame.reset_index(names="")
        return html(repr(self), {str(name): named[name].tolist() for name in named.columns})


def html(text: str, columns: Mapping[str, Sequence[object]]) -> str:
    """Return a text and a table of columns of one length as HTML, everything in them escaped.

    >>> html("k = 1", {"slab": ["A & B"], "yi": [0.123456]})[-89:]
    '<tr><td>A &amp; B</td><td style="text-align:right">0.1235</td></tr></tbody></table></div>'
    """
    shown = dict(list(columns.items())[:COLUMNS_SHOWN])
    rows = [*zip(*shown.values())]
    heads = "".join(f"<th>{escape(name)}</th>" for name in shown)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:ROWS_SHOWN])
    more = [f"{len(rows) - ROWS_SHOWN} more rows"] if len(rows) > ROWS_SHOWN else []
    more += [f"{len(columns) - len(shown)} more columns"] if len(columns) > len(shown) else []
    rest = f"<p>and {', '.join(more)}: the frame has all</p>" if more else ""
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    return f"<div><pre>{escape(text)}</pre>{table}{rest}</div>"


def _cell(value: object) -> str:
    if value is None or value != value:
        return "<td></td>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td style="text-align:right">{figures(value) if isinstance(value, float) else value}</td>'
    return f"<td>{escape(str(value))}</td>"
