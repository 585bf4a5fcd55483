"""Run the local services by hand: ``python -m tests.server`` in the project's folder, Ctrl-C to stop.

It prints one line per service, to be pasted into another terminal, then one line per request:

    export METAAN_PUBMED_URL=http://127.0.0.1:8008/entrez/eutils/
    export METAAN_CTGOV_URL=http://127.0.0.1:8009/api/v2/
    export METAAN_CROSSREF_URL=http://127.0.0.1:8010/
    export METAAN_EUROPEPMC_URL=http://127.0.0.1:8011/europepmc/webservices/rest/
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Sequence

from .crossref import Crossref
from .ctgov import CTGov
from .europepmc import EuropePMC
from .eutils import Eutils
from .service import Call, Service

SERVICES: tuple[type[Service], ...] = (Eutils, CTGov, Crossref, EuropePMC)
_FAULTS = list(dict.fromkeys(name for service in SERVICES for name in service.faults))


def main() -> None:
    """Serve until interrupted."""
    args = _parser().parse_args()
    with contextlib.ExitStack() as stack:
        try:
            running = [stack.enter_context(service) for service in services(args.port, args.unpaced, args.faults)]
        except OSError as error:
            raise SystemExit(
                f"port {args.port} or one behind it is taken ({error.strerror}); --port 0 takes any"
            ) from None
        for service in running:
            print(f"export {service.variable}={service.url}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _follow(running)


def services(port: int, unpaced: bool, faults: Sequence[str]) -> list[Service]:
    """Return the services, not yet started; one that does not have a fault answers soundly in its place."""
    pace = {"rate": None} if unpaced else {}
    return [
        kind([name if name in kind.faults else None for name in faults], port=port and port + number, **pace)
        for number, kind in enumerate(SERVICES)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8008, help="the first of four; default: 8008; 0 for any free ones")
    parser.add_argument("--unpaced", action="store_true", help="allow any number of requests per second")
    parser.add_argument(
        "--faults",
        nargs="*",
        default=[],
        choices=[*_FAULTS, "none"],
        metavar="FAULT",
        help=f"what goes wrong, call by call, where a service has it: none, {', '.join(_FAULTS)}",
    )
    return parser


def _follow(running: Sequence[Service]) -> None:
    """Print each request when it has come."""
    shown = [0] * len(running)
    while True:
        for number, service in enumerate(running):
            for call in service.calls[shown[number] :]:
                print(type(service).__name__, _line(call), flush=True)
                shown[number] += 1
        time.sleep(0.1)


def _line(call: Call) -> str:
    params = dict(call.params) | ({"api_key": "..."} if "api_key" in call.params else {})
    return f"{call.method} {call.path} {params} -> {call.fault or 'sound'}"


if __name__ == "__main__":
    main()
