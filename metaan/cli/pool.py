"""Pool the studies of one or more outcomes and print a table for each.

Without OUTCOME every analysis of the protocol in review.yaml is pooled. Options put another method in place of the
protocol's; what was asked for is said in the table. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from ..errors import UsageError
from .project import studies_folder
from .streams import unfiltered

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..synthesis.analyse import Choices
    from ..synthesis.values import Analysis

MODELS = {"both": ("common", "random"), "common": ("common",), "random": ("random",)}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options; codes of methods are checked by the library, which says what is allowed."""
    parser.add_argument("outcomes", nargs="*", metavar="OUTCOME", help="ids of outcomes or analyses (default: all)")
    methods = parser.add_argument_group("in place of the protocol")
    methods.add_argument("--measure", metavar="CODE", help="effect measure: OR, RR, RD, MD, SMD, IRR, HR, PLO ...")
    methods.add_argument("--model", choices=MODELS, help="common effect, random effects, or both")
    methods.add_argument(
        "--common",
        dest="common_method",
        choices=["MH", "IV", "PETO", "GLMM"],
        help="Mantel-Haenszel, inverse variance, Peto, generalised linear mixed model",
    )
    methods.add_argument("--tau2", dest="tau2_method", metavar="CODE", help="estimator of tau2: DL, REML, ...")
    methods.add_argument("--ci", dest="ci_method", metavar="CODE", help="interval of the mean: wald, hksj-adhoc, ...")
    methods.add_argument("--pi", dest="pi_method", metavar="CODE", help="prediction interval: t(k-1), t(k-2), normal")
    methods.add_argument(
        "--structure",
        choices=["CHE", "three-level", "independent", "none"],
        help="several results of a study: correlated errors, three levels, each a study; none: one result a study",
    )
    methods.add_argument("--rho", type=float, metavar="R", help="correlation within a study for CHE, such as 0.6")
    methods.add_argument("--level", type=_level, metavar="P", help="coverage of intervals, such as 0.95")
    methods.add_argument(
        "--by", metavar="WHAT", help="subgroups by design, by a moderator, or none (all designs in one pool)"
    )
    methods.add_argument("--only", metavar="ID[,ID]", action="append", default=[], help="pool these studies only")
    methods.add_argument("--exclude", metavar="ID[,ID]", action="append", default=[], help="leave these studies out")
    parser.add_argument(
        "--explore", action="store_true", help="also what the protocol asks for: leave-one-out, tests ..."
    )
    parser.add_argument(
        "--unconfirmed", action="store_true", help="also numbers that no person has confirmed yet, marked as such"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--brief", action="store_true", help="print the answers only, one for each result")
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--csv", action="store_true", help="print a row a study and a row a pooled result")


def run(args: Namespace) -> int:
    """Load, pool, print."""
    from ..registry.load import load
    from ..synthesis.analyse import NO_ANALYSES, analyse

    review = load(studies_folder(args))
    analyses = analyse(review, args.outcomes, _choices(args))
    if not analyses:
        raise UsageError(f"nothing to pool: {NO_ANALYSES}")
    if args.json:
        from ..report.writers.export import to_json

        print(json.dumps(to_json(analyses), indent=2, ensure_ascii=False, allow_nan=False))
    elif args.csv:
        from ..report.writers.export_csv import to_csv

        sys.stdout.write(to_csv(analyses))
    else:
        _print_tables(analyses, review, args.brief)
    return 0


def _print_tables(analyses: tuple[Analysis, ...], review: Review, brief: bool) -> None:
    from ..report.language.words import Arms
    from ..report.writers.terminal import tables

    width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else int(os.environ.get("COLUMNS", 120))
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    arms = Arms(review.info.labels.experimental, review.info.labels.control)
    # The registry refuses what a terminal would obey, so that the colours are the only such thing here.
    text = tables(analyses, arms, width=width, color=color, brief=brief)
    print(text, file=unfiltered(sys.stdout) if color else sys.stdout)


def _choices(args: Namespace) -> Choices:
    from ..synthesis.analyse import Choices

    return Choices(
        measure=args.measure,
        model=MODELS[args.model] if args.model else None,
        common_method=args.common_method,
        tau2_method=args.tau2_method,
        ci_method=args.ci_method,
        pi_method=args.pi_method,
        level=args.level,
        structure=args.structure,
        rho=args.rho,
        by=args.by,
        only=_ids(args.only),
        exclude=_ids(args.exclude),
        explore=args.explore,
        unconfirmed=args.unconfirmed,
    )


def _ids(given: list[str]) -> tuple[str, ...]:
    """Return the study ids of an option that may be repeated and may hold several, separated by commas."""
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip())


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = -1.0
    if not 0 < level < 1:
        raise ArgumentTypeError(f"{text!r}; allowed: a proportion between 0 and 1, such as 0.95")
    return level
