"""The pictures of the report in this folder: on a desk, on a phone, in the dark and on paper.

    python docs/screenshots.py

Writes the report on anakinra into a temporary folder, opens it in Chromium, and writes the PNG files anew, in few
colours so that they stay small. Needs the dev extra and a Chromium.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import metaan as ma

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COLOURS = 48
PLOTTED = "Published pools of reviews (not pooled here)"  # stands in the plot of the outcome that most is known of

#: Name of a picture to the width and height that it shows, the colour scheme, and the element that it begins with.
VIEWS = {
    "report": (1440, 900, "light", ""),
    "report-dark": (1160, 900, "dark", ""),
    "report-phone": (390, 844, "light", ""),
}


def main() -> None:
    """Write the report and take the pictures."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page = ma.write_report(ma.load(ma.example("anakinra")), Path(scratch) / "report.html")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, view in VIEWS.items():
            keep(name, look(browser, page.as_uri(), *view))
        keep("forest-death", plot(browser, page.as_uri()))
        keep("report-print", printed(browser, page.as_uri()))
        browser.close()


def look(browser: Any, address: str, width: int, height: int, scheme: str, start: str) -> bytes:
    """Return a picture of the window, as it is when it has been moved to an element."""
    opened = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    opened.goto(address + start)
    picture: bytes = opened.screenshot()
    opened.close()
    return picture


def plot(browser: Any, address: str) -> bytes:
    """Return a picture of one forest plot."""
    opened = browser.new_page(viewport={"width": 1160, "height": 900}, device_scale_factor=1.6)
    opened.goto(address)
    picture: bytes = opened.locator("[id='outcome.death'] svg.forest").first.screenshot()
    opened.close()
    return picture


def printed(browser: Any, address: str) -> bytes:
    """Return two sheets of the printed report side by side: the answer, and a plot."""
    from PIL import Image
    from pypdfium2 import PdfDocument

    opened = browser.new_page()
    opened.goto(address)
    with PdfDocument(opened.pdf(prefer_css_page_size=True)) as document:
        plots = (i for i, sheet in enumerate(document) if PLOTTED in sheet.get_textpage().get_text_range())
        sheets = [document[i].render(scale=1.15).to_pil() for i in (0, next(plots))]
    opened.close()
    gap = 16
    width = sum(sheet.width for sheet in sheets) + gap * (len(sheets) + 1)
    both = Image.new("RGB", (width, sheets[0].height + 2 * gap), "#8a929a")
    for i, sheet in enumerate(sheets):
        both.paste(sheet, (gap + i * (sheet.width + gap), gap))
    out = io.BytesIO()
    both.save(out, "png")
    return out.getvalue()


def keep(name: str, picture: bytes) -> None:
    """Write a picture in few colours."""
    from PIL import Image

    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    path = HERE / f"{name}.png"
    small.save(path, optimize=True)
    print(f"{path.name}: {small.width} x {small.height}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
