import codecs

import pytest

from metaan.sources.encoding import decode


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
    ],
)
def test_bytes_become_text(raw, text):
    assert decode(raw) == text
