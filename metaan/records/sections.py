"""Titles and abstracts that come as HTML or JATS inside a text: their sections, and our markup in place of theirs."""

from __future__ import annotations

import re
from html import unescape

from .markup import clean_text, inline_markup, plain_text
from .record import AbstractPart

LONGEST = 200_000  # characters; what is longer is no abstract, and is cut
_ATTRIBUTE = r"\s+[\w:.\-]{1,60}\s?=\s?(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}')"
_TAG = re.compile(rf"<(/?)(?:(\w{{1,20}}):)?([A-Za-z][\w\-]{{0,30}})(?:{_ATTRIBUTE}){{0,8}}\s?/?>")
_SPLIT = "\x00"  # no text holds one: `clean_text` would drop it

_KEPT = {"i": "i", "em": "i", "italic": "i", "b": "b", "strong": "b", "bold": "b", "sub": "sub", "sup": "sup"}
_HEADINGS = frozenset({"title", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLANKS = frozenset({"p", "sec", "br", "div", "span", "abstract", "list", "ul", "ol", "li", "u", "sc"})
_NO_LABEL = frozenset({"abstract", "summary"})


def title_markup(text: str | None) -> str:
    """Return a title as a markup string.

    >>> title_markup("Effect in &lt;i&gt;Apis&lt;/i&gt; <mml:math>x</mml:math> <script>a()</script>")
    'Effect in <i>Apis</i> x &lt;script&gt;a()&lt;/script&gt;'
    """
    return inline_markup(_plain_tags((text or "")[:LONGEST]).replace(_SPLIT, " "))


def sections(text: str | None) -> tuple[AbstractPart, ...]:
    """Return an abstract by sections.

    >>> [(part.label, part.text) for part in sections("<h4>Aim</h4>Less &amp; <em>more</em>.<p>p &lt; 0.05</p>")]
    [('Aim', 'Less &amp; <i>more</i>. p &lt; 0.05')]
    """
    pieces = _plain_tags((text or "")[:LONGEST]).split(_SPLIT)
    if len(pieces) % 2 == 0:  # a heading that does not end: its words are as likely those of the abstract
        pieces = [" ".join(pieces)]
    parts = [AbstractPart(None, inline_markup(pieces[0]))]
    for label, words in zip(pieces[1::2], pieces[2::2]):
        name = plain_text(inline_markup(label)).rstrip(":. ")
        parts.append(AbstractPart(None if name.lower() in _NO_LABEL else name or None, inline_markup(words)))
    return tuple(part for part in parts if part.text)


def _plain_tags(text: str) -> str:
    """Return a text in which the four tags stand bare, headings between marks, and those that mean nothing are gone."""
    return _TAG.sub(_tag, unescape(text).replace(_SPLIT, "")) if "<" in text or "&" in text else clean_text(text)


def _tag(found: re.Match[str]) -> str:
    slash, space, name = found[1], found[2], found[3].lower()
    if name in _KEPT:
        return f"<{slash}{_KEPT[name]}>"
    if name in _HEADINGS:
        return _SPLIT
    return " " if space or name in _BLANKS else found[0]
