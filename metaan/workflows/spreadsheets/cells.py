"""Values of the registry as cells, and cells as values; what spreadsheets do to both by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ...errors import did_you_mean
from ...registry.text.scalars import Written
from .layout import Kind

Raw = str | int | float | bool | date | None  # what a cell of a file holds


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a cell cannot be taken, and what can."""

    found: str
    allowed: str


def shown(value: Any) -> str | int | float:
    """Return what a cell holds of a value; numbers stay numbers, text is never a formula (`guarded` sees to that).

    >>> shown(None), shown(True), shown(["a", "b"]), shown(["a; b"]), shown(3)
    ('', 'yes', 'a; b', '["a; b"]', 3)
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        words = [str(one) for one in value]
        plain = words and all(word == word.strip() and word and not _SEPARATORS.search(word) for word in words)
        return "; ".join(words) if plain else json.dumps(words, ensure_ascii=False)
    return value if isinstance(value, int | float) else str(value)


def guarded(text: str) -> str:
    """Return text that a spreadsheet takes for text when it opens a CSV file; `freed` takes the apostrophe back.

    >>> guarded("=1+1"), freed(guarded("=1+1")), guarded("'=x"), freed(guarded("'=x")), guarded("a")
    ("'=1+1", '=1+1', "''=x", "'=x", 'a')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def freed(text: str) -> str:
    """Return the text of a cell of a CSV file as it was before `guarded`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def is_same(raw: Raw, value: Any) -> bool:
    """Say whether a cell still holds what was written into it; ends of lines and blanks around are no difference."""
    before = shown(value)
    if isinstance(before, int | float) and not isinstance(raw, date):
        number = _number(raw)
        return not isinstance(number, Unread) and number is not None and float(number) == float(before)
    return _text(raw) == _text(before)


def read(raw: Raw, kind: Kind, allowed: Sequence[str] = ()) -> Any:
    """Return the value of a cell: None where it is empty, `Unread` where it is of another kind."""
    text = _text(raw)
    if not text:
        return None
    if kind == "date" and isinstance(raw, date):
        return (raw.date() if isinstance(raw, datetime) else raw).isoformat()
    if isinstance(raw, date) or _MADE_DATE.fullmatch(text):
        told = "a date: spreadsheets make one of 9-12 or 3/4"
        return Unread(f"{text}, {told}", "allowed: what it was; format the cell as text, and enter it anew")
    if allowed and kind == "text":
        exact = {word.casefold(): word for word in allowed}
        return exact.get(text.casefold()) or Unread(f"{text!r}", did_you_mean(text, allowed))
    return _READERS[kind](raw, text)


def _read_text(raw: Raw, text: str) -> Any:
    del raw
    return text


def _read_number(raw: Raw, text: str) -> Any:
    number = _number(raw)
    return Unread(f"{text!r} is no number", "allowed: a number, such as 12 or 0.5") if number is None else number


def _read_whole(raw: Raw, text: str) -> Any:
    number = _read_number(raw, text)
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, float):
        return Unread(f"{text} is no whole number", "allowed: a whole number, such as 12")
    return number


def _read_either(raw: Raw, text: str) -> Any:
    number = _number(raw)
    return text if number is None else number


def _read_flag(raw: Raw, text: str) -> Any:
    del raw
    said = _FLAGS.get(text.casefold())
    return Unread(f"{text!r}", "allowed: yes or no") if said is None else said


def _read_list(raw: Raw, text: str) -> Any:
    del raw
    if text.startswith("["):
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if isinstance(said, list):
            return [str(one) for one in said]
    return [word.strip() for word in _SEPARATORS.split(text) if word.strip()]


def _number(raw: Raw) -> Any:
    """Return a number, an int where it is whole as written; None where it is none; `Unread` where it could be two."""
    if isinstance(raw, bool) or raw is None or isinstance(raw, date):
        return None
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() and abs(raw) < _EXACT else Written(repr(raw))
    text = raw.strip().replace("\N{MINUS SIGN}", "-").replace("\N{MIDDLE DOT}", ".")
    if _THOUSANDS.fullmatch(text):
        return Unread(f"{text!r} could be thousands or a decimal comma", "allowed: 1234 or 1.234")
    text = text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
    if _INTEGER.fullmatch(text):
        return int(text)
    return Written(text) if _DECIMAL.fullmatch(text) else None


def _text(raw: Raw) -> str:
    """Return a cell as text."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, datetime):
        return (raw.date() if raw == datetime(raw.year, raw.month, raw.day) else raw).isoformat()
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < _EXACT:
        return str(int(raw))
    return str(raw).replace("\r\n", "\n").replace("\r", "\n").strip()


_EXACT = 1e15
_SEPARATORS = re.compile(r"[;\n]")
_FORMULA = re.compile(r"'*[=+\-@\t\r|%]")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MADE_DATE = re.compile(rf"(?i)\d{{1,2}}-(?:{_MONTHS})(?:-\d{{2,4}})?|(?:{_MONTHS})-\d{{2}}")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_INTEGER = re.compile(r"[-+]?\d{1,18}")
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "wahr", "vrai"), True),
    **dict.fromkeys(("no", "n", "false", "0", "falsch", "faux"), False),
}
_READERS = {
    "text": _read_text,
    "date": _read_text,
    "number": _read_number,
    "whole": _read_whole,
    "number or text": _read_either,
    "yes or no": _read_flag,
    "list": _read_list,
}
