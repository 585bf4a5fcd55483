"""Run the local E-utilities by hand: ``python -m tests.server`` in the project's folder, Ctrl-C to stop.

It prints the URL for METAAN_PUBMED_URL, then one line per request. In another terminal:

    METAAN_PUBMED_URL=http://127.0.0.1:8008/entrez/eutils/ metaan fetch
"""

from __future__ import annotations

import argparse
import contextlib
import time

from .eutils import Eutils
from .faults import FAULTS
from .papers import PAPERS


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8008, help="default: 8008; 0 for any free one")
    parser.add_argument("--rate", type=int, default=3, help="requests per second that it allows; 0 for no limit")
    parser.add_argument(
        "--faults",
        nargs="*",
        default=[],
        choices=[*FAULTS, "none"],
        metavar="FAULT",
        help=f"what goes wrong, call by call: none, {', '.join(FAULTS)}",
    )
    args = parser.parse_args()
    plan = [None if name == "none" else name for name in args.faults]
    with Eutils(plan, rate=args.rate or None, port=args.port) as server:
        print(f"METAAN_PUBMED_URL={server.url}")
        print(f"knows the PMIDs {', '.join(PAPERS)}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _follow(server)


def _follow(server: Eutils) -> None:
    """Print each request when it has come."""
    shown = 0
    while True:
        for call in server.calls[shown:]:
            print(
                call.method,
                call.path,
                dict(call.params) | {"api_key": "..."} if "api_key" in call.params else dict(call.params),
                f"-> {call.fault or 'sound'}",
                flush=True,
            )
            shown += 1
        time.sleep(0.1)


if __name__ == "__main__":
    main()
