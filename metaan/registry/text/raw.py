"""The bytes of a registry file as text, or what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from ...errors import REORDERING

MAX_BYTES = 4_000_000
MOST_FLAWS = 20  # finding the line of each costs a look through the text


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with the text, at a line (1-based)."""

    line: int
    found: str
    allowed: str
    control: bool = False


def control_flaw(line: int, char: str) -> Flaw:
    """Return the flaw of a control character, which is the fault of a value and not of the file's layout."""
    return Flaw(line, f"a control character, {char!r}", "allowed: text", control=True)


def decode(raw: bytes) -> tuple[str, list[Flaw]]:
    """Return the text of a file, without a byte order mark, and what is wrong with its bytes."""
    if len(raw) > MAX_BYTES:
        return "", [Flaw(1, f"the file has {len(raw):,} bytes", f"allowed: up to {MAX_BYTES:,}")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return "", [Flaw(line, f"byte 0x{raw[error.start]:02X} is not UTF-8", "allowed: text saved as UTF-8")]
    tabs, controls = islice(_TAB.finditer(text), MOST_FLAWS), islice(_CONTROL.finditer(text), MOST_FLAWS)
    flaws = [Flaw(_line(text, m), "a tab in the indentation", "allowed: spaces") for m in tabs]
    flaws += [control_flaw(_line(text, m), m[0]) for m in controls]
    if not flaws and not _CONTENT.search(text):
        flaws = [Flaw(1, "the file is empty", "allowed: YAML with keys and values")]
    return text, flaws[:MOST_FLAWS]


def hidden_in_json(raw: bytes) -> bytes | None:
    """Return the first hidden character of a file or line that a command wrote, as it stands or escaped; None: none."""
    if raw.isascii() and b"\\u" not in raw and not raw.translate(None, _SHOWN):
        return None  # most of them, in a thirtieth of the time
    match = _HIDDEN_IN_JSON.search(raw)
    return match[0] if match else None


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


_SHOWN = bytes([9, 10, 13, *range(32, 127)])
_TAB = re.compile(r"^ *\t[ \t]*(?=\S)", re.MULTILINE)
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff{REORDERING}]")
_CONTENT = re.compile(r"^(?![^\S\n]*(?:#|$|---[^\S\n]*(?:#|$)|\.\.\.))", re.MULTILINE)  # within one line: linear
# The same in a file that a command wrote, as it stands or escaped; what is written here never holds any.
_HIDDEN_IN_JSON = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|(?<!\\)(?:\\\\)*\\u(?:00(?:[01][0-9a-f]|7f|[89][0-9a-f])|202[a-e]|206[6-9])",
    re.IGNORECASE,
)
