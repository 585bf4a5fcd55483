"""Write one plot of an outcome as a file for a manuscript: SVG, PDF, PNG or EPS.

The file needs nothing else: styles and (in PDF and EPS) fonts are inside, on a light background, and text stays text.
What a plot needs and the protocol does not ask for is computed. A plot that says nothing for so few studies is refused
with the reason.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

from .project import studies_folder

KINDS = (
    "forest", "funnel", "baujat", "radial", "labbe", "cumulative", "leave-one-out", "bubble", "gosh", "posterior",
    "heterogeneity", "drapery",
)  # fmt: skip
STYLES = ("default", "revman", "bmj", "jama", "greyscale")
FORMATS = ("svg", "pdf", "png", "eps")
ORDERS = ("year", "effect", "weight", "precision", "name", "risk of bias")
WIDTH = (
    "width in millimetres, such as 84 or 170 for a column of a journal: the plot is laid out for it with text of at "
    "least 6 points; names wrap, then columns leave, risk of bias first; the height follows"
)
HEIGHT = (
    "height in millimetres of the sheets over which a long forest plot is broken, each with the header and the axis: "
    "pages of a PDF, else files with a number in their names"
)
MODELS = {"both": ("common", "random"), "common": ("common",), "random": ("random",)}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("outcome", metavar="OUTCOME", help="id of an outcome or analysis")
    parser.add_argument("--kind", choices=KINDS, default="forest", help="which plot (default: forest)")
    parser.add_argument("--pool", metavar="NAME", help="which subgroup, such as randomised (default: the first)")
    parser.add_argument("--moderator", metavar="NAME", help="what a bubble plot regresses on (default: year)")
    parser.add_argument("--model", choices=MODELS, help="in place of the protocol's models")
    parser.add_argument(
        "--unconfirmed", action="store_true", help="also numbers that no person has confirmed yet, marked as such"
    )
    _add_look(parser)
    _add_file(parser)


def _add_look(parser: ArgumentParser) -> None:
    look = parser.add_argument_group("look")
    look.add_argument("--style", choices=STYLES, help="as which journal prints it (default: the protocol's)")
    look.add_argument("--sort", choices=ORDERS, help="order of the rows of a forest plot, within each block")
    look.add_argument(
        "--columns",
        metavar="NAME[,NAME]",
        type=_names,
        help="further columns of a forest plot: moderators, year, design, setting, risk of bias, ...",
    )
    look.add_argument(
        "--lights",
        action=BooleanOptionalAction,
        help="signs of bias by domain in a forest plot (default: where studies have judgements)",
    )


def _add_file(parser: ArgumentParser) -> None:
    file = parser.add_argument_group("file")
    file.add_argument("--format", choices=FORMATS, help="default: as the name of the output ends, else svg")
    file.add_argument("--dpi", type=int, default=300, metavar="N", help="dots per inch of a PNG (default: 300)")
    file.add_argument("--width", type=float, metavar="MM", help=WIDTH)
    file.add_argument("--height", type=float, metavar="MM", help=HEIGHT)
    file.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write it (default: outputs/OUTCOME-KIND.FORMAT in the project)",
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def run(args: Namespace) -> int:
    """Load, draw, write."""
    from ..registry.load import load
    from ..registry.text.files import project_of
    from ..report.plots.convert import convert_sheets
    from ..synthesis.analyse import Choices
    from ..workflows.outputs import format_of, write_output
    from ..workflows.publish.plot import Look, default_output, plot_outcome

    review = load(studies_folder(args))
    form = format_of(args.output, args.format, FORMATS, "svg")
    look = Look(args.style, args.sort, args.columns, args.lights, args.pool, args.moderator, args.width, args.height)
    choices = Choices(model=MODELS[args.model] if args.model else None, unconfirmed=args.unconfirmed)
    drawn = plot_outcome(review, args.outcome, args.kind, look, choices)
    if args.pool is None and drawn.pool and drawn.others:
        others = " or ".join(f"--pool {name}" for name in drawn.others)
        print(f"metaan plot: {drawn.pool} studies; for the others: {others}", file=sys.stderr)
    path = args.output or default_output(review, args.outcome, args.kind, args.pool, form)
    made = convert_sheets(drawn.sheets, form, width=args.width, dpi=args.dpi)
    for i, content in enumerate(made, 1):
        name = path if len(made) == 1 else path.with_stem(f"{path.stem}-{i}")
        print(write_output(name, content, project_of(review.folder)))
    return 0
