"""What a value of an export says: its text, or nothing where a program wrote a word for "nothing" or escaped its signs.

All readers of files go through here. To add a word for nothing, enter it in `NOTHING`.
"""

from __future__ import annotations

import re
from html import unescape

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MOST_ROUNDS = 3  # a file that went through several programs may be escaped as often


def said(text: str) -> str:
    """Return a value with its lines kept, without the escapes of HTML; empty where it only says that there is nothing.

    >>> said(" A &amp;amp; B: p &lt; 0.05 "), said("[No abstract available]"), said("NA-NA"), said("Na, Li")
    ('A & B: p < 0.05', '', '', 'Na, Li')
    """
    text = _plain(text.strip()) if "&" in text else text.strip()
    return "" if len(text) < 60 and _bare(text) in NOTHING else text


def _plain(text: str) -> str:
    """Undo escapes; only those that end in a semicolon, as addresses hold ``&section=``."""
    for _ in range(_MOST_ROUNDS):
        plain = _ENTITY.sub(lambda found: unescape(found[0]), text)
        if plain == text:
            break
        text = plain
    return text


def _bare(text: str) -> str:
    plain = (
        text.casefold()
        if text.isascii() and "  " not in text and "\n" not in text
        else " ".join(text.casefold().split())
    )
    return plain.strip("[]()<>. ")


NOTHING = frozenset(
    {
        "", "-", "--", "–", "—", "?", "na", "n/a", "n.a", "#n/a", "nan", "null", "none", "nil", "undefined", "na-na",
        "na - na", "nan-nan", "null-null", "none-none", "n/a-n/a", "no abstract", "no abstract available",
        "no abstract is available", "abstract not available", "abstract available from the publisher", "not available",
        "no pagination", "no pagination specified", "pagination not specified", "no page numbers", "not specified",
        "not applicable", "no authors listed", "no author listed", "no authorship indicated", "no author",
        "no author name available", "no title available", "no title", "no volume", "no issue", "no doi",
    }
)  # fmt: skip
