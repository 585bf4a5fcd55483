"""The LaTeX that stands in titles and names -> text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_WORTH_DECODING = re.compile(r"[\\{}$~]|--")
_LONGEST = 20_000  # characters; an abstract is shorter, and the decoder's time grows faster than its input


def to_text(latex: str) -> str:
    r"""Return what a piece of LaTeX says; where it cannot be decoded, the same without braces.

    >>> to_text(r"{COVID}-19 in M{\"u}nchen: 5\% of \emph{all}")
    'COVID-19 in München: 5% of all'
    """
    if not _WORTH_DECODING.search(latex):
        return latex
    if len(latex) <= _LONGEST and latex.count("{") < 500:
        try:
            return str(_decoder().latex_to_text(latex))
        except Exception:  # noqa: S110 - the decoder fails in many ways; each costs one field its decoding
            pass
    return re.sub(r"\\([_%&#$])|[{}]", r"\1", latex)


@cache
def _decoder() -> Any:
    """Return the decoder, which is slow to make; no file can make it read another one."""
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    context = get_default_latex_context_db()
    braces = [MacroTextSpec("textbraceleft", "{"), MacroTextSpec("textbraceright", "}")]
    context.add_context_category("braces", prepend=True, macros=braces)
    return LatexNodes2Text(context, math_mode="text", keep_comments=True, strict_latex_spaces=False)
