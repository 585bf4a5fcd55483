"""The whole cycle of a living review for a scheduler: search, look again, and say what would happen to the conclusions.

What would happen is computed and never written: with the numbers that nobody has confirmed yet, without the studies
that are retracted or questioned and about which nothing is decided, and what already happened since the last release.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...comparison.difference import Difference, compare, conclusion_of
from ...errors import MetaanError
from ...registry.load import Review, load
from ...registry.store.candidate import Candidate, read_candidates
from ...registry.store.decisions import read_decisions
from ...registry.store.standing import standings
from ...registry.write import write_text
from ...report.changes.changes import changes_section
from ...report.changes.view import ChangesView
from ...report.plots.standalone import forest_file
from ..outputs import make_folder
from ..run import REAL, Run
from ..search.update import UpdateReport, update
from ..versions.diff import load_revision
from ..versions.pending import Flagged, confirmed, unanswered, unconfirmed_results, undecided, without
from ..versions.release_checks import last_release

if TYPE_CHECKING:
    from ...registry.store.runs import Notice

NOTHING, TO_JUDGE, WOULD_FLIP = 0, 3, 4


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that could happen, or has, and what it does to every analysis.

    Attributes
    ----------
    key
        A key of `SCENARIOS`.
    title
        What is supposed, in words.
    flips
        Whether a conclusion changes: by all of it, or by a single one of its causes.
    """

    key: str
    title: str
    difference: Difference
    changes: ChangesView
    flips: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """What a cycle found.

    Attributes
    ----------
    day
        Of the cycle, UTC.
    update
        What the search did; where review.yaml has none, what was found about the studies.
    waiting
        Every candidate that is not decided, those of earlier runs included.
    flagged
        The included studies that are retracted or questioned, without a signed decision.
    unanswered
        What was published about the included studies, short of a retraction, and nobody has answered, news or not.
    unconfirmed
        In words, the numbers that the protocol would pool and nobody has confirmed.
    not_found
        The studies that no service knows, with the reason.
    notes
        What could not be done, and why.
    """

    review: Review
    day: str
    update: UpdateReport
    waiting: tuple[Candidate, ...]
    flagged: tuple[Flagged, ...]
    unanswered: tuple[Notice, ...]
    unconfirmed: tuple[str, ...]
    not_found: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was published about the studies and was not known before."""
        return tuple(notice for notice in self.update.recheck.notices if not notice.known)

    @property
    def status(self) -> int:
        """The exit status: 4 a conclusion would flip, 3 something is to be judged, 0 neither."""
        if any(scenario.flips for scenario in self.scenarios):
            return WOULD_FLIP
        news = any(notice.asks for notice in self.notices)
        return TO_JUDGE if news or any((self.waiting, self.flagged, self.unanswered, self.unconfirmed)) else NOTHING


def watch(
    folder: Path | str,
    run: Run = REAL,
) -> Watch:
    """Run the whole cycle once.

    Parameters
    ----------
    folder
        The folder of the study files.
    run
        The time, who is told, and who answers.

    Raises
    ------
    SourceError
        A service could not be reached, or its answer is not complete. Nothing was changed.
    ConflictError
        Another run is at work.
    RegistryError
        The registry is at fault.
    """
    day = run.now().date().isoformat()
    searched = bool(load(folder).info.search)
    report = update(folder, sources=None if searched else (), run=run)
    review = load(folder)
    notes = [] if searched else ["review.yaml has no search: the studies were looked at again, and no more"]
    return Watch(
        review,
        day,
        report,
        _waiting(review),
        undecided(review),
        unanswered(review),
        unconfirmed_results(review),
        report.recheck.unknown,
        tuple(_scenarios(review, notes)),
        tuple(notes),
    )


def _waiting(review: Review) -> tuple[Candidate, ...]:
    candidates = read_candidates(review.folder)
    stand = standings(read_decisions(review.folder), candidates, review.info.screening)
    return tuple(c for key, c in candidates.items() if not stand[key].decided)


def _scenarios(review: Review, notes: list[str]) -> Iterator[Scenario]:
    """Yield every scenario in which something changes."""
    for key, (title, build) in SCENARIOS.items():
        try:
            difference = build(review)
        except MetaanError as error:
            notes.append(f"{title}: {error}")
            continue
        if difference is not None and difference.changed:
            yield Scenario(key, title, difference, changes_section(difference), _flips(difference))


def _flips(difference: Difference) -> bool:
    leads = [pool.lead for analysis in difference.analyses for pool in analysis.pools]
    alone = any(conclusion_of(one) != conclusion_of(lead.before) for lead in leads for one in lead.alone)
    return difference.conclusion_changed or alone


def _with_unconfirmed(review: Review) -> Difference | None:
    if not unconfirmed_results(review):
        return None
    return compare(review, confirmed(review), "the registry", "with unconfirmed numbers")


def _without_flagged(review: Review) -> Difference | None:
    flagged = undecided(review)
    if not flagged:
        return None
    rest = without(review, (flag.study.id for flag in flagged), "retracted, or under an expression of concern")
    return compare(review, rest, "the registry", "without flagged studies")


def _since_release(review: Review) -> Difference | None:
    found = last_release(review.folder)
    if found is None:
        return None
    version, commit = found
    return compare(load_revision(review.folder, commit), review, f"release {version}", "the registry")


def write_plots(found: Watch, folder: Path | str, project: Path) -> dict[str, Path]:
    """Write every what-if plot as an SVG file into a folder, and return where, by the name of the plot.

    The folder is made, those above it in the project only; plots of an earlier cycle without a successor are removed.
    """
    target = Path(folder)
    make_folder(target.parent, project)
    target.mkdir(exist_ok=True)
    written: dict[str, Path] = {}
    for scenario in found.scenarios:
        for pool in scenario.changes.pools:
            if pool.plot is not None:
                name = plot_name(scenario, pool.id)
                written[name] = target / f"{name}.svg"
                write_text(written[name], str(forest_file(pool.plot)))
    for old in target.glob("what-if-*.svg"):
        if old not in written.values():
            old.unlink()
    return written


def plot_name(scenario: Scenario, pool: str) -> str:
    """Return the name of a what-if plot, fit for a file on every system."""
    return "what-if-" + re.sub(r"[^A-Za-z0-9.-]+", "-", f"{scenario.key}-{pool}").strip("-.")


#: What is looked at: by its key, the words, and what makes the comparison (None where there is nothing to compare).
SCENARIOS: dict[str, tuple[str, Callable[[Review], Difference | None]]] = {
    "unconfirmed": ("If the numbers that nobody has confirmed were confirmed", _with_unconfirmed),
    "flagged": ("If the retracted and questioned studies were excluded", _without_flagged),
    "release": ("Since the last release", _since_release),
}
