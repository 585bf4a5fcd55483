"""What somebody else's JSON says: values from one named place, as clean text, or absent when they are no such thing.

A service changes its mind about a field more often than about its documents, so a value of another type is absent,
while a document of another shape is unreadable: the first loses a detail, the second would lose records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from ...records.markup import clean_text
from ..net.answers import UnreadableError

MOST_VALUES = 12_000_000  # of 64 MB; prose has a comma in a hundred letters, and every value costs some 60 bytes
DEEPEST = 100  # counted here, as interpreters differ in how deep they read; the services' documents are some 15 deep

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"{}[]"))
_STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}


def document(body: bytes) -> dict[str, Any]:
    """Return the object that a document is.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, not in UTF-8, nested without reason, or no object.
    """
    if sum(body.count(sign) for sign in (b"{", b"[", b",")) > MOST_VALUES:
        raise UnreadableError(f"more than {MOST_VALUES:,} values")
    if _depth(body) > DEEPEST:
        raise UnreadableError(f"the JSON is nested more than {DEEPEST} deep")
    try:
        found = json.loads(body.decode("utf-8-sig", "surrogatepass"), parse_constant=_refuse)
    except ValueError as error:
        raise UnreadableError(f"the JSON is cut off or garbled: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableError("a JSON object was due, something else came")
    return found


def _depth(body: bytes) -> int:
    """Return how many lists and objects stand within each other, before anything is built."""
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKET)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def canonical(value: object) -> bytes:
    """Return a value of a document as bytes that do not depend on the order of its keys, for a digest."""
    return json.dumps(value, sort_keys=True).encode()


def value_at(value: object, *path: str) -> Any:
    """Return what stands at a path, None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def text_at(value: object, *path: str) -> str | None:
    """Return the text at a path on one clean line; a number counts as the text that it was printed as.

    >>> text_at({"a": {"b": " x  y "}}, "a", "b"), text_at({"a": []}, "a"), text_at({"a": 3}, "a")
    ('x y', None, '3')
    """
    return _text(value_at(value, *path))


def texts_at(value: object, *path: str) -> tuple[str, ...]:
    """Return the texts of the list at a path; one text alone counts as a list of one."""
    found = value_at(value, *path)
    texts = map(_text, found if isinstance(found, list) else [found])
    return tuple(text for text in texts if text)


def items_at(value: object, *path: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of the list at a path."""
    found = value_at(value, *path)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def whole_at(value: object, *path: str) -> int | None:
    """Return the count at a path, written as a number or as digits; None for anything else.

    >>> whole_at({"n": "12"}, "n"), whole_at({"n": 12}, "n"), whole_at({"n": True}, "n"), whole_at({"n": "NA"}, "n")
    (12, 12, None, None)
    """
    found = value_at(value, *path)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**15 else None


def _text(found: object) -> str | None:
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    return clean_text(str(found)) or None
