"""Show one outcome under the rules of several programs, and name the rule behind each difference.

Two programs that pool the same studies often print different numbers. This puts metaan, metafor, meta, JAMA, RevMan 5,
RevMan 2025, Stata, IQWiG and the legacy DerSimonian-Laird with Wald side by side, on the studies of the registry.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from ..errors import NotEstimableError
from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("outcome", metavar="OUTCOME", help="id of an outcome or analysis")
    parser.add_argument("--measure", metavar="CODE", help="OR, RR or RD (default: the protocol's)")
    parser.add_argument(
        "--by", metavar="WHAT", help="subgroups by design, by a moderator, or none (all designs in one pool)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    """Explain each pool of the outcome."""
    from ..registry.load import load
    from ..report.writers.explanation import explanation_table
    from ..stats.numerics.numerals import portable_values
    from ..synthesis.analyse import Choices
    from ..workflows.publish.explain import explain_analysis

    review = load(studies_folder(args))
    explained, refused = explain_analysis(review, args.outcome, Choices(measure=args.measure, by=args.by))
    if args.json:
        print(
            json.dumps(
                portable_values({name: found.to_dict() for name, found in explained.items()}), indent=2, allow_nan=False
            )
        )
    else:
        blocks = [f"{args.outcome}, {name or 'all'} studies\n{explanation_table(e)}" for name, e in explained.items()]
        print("\n\n".join(blocks))
    for name, why in refused.items():
        print(f"metaan explain: {name or 'all'} studies: {why}", file=sys.stderr)
    if not explained:
        raise NotEstimableError(f"{args.outcome}: no two studies to pool")
    return 0
