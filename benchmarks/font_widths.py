"""Write metaan/report/drawing/widths.json: the advance widths of Liberation Sans, regular and bold.

Liberation Sans has the widths of Arial and Helvetica, so text measured with it fits on every system that has one of
them. Only the widths are kept; the font itself (SIL Open Font License) is not distributed.

    python benchmarks/font_widths.py /usr/share/fonts/truetype/liberation
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

LAST = 0x24FF
FACES = {"regular": "LiberationSans-Regular.ttf", "bold": "LiberationSans-Bold.ttf"}


def tables(data: bytes) -> dict[str, bytes]:
    """Return the tables of a TrueType file by their tag."""
    found = {}
    for i in range(struct.unpack(">H", data[4:6])[0]):
        tag, _, offset, length = struct.unpack(">4sLLL", data[12 + 16 * i : 28 + 16 * i])
        found[tag.decode()] = data[offset : offset + length]
    return found


def characters(cmap: bytes) -> dict[int, int]:
    """Return the glyph of each character, from the format 4 subtable."""
    for i in range(struct.unpack(">H", cmap[2:4])[0]):
        start = struct.unpack(">L", cmap[8 + 8 * i : 12 + 8 * i])[0]
        if struct.unpack(">H", cmap[start : start + 2])[0] == 4:
            return _format_4(cmap[start:])
    raise SystemExit("no format 4 subtable")


def _format_4(sub: bytes) -> dict[int, int]:
    n = struct.unpack(">H", sub[6:8])[0] // 2
    read = lambda at, kind: struct.unpack(f">{n}{kind}", sub[at : at + 2 * n])  # noqa: E731
    ends, starts = read(14, "H"), read(16 + 2 * n, "H")
    deltas, offsets = read(16 + 4 * n, "h"), read(16 + 6 * n, "H")
    glyphs = {}
    for i in range(n):
        for code in range(starts[i], min(ends[i], LAST) + 1):
            at = 16 + 6 * n + 2 * i + offsets[i] + 2 * (code - starts[i])
            glyph = code if not offsets[i] else struct.unpack(">H", sub[at : at + 2])[0]
            glyphs[code] = (glyph + deltas[i]) % 65536 if glyph or not offsets[i] else 0
    return {code: glyph for code, glyph in glyphs.items() if glyph}


def runs(path: Path) -> dict[str, list[int]]:
    """Return the widths of consecutive characters, by the first of each run."""
    parts = tables(path.read_bytes())
    n = struct.unpack(">H", parts["hhea"][34:36])[0]
    advances = [struct.unpack(">H", parts["hmtx"][4 * i : 4 * i + 2])[0] for i in range(n)]
    out: dict[str, list[int]] = {}
    last, start = -2, ""
    for code, glyph in sorted(characters(parts["cmap"]).items()):
        start = start if code == last + 1 else str(code)
        out.setdefault(start, []).append(advances[min(glyph, n - 1)])
        last = code
    return out


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    table = {"font": "Liberation Sans", "licence": "SIL OFL 1.1", "units_per_em": 2048}
    faces = {face: runs(folder / name) for face, name in FACES.items()}
    target = Path(__file__).parent.parent / "metaan" / "report" / "drawing" / "widths.json"
    target.write_text(json.dumps({**table, **faces}, separators=(",", ":")) + "\n", encoding="utf-8")
