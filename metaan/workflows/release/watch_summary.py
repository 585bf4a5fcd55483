"""What a cycle found, as Markdown for a pull request and as plain values for JSON."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...records.label import label_of
from ...records.markup import plain_text
from ...report.changes.json import changes_json
from ...report.language.formats import plural
from ...report.writers.changes_text import changes_entry
from ...report.writers.markdown import plain
from .watch import NOTHING, TO_JUDGE, WOULD_FLIP, Scenario, Watch, plot_name

if TYPE_CHECKING:
    from ...registry.store.candidate import Candidate

MOST = 100  # candidates named one by one; a pull request has room for about 65,000 characters
HEADLINES = {
    NOTHING: "Nothing to do.",
    TO_JUDGE: "There is something to judge; no conclusion would change.",
    WOULD_FLIP: "A conclusion would change.",
}


def summary(found: Watch, plots: Mapping[str, Path] | None = None, beside: Path | None = None) -> str:
    """Return what a cycle found as Markdown; names and titles from outside are text in it, and call nobody.

    Parameters
    ----------
    found
        What `metaan.workflows.release.watch.watch` returned.
    plots
        What `metaan.workflows.release.watch.write_plots` returned.
    beside
        The file that the text is for: links to the plots are relative to it.
    """
    blocks = [f"# {_text(found.review.info.title)}: watched on {found.day}", f"**{_headline(found)}**"]
    for title, lines in _sections(found):
        if items := [f"- {line}" for line in lines]:
            blocks += [f"## {title}", "\n".join(items)]
    for scenario in found.scenarios:
        blocks += _scenario(scenario, plots or {}, beside)
    return "\n\n".join(blocks) + "\n"


def _headline(found: Watch) -> str:
    """Say what is to be done; that nothing was found must not read as if everything had been looked up."""
    if found.status != NOTHING or not found.not_found:
        return HEADLINES[found.status]
    unknown = plural(len(found.not_found), "study", "studies")
    return f"Nothing to do was found; {unknown} could not be looked up."


def _sections(found: Watch) -> Iterator[tuple[str, Iterable[str]]]:
    yield "Studies that need a signed decision", (_text(str(flag)) for flag in found.flagged)
    yield "Published about the studies", (_text(str(notice)) for notice in found.notices)
    older = (notice for notice in found.unanswered if notice not in found.notices)
    yield "Published before, and not answered", (_text(str(notice)) for notice in older)
    yield f"Candidates to judge: {len(found.waiting)}", _candidates(found)
    yield "Numbers to confirm", map(_text, found.unconfirmed)
    yield "Not looked up in PubMed", map(_text, found.not_found)
    yield "Notes", map(_text, found.notes)
    yield "Next", _next(found)


def _candidates(found: Watch) -> Iterator[str]:
    new = {candidate.key for candidate in found.update.candidates}
    waiting = sorted(found.waiting, key=lambda candidate: candidate.key not in new)
    for candidate in waiting[:MOST]:
        yield f"{'new: ' if candidate.key in new else ''}{_candidate(candidate)}"
    if len(waiting) > MOST:
        yield f"and {len(waiting) - MOST} more (`metaan screen --list`)"


def _candidate(candidate: Candidate) -> str:
    title = plain_text(candidate.title) or "[no title]"
    flags = [word for word, said in (("retracted", candidate.retracted), ("concern", candidate.concern)) if said]
    links = [f"linked to {link.to}: {link.how}" for link in candidate.linked]
    asked = [f"the same publication as {question.to}?" for question in candidate.questions]
    more = "; ".join((*flags, *links, *asked))
    named = f"{label_of(candidate.authors, title, candidate.year)}: {title}"
    return f"`{candidate.key}` {_text(named)}" + (f" ({_text(more)})" if more else "")


def _next(found: Watch) -> Iterator[str]:
    if found.unanswered or any(notice.asks for notice in found.notices):
        yield "read what was published about the studies, and correct their files where numbers changed"
        yield "then sign for it in the study's file, `decisions:` about the correction, or name it in `relations:`"
    if found.flagged:
        yield "`decisions:` in the files of the flagged studies: keep, exclude, or keep with caution"
    if found.waiting:
        yield "`metaan screen`"
    if found.unconfirmed:
        yield "`metaan extract ID --confirm OUTCOME --by NAME`"
    if any(scenario.key == "release" for scenario in found.scenarios):
        yield "`metaan release VERSION`"


def _scenario(scenario: Scenario, plots: Mapping[str, Path], beside: Path | None) -> Iterator[str]:
    yield f"## {scenario.title}"
    yield _quiet(changes_entry(scenario.changes))
    for pool in scenario.changes.pools:
        if path := plots.get(plot_name(scenario, pool.id)):
            place = os.path.relpath(path, beside.parent) if beside else str(path)
            yield f"![{_text(pool.heading)}](<{Path(place).as_posix()}>)"


def _text(text: str) -> str:
    return _quiet(plain(text))


def _quiet(text: str) -> str:
    """Keep a name with an @ from calling the person of that name."""
    return text.replace("@", "@\N{ZERO WIDTH SPACE}")


def as_json(found: Watch) -> dict[str, Any]:
    """Return what a cycle found as plain values ready for JSON."""
    return {
        "status": found.status,
        "title": found.review.info.title,
        "day": found.day,
        "registry": found.review.digest,
        "run": found.update.run.id,
        "new": [candidate.key for candidate in found.update.candidates],
        "waiting": [candidate.model_dump(mode="json") for candidate in found.waiting],
        "notices": [notice.model_dump(mode="json") for notice in found.notices],
        "unanswered": [notice.model_dump(mode="json") for notice in found.unanswered],
        "flagged": [{"study": f.study.id, "about": f.about, "by": f.by, "notice": f.notice} for f in found.flagged],
        "unconfirmed": list(found.unconfirmed),
        "not_found": list(found.not_found),
        "what_if": [
            {"key": s.key, "title": s.title, "flips": s.flips, **changes_json(s.difference, s.changes)}
            for s in found.scenarios
        ],
        "notes": list(found.notes),
    }
