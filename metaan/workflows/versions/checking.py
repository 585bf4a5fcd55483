"""What `metaan check` says of a registry without a fault: what people let stand, and what they should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import Problem, RegistryError, did_you_mean
from ...registry.load import REVIEW, Review, load
from ...registry.model.times import taken
from ...registry.store.candidate import each_candidate
from ...registry.store.decisions import read_decisions
from ...registry.store.runs import read_runs, read_watermark
from ...registry.store.set_aside import faults
from ...registry.waivers import nothing_found
from ...report.forest.traits import TRAITS
from ...synthesis.grouping import grouping
from ...synthesis.recompute import CHECK, DIFFERING, reported_checks
from ...synthesis.selection import choose_studies
from ...synthesis.statement import ALL
from .merge import conflicts

if TYPE_CHECKING:
    from ...registry.model.public import Plan, Study, Waiver
    from ...synthesis.recompute import ReportedCheck

#: What `metaan check` calls a result that no analysis takes.
UNTAKEN = "an analysis takes every result"

#: What it calls adjusted and crude effects in one analysis.
ADJUSTED = "effects of one analysis are adjusted alike"

#: What it calls an effect that no analysis of its outcome can pool.
OTHER = "effects are of the measure of an analysis"

#: What it calls a status that the results of the study have overtaken.
WAITING = "a study that takes part is included"

#: What it calls an empty number of people randomised, in the form of a study whose results are in.
UNSIZED = "a randomised study says how many were randomised"


@dataclass(frozen=True, slots=True)
class CheckRemark:
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


def remarks(review: Review) -> tuple[CheckRemark, ...]:
    """Return what people let stand, then printed results that the counts deny, and results that no analysis takes."""
    return (
        *_waived(review),
        *_noted(review),
        *_mixed(review),
        *_differing(review),
        *_untaken(review),
        *_still_waiting(review),
        *_unsized(review),
    )


def _unsized(review: Review) -> Iterator[CheckRemark]:
    """Yield the numbers of people randomised that a form asked for and nobody filled in; an absent key is an answer."""
    for study in review.studies:
        for i, _ in enumerate(study.arms if study.results and study.design_group == "randomised" else ()):
            node = review.trees[study.id].at(("arms", i)).child("randomised")
            if node is not None and node.value is None:
                found, at = "not filled in; where nobody says, take the key out", ("arms", i, "randomised")
                yield CheckRemark(review.file(study.id), node.line, review.where(study.id, *at), found, UNSIZED, None)


def whole(folder: Path | str) -> tuple[Review | None, list[Problem]]:
    """Return the review, None where it cannot be loaded, and every problem: of the registry, and of the store."""
    review, problems = None, list[Problem]()
    with faults() as broken:
        _read_store(folder)
        try:
            review = load(folder)
        except RegistryError as error:
            problems += error.problems
    return review, [*problems, *broken, *conflicts(folder)]


def _read_store(folder: Path | str) -> None:
    """Read what commands have written and `load` does not read, so that what is broken is set aside."""
    for _ in each_candidate(folder):
        pass
    read_runs(folder)
    read_watermark(folder)
    read_decisions(folder)


def problems_beside(review: Review) -> list[Problem]:
    """Return what is wrong with a registry that could be read: doubts, and what shows beside what is computed."""
    return [*review.doubts, *_needless_waivers(review), *_unknown_pools(review), *_unknown_columns(review)]


def _unknown_pools(review: Review) -> Iterator[Problem]:
    """Yield the judgements of certainty that are about no pool of their analysis."""
    for i, judged in enumerate(review.info.certainty):
        plans = [plan for plan in review.info.analyses if judged.outcome in (plan.key, plan.outcome)]
        names = dict.fromkeys(name for plan in plans for name in _pools(review, plan))
        if judged.pool is not None and judged.pool.casefold() not in {name.casefold() for name in names}:
            found, at = f"no pool is called {judged.pool!r}", ("certainty", i, "pool")
            yield _problem(review, REVIEW, at, found, did_you_mean(judged.pool, names))


def _pools(review: Review, plan: Plan) -> Iterator[str]:
    """Yield the names of the pools of an analysis, those of designs that no study has among them."""
    chosen, _ = choose_studies(review, plan)
    yield from (block.name or ALL for block in grouping(chosen, plan).pools)
    if plan.by in (None, "design"):
        yield from plan.designs
    yield ALL


def _unknown_columns(review: Review) -> Iterator[Problem]:
    """Yield the columns of forest plots that no study has."""
    known = {name.casefold(): name for name in TRAITS}
    known |= {one.name.casefold(): one.name for study in review.studies for one in study.moderators}
    for i, plan in enumerate(review.info.analyses):
        for j, name in enumerate(plan.plot.columns):
            if name.casefold() not in known:
                found, at = f"no study has {name!r} for a column", ("analyses", i, "plot", "columns", j)
                yield _problem(review, REVIEW, at, found, did_you_mean(name, known.values()))


def _problem(review: Review, file: str, at: tuple[str | int, ...], found: str, allowed: str) -> Problem:
    return Problem(review.file(file), review.line(file, *at), review.where(file, *at), found, allowed)


def _needless_waivers(review: Review) -> list[Problem]:
    """Return the waivers of printed results that no printed result needs.

    What the other waivers let stand is found as the registry is read; this needs effects to be computed.
    """
    used = {(one.study.id, one.waiver) for one in reported_checks(review) if one.verdict in DIFFERING}
    return [
        _problem(review, study.id, ("waivers", i), *nothing_found(waiver))
        for study in review.studies
        for i, waiver in enumerate(study.waivers)
        if waiver.check == CHECK and (study.id, waiver) not in used
    ]


def _waived(review: Review) -> Iterator[CheckRemark]:
    for one in review.waived:
        at = one.problem
        yield CheckRemark(review.file(one.study), at.line, at.where, at.found, one.check, one.waiver)


def _noted(review: Review) -> Iterator[CheckRemark]:
    for check, at in review.noted:
        yield CheckRemark(at.file, at.line, at.where, f"{at.found}; {at.allowed}", check, None)


def _mixed(review: Review) -> Iterator[CheckRemark]:
    """Yield the analyses that pool adjusted and crude effects of one design, and effects that their measure leaves."""
    for i, plan in enumerate(review.info.analyses):
        at, line = review.where(REVIEW, "analyses", i), review.line(REVIEW, "analyses", i)
        chosen, _ = choose_studies(review, plan)
        for design in dict.fromkeys(one.design for one in chosen):
            sides: dict[bool, list[str]] = {True: [], False: []}
            for one in chosen:
                sides[one.row.adjusted] += [one.study.label] * (one.design == design)
            if all(sides.values()):
                said = (f"{word}: {', '.join(sides[key])}" for key, word in ((True, "adjusted"), (False, "crude")))
                yield CheckRemark(review.file(REVIEW), line, at, f"{design} studies, {'; '.join(said)}", ADJUSTED, None)
        taken = {one.study.id for one in chosen}
        yield from (one for study in review.studies if study.id not in taken for one in _of_others(review, plan, study))


def _of_others(review: Review, plan: Plan, study: Study) -> Iterator[CheckRemark]:
    """Yield the results of which only effects of other measures are known: a hazard ratio is no odds ratio."""
    asked = {review.measure(one) for one in review.info.analyses if one.outcome == plan.outcome}
    asked |= {measure for one in review.info.analyses if one.outcome == plan.outcome for measure in one.convert}
    for i, result in enumerate(study.results if study.status.state == "included" else ()):
        measures = dict.fromkeys(effect.measure for effect in result.effects)
        if result.outcome == plan.outcome and measures and not result.arms and not asked & {*measures}:
            found = f"{', '.join(measures)} is never pooled as {review.measure(plan)}, that of the analysis {plan.key}"
            where, line = review.where(study.id, "results", i), review.line(study.id, "results", i)
            yield CheckRemark(review.file(study.id), line, where, found, OTHER, None)


def _differing(review: Review) -> Iterator[CheckRemark]:
    for check in reported_checks(review):
        if check.verdict in DIFFERING:
            found = f"printed {_printed(check)}: {check.verdict}, {check.note}"
            line = review.line(check.study.id, *_path(check))
            yield CheckRemark(review.file(check.study.id), line, check.where, found, CHECK, check.waiver)


def _untaken(review: Review) -> Iterator[CheckRemark]:
    """Yield the results at a time that no analysis of their outcome takes, whatever else a study reports."""
    for study in review.studies:
        for i, result in enumerate(study.results if study.status.state == "included" else ()):
            plans = [plan for plan in review.info.analyses if plan.outcome == result.outcome]
            if plans and not any(taken(result.time, plan.time_points) for plan in plans):
                points = dict.fromkeys(str(point) for plan in plans for point in plan.time_points)
                where, line = review.where(study.id, "results", i), review.line(study.id, "results", i)
                yield CheckRemark(
                    review.file(study.id),
                    line,
                    where,
                    f"{result.time}: the analyses take {', '.join(points)}",
                    UNTAKEN,
                    None,
                )


def _still_waiting(review: Review) -> Iterator[CheckRemark]:
    """Yield the studies that are pooled, as their results are in, and whose files say that they await data."""
    for study in review.studies:
        at, file = ("status", "state"), review.file(study.id)
        pooled = any(not result.unconfirmed for result in study.results)
        if pooled and review.trees[study.id].at(at).value == "awaiting data":
            found = "awaiting data, and its results are in: included"
            yield CheckRemark(file, review.line(study.id, *at), review.where(study.id, *at), found, WAITING, None)


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
