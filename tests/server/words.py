"""Just enough of a search language: AND, OR, NOT and brackets over leaves, from left to right as PubMed reads them.

What a leaf is, and whether it fits, is each service's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Fits = Callable[[T], bool]

_OPERATORS = {"AND", "OR", "NOT"}
_WORD = r'(?!(?:AND|OR|NOT)\b)[^\s()"\[\]]+'
_LEAF = re.compile(
    rf"""\(|\)|
    (?:AND|OR|NOT)(?=[\s(]|$)|
    "[^"]*"(?:\[[^\]]*\])?\s:\s"[^"]*"\[[^\]]*\]|      # PubMed: "2020/01/01"[crdt] : "3000"[crdt]
    AREA\[[^\]]*\](?:RANGE\[[^\]]*\]|\S+)|             # ClinicalTrials.gov
    \w+:\[[^\]]*\]|\w+:"[^"]*"|                        # Europe PMC
    "[^"]*"(?:\[[^\]]*\])?|
    {_WORD}(?:\s+{_WORD})*\[[^\]]*\]|                  # PubMed: drug therapy[sh]
    {_WORD}""",
    re.VERBOSE,
)


def leaves(expression: str) -> list[str]:
    """Return the leaves of an expression."""
    return [token for token in _LEAF.findall(expression) if token not in {"(", ")", *_OPERATORS}]


def predicate(expression: str, leaf: Callable[[str], Fits[T]]) -> Fits[T]:
    """Return what decides whether something fits an expression; two leaves side by side must both fit."""
    tokens = _LEAF.findall(expression)[::-1]
    return _expression(tokens, leaf)


def _expression(tokens: list[str], leaf: Callable[[str], Fits[T]]) -> Fits[T]:
    found = _operand(tokens, leaf)
    while tokens and tokens[-1] != ")":
        operator = tokens.pop() if tokens[-1] in _OPERATORS else "AND"
        found = _JOINED[operator](found, _operand(tokens, leaf))
    return found


def _operand(tokens: list[str], leaf: Callable[[str], Fits[T]]) -> Fits[T]:
    token = tokens.pop() if tokens else ")"
    if token != "(":
        return leaf(token)
    inside = _expression(tokens, leaf)
    if tokens:
        tokens.pop()
    return inside


_JOINED: dict[str, Callable[[Fits[T], Fits[T]], Fits[T]]] = {
    "AND": lambda left, right: lambda thing: left(thing) and right(thing),
    "OR": lambda left, right: lambda thing: left(thing) or right(thing),
    "NOT": lambda left, right: lambda thing: left(thing) and not right(thing),
}
