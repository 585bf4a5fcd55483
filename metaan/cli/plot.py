"""Write one plot of an outcome as an SVG file for a manuscript.

The file needs nothing else: its styles are inside, on a light background, and its text stays text. What a plot needs
and the protocol does not ask for is computed. A plot that says nothing for so few studies is refused with the reason.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .project import studies_folder

HELP = "write one plot of an outcome as an SVG file: forest, funnel, Baujat, ..."

KINDS = (
    "forest", "funnel", "baujat", "radial", "labbe", "cumulative", "leave-one-out", "bubble", "gosh", "drapery",
)  # fmt: skip
STYLES = ("default", "greyscale")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("outcome", metavar="OUTCOME", help="id of an outcome or analysis")
    parser.add_argument("--kind", choices=KINDS, default="forest", help="which plot (default: forest)")
    parser.add_argument("--pool", metavar="NAME", help="which subgroup, such as randomised (default: the first)")
    parser.add_argument("--moderator", metavar="NAME", help="what a bubble plot regresses on (default: year)")
    parser.add_argument("--style", choices=STYLES, default="default", help="colours")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE.svg",
        type=Path,
        help="where to write it (default: outputs/OUTCOME-KIND.svg in the project)",
    )


def run(args: Namespace) -> int:
    """Load, draw, write."""
    from ..registry.load import load
    from ..workflows.plot import default_output, plot_outcome, write_plot

    review = load(studies_folder(args))
    drawn = plot_outcome(
        review, args.outcome, args.kind, pool=args.pool, moderator=args.moderator, style=args.style
    )  # fmt: skip
    if args.pool is None and drawn.pool and drawn.others:
        others = " or ".join(f"--pool {name}" for name in drawn.others)
        print(f"metaan plot: {drawn.pool} studies; for the others: {others}", file=sys.stderr)
    print(write_plot(drawn.svg, args.output or default_output(review, args.outcome, args.kind, args.pool)))
    return 0
