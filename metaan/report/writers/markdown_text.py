"""Tables, lists and plain text in GitHub's dialect of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~$])")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; no text in it is taken for markup."""
    lines = [row_of(map(plain, heads)), row_of(["---"] * len(heads)), *(row_of(map(plain, row)) for row in rows)]
    return "\n".join(lines)


def row_of(cells: Iterable[str]) -> str:
    """Return one line of a table of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def bullets(items: Iterable[str]) -> str:
    """Return a list; its items are Markdown already."""
    return "\n".join(f"- {item}" for item in items)


def plain(text: str) -> str:
    r"""Return a text in which no character is taken for markup, on one line.

    >>> plain("a_b <i>*c*</i>")
    'a\\_b \\<i\\>\\*c\\*\\</i\\>'
    """
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
