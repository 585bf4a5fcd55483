"""A plot as PDF, PNG or EPS: converters of the SVG text, so that there is one drawing and no second drawing code.

Typst (PDF) and resvg (PNG) read the SVG with the bundled font, shape every script that a font of the system has, and
give the same bytes each time; a PDF holds the fonts it uses. Neither writes PostScript, so an EPS is made of the PDF by
Poppler or Ghostscript, whichever is installed; both keep the embedded fonts.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UsageError, choose
from ..drawing.fonts import typefaces
from ..drawing.svg import Svg, px, sound

MM = 25.4  # per inch
PX = 96.0  # per inch, what CSS says
DPI = 300
WIDEST = 2000.0  # mm
LARGEST = 16_000  # px, a side of a PNG
_PAGE = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#for (i, one) in json(bytes(sys.inputs.sheets)).enumerate() {
  if i > 0 { pagebreak() }
  image(bytes(one), format: "svg", width: eval(sys.inputs.width), alt: sys.inputs.title)
}
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is converted: a drawing, its width and height in mm, and the dots per inch of a PNG."""

    drawn: Svg
    width: float
    height: float
    dpi: int
    more: tuple[Svg, ...] = ()  # further pages of a PDF


def convert_sheets(drawn: Sequence[Svg], form: str, *, width: float | None = None, dpi: int = DPI) -> list[bytes]:
    """Return the sheets of a plot as files: one PDF with a page each, or a file each."""
    if form == "pdf":
        return [convert(drawn[0], form, width=width, dpi=dpi, more=tuple(drawn[1:]))]
    return [convert(one, form, width=width, dpi=dpi) for one in drawn]


def convert(drawn: Svg, form: str, *, width: float | None = None, dpi: int = DPI, more: tuple[Svg, ...] = ()) -> bytes:
    """Return a plot as a file in one of `FORMATS`, which has the plot's title.

    The width is in millimetres; unless given, that at which its text has 13 px (about 10 pt). A PNG has ``dpi`` dots
    per inch. Raises `UsageError` where the format is unknown, where the width or resolution is not sensible, or where
    the program that writes the format is missing; the message names it. ``more`` are further pages of a PDF.
    """
    write = choose(FORMATS, form, "format")
    wide, high = (float(px(side)) for side in drawn.size)
    across = wide * MM / PX if width is None else width
    if not 10 <= across <= WIDEST:
        raise UsageError(f"width {across:g} mm; allowed: 10 to {WIDEST:g}")
    return write(Sheet(drawn, across, across * high / wide, _sensible(dpi, across, across * high / wide), more))


def _sensible(dpi: int, width: float, height: float) -> int:
    most = int(LARGEST * MM / max(width, height))
    if not 30 <= dpi <= 2400:
        raise UsageError(f"{dpi} dpi; allowed: 30 to 2400")
    return min(dpi, max(most, 30))


def _drawable(drawn: Svg) -> str:
    """Return the markup with raised digits that the bundled font has; one that it lacks changes a whole line."""
    return _RAISED.sub(lambda found: _LIFTED.format(found[0].translate(_PLAIN)), str(drawn))


_RAISED = re.compile("(?<=×10)[⁰¹²³⁴-⁹⁻]+")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")
_LIFTED = '<tspan font-size="9" baseline-shift="super">{}</tspan>'


def _svg(sheet: Sheet) -> bytes:
    return sheet.drawn.sized(f"{sheet.width:.2f}mm", f"{sheet.height:.2f}mm").encode()


def _png(sheet: Sheet) -> bytes:
    """Return a PNG that says its resolution, since programs take 72 dpi where nothing is said."""
    try:
        import resvg_py
    except ImportError:
        raise UsageError(_missing("PNG", "resvg-py")) from None
    across = round(sheet.width * sheet.dpi / MM)
    fonts = [str(typefaces())]
    plain = bytes(
        resvg_py.svg_to_bytes(svg_string=_drawable(sheet.drawn), width=across, font_dirs=fonts, background="#ffffff")
    )
    head = 8 + 25  # the signature and the first chunk, whose size is fixed
    per_metre = round(sheet.dpi * 1000 / MM).to_bytes(4, "big")
    body = b"pHYs" + per_metre + per_metre + b"\x01"
    chunk = (9).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return plain[:head] + chunk + plain[head:]


def _missing(form: str, package: str) -> str:
    return f"a {form} needs the package {package}, which is not installed; allowed: pip install 'metaan[figures]'"


def _pdf(sheet: Sheet) -> bytes:
    try:
        import typst
    except ImportError:
        raise UsageError(_missing("PDF", "typst")) from None
    pages = json.dumps([_drawable(one) for one in (sheet.drawn, *sheet.more)])
    inputs = {"sheets": pages, "title": sound(sheet.drawn.title), "width": f"{sheet.width:.4f}mm"}
    write: Any = typst.compile  # its types allow no list of paths beside a text
    try:
        made = write(_PAGE.encode(), format="pdf", sys_inputs=inputs, font_paths=[str(typefaces())])
    except typst.TypstError as error:
        raise UsageError(f"typst cannot write this plot as PDF: {error}") from None
    return bytes(made[0] if isinstance(made, list) else made or b"")


def _eps(sheet: Sheet) -> bytes:
    program = next((path for name in EPS if (path := shutil.which(name))), None)
    if program is None:
        raise UsageError(f"an EPS needs the program {' or '.join(EPS)}, and none of them is installed")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "plot.pdf", Path(folder) / "plot.eps"
        source.write_bytes(_pdf(sheet))
        words = [word.format(source=source, target=target) for word in EPS[Path(program).stem]]
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=120)
        if done.returncode or not target.is_file():
            raise UsageError(f"{program} failed: {done.stderr.strip()[-300:] or done.returncode}")
        return target.read_bytes()


#: Program that makes an EPS of a PDF, to its arguments, the preferred one first.
EPS: dict[str, tuple[str, ...]] = {
    "pdftops": ("-eps", "-level3", "{source}", "{target}"),
    "gs": ("-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=eps2write", "-sOutputFile={target}", "{source}"),
}

#: Name of a format, which is also the end of its files' names, to what writes it.
FORMATS: dict[str, Callable[[Sheet], bytes]] = {"svg": _svg, "pdf": _pdf, "png": _png, "eps": _eps}
