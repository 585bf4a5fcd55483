"""PDF, PNG and EPS are made of the SVG: they open, have their size, hold their fonts, and come out the same again."""

import builtins
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import UsageError
from metaan.registry.model.public import RiskOfBias
from metaan.report.drawing.fonts import typefaces
from metaan.report.drawing.svg import Svg
from metaan.report.plots.convert import EPS, FORMATS, convert
from metaan.workflows.publish.plot import Look, plot_outcome

needs_eps = pytest.mark.skipif(
    not any(shutil.which(name) for name in EPS), reason=f"an EPS needs {' or '.join(EPS)}, and none is installed"
)


@pytest.fixture(scope="module")
def drawn() -> Svg:
    return plot_outcome(ma.load(ma.example("bcg")), "tuberculosis", look=Look("bmj", "year", ("latitude",))).picture


def renamed(drawn: Svg, old: str, new: str) -> Svg:
    return replace(drawn, parts=tuple(part.replace(old, new) for part in drawn.parts))


def test_a_pdf_is_one_page_of_the_width_asked_for_with_its_fonts(drawn: Svg, tmp_path: Path) -> None:
    pdf = convert(drawn, "pdf", width=180)
    assert pdf.startswith(b"%PDF-1.")
    assert pdf == convert(drawn, "pdf", width=180)
    objects = b"".join(inflated(pdf))
    boxes = re.findall(rb"/MediaBox ?\[([\d. ]+)\]", objects)
    assert [float(box.split()[2]) / 72 * 25.4 for box in boxes] == [pytest.approx(180, abs=0.01)]
    assert objects.count(b"/FontFile") == 2


def inflated(pdf: bytes) -> Iterator[bytes]:
    """The file itself and the objects that it keeps compressed."""
    yield pdf
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(stream)


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts (poppler-utils) is not installed")
def test_every_font_of_a_pdf_is_embedded_and_its_text_is_text(drawn: Svg, tmp_path: Path) -> None:
    path = tmp_path / "plot.pdf"
    path.write_bytes(convert(renamed(drawn, "Aronson 1948", "Ærøskøbing Ωδ 1948"), "pdf"))
    listed = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert listed
    for line in listed:
        assert "LiberationSans" in line
        assert line.split()[-5] == "yes"
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert "Ærøskøbing Ωδ 1948" in text
    assert "0.49 (0.34 to 0.70)" in text


@pytest.mark.parametrize(("width", "dpi"), [(100.0, 300), (84.5, 150)])
def test_a_png_has_the_pixels_of_its_width_and_says_its_resolution(drawn: Svg, width: float, dpi: int) -> None:
    png = convert(drawn, "png", width=width, dpi=dpi)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", png[16:20])[0] == round(width / 25.4 * dpi)
    at = png.index(b"pHYs") + 4
    assert struct.unpack(">IIB", png[at : at + 9]) == (round(dpi / 0.0254), round(dpi / 0.0254), 1)
    assert png == convert(drawn, "png", width=width, dpi=dpi)


@needs_eps
def test_an_eps_has_its_box_and_its_fonts(drawn: Svg) -> None:
    eps = convert(drawn, "eps", width=150)
    assert eps.startswith(b"%!PS-Adobe-3.0 EPSF-3.0")
    right = re.search(rb"%%HiResBoundingBox: \S+ \S+ ([\d.]+)", eps)
    assert float(right[1]) / 72 * 25.4 == pytest.approx(150, abs=0.1)
    assert b"LiberationSans" in eps


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_signs_of_bias_are_text_in_a_pdf_and_drawn_in_a_png(tmp_path: Path) -> None:
    review = ma.load(ma.example("bcg"))
    first, *rest = review.studies
    one = RiskOfBias.model_validate({"tool": "RoB 2", "overall": "high", "domains": []})
    judged = replace(review, studies=(first.model_copy(update={"risk_of_bias": (one,)}), *rest))
    svg = plot_outcome(judged, "tuberculosis").picture
    path = tmp_path / "plot.pdf"
    path.write_bytes(convert(svg, "pdf"))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    [row] = [line for line in text.splitlines() if line.startswith(first.label)]
    assert row.rstrip().endswith("×")
    assert convert(svg, "png") != convert(renamed(svg, "×", ""), "png")


def test_an_svg_has_the_width_asked_for(drawn: Svg) -> None:
    head = convert(drawn, "svg", width=180).decode().split(">", 3)[1]
    assert 'width="180.00mm"' in head


@pytest.mark.parametrize(
    ("form", "how", "message"),
    [
        ("tiff", {}, "format 'tiff' is unknown"),
        ("png", {"dpi": 3}, "3 dpi; allowed: 30 to 2400"),
        ("pdf", {"width": 5}, "width 5 mm; allowed: 10 to 2000"),
        ("pdf", {"width": float("nan")}, "width nan mm"),
    ],
)
def test_what_cannot_be_is_refused(drawn: Svg, form: str, how: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        convert(drawn, form, **how)


@pytest.mark.parametrize(("form", "package"), [("pdf", "typst"), ("png", "resvg-py")])
def test_a_missing_converter_is_named(drawn: Svg, form: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name in ("typst", "resvg_py"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=rf"needs the package {package}.*metaan\[figures\]"):
        convert(drawn, form)


def test_missing_programs_for_eps_are_named(drawn: Svg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="pdftops or gs"):
        convert(drawn, "eps")
    assert list(FORMATS) == ["svg", "pdf", "png", "eps"]


@pytest.mark.parametrize(("face", "file"), [("regular", "Regular"), ("bold", "Bold")])
def test_the_measured_widths_are_those_of_the_bundled_font(face: str, file: str) -> None:
    font = (typefaces() / f"LiberationSans-{file}.ttf").read_bytes()
    tables = {
        font[at : at + 4]: struct.unpack(">II", font[at + 8 : at + 16]) for at in range(12, 12 + 16 * font[5], 16)
    }
    count = struct.unpack(">H", font[tables[b"hhea"][0] + 34 :][:2])[0]
    advances = [struct.unpack(">H", font[tables[b"hmtx"][0] + 4 * i :][:2])[0] for i in range(count)]
    measured = json.loads((typefaces().parent / "widths.json").read_text(encoding="utf-8"))[face]
    # In Liberation Sans the glyphs of printable ASCII follow each other from glyph 3 (the space) on.
    assert measured["32"][:95] == advances[3:98]


def test_the_licence_stands_beside_the_font_and_all_is_small() -> None:
    files = list(typefaces().iterdir())
    assert "SIL OPEN FONT LICENSE Version 1.1" in (typefaces() / "OFL.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_the_picture_in_the_docs_is_what_the_command_draws() -> None:
    kept = (Path(ma.__file__).parent.parent / "docs" / "forest-bcg.svg").read_text(encoding="utf-8")
    now = plot_outcome(ma.load(ma.example("bcg")), "tuberculosis").svg
    read = re.compile(r"<text[^>]*>([^<]*)</text>")
    assert read.findall(kept) == read.findall(now)
