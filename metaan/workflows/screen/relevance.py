"""The candidates of a review in the order of relevance, and whether enough of them was read; nothing is excluded here.

The ranker learns from the decisions that its reader may see, from the studies of the registry, and from the words of
the question and of the criteria of eligibility, which are all that there is before anybody has decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import NotEstimableError
from ...records.markup import plain_text
from ...registry.store.candidate import readable
from ...registry.store.decisions import Stage
from ...registry.store.metadata import Publication
from ...registry.store.standing import Standing
from ...stats.evidence.recall import StoppingTest, ceiling_of_work_saved, recall_at, stopping_test, work_saved
from .ranking import InTimeOrder, Ranker, in_time_order, text_of
from .screening_state import ScreeningState
from .words import question_terms

if TYPE_CHECKING:
    from ...registry.load import Review

FEWEST_NEW, SHARE_NEW = 10, 10  # decisions after which is learned anew: ten, or one for each ten that there were
SHARES = (0.05, 0.1, 0.2, 0.24, 0.3, 0.5, 0.75, 1.0)  # of the records, at which the recall is said
DECISIVE = ("include", "exclude")


class Relevance:
    """The order of relevance of the candidates of a screening; their words are read once."""

    def __init__(self, screening: ScreeningState) -> None:
        self._screening = screening
        found = {one.key: publication_text(one, one.keywords) for one in readable(screening.candidates)}
        self._keys = list(found)
        self._places = {key: at for at, key in enumerate(found)}
        review = screening.review
        self._ranker = Ranker([*found.values()], [*_relevant(review)], [*_irrelevant(review)])
        self._learned: tuple[Stage, int] | None = None

    def arrange(self, by: str, stage: Stage) -> None:
        """Put the standings of the screening into the order of relevance for one reader, what was judged last.

        It is learned anew once a tenth more was decided, and at least ten more; until then the order stays.
        """
        said = {key: said for key, one in self._screening.seen_by(by) if (said := label(one, stage)) is not None}
        if self._learned and self._learned[0] == stage:
            before = self._learned[1]
            if abs(len(said) - before) < max(FEWEST_NEW, before // SHARE_NEW):
                return
        self._learned = stage, len(said)
        order = self._ranker.order({self._places[key]: value for key, value in said.items() if key in self._places})
        self._screening.put_first(self._keys[at] for at in order)

    def so_far(self, stage: Stage = "abstract", target: float = 0.95, confidence: float = 0.95) -> SoFar:
        """Return how the order would have done on the decisions of a stage, and whether enough was read.

        Parameters
        ----------
        stage
            What was read.
        target
            The recall that is to be reached, above 0 and below 1.
        confidence
            How sure one wants to be that it is, above 0 and below 1.

        Raises
        ------
        DataError
            A proportion is outside its range.
        """
        read = {self._places[key]: said for key, said in self._read(stage) if key in self._places}
        there = sum(self._is_at(key, stage) for key in self._keys)
        test: StoppingTest | None = None
        order: InTimeOrder | None = None
        reason = "nobody has decided anything"
        if read:
            test = stopping_test([*read.values()], there, target, confidence)
            try:
                order = in_time_order(self._ranker, read)
            except NotEstimableError as error:
                reason = error.reason
        return SoFar(stage, len(read), sum(read.values()), there, order, reason, test)

    def _read(self, stage: Stage) -> Iterator[tuple[str, bool]]:
        """Yield what was judged at a stage, in the order in which somebody first did, as it stands now."""
        decided = (one for one in self._screening.decisions if one.stage == stage and one.action in DECISIVE)
        for key in dict.fromkeys(one.key for one in decided):
            said = label(self._screening.standings[key], stage)
            if said is not None:
                yield key, said

    def _is_at(self, key: str, stage: Stage) -> bool:
        one = self._screening.standings[key]
        return one.stage == stage or stage == "abstract"


@dataclass(frozen=True, slots=True)
class SoFar:
    """How the order of relevance does, and whether reading may end.

    Attributes
    ----------
    read, included, total
        Candidates judged at the stage, those that at least one person included or that stand as included, and all.
    order, reason
        The decisions as the ranker would have had them read, each by earlier ones alone; None, with the reason.
    test
        Whether enough was read; None before anything was.
    """

    stage: Stage
    read: int
    included: int
    total: int
    order: InTimeOrder | None
    reason: str
    test: StoppingTest | None

    @property
    def curve(self) -> tuple[tuple[float, float], ...]:
        """Share of the records that is read, and the recall there; both 0 to 1."""
        return tuple((share, recall_at(self.order.labels, share)) for share in SHARES) if self.order else ()

    @property
    def saved(self) -> tuple[float, float] | None:
        """The work saved over sampling at a recall of 0.95, and the most that it can be."""
        if self.order is None:
            return None
        labels = self.order.labels
        return work_saved(labels), ceiling_of_work_saved(sum(labels) / len(labels))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        test = self.test
        return {
            "stage": self.stage,
            "read": self.read,
            "included": self.included,
            "total": self.total,
            "recall": [list(point) for point in self.curve] or None,
            "reason": None if self.order else self.reason,
            "wss95": self.saved[0] if self.saved else None,
            "wss95_ceiling": self.saved[1] if self.saved else None,
            "stopping": test
            and {"p": test.p, "target": test.target, "confidence": test.confidence, "reached": test.reached},
        }


def label(one: Standing, stage: Stage) -> bool | None:
    """Return whether a candidate counts as included at a stage: whoever included it counts while others differ."""
    if stage == "abstract" and one.passed:
        return True
    if one.decided:
        return one.state == "included"
    actions = {vote.action for vote in one.votes.values() if vote.action in DECISIVE} if one.stage == stage else set()
    return "include" in actions if actions else None


def publication_text(one: Publication, keywords: Iterable[str] = ()) -> str:
    """Return the words of a candidate, or of what PubMed said of a study, as a ranker reads them."""
    abstract = " ".join(plain_text(part.text) for part in one.abstract)
    return text_of(plain_text(one.title), abstract, dict.fromkeys([*keywords, *one.mesh, *one.publication_types]))


def _relevant(review: Review) -> Iterator[str]:
    """Yield what the review asks for, and each study that it has."""
    asked = review.info.question
    words = (asked.population, asked.intervention, *asked.outcomes, *review.info.eligibility.include)
    yield "\n".join([review.info.title, *words, *question_terms(review.info)])
    for study in review.studies:
        if study.status.state != "excluded":
            metadata = review.metadata.get(study.id)
            yield publication_text(metadata) if metadata else study.title


def _irrelevant(review: Review) -> Iterator[str]:
    """Yield what speaks against a candidate: criteria of exclusion, words that are marked as such."""
    words = (*review.info.eligibility.exclude, *review.info.screening.highlight.exclude)
    if words:
        yield "\n".join(words)
