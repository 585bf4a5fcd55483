"""How well an order of reading finds what is included, and whether enough was read to stop, which is a test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, NotEstimableError


def recall_at(labels: Iterable[bool], share: float) -> float:
    """Return the proportion of what is included that the first records of an order hold.

    Parameters
    ----------
    labels
        Whether each record is included, in the order of reading; all of them.
    share
        Proportion of the records that are read, 0 to 1; a part of a record counts as one.

    Raises
    ------
    NotEstimableError
        Nothing is included.

    Examples
    --------
    >>> recall_at([True, False, True, False], 0.5)
    0.5
    """
    read = _labels(labels)
    first = math.ceil(share * len(read) - _SLACK)
    return float(read[:first].sum() / _included(read))


def work_saved(labels: Iterable[bool], recall: float = 0.95) -> float:
    """Return the work saved over sampling: how much less is read than in random order to reach a recall.

    At most `ceiling_of_work_saved`; 0 is what a random order gives (Cohen, Hersh, Peterson and Yen 2006, J Am Med
    Inform Assoc 13:206-219, WSS@95 with a recall of 0.95).

    Parameters
    ----------
    labels
        Whether each record is included, in the order of reading; all of them.
    recall
        The proportion of what is included that is to be found.

    Raises
    ------
    NotEstimableError
        Nothing is included.

    Examples
    --------
    >>> round(work_saved([True, True, *[False] * 18]), 3)
    0.85
    """
    read = _labels(labels)
    return 1 - reading_needed(read, recall) / len(read) - (1 - recall)


def ceiling_of_work_saved(share_included: float, recall: float = 0.95) -> float:
    """Return the most that `work_saved` can be: a perfect order reads nothing but what is included.

    >>> round(ceiling_of_work_saved(0.1), 3)
    0.855
    """
    return recall * (1 - share_included)


def reading_needed(labels: Iterable[bool], recall: float = 0.95) -> int:
    """Return after how many records of an order a recall is reached; errors as in `work_saved`."""
    read = _labels(labels)
    wanted = math.ceil(recall * _included(read) - _SLACK)
    return int(np.argmax(np.cumsum(read) >= wanted)) + 1


@dataclass(frozen=True, slots=True)
class StoppingTest:
    """Whether enough was read.

    Attributes
    ----------
    p
        Probability of having seen so few inclusions since some moment, were the target missed; 0 to 1. Small: stop.
    target
        The recall that is to be reached, 0 to 1.
    confidence
        1 minus the p below which reading may end.
    read, total, included
        Records read, records there are, and inclusions among those read.
    sample
        How many of the records read last are the sample that gave this p.
    """

    p: float
    target: float
    confidence: float
    read: int
    total: int
    included: int
    sample: int

    @property
    def reached(self) -> bool:
        """Whether the hypothesis that the target is missed is rejected."""
        return self.p < 1 - self.confidence


def stopping_test(labels: Iterable[bool], total: int, target: float = 0.95, confidence: float = 0.95) -> StoppingTest:
    """Test whether the recall is still below a target, from what was read last in an order of relevance.

    Every run of records that were read last is taken for a random sample of what was left before it: inclusions are
    rarer among what is still to come, so that the test errs on the side of reading on. If the target were missed, at
    least ``floor(included / target - found before) + 1`` inclusions were left then; the hypergeometric distribution
    says how probable so few among the sample are, and the least of these probabilities counts (Callaghan and
    Müller-Hansen 2020, Syst Rev 9:273, section "Ranked quasi-sampling").

    Parameters
    ----------
    labels
        Whether each record that was read is included, in the order of reading.
    total
        How many records there are, the unread ones among them.
    target
        The recall that is to be reached, above 0 and below 1.
    confidence
        How sure one wants to be, above 0 and below 1.

    Raises
    ------
    DataError
        A number is outside its range, or more was read than there is.
    NotEstimableError
        Nothing was read.

    Examples
    --------
    >>> found = stopping_test([True] * 10 + [False] * 290, 400)
    >>> found.reached, round(found.p, 4)
    (False, 0.2564)
    """
    from scipy.stats import hypergeom  # half a second, which nobody else of those who screen should wait

    read = _labels(labels)
    _check_range(len(read), total, target, confidence)
    included = int(read.sum())
    sampled = np.arange(1, len(read) + 1)
    inside = np.cumsum(read[::-1])
    urn = total - len(read) + sampled
    left = np.floor(included / target - (included - inside) + _SLACK) + 1
    p = np.asarray(hypergeom.cdf(inside, urn, np.minimum(left, urn), sampled))
    best = int(np.argmin(p))
    return StoppingTest(float(p[best]), target, confidence, len(read), total, included, best + 1)


def _check_range(read: int, total: int, target: float, confidence: float) -> None:
    for name, value in (("target", target), ("confidence", confidence)):
        if not 0 < value < 1:
            raise DataError(f"{name} {value:g}; allowed: above 0 and below 1")
    if read > total:
        raise DataError(f"{read} records read of {total}; allowed: at most all of them")


def _labels(labels: Iterable[bool]) -> np.ndarray:
    read = np.asarray(labels if isinstance(labels, Sequence | np.ndarray) else list(labels), dtype=bool)
    if not len(read):
        raise NotEstimableError("nothing was read")
    return read


def _included(labels: np.ndarray) -> int:
    found = int(labels.sum())
    if not found:
        raise NotEstimableError("nothing is included, so that there is no recall")
    return found


_SLACK = 1e-9  # what 0.95 * 20 is short of 19 in binary
