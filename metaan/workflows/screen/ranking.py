"""Texts in the order in which a person should read them, learned from what people have said of some of them.

Words and pairs of words, weighted by how rare they are (TF-IDF), and a logistic regression with balanced classes. Some
of the texts that nobody has judged stand in as excluded ones, because most of them will be (Cormack and Grossman 2015,
arXiv:1504.06868, "AutoTAR"). The same texts and labels give the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NotEstimableError, UsageError
from ...stats.measures.effects import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MISSING = "the order of relevance needs the package scikit-learn, which is not installed; allowed: pip install "
PRESUMED = 100  # texts without a label that stand in as excluded ones
FOLDS = 5  # parts of the decisions in their order; each is ranked by what was learned from those before it
STRENGTH = 0.5  # inverse of the penalty of the regression
MANY = 100  # texts, from which on a word must be in two of them and not in half of them


class Ranker:
    """Texts, and what is known besides: their words are counted once, and each order learns anew.

    Parameters
    ----------
    texts
        Title, abstract and keywords of each record that can be read.
    relevant, irrelevant
        Further texts that are known to be: studies of the registry, criteria of eligibility.

    Raises
    ------
    UsageError
        scikit-learn is not installed.
    """

    def __init__(self, texts: Sequence[str], relevant: Collection[str] = (), irrelevant: Collection[str] = ()) -> None:
        self._n = len(texts)
        self._known = [1] * len(relevant) + [0] * len(irrelevant)
        self._words = _counted([*texts, *relevant, *irrelevant])

    def order(self, labels: Mapping[int, bool]) -> list[int]:
        """Return the places of the texts without a label, the most relevant first; those alike in their order.

        Parameters
        ----------
        labels
            Place of a text -> whether it is included.
        """
        rest = np.array([at for at in range(self._n) if at not in labels], dtype=int)
        scores = self._scores(labels, rest)
        return [int(at) for at in rest[np.argsort(-scores, kind="stable")]]

    def _scores(self, labels: Mapping[int, bool], rest: np.ndarray) -> FloatArray:
        """Return for the texts at ``rest`` how relevant they are, on the scale of log odds; only their order counts."""
        from sklearn.linear_model import LogisticRegression

        known = range(self._n, self._n + len(self._known))
        rows, said = [*labels, *known], [*labels.values(), *self._known]
        stand_in = rest[np.linspace(0, len(rest) - 1, min(PRESUMED, len(rest))).astype(int)]
        answers = np.array([*said, *[False] * len(stand_in)], dtype=bool)
        if self._words is None or not len(rest) or answers.all() or not answers.any():
            return np.zeros(len(rest))
        fit = LogisticRegression(C=STRENGTH, class_weight="balanced", solver="liblinear", random_state=0)
        fit.fit(self._words[[*rows, *stand_in]], answers)
        scores: FloatArray = fit.decision_function(self._words[rest])
        return scores.round(9)  # beyond that, processors differ


def _counted(texts: Sequence[str]) -> csr_matrix | None:
    """Return the weighted words of texts, shape (texts, words); None where there are no words."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise UsageError(f"{MISSING}'metaan[ranking]'") from None
    rare = {"min_df": 2, "max_df": 0.5} if len(texts) >= MANY else {}
    try:
        words: csr_matrix = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, stop_words="english", dtype=np.float32, **rare
        ).fit_transform(texts)
    except ValueError:  # what scikit-learn calls an empty vocabulary
        return None
    return words


def text_of(title: str, abstract: str, keywords: Iterable[str]) -> str:
    r"""Return what a ranker reads of a record: title and keywords count twice.

    >>> text_of("Bees", "Nine died.", ["Insects"])
    'Bees\nBees\nNine died.\nInsects\nInsects'
    """
    words = " ; ".join(keywords)
    return "\n".join(filter(None, (title, title, abstract, words, words)))


@dataclass(frozen=True, slots=True)
class InTimeOrder:
    """Decisions in the order in which the ranker would have had them read, each ranked by earlier ones alone.

    Attributes
    ----------
    labels
        Whether each was included: the parts shuffled together by the place within each.
    learned
        How many decisions the first part, which nothing ranked, had.
    """

    labels: tuple[bool, ...]
    learned: int


def in_time_order(ranker: Ranker, decided: Mapping[int, bool], folds: int = FOLDS) -> InTimeOrder:
    """Rank each part of the decisions by what was learned from the parts before it.

    Parameters
    ----------
    ranker
        Of texts, among which the decided ones are.
    decided
        Place of a text -> whether it was included, in the order of the decisions.
    folds
        How many parts of equal size the decisions are cut into.

    Raises
    ------
    NotEstimableError
        There are fewer decisions than parts, or nothing is included after the first part.
    """
    places = list(decided)
    if len(places) < folds:
        raise NotEstimableError(f"decided so far: {len(places)}; needed: at least {folds}, one for each part in time")
    parts = [list(part) for part in np.array_split(np.array(places), folds)]
    ranked: list[tuple[float, int, bool]] = []
    for number, part in enumerate(parts[1:], 1):
        earlier = {at: decided[at] for before in parts[:number] for at in before}
        inside = set(part)
        order = [at for at in ranker.order(earlier) if at in inside]
        ranked += [((place + 1) / len(order), number, decided[at]) for place, at in enumerate(order)]
    labels = tuple(said for _, _, said in sorted(ranked))
    if not any(labels):
        raise NotEstimableError(f"nothing is included after the first {len(parts[0])} of {len(places)} decisions")
    return InTimeOrder(labels, len(parts[0]))
