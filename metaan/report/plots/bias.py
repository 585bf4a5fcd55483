"""Risk of bias as plots: traffic lights, and shares by domain. A sign in every field; colour only helps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..drawing.fonts import text_width, wrap
from ..drawing.svg import Svg, clean, px
from ..language.judgements import SIGNS

SIZE = 13.0
ROW, COLUMN, RADIUS, GAP = 28.0, 52.0, 10.0, 16.0
BAR, LONGEST = 20.0, 360.0
LABEL = 260.0  # a longer name is broken into two lines; the table holds it whole

Field = tuple[str, str]


def lights(name: str, title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Field]]]) -> Svg:
    """Draw a sign for each study and domain; ``name`` is a part of its id.

    Of each study ``rows`` have its label, and a code (a key of `SIGNS`) with its words for each column.
    """
    names = [wrap(label, SIZE, LABEL, lines=2) for label, _ in rows]
    left = max((text_width(line, SIZE) for lines in names for line in lines), default=0.0) + GAP
    parts = [_text(left + (i + 0.5) * COLUMN, 18, column, "") for i, column in enumerate(columns)]
    for j, (label, fields) in enumerate(rows):
        y = ROW * (j + 1) + ROW / 2
        parts += [_rule(y - ROW / 2, left + COLUMN * len(columns)), *_label(y, names[j])]
        parts += [_sign(left + (i + 0.5) * COLUMN, y, code, f"{label}, {columns[i]}: {text}")
                  for i, (code, text) in enumerate(fields)]  # fmt: skip
    used = dict.fromkeys((code, text) for _, fields in rows for code, text in fields)
    below = ROW * (len(rows) + 1) + 12
    key, width, height = _key(used, below, left + COLUMN * len(columns))
    said = f"A sign for each of {len(rows)} studies and {len(columns)} columns; the table beside it holds the words."
    size = (max(width, left + COLUMN * len(columns)), height)
    return Svg(f"{name}-lights", "chart bias", f"{title}: each study", said, size, (*parts, *key))


def shares(name: str, title: str, rows: Sequence[tuple[str, Sequence[tuple[str, str, int]]]]) -> Svg:
    """Draw for each domain how many studies have which judgement; ``rows`` hold code, words and number."""
    left = max(text_width(label, SIZE) for label, _ in rows) + GAP
    parts = []
    for j, (label, counts) in enumerate(rows):
        y, x = j * ROW + 4, left
        parts.append(_text(0, y + 14.5, label))
        total = sum(n for _, _, n in counts)
        for code, text, n in counts:
            wide = LONGEST * n / total
            parts += _bar(x, y, wide, (code, n), f"{label}: {text} in {n} of {total}")
            x += wide
    used = dict.fromkeys((code, text) for _, counts in rows for code, text, _ in counts)
    key, width, height = _key(used, ROW * len(rows) + 8, left + LONGEST)
    said = "; ".join(f"{label}: {', '.join(f'{text} {n}' for _, text, n in counts)}" for label, counts in rows)
    size = (max(width, left + LONGEST), height)
    return Svg(f"{name}-shares", "chart bias", f"{title}: by domain", said, size, (*parts, *key))


def _label(y: float, lines: Sequence[str]) -> Iterable[str]:
    top = y + 4.5 - (len(lines) - 1) * SIZE / 2
    return (_text(0, top + i * SIZE, line) for i, line in enumerate(lines))


def _bar(x: float, y: float, wide: float, share: tuple[str, int], sentence: str) -> Iterable[str]:
    code, n = share
    corners = f"{px(x)},{px(y)} {px(x + wide)},{px(y)} {px(x + wide)},{px(y + BAR)} {px(x)},{px(y + BAR)}"
    yield f'<g><title>{clean(sentence)}</title><polygon points="{corners}" class="field {code}"/></g>'
    yield _text(x + wide / 2, y + 14.5, f"{SIGNS[code]} {n}".strip(), f"sign {code}")


def _sign(x: float, y: float, code: str, sentence: str) -> str:
    circle = f'<circle cx="{px(x)}" cy="{px(y)}" r="{px(RADIUS)}" class="field {code}"/>'
    sign = _text(x, y + 5, SIGNS[code], f"sign {code}") if SIGNS[code] else ""
    return f"<g><title>{clean(sentence)}</title>{circle}{sign}</g>"


def _key(used: Iterable[Field], top: float, room: float) -> tuple[list[str], float, float]:
    """Return the legend with the width and height that all of the plot then needs."""
    parts, x, y, widest = [], 0.0, top + RADIUS, 0.0
    order = [*SIGNS]
    for code, text in sorted(used, key=lambda field: order.index(field[0])):
        wide = 2 * RADIUS + 8 + text_width(text, SIZE) + 20
        if x and x + wide > max(room, 320.0):
            x, y = 0.0, y + ROW
        parts += [_sign(x + RADIUS + 1, y, code, text), _text(x + 2 * RADIUS + 8, y + 4.5, text)]
        x += wide
        widest = max(widest, x)
    return parts, widest, y + RADIUS + 4


def _text(x: float, y: float, text: str, role: str | None = None) -> str:
    """Write text from a place on; what has a role stands around it, in bold."""
    anchor = '"start"' if role is None else '"middle" font-weight="bold"'
    place = f'x="{px(x)}" y="{px(y)}" font-size="{px(SIZE)}" text-anchor={anchor}'
    return f'<text {place} class="{role or ""}">{clean(text)}</text>'


def _rule(y: float, right: float) -> str:
    return f'<line x1="0" y1="{px(y)}" x2="{px(right)}" y2="{px(y)}" class="rule"/>'
