"""Every error that metaan raises on purpose.

::

    MetaanError                    catch this one to catch them all
    ├── DataError (ValueError)     numbers that cannot be what they claim to be: which study, what was found
    │   └── NotEstimableError      sound numbers that a method cannot answer: k too small, a test that is not valid
    ├── ConvergenceError           an iteration stopped before it was there
    ├── RegistryError              YAML files or templates at fault; holds every problem of every file
    ├── SourceError                a service or an exported file at fault
    ├── ConflictError              an action would overwrite or double what is there
    └── UsageError                 the command line, or an argument, is at fault

The command line turns ``UsageError`` into exit status 2 and all others into 1. This module imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")

MOST_LISTED = 24  # of what is allowed, in one message


class MetaanError(Exception):
    """The root of the tree above."""

    @property
    def reason(self) -> str:
        """What happened, without what a caller can do about it."""
        return str(self)


class DataError(MetaanError, ValueError):
    """Numbers that cannot be what they claim to be."""


class NotEstimableError(DataError):
    """Sound numbers that a method cannot answer; the message says why, and how a caller gets an answer all the same."""

    def __init__(self, reason: str, way: str = "") -> None:
        super().__init__(f"{reason} ({way})" if way else reason)
        self._reason = reason

    @property
    def reason(self) -> str:
        """Why it cannot be answered."""
        return self._reason


class ConvergenceError(MetaanError):
    """An iteration stopped before it was there; the message says after how many steps and how far off."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one file: ``file:line: where: found; allowed``."""

    file: str
    line: int
    where: str
    found: str
    allowed: str = ""

    def __str__(self) -> str:
        """Return the line that the user reads, whatever the name of the file is."""
        allowed = f"; {self.allowed}" if self.allowed else ""
        where = f"{self.where}: " if self.where else ""
        return one_line(f"{self.file}:{self.line}: {where}{self.found}{allowed}")


class SetAsideWarning(UserWarning):
    """A file that a command wrote, or a line of it, cannot be read: it is left out, and everything else goes on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"set aside, as if it were not there: {problem}")


class RegistryError(MetaanError):
    """YAML files at fault.

    Attributes
    ----------
    problems
        Every problem of every file, ordered by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(MetaanError):
    """A service or an exported file at fault; the message names it and what it answered."""


class ConflictError(MetaanError):
    """An action would overwrite or double what is there; the message names the file."""


class UsageError(MetaanError, ValueError):
    """The command line, or an argument of the library, is at fault."""


def visible(text: str) -> str:
    """Return a text in which what a terminal would obey, or take for the end of a line, is spelled out.

    Line feeds and tabs stay.

    >>> visible(chr(27) + "[2J") == chr(92) + "u001b[2J"
    True
    """
    return _NOT_SHOWN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str) -> str:
    """Return a text that is one line whatever names from outside stand in it."""
    return visible(text).replace("\n", "\\n")


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """Say what is allowed, and which of it ``word`` was probably meant to be; of very many, those like it come first.

    >>> did_you_mean("Reml", ["DL", "REML"])
    'did you mean REML? allowed: DL, REML'
    """
    names = list(dict.fromkeys(allowed))
    if not names:
        return "there is none yet"
    by_fold = {name.casefold(): name for name in names}
    close = [by_fold[fold] for fold in get_close_matches(str(word).casefold(), by_fold, n=MOST_LISTED // 2, cutoff=0.6)]
    hint = f"did you mean {close[0]}? " if close else ""
    if len(names) <= MOST_LISTED:
        return f"{hint}allowed: {', '.join(names)}"
    shown = list(dict.fromkeys((*close, *names)))[: MOST_LISTED // 2]
    return f"{hint}allowed: {', '.join(shown)} and {len(names) - len(shown)} more"


def choose(table: Mapping[str, T], key: str, what: str) -> T:
    """Return ``table[key]``; a key that is not there is a `UsageError` which lists what is."""
    try:
        return table[key]
    except (KeyError, TypeError):
        raise UsageError(f"{what} {key!r} is unknown; {did_you_mean(key, table)}") from None


REORDERING = r"\u202a-\u202e\u2066-\u2069"  # marks after which a terminal or a page shows text in another order
HIDDEN = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{REORDERING}]")
_NOT_SHOWN = re.compile(rf"{HIDDEN.pattern}|[\u2028\u2029]")  # the separators are sound in a file of records
