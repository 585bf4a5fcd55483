"""Bytes of a file that some reference manager wrote -> text."""

from __future__ import annotations

import codecs
import re

_HEADER = re.compile(rb"^\s*%+\s*Encoding:\s*([\w-]+)", re.IGNORECASE | re.MULTILINE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(raw: bytes) -> str:
    """Return the text of a file: by its byte order mark, as UTF-8, by the encoding it names, as Windows-1252.

    The last of these fits nearly everything, so nothing is lost, though a rare letter may come out as another one.

    >>> decode("Müller".encode("cp1252")), decode(codecs.BOM_UTF8 + b"a")
    ('Müller', 'a')
    """
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    for name in (marked, "utf-8", _named(raw), "cp1252"):
        if name:
            try:
                return raw.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
    return raw.decode("latin-1")


def _named(raw: bytes) -> str | None:
    """Return the encoding that a comment in the first lines names, if Python has it as a text encoding."""
    found = _HEADER.search(raw[:2_000])
    try:
        info = codecs.lookup(found[1].decode()) if found else None
    except LookupError:
        return None
    return info.name if info and getattr(info, "_is_text_encoding", True) else None
