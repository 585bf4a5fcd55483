"""A file that some reference manager wrote -> bytes within bounds -> text."""

from __future__ import annotations

import codecs
import re
import zlib
from pathlib import Path

from ...errors import SourceError

LARGEST = 50 << 20  # bytes, also when unpacked; an export of 50,000 records is about as large

_HEADER = re.compile(rb"^\s*%+\s*Encoding:\s*([\w-]+)", re.IGNORECASE | re.MULTILINE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PACKED = b"\x1f\x8b"
_HEAD = 2_000  # bytes
_COMMON = re.compile("[à-öø-ÿ“”’–—]")  # what an 8-bit file of names and titles holds beside ASCII


def read_file(path: Path | str) -> bytes:
    """Return the bytes of a file; of a gzip file what is packed in it.

    Raises
    ------
    SourceError
        The file cannot be opened, cannot be unpacked, or is too large to be a list of references.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            raw = opened.read(min(size, LARGEST) + 1 if size else LARGEST + 1)  # a device has no size, and no end
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror or error}") from None
    if max(size, len(raw)) > LARGEST:
        raise SourceError(f"{file}: {max(size, len(raw)) >> 20} MB found; allowed: {LARGEST >> 20} MB")
    return _unpacked(raw, file) if raw.startswith(_PACKED) else raw


def _unpacked(raw: bytes, file: Path) -> bytes:
    """Unpack no more than a file may hold: a few kilobytes can be packed gigabytes."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(raw, LARGEST + 1)
    except zlib.error as error:
        raise SourceError(f"{file}: the gzip file cannot be unpacked: {error}") from None
    if len(body) > LARGEST:
        raise SourceError(f"{file}: more than {LARGEST >> 20} MB unpacked; allowed: {LARGEST >> 20} MB")
    if not unpacker.eof:
        raise SourceError(f"{file}: the gzip file is cut off")
    return body


def decode(raw: bytes) -> str:
    """Return the text of a file: by its byte order mark, as UTF-8, by the encoding it names, as an 8-bit code page.

    The last of these fits nearly everything, so nothing is lost, though a rare letter may come out as another one.

    >>> decode("Müller".encode("cp1252")), decode("Müller".encode("mac_roman")), decode(codecs.BOM_UTF8 + b"a")
    ('Müller', 'Müller', 'a')
    """
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    for name in (marked, _wide(raw), "utf-8", _named(raw)):
        if name:
            try:
                return raw.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
    return _mixed(raw) or _narrow(raw)


def _wide(raw: bytes) -> str | None:
    """Return the encoding of a file in which every other byte, or three of four, is zero, without a mark."""
    head = raw[:_HEAD]
    zeros = [head[at::4].count(0) > len(head) // 4 * 0.4 for at in range(4)]
    return _ZEROS.get(tuple(zeros)) if len(raw) > 3 else None


def _mixed(raw: bytes) -> str | None:
    """Return UTF-8 in which some bytes are broken: a file that was cut, or put together of several."""
    text = raw.decode("utf-8", "replace")
    if sum(char > "\x7f" for char in text) <= 2 * text.count("\ufffd"):
        return None
    return raw.decode("utf-8", "metaan.byte-by-byte")


def _byte_by_byte(error: UnicodeError) -> tuple[str, int]:
    """Return bytes that are no UTF-8 as the letters that they are in Latin-1."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("metaan.byte-by-byte", _byte_by_byte)


def _narrow(raw: bytes) -> str:
    """Return a file in the 8-bit code page that makes it look more like names and titles: Windows' or the old Mac's."""
    windows = raw.decode("cp1252", "replace")
    mac = raw.decode("mac_roman")
    if len(_COMMON.findall(mac)) > len(_COMMON.findall(windows)):
        return mac
    return windows if "\ufffd" not in windows else raw.decode("latin-1")


def _named(raw: bytes) -> str | None:
    """Return the encoding that a comment in the first lines names, if Python has it as a text encoding."""
    found = _HEADER.search(raw[:_HEAD])
    try:
        info = codecs.lookup(found[1].decode()) if found else None
    except LookupError:
        return None
    return info.name if info and getattr(info, "_is_text_encoding", True) else None


# Which of four bytes are mostly zero in a text of mostly ASCII.
_ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}
