"""What `metaan check` says of a registry without a fault: what people let stand, and what they should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Problem, RegistryError
from ..recompute import CHECK, DIFFERING, reported_checks
from ..registry.candidates import each_candidate
from ..registry.candidates_decisions import read_decisions
from ..registry.candidates_runs import read_runs, read_watermark
from ..registry.load import Review, load
from ..registry.set_aside import faults
from ..registry.times import taken
from ..registry.waivers import nothing_found

if TYPE_CHECKING:
    from ..analysis import ReportedCheck
    from ..registry.model import Waiver

#: What `metaan check` calls a result that no analysis takes.
UNTAKEN = "an analysis takes every result"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is no fault: its place, what was found, and the waiver where a person lets it stand."""

    file: str
    line: int
    where: str
    found: str
    check: str
    waiver: Waiver | None

    def __str__(self) -> str:
        """Return the line that the user reads."""
        said = f"; {self.waiver}" if self.waiver else ""
        return f"{self.file}:{self.line}: {self.where}: {self.found}{said}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        waiver = self.waiver.model_dump(mode="json") if self.waiver else None
        return {
            "file": self.file, "line": self.line, "where": self.where, "check": self.check, "found": self.found,
            "waiver": waiver,
        }  # fmt: skip


def remarks(review: Review) -> tuple[Remark, ...]:
    """Return what people let stand, then printed results that the counts deny, and results that no analysis takes."""
    return (*_waived(review), *_differing(review), *_untaken(review))


def whole(folder: Path | str) -> tuple[Review | None, list[Problem]]:
    """Return the review, None where it cannot be loaded, and every problem: of the registry, and of the store."""
    review, problems = None, list[Problem]()
    with faults() as broken:
        _read_store(folder)
        try:
            review = load(folder)
        except RegistryError as error:
            problems += error.problems
    return review, [*problems, *broken]


def _read_store(folder: Path | str) -> None:
    """Read what commands have written and `load` does not read, so that what is broken is set aside."""
    for _ in each_candidate(folder):
        pass
    read_runs(folder)
    read_watermark(folder)
    read_decisions(folder)


def needless(review: Review) -> list[Problem]:
    """Return the waivers of printed results that no printed result needs.

    What the other waivers let stand is found as the registry is read; this needs effects to be computed.
    """
    used = {(one.study.id, one.waiver) for one in reported_checks(review) if one.verdict in DIFFERING}
    return [
        _needless(review, study.id, i, waiver)
        for study in review.studies
        for i, waiver in enumerate(study.waivers)
        if waiver.check == CHECK and (study.id, waiver) not in used
    ]


def _needless(review: Review, study: str, i: int, waiver: Waiver) -> Problem:
    """Say that a waiver has no object, in the words for those that the registry finds."""
    where, line = review.where(study, "waivers", i), review.line(study, "waivers", i)
    found, allowed = nothing_found(waiver)
    return Problem(review.file(study), line, where, found, allowed)


def _waived(review: Review) -> Iterator[Remark]:
    for one in review.waived:
        at = one.problem
        yield Remark(review.file(one.study), at.line, at.where, at.found, one.check, one.waiver)


def _differing(review: Review) -> Iterator[Remark]:
    for check in reported_checks(review):
        if check.verdict in DIFFERING:
            found = f"printed {_printed(check)}: {check.verdict}, {check.note}"
            line = review.line(check.study.id, *_path(check))
            yield Remark(review.file(check.study.id), line, check.where, found, CHECK, check.waiver)


def _untaken(review: Review) -> Iterator[Remark]:
    """Yield the results at a time that no analysis of their outcome takes, whatever else a study reports."""
    for study in review.studies:
        for i, result in enumerate(study.results if study.status.state == "included" else ()):
            plans = [plan for plan in review.info.analyses if plan.outcome == result.outcome]
            if plans and not any(taken(result.time, plan.time_points) for plan in plans):
                points = dict.fromkeys(str(point) for plan in plans for point in plan.time_points)
                where, line = review.where(study.id, "results", i), review.line(study.id, "results", i)
                yield Remark(
                    review.file(study.id),
                    line,
                    where,
                    f"{result.time}: the analyses take {', '.join(points)}",
                    UNTAKEN,
                    None,
                )


def without_analysis(review: Review) -> tuple[str, ...]:
    """Return the outcomes that studies report and no analysis is of."""
    planned = {plan.outcome for plan in review.info.analyses}
    reported = (result.outcome for study in review.studies for result in study.results)
    return tuple(dict.fromkeys(outcome for outcome in reported if outcome not in planned))


def _printed(check: ReportedCheck) -> str:
    reported = check.reported
    return f"p {reported.p}" if reported.estimate is None else f"{reported.measure} {reported.estimate}"


def _path(check: ReportedCheck) -> tuple[str | int, ...]:
    for i, result in enumerate(check.study.results):
        for j, reported in enumerate(result.reported):
            if reported is check.reported:
                return "results", i, "reported", j
    return ("results",)
