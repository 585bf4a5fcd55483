"""One reviewer at work: what lies before them, in which order, and what they have just done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import MetaanError, UsageError
from ...registry.store.decisions import Stage
from ...registry.store.standing import Standing
from ..run import REAL, Run
from .card import Card, card
from .judge import DecisionResult, Undone, Verdict, Vote, find, judge, settle, undo
from .screening_state import ScreeningState, open_screening
from .words import plain, question_terms, reasons

if TYPE_CHECKING:
    from .relevance import Relevance

Order = Literal["key", "relevance"]
Queue = Literal["to judge", "conflicts", "put off", "all"]


class Session:
    """A reviewer's place in a queue of candidates.

    Attributes
    ----------
    by, stage, queue, words
        Who judges, what is read, which candidates are shown, and the words that these must have.
    order
        In which they are read: that of their keys, or of their relevance.
    keys
        The candidates shown, in their order; ``place`` is that of the present one.
    settled
        What was brought in order when the session began, in words.
    """

    def __init__(
        self, folder: Path | str, by: str, stage: Stage | None = None, run: Run = REAL, order: Order = "key"
    ) -> None:
        self.folder, self.by, self._run = Path(folder), by, run
        self.screening: ScreeningState = open_screening(folder)
        self.settled = settle(self.screening, by, run)
        self.queue: Queue = "to judge"
        self.words = ""
        self.keys: list[str] = []
        self.place = 0
        self.stage: Stage = stage or self.screening.next_stage(by)
        info = self.screening.review.info
        self.wanted, self.unwanted = question_terms(info), info.screening.highlight.exclude
        self._counts: dict[str, tuple[int, int]] = {}  # forgotten when anything changes
        self._skipped: set[str] = set()
        self.order: Order = order
        self._relevance = self._by_relevance() if order == "relevance" else None
        self._arrange()

    @property
    def key(self) -> str | None:
        """The present candidate, None where there is none."""
        return self.keys[self.place] if self.keys else None

    @property
    def card(self) -> Card | None:
        """What the reviewer may read of the present candidate."""
        return None if self.key is None else card(self.screening.candidates[self.key], self.standing(self.key))

    @property
    def progress(self) -> tuple[int, int]:
        """How many candidates of this stage the reviewer is done with, and how many there are."""
        if "progress" not in self._counts:
            here = sum(self._is_here(one) for one in self.screening.standings.values())
            self._counts["progress"] = here - len(self.screening.keys_to_judge(self.by, self.stage)), here
        return self._counts["progress"]

    @property
    def conflicts(self) -> int:
        """How many candidates of this stage reviewers differ about."""
        if "conflicts" not in self._counts:
            self._counts["conflicts"] = len(QUEUES["conflicts"](self)), 0
        return self._counts["conflicts"][0]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for an exclusion, the protocol's first."""
        used = (one.reason for one in self.screening.decisions if one.stage == self.stage)
        return reasons(self.screening.review.info, self.stage, used)

    def standing(self, key: str) -> Standing:
        """Return what the reviewer may see of where a candidate stands."""
        return self.screening.standings[key].seen_by(self.by, self.screening.rules.blind)

    def decide(self, action: Verdict, reason: str | None = None) -> DecisionResult:
        """Decide about the present candidate; the next one takes its place."""
        if self.key is None:
            raise UsageError("there is no candidate to decide about")
        key = self.key
        standing = self.screening.standings[key]
        vote = Vote(action, self.by, reason, standing.stage, standing.state == "conflict" and action != "later")
        judged = judge(self.folder, key, vote, self._run, screening=self.screening)
        self._arrange()
        if self.key == key:
            self.move(1)
        return judged

    def undo(self) -> Undone:
        """Take the reviewer's last decision back, and show its candidate."""
        undone = undo(self.folder, self.by, self._run, screening=self.screening)
        self.stage = undone.standing.stage
        self._arrange()
        self._show(undone.decision.key)
        return undone

    def move(self, steps: int) -> None:
        """Go on or back."""
        self.place = self._within(self.place + steps)

    def skip(self) -> None:
        """Leave the present candidate out for the rest of the session."""
        self._skipped |= {self.key} if self.key else set()
        self._arrange()

    def jump(self, name: str) -> str:
        """Go to a place in the list, or to a candidate by its key, PMID, DOI or registration number; return its key."""
        if name.isdecimal() and 1 <= int(name) <= len(self.keys):
            self.place = int(name) - 1
            return self.keys[self.place]
        key = find(self.screening, name).key
        self._show(key)
        return key

    def show(self, queue: Queue) -> None:
        """Show another queue."""
        self.queue, self.place = queue, 0
        self._arrange()

    def filter(self, words: str) -> None:
        """Show only candidates whose title, authors or abstract have all these words; none: all of them."""
        self.words, self.place = words.casefold().strip(), 0
        self._arrange()

    def switch_stage(self) -> None:
        """Go to the other stage, where there is one."""
        stages = self.screening.stages
        self.stage, self.place = stages[(stages.index(self.stage) + 1) % len(stages)], 0
        self._arrange()

    def switch_order(self) -> None:
        """Go from the order of the keys to that of relevance, or back; a `UsageError` where that cannot be learned."""
        if self.order == "key":
            self._relevance = self._by_relevance()
        else:
            self._relevance = None
            self.screening.put_first(sorted(self.screening.standings))
        self.order, self.place = ("key" if self.order == "relevance" else "relevance"), 0
        self._arrange()

    def _by_relevance(self) -> Relevance:
        from .relevance import Relevance  # numpy and scikit-learn, which few sessions need

        return Relevance(self.screening)

    def refresh(self) -> bool:
        """Take in what others have decided, without leaving the present candidate."""
        changed = self.screening.refresh()
        if changed:
            key = self.key
            self._arrange()
            self.place = self.keys.index(key) if key in self.keys else self._within(self.place)
        return changed

    def _show(self, key: str) -> None:
        """Go to a candidate, in the queue of all where it is in no other."""
        if key not in self.keys:
            self.words, self.queue = "", "all"
            self.stage = self.screening.standings[key].stage
            self._arrange()
        self.place = self.keys.index(key)

    def _is_here(self, one: Standing) -> bool:
        """Say whether a candidate is judged at this stage, or was."""
        return one.stage == self.stage or (one.passed is not None and self.stage == "abstract")

    def _arrange(self) -> None:
        self._counts.clear()
        if self._relevance:
            self._relevance.arrange(self.by, self.stage)
        keys = [key for key in QUEUES[self.queue](self) if key not in self._skipped]
        self.keys = [key for key in keys if self._has_words(key)] if self.words else keys
        self.place = self._within(self.place)

    def _within(self, place: int) -> int:
        return max(0, min(place, len(self.keys) - 1))

    def _has_words(self, key: str) -> bool:
        try:
            one = self.screening.candidates[key]
        except MetaanError:
            return False
        text = " ".join([one.key, one.title, *one.authors, one.journal or "", *(part.text for part in one.abstract)])
        found = plain(text).casefold()
        return all(word in found for word in self.words.split())


def _to_judge(session: Session) -> list[str]:
    return session.screening.keys_to_judge(session.by, session.stage)


def _all(session: Session) -> list[str]:
    screening = session.screening
    return [key for key, one in screening.standings.items() if session._is_here(one) and key in screening.candidates]


def _conflicts(session: Session) -> list[str]:
    standings = session.screening.standings
    return [key for key, one in standings.items() if one.state == "conflict" and one.stage == session.stage]


def _put_off(session: Session) -> list[str]:
    later = session.screening.standings
    mine = ((key, later[key].votes.get(session.by)) for key in _to_judge(session))
    return [key for key, vote in mine if vote is not None]


#: What is shown, by its name; the first is where a session begins.
QUEUES: dict[Queue, Callable[[Session], list[str]]] = {
    "to judge": _to_judge,
    "conflicts": _conflicts,
    "put off": _put_off,
    "all": _all,
}
