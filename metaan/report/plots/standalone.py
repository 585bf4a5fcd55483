"""A plot as a file of its own, for a manuscript: its styles are inside, on a light background.

The styles are the page's own, with the variables written out, because programs that place a drawing in a text do not
know them. To add a look, enter what it changes in `STYLES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...errors import choose
from ...resources import templates
from .catalogue import draw
from .figure import Request

_VARIABLE = re.compile(r"var\((--[a-z-]+)\)")


def standalone(kind: str, asked: Request, style: str = "default") -> str:
    """Return a plot as the text of an SVG file.

    Parameters
    ----------
    kind
        A key of `metaan.report.plots.catalogue.PLOTS`.
    asked
        What to draw.
    style
        A key of `STYLES`.

    Raises
    ------
    NotEstimableError
        The pool does not hold what the plot needs.
    """
    rules = plot_rules(choose(STYLES, style, "style"))
    body = draw(kind, asked)
    at = body.index(">") + 1
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body[:at]}\n<style>\n{rules}\n</style>\n{paper}{body[at:]}\n'


def plot_rules(changes: Mapping[str, str]) -> str:
    """Return the rules of the page's stylesheet that are about plots, without variables."""
    text = (templates() / "style.css").read_text(encoding="utf-8")
    screen = text[: text.index("@media (max-width")]
    values = {**_root(text), **changes}
    return "\n".join(_VARIABLE.sub(lambda found: values[found[1]], rule) for rule in _rules(screen))


def _root(text: str) -> dict[str, str]:
    """Return the variables of the light look."""
    block = text[text.index(":root {") : text.index("}")]
    return dict(re.findall(r"(--[a-z-]+):\s*([^;]+);", block))


def _rules(text: str) -> Iterable[str]:
    """Yield the rules that draw: those of the ``<svg>`` element itself are about its place on a page."""
    yield from re.findall(r"^\.(?:forest|chart)[ .][^{]*\{[^}]*\}", text, re.MULTILINE)


#: Name of a look to the variables of the stylesheet that it changes.
STYLES: dict[str, dict[str, str]] = {
    "default": {},
    "greyscale": {
        "--study": "#5a5a5a", "--centre": "#000000", "--prediction": "#8c8c8c", "--reference": "#707070",
        "--warn": "#000000", "--ink": "#000000", "--soft": "#505050", "--rule": "#d8d8d8",
    },
}  # fmt: skip
