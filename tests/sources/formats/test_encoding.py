import codecs
import gzip
import sys
from pathlib import Path

import pytest

from metaan.errors import SourceError
from metaan.sources.files.read import read_records
from metaan.sources.formats.encoding import decode, read_file


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Müller".encode(), "Müller"),
        (codecs.BOM_UTF8 + "Müller".encode(), "Müller"),
        ("Müller".encode("utf-16"), "Müller"),
        ("Müller".encode("cp1252"), "Müller"),
        (b"% Encoding: GBK\n" + "测试".encode("gbk"), "% Encoding: GBK\n测试"),
        (b"% Encoding: zip\n\xff", "% Encoding: zip\nÿ"),
        (b"% Encoding: no-such\n\xff", "% Encoding: no-such\nÿ"),
        (b"\x81", "\x81"),
        (b"", ""),
        ("Müller, José: “naïve”".encode("mac_roman"), "Müller, José: “naïve”"),
        ("Müller, José: “naïve”".encode("cp1252"), "Müller, José: “naïve”"),
        ("Müller und Söhne, José".encode("utf-16-le"), "Müller und Söhne, José"),
        ("Müller".encode("utf-32-be"), "Müller"),
        ("Müller, Åström, José".encode()[:-1], "Müller, Åström, JosÃ"),
        ("Müller, Åström ".encode() + "José".encode("latin-1"), "Müller, Åström José"),
    ],
)
def test_bytes_become_text(raw, text):
    assert decode(raw) == text


def test_a_packed_file_is_unpacked_within_bounds(tmp_path, monkeypatch):
    path = tmp_path / "references.ris.gz"
    path.write_bytes(gzip.compress(b"TY  - JOUR\nTI  - A\nER  -\n"))
    assert read_records(path).records[0].title == "A"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceError, match="cut off"):
        read_file(path)
    path.write_bytes(b"\x1f\x8bno such thing")
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read_file(path)
    path.write_bytes(gzip.compress(b"x" * 5_000_000))
    monkeypatch.setattr("metaan.sources.formats.encoding.LARGEST", 1 << 20)
    with pytest.raises(SourceError, match="more than 1 MB unpacked"):
        read_file(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_file_that_has_no_end_is_not_read_to_it(monkeypatch):
    monkeypatch.setattr("metaan.sources.formats.encoding.LARGEST", 1 << 20)
    with pytest.raises(SourceError, match="1 MB found"):
        read_file("/dev/zero")


def test_a_file_of_broken_bytes_takes_no_longer_the_more_there_are():
    steps = []
    for size in (1 << 12, 1 << 14):
        calls = 0

        def count(frame, event, arg):
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            decode("é".encode() * size + b"\xff" * (size // 4))
        finally:
            sys.setprofile(None)
        steps.append(calls)
    assert steps[1] < 5 * steps[0]
