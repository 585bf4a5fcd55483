"""Text from outside, made harmless: what stays of its markup is ``i``, ``b``, ``sub`` and ``sup``, and nothing else.

A *markup string* here is text with ``&``, ``<`` and ``>`` escaped in which those four tags, without attributes and
well nested, are the only ones. It may go into HTML as it is; everything that makes one does it through this module.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

TAGS = ("i", "b", "sub", "sup")
_TAG = re.compile(r"<(/?)(i|b|sub|sup)>")
_MOST_TAGS = 2_000

# Written right-to-left text is content; characters that silently reorder what a terminal or a page shows are not.
_REORDERING = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
_CATEGORIES_OUT = frozenset({"Cc", "Cs", "Cn"})


def clean_text(text: str) -> str:
    """Return a text on one line, without control characters, half characters and marks that reorder what is shown.

    >>> clean_text("death" + chr(27) + "[2J  by" + chr(10) + "day 28")
    'death[2J by day 28'
    """
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(text.translate(_SHOWN).split())


@lru_cache(1 << 12)
def _shown(number: int) -> int | None:
    """Return a character, or nothing in place of one that is not to be shown."""
    char = chr(number)
    return None if char in _REORDERING or unicodedata.category(char) in _CATEGORIES_OUT else number


class _Shown:
    """What `str.translate` asks; a dict of all characters would be a large one."""

    def __getitem__(self, number: int) -> int | None:
        return _shown(number)


_SHOWN = _Shown()


def escape(text: str) -> str:
    """Return a plain text as a markup string.

    >>> escape("p < 0.05 & n > 3")
    'p &lt; 0.05 &amp; n &gt; 3'
    """
    return escape_keeping_ends(clean_text(text))


def inline_markup(text: str) -> str:
    """Return a text that may hold tags as a markup string: the four tags stay where they nest, all else is escaped.

    Only the bare spelling ``<i>`` counts as a tag; ``<i onclick=...>`` is text, and is shown as such.

    >>> inline_markup("TNF<sub>a<script>x()</script></sub></b>")
    'TNF<sub>a&lt;script&gt;x()&lt;/script&gt;</sub>'
    """
    if "<" not in text:
        return escape(text)
    parts = _TAG.split(clean_text(text))
    if len(parts) > 3 * _MOST_TAGS:  # no title or abstract is like this; a page has to survive it
        return escape(_TAG.sub("", text))
    out = [escape_keeping_ends(parts[0])]
    open_tags: list[str] = []
    for slash, tag, words in zip(parts[1::3], parts[2::3], parts[3::3]):
        out += [_step(open_tags, bool(slash), tag), escape_keeping_ends(words)]
    return "".join(out) + _close(open_tags, 0)


def _step(open_tags: list[str], closing: bool, tag: str) -> str:
    """Open a tag, or close it together with those opened inside it; a closing tag that fits nothing is dropped."""
    if not closing:
        open_tags.append(tag)
        return f"<{tag}>"
    if tag not in open_tags:
        return ""
    return _close(open_tags, len(open_tags) - 1 - open_tags[::-1].index(tag))


def _close(open_tags: list[str], down_to: int) -> str:
    closed = "".join(f"</{tag}>" for tag in reversed(open_tags[down_to:]))
    del open_tags[down_to:]
    return closed


def escape_keeping_ends(text: str) -> str:
    """Escape a piece of a text whose blanks at the ends matter, because more follows."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_text(markup: str) -> str:
    """Return what a markup string says, without its tags and escapes.

    >>> plain_text("IL-1<sub>b</sub> &lt; 3")
    'IL-1b < 3'
    """
    return unescape(_TAG.sub("", markup)) if "<" in markup or "&" in markup else markup
