"""What a plain scalar of YAML means: the core rules of YAML 1.2 where they are what a person means."""

from __future__ import annotations

import math
import re
from typing import Any


class Written(float):
    """A float that remembers how it was written: 1.50 says more than 1.5, and ``version: 1.10`` means text."""

    def __new__(cls, text: str) -> Written:
        """Read the number and keep its text."""
        new = super().__new__(cls, text)
        new.text = text
        return new

    text: str

    def __str__(self) -> str:
        return self.text


def resolve(text: str) -> Any:
    """Return what a plain scalar means.

    >>> [resolve(t) for t in ("40", "040", "1e-3", "no", "true", "2021-02-05", "")]
    [40, '040', 0.001, 'no', True, '2021-02-05', None]
    """
    if text[:1] in _NUMERIC:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return Written(text)
    return _WORDS.get(text, text)


_INT = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.\d+|(?:0|[1-9]\d*)(?:\.\d*)?)(?:[eE][-+]?\d{1,4})?", re.ASCII)
_NUMERIC = frozenset("0123456789+-.")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
