"""Text from outside, made safe for a page: all is escaped but PubMed's inline markup."""

from __future__ import annotations

import nh3
from markupsafe import Markup

INLINE = {"i", "b", "sub", "sup"}


def inline(text: str) -> Markup:
    """Keep i, b, sub and sup without attributes; every other tag goes, and what would run goes with its content.

    >>> inline("CO<sub>2</sub> <a href='x'>and</a> p < 0.05<script>alert(1)</script>")
    Markup('CO<sub>2</sub> and p &lt; 0.05')
    """
    return Markup(nh3.clean(text, tags=INLINE, attributes={}))  # noqa: S704
