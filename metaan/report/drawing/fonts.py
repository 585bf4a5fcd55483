"""How wide a text is, measured with the real advance widths of a font that Arial and Helvetica agree with.

The widths are those of Liberation Sans (SIL Open Font License); style.css names it before the fonts of the same
metrics. Scripts that it lacks are drawn by another font of the reader's system, so they are measured generously.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

_WIDE = 1.05  # em: East Asian full width, with room for fonts that are a little wider
_OTHER = 0.9  # em: Arabic, Devanagari, Thai and all else that the table lacks
_EMOJI = 1.4
_SPACE = re.compile(r"(?<![=<>])[ \t\n]+(?![=<>])")  # those at which a line may end
_SLACK = 1.02  # hinting and rounding of the renderer


def typefaces() -> Path:
    """Return the folder of the bundled font, which measures and is embedded."""
    return Path(__file__).with_name("typefaces")


@cache
def _face(bold: bool) -> dict[str, float]:
    """Return the width of each character in em."""
    table = json.loads(Path(__file__).with_name("widths.json").read_text(encoding="utf-8"))
    em = table["units_per_em"]
    runs = table["bold" if bold else "regular"]
    return {chr(int(start) + i): width / em for start, run in runs.items() for i, width in enumerate(run)}


@cache
def _character(char: str, bold: bool) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0.0
    known = _face(bold).get(char)
    if known is not None:
        return known
    if ord(char) >= 0x1F000:
        return _EMOJI
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a line of text in the unit of ``size``.

    >>> round(text_width("Study", 10), 1), text_width("", 10)
    (26.1, 0.0)
    """
    return size * _SLACK * sum(_character(char, bold) for char in text)


def wrap(text: str, size: float, width: float, bold: bool = False, lines: int = 1000) -> tuple[str, ...]:
    """Break a text into lines no wider than ``width``: at spaces, or inside a word that is wider by itself.

    No line begins or ends with a sign of comparison, and a no-break space is none to break at.
    There are at most ``lines``; the last of them then ends in an ellipsis.

    >>> wrap("a study with a long name", 10, 60)
    ('a study with', 'a long name')
    """
    broken = _break(_SPACE.split(text.strip()), size, width, bold)
    if len(broken) <= lines:
        return tuple(broken)
    return (*broken[: lines - 1], _shorten(" ".join(broken[lines - 1 :]), size, width, bold))


def _break(words: list[str], size: float, width: float, bold: bool) -> list[str]:
    done, line = [], ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if text_width(joined, size, bold) <= width:
            line = joined
            continue
        done += [line] if line else []
        *pieces, line = _pieces(word, size, width, bold)
        done += pieces
    return [*done, line]


def _pieces(word: str, size: float, width: float, bold: bool) -> list[str]:
    """Cut one word wherever the width is full, never before a mark that combines with the letter before it."""
    pieces, used = [""], 0.0
    for char in word:
        wide = text_width(char, size, bold)
        if pieces[-1] and wide and used + wide > width:
            pieces.append("")
            used = 0.0
        pieces[-1] += char
        used += wide
    return pieces


def _shorten(text: str, size: float, width: float, bold: bool) -> str:
    while text and text_width(text + "…", size, bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"
