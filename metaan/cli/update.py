"""Run the searches of review.yaml again, and look at every study again.

What is new becomes a candidate for `metaan screen`; what has been published about the studies (corrections, expressions
of concern, retractions) is said. Only sources that `search:` in review.yaml names are asked, since the last complete
run and 14 days before it. A run that fails changes nothing. Where services are and who asks: METAAN_PUBMED_URL,
METAAN_EMAIL and NCBI_API_KEY in the environment, or `services:` in review.yaml.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from .progress import aloud
from .project import studies_folder

if TYPE_CHECKING:
    from ..registry.store.candidate import Candidate
    from ..registry.store.runs import Notice, RunRecord, SearchRun
    from ..workflows.search.update import UpdateReport


MOST = 20  # new candidates that are shown one by one


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--full", action="store_true", help="search the whole of each source, not only what is new")
    parser.add_argument("--source", action="append", metavar="NAME", help="only this source (may be repeated)")
    parser.add_argument("--json", action="store_true", help="print the record of the run as JSON")


def run(args: Namespace) -> int:
    """Update, and say what is new."""
    from ..workflows.search.update import update

    try:
        with aloud("update") as run:
            report = update(studies_folder(args), full=args.full, sources=args.source, run=run)
    except SourceError as error:
        raise SourceError(f"{error}\nNothing was changed; the next run asks for the same again.") from None
    print(json.dumps(_as_dict(report), indent=2, ensure_ascii=False) if args.json else "\n".join(_as_text(report)))
    return 0


def gains(enriched: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield how many candidates that were there a further record says more of, and what."""
    if enriched:
        from ..workflows.search.enriching import counted

        what = "candidate" if len(enriched) == 1 else "candidates"
        yield f"{len(enriched)} {what} of before gained: {counted(enriched)}"


def _as_text(report: UpdateReport) -> Iterator[str]:
    for search in report.run.searches:
        yield _searched(search, report.run)
        yield from _understood(search)
        yield from (f"  {change.to}: {change.what} {change.day} ({change.id})" for change in search.changes)
    if report.candidates:
        yield "new:"
    yield from listed(report.candidates)
    yield from gains(report.run.enriched)
    if report.run.recheck:
        yield f"studies looked at again: {len(report.recheck.studies)}"
    for notice in report.recheck.notices:
        yield f"  {_notice(notice)}"
    for unknown in report.recheck.unknown:
        yield f"  not found - {unknown}"
    yield from (f"  not asked for notices: {reason}" for reason in report.recheck.unasked)
    yield _next(report)


def _searched(search: SearchRun, run: RunRecord) -> str:
    listed = {f"{search.source}:{identifier}" for identifier in search.identifiers}
    since = f" since {search.since}" if search.since else ""
    lost = f"; {len(search.no_longer)} of earlier runs no longer listed" if search.no_longer else ""
    accepted = f"; left out, as accepted: {', '.join(search.accepted)}" if search.accepted else ""
    here = len(listed & run.known.keys())
    known = f", {here} of studies that are here" if here else ""
    words = f"{search.count} {'record' if search.count == 1 else 'records'}{since}"
    return f"{search.source}: {words}, {search.fetched} not seen before{known}{lost}{accepted}"


def _understood(search: SearchRun) -> Iterator[str]:
    """Yield how the service read the query, where the whole of it was searched, and what it says beyond that."""
    if search.since is None and search.translation not in ("", search.asked):
        yield f"  understood as: {search.translation[:1_000]}"
    yield from (f"  {search.source} says: {message}" for message in search.messages)


def listed(candidates: Sequence[Candidate]) -> Iterator[str]:
    """Yield what a person reads of new candidates; of many only the first, as the terminal holds no more."""
    for candidate in candidates[:MOST]:
        yield from _candidate_lines(candidate)
    if len(candidates) > MOST:
        yield f"  and {len(candidates) - MOST:,} more: metaan screen --list"


def _candidate_lines(candidate: Candidate) -> Iterator[str]:
    from ..workflows.screen.card import flags, notes
    from ..workflows.screen.words import called, title_of

    warned = ", ".join(flags(candidate))
    yield f"  {candidate.key}  {called(candidate)}" + (f"  [{warned}]" if warned else "")
    yield f"      {title_of(candidate)}"
    yield from (f"      {note}" for note in notes(candidate))


def _notice(notice: Notice) -> str:
    where = ", ".join(filter(None, [f"PMID {notice.pmid}" if notice.pmid else "", notice.doi or notice.source]))
    known = "known" if notice.known else "NEW"
    return f"{known} - {notice.study}: {notice.severity} ({notice.kind}{f', {where}' if where else ''}; {notice.by})"


def _next(report: UpdateReport) -> str:
    if report.waiting:
        return f"next: metaan screen ({report.waiting} to judge)"
    if any(notice.asks for notice in report.recheck.notices):
        return "next: read the notices, and correct the study files where they ask for it"
    return "nothing new; next: the same command, later"


def _as_dict(report: UpdateReport) -> dict[str, Any]:
    return {
        "run": report.run.model_dump(mode="json"),
        "candidates": [candidate.model_dump(mode="json") for candidate in report.candidates],
        "waiting": report.waiting,
    }
