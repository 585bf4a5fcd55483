"""A plot as PDF, PNG or EPS: converters of the SVG text, so that there is one drawing and no second drawing code.

Typst (PDF) and resvg (PNG) read the SVG with the bundled font, shape every script that a font of the system has, and
give the same bytes each time; a PDF holds the fonts it uses. Neither writes PostScript, so an EPS is made of the PDF by
Poppler or Ghostscript, whichever is installed; both keep the embedded fonts.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UsageError, choose
from ..drawing.fonts import typefaces

MM = 25.4  # per inch
PX = 96.0  # per inch, what CSS says
POINTS = 72.0  # per inch
DPI = 300
WIDEST = 2000.0  # mm
LARGEST = 16_000  # px, a side of a PNG
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)" width="[\d.]+" height="[\d.]+"')
_TEXT = re.compile(r'<(?:svg|text) [^>]*font-size="([\d.]+)"')  # what the drawing says is the size of all others
_PAGE = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: eval(sys.inputs.width), alt: sys.inputs.title)
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is converted: a drawing, its width in mm, its height, the dots per inch of a PNG, and its title."""

    svg: str
    width: float
    height: float
    dpi: int
    title: str


def convert(svg: str, form: str, *, width: float | None = None, dpi: int = DPI, title: str = "") -> bytes:
    """Return a standalone SVG in another format.

    Parameters
    ----------
    svg
        What `metaan.report.plots.standalone.standalone` returned.
    form
        A key of `FORMATS`.
    width
        Millimetres; unless given, that at which its text has 13 px (about 10 pt).
    dpi
        Dots per inch, for PNG.
    title
        Put into the file as its title.

    Raises
    ------
    UsageError
        The format is unknown, the width or resolution is not sensible, or the program that writes the format is
        missing; the message names it.
    """
    write = choose(FORMATS, form, "format")
    found = _SIZE.search(svg)
    if found is None:
        raise UsageError("this SVG has no size; allowed: what metaan plot draws")
    wide, high = float(found[1]), float(found[2])
    across = wide * MM / PX if width is None else width
    if not 10 <= across <= WIDEST:
        raise UsageError(f"width {across:g} mm; allowed: 10 to {WIDEST:g}")
    return write(Sheet(svg, across, across * high / wide, _sensible(dpi, across, across * high / wide), title))


def text_size(svg: str, width: float) -> float:
    """Return the size in points that the smallest text of a standalone SVG has on a sheet of that width in mm.

    >>> text_size('<svg viewBox="0 0 960 10" width="960" height="10"><text font-size="8">a</text></svg>', 254.0)
    6.0
    """
    found, sizes = _SIZE.search(svg), [float(size) for size in _TEXT.findall(svg)]
    if found is None or not sizes:
        return math.inf
    return min(sizes) * width * POINTS / (MM * float(found[1]))


def _sensible(dpi: int, width: float, height: float) -> int:
    most = int(LARGEST * MM / max(width, height))
    if not 30 <= dpi <= 2400:
        raise UsageError(f"{dpi} dpi; allowed: 30 to 2400")
    return min(dpi, max(most, 30))


def _svg(sheet: Sheet) -> bytes:
    size = f'width="{sheet.width:.2f}mm" height="{sheet.height:.2f}mm"'
    return _SIZE.sub(lambda found: f'viewBox="0 0 {found[1]} {found[2]}" {size}', sheet.svg, count=1).encode()


def _png(sheet: Sheet) -> bytes:
    """Return a PNG that says its resolution, since programs take 72 dpi where nothing is said."""
    try:
        import resvg_py
    except ImportError:
        raise UsageError(_missing("PNG", "resvg-py")) from None
    across = round(sheet.width * sheet.dpi / MM)
    fonts = [str(typefaces())]
    plain = bytes(resvg_py.svg_to_bytes(svg_string=sheet.svg, width=across, font_dirs=fonts, background="#ffffff"))
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
    inputs = {"svg": sheet.svg, "title": sheet.title, "width": f"{sheet.width:.4f}mm"}
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
