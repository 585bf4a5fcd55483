"""A file of the store that does not hold what was written: it is named and set aside, and everything else goes on.

Commands write the store and people merge it, so that one broken file must not end all work with a review. What is set
aside is told as a warning; `metaan check` and a release, which ask for a whole store, take the warnings for faults.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ...errors import Problem, SetAsideWarning


def set_aside(problems: Iterable[Problem]) -> None:
    """Name files or lines that are left out."""
    for problem in problems:
        warnings.warn(SetAsideWarning(problem), stacklevel=2)


@contextmanager
def faults() -> Iterator[list[Problem]]:
    """Take what is set aside meanwhile as problems, each once; the list is full once the block was left."""
    found: list[Problem] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SetAsideWarning)
        yield found
    told = [warning.message for warning in caught]
    found += dict.fromkeys(message.problem for message in told if isinstance(message, SetAsideWarning))
    for message in told:
        if not isinstance(message, SetAsideWarning):
            warnings.warn(message, stacklevel=3)
