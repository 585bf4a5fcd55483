"""Where everything stands, as text, JSON and CSV, as far as the person who asks may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ...registry.store.candidate import readable
from ...registry.store.decisions import STAGES
from ...workflows.screen.card import links
from ...workflows.screen.words import called, plain, title_of

if TYPE_CHECKING:
    from ...registry.flow import FullText, ScreeningFlow
    from ...registry.store.candidate import Candidate
    from ...registry.store.decisions import Stage
    from ...registry.store.standing import Standing
    from ...stats.evidence.agreement import Agreement
    from ...workflows.screen.judge import DecisionResult
    from ...workflows.screen.screening_state import ScreeningState

COLUMNS = "key stage state reason study decisions authors year title journal doi pmid link".split()  # noqa: SIM905


def decision_lines(judged: DecisionResult) -> Iterator[str]:
    """Yield what a decision did."""
    decision = judged.decision
    if judged.again:
        yield f"{decision.key}: {decision.action} by {decision.by} stands already; nothing was added"
        return
    step = f" by {STAGES[judged.standing.stage]}" if judged.standing.stage == "full-text" else ""
    yield f"{decision.key}: {decision.action} by {decision.by}; now: {judged.standing.state}{step}"
    if judged.file:
        yield f"{judged.file}: the new study awaits its numbers"
    elif decision.study:
        yield f"it is {decision.study}, which is in the registry"
    if judged.removed:
        yield f"{judged.removed} removed; nobody had worked on it"
    yield from (f"note: {note}" for note in judged.notes)
    if judged.file:
        yield f"next: metaan extract {judged.file.stem}"


def as_text(screening: ScreeningState, by: str) -> Iterator[str]:
    """Yield a line a candidate, the agreement of reviewers, and the flow."""
    for key, one in screening.seen_by(by):
        candidate = _read(screening, key)
        what = f"{called(candidate)}: {title_of(candidate)}" if candidate else "(its file is gone, or set aside)"
        said = ", ".join(_words(one))
        reason = f"; {one.reason}" if one.reason else ""
        step = " (full text)" if one.stage == "full-text" else ""
        yield f"{one.state + step:14} {key}  {what}" + (f"  ({said}{reason})" if said else "")
    yield from agreement_lines(screening)
    yield from flow_lines(screening.flow)


def left_as_text(screening: ScreeningState, by: str, stage: Stage | None) -> Iterator[str]:
    """Yield a line for each candidate that one reviewer has to judge."""
    for one in readable(screening.candidates, screening.keys_to_judge(by, stage)):
        yield f"{one.key}  {called(one)}: {title_of(one)}"


def _read(screening: ScreeningState, key: str) -> Candidate | None:
    """Return a candidate, None where its file is gone or cannot be read."""
    return next(readable(screening.candidates, [key]), None) if key in screening.candidates else None


def _words(one: Standing) -> Iterator[str]:
    yield from (f"{plain(by)}: {vote.action}" for by, vote in one.votes.items())
    if one.resolution:
        yield f"{plain(one.resolution.by)} resolved: {one.resolution.action}"


def agreement_lines(screening: ScreeningState) -> Iterator[str]:
    """Yield how far each two reviewers agree, at each stage."""
    for stage in screening.stages:
        where = f" by {STAGES[stage]}" if len(screening.stages) > 1 else ""
        for (a, b), found in screening.agreement(stage).items():
            share = f"agree on {100 * found.observed:.0f} % of {found.n}"
            yield f"{plain(a)} and {plain(b)}{where}: {share}, {kappa(found)}"


def kappa(found: Agreement) -> str:
    """Return kappa with its interval, and what to think of where one answer is rare.

    >>> from metaan.stats.evidence.agreement import cohen_kappa
    >>> kappa(cohen_kappa("iiieeeeeee", "iieeeeeeee"))
    'kappa 0.74 (95 % interval 0.26 to 1.00)'
    """
    if found.kappa is None:
        return f"no kappa: {found.reason}"
    interval = f" (95 % interval {found.ci.lb:.2f} to {found.ci.ub:.2f})" if found.ci else f" ({found.ci_reason})"
    return f"kappa {found.kappa:.2f}{interval}{_caution(found)}"


def _caution(found: Agreement) -> str:
    """Say where kappa is low or high because of how often a word is said (prevalence), or by whom (bias)."""
    told = []
    if found.prevalence is not None and found.prevalence > MUCH:
        told.append(f"one answer is rare (prevalence index {found.prevalence:.2f}), which lowers kappa")
    if found.bias is not None and found.bias > MUCH / 2:
        told.append(f"one says it more often than the other (bias index {found.bias:.2f}), which raises it")
    return f"; {', and '.join(told)}: without that {found.pabak:.2f}" if told else ""


def flow_lines(flow: ScreeningFlow) -> Iterator[str]:
    """Yield the flow of records as PRISMA 2020 counts it."""
    sources = ", ".join(f"{name} {count}" for name, count in flow.identified.items()) or "none"
    yield f"records: {flow.records} ({sources}); {flow.known} of known studies, {flow.duplicates} duplicates"
    left = "" if flow.full_text is None else f"; undecided: {flow.undecided}"
    yield f"screened: {flow.screened}; excluded: {_counted(flow.excluded)}{left}"
    if flow.full_text:
        yield _full_text(flow.full_text)
    undecided = flow.undecided if flow.full_text is None else flow.full_text.undecided + flow.undecided
    yield f"included: {flow.included}; undecided: {undecided}; studies of before: {flow.previous}"


def _full_text(read: FullText) -> str:
    counts = f"not retrieved: {read.not_retrieved}; assessed: {read.assessed}; excluded: {_counted(read.excluded)}"
    return f"full texts sought: {read.sought}; {counts}; undecided: {read.undecided}"


def _counted(excluded: Any) -> str:
    reasons = "; ".join(f"{plain(reason)}: {count}" for reason, count in excluded.items())
    return f"{sum(excluded.values())}" + (f" ({reasons})" if reasons else "")


def as_dict(screening: ScreeningState, by: str, stage: Stage | None = None, left: bool = False) -> dict[str, Any]:
    """Return everything, for JSON; with ``left`` only the candidates that one reviewer has to judge."""
    seen = dict(screening.seen_by(by))
    keys = screening.keys_to_judge(by, stage) if left else [key for key in seen if stage in (None, seen[key].stage)]
    return {
        "reviewer": by,
        "candidates": [_candidate(screening, key, seen[key]) for key in keys],
        "conflicts": [key for key, one in seen.items() if one.state == "conflict"],
        "agreement": [
            _agreement(names, found, each)
            for each in screening.stages
            for names, found in screening.agreement(each).items()
        ],
        "flow": screening.flow.to_dict(),
    }


def _candidate(screening: ScreeningState, key: str, one: Standing) -> dict[str, Any]:
    candidate = _read(screening, key)
    return {
        "key": key,
        "state": one.state,
        "stage": one.stage,
        "title": candidate.title if candidate else None,
        "pmid": candidate.pmid if candidate else None,
        "doi": candidate.doi if candidate else None,
        "study": one.study,
        "reason": one.reason,
        "votes": {by: vote.action for by, vote in one.votes.items()},
        "resolved_by": one.resolution.by if one.resolution else None,
    }


def _agreement(names: tuple[str, str], found: Agreement, stage: str) -> dict[str, Any]:
    keys = ("kappa", "se", "observed", "expected", "n", "prevalence", "bias", "pabak", "reason", "ci_reason")
    more = {"ci": list(found.ci) if found.ci else None}
    return {"reviewers": list(names), "stage": stage} | {key: getattr(found, key) for key in keys} | more


def as_csv(screening: ScreeningState, by: str) -> str:
    """Return a row a candidate; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, one in screening.seen_by(by):
        if candidate := _read(screening, key):
            writer.writerow([_cell(value) for value in _row(candidate, one)])
    return out.getvalue()


def _row(it: Candidate, one: Standing) -> Iterable[object]:
    mine = (one.stage, one.state, one.reason, one.study, "; ".join(_words(one)))
    link = next(links(it), None)
    return (it.key, *mine, "; ".join(it.authors), it.year, plain(it.title), it.journal, it.doi, it.pmid, link)


def _cell(value: object) -> object:
    text = "" if value is None else plain(str(value))
    return f"'{text}" if text[:1] in tuple("=+-@") else text


MUCH = 0.5  # an index of prevalence above which kappa and the agreement that is seen tell different stories
