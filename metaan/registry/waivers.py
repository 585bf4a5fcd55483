"""Checks that people have waived: what a check found, beside the reason why it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import Problem
from .check import CHECKS
from .check.draft import Document, Draft
from .model.judgements import Waiver
from .model.review import ReviewFile
from .model.study import Study

File = Document[Study] | Document[ReviewFile]


@dataclass(frozen=True, slots=True)
class Waived:
    """Something that a check found in a file, by its name without ``.yaml``, and the waiver that lets it stand."""

    study: str
    check: str
    problem: Problem
    waiver: Waiver

    def __str__(self) -> str:
        """Return the line that the user reads."""
        return f"{self.problem} ({self.check}: {self.waiver})"


def waive(
    draft: Draft, found: Iterable[tuple[str, Problem]], waivable: Iterable[str]
) -> tuple[list[Problem], tuple[Waived, ...]]:
    """Return the problems that stand, a waiver without an object among them, and those that are waived.

    Parameters
    ----------
    draft
        Whose files hold the waivers.
    found
        The name of a check with each problem that it found.
    waivable
        The names of the checks that can be waived.
    """
    allowed = {*waivable}
    files = {document.file: document for document in draft.files}
    problems, waived = [], []
    for check, problem in found:
        document = files.get(problem.file)
        waiver = _waiver(document, check, problem) if document and check in allowed else None
        if document is None or waiver is None:
            problems.append(problem)
        else:
            waived.append(Waived(document.stem, check, problem, waiver))
    at_fault = {problem.file for problem in problems}
    for document in draft.files:
        if document.file not in at_fault:
            problems += _idle(document, {(one.study, one.waiver) for one in waived})
    return problems, tuple(waived)


def _waiver(document: File, check: str, problem: Problem) -> Waiver | None:
    return next((one for one in document.model.waivers if one.covers(check, problem.where)), None)


def _idle(document: File, used: set[tuple[str, Waiver]]) -> Iterator[Problem]:
    """Yield the waivers of the registry's own checks that nothing needs; a file with other faults may need them."""
    for i, waiver in enumerate(document.model.waivers):
        if waiver.check in CHECKS and (document.stem, waiver) not in used:
            yield document.problem(("waivers", i), *nothing_found(waiver))


def nothing_found(waiver: Waiver) -> tuple[str, str]:
    """Return what is wrong with a waiver that nothing needs, and what is allowed."""
    at = f" at {waiver.at}" if waiver.at else ""
    return f"the check {waiver.check!r} finds nothing{at}", "allowed: waivers of what a check finds; take this one out"
