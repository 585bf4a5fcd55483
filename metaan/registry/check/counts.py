"""Numbers of people: events among a total, a total among those who were randomised."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from ...errors import Problem
from ..model.arms import Counts
from .draft import Draft
from .means import half_digit


def events_within_total(draft: Draft) -> Iterator[Problem]:
    """No arm has more events than people."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            for arm, counts in result.arms.items():
                if isinstance(counts, Counts) and counts.events > counts.total:
                    path = ("results", i, "arms", arm, "events")
                    found = f"{counts.events} events among {counts.total} people"
                    yield document.problem(path, found, f"allowed: 0 to {counts.total}")


def percentages_are_of_people(draft: Draft) -> Iterator[Problem]:
    """A percentage of an arm's people is one that some number of them gives; where some are missing, of fewer."""
    for document in draft.studies:
        sizes = {arm.id: {n for n in (arm.randomised, arm.analysed) if n} for arm in document.model.arms}
        for i, number in enumerate(document.model.baseline):
            known = sizes.get(number.arm or "", set())
            given = float(number.value)
            off = half_digit(number.value) * (1 + 1e-9)
            if number.unit != "%" or not known or not 0 <= given <= 100:
                continue
            if not any(floor((given + off) * n / 100) >= ceil((given - off) * n / 100) for n in known):
                found = f"no number of {' or '.join(map(str, sorted(known)))} people is {number.value}%"
                yield document.problem(("baseline", i, "value"), found, "of how many was it known?")


def numbers_of_people_fit(draft: Draft) -> Iterator[Problem]:
    """No arm analyses, or counts in a result, more people than were randomised to it."""
    for document in draft.studies:
        randomised = {arm.id: arm.randomised for arm in document.model.arms if arm.randomised is not None}
        for i, arm in enumerate(document.model.arms):
            limit = randomised.get(arm.id)
            if limit is not None and arm.analysed is not None and arm.analysed > limit:
                found = f"{arm.analysed} analysed of {limit} randomised"
                yield document.problem(("arms", i, "analysed"), found, f"allowed: up to {limit}")
        for i, result in enumerate(document.model.results):
            for key, pairs in (("paired", result.paired), ("pairs", result.pairs)):
                known = len(randomised) == len(document.model.arms) > 0
                if pairs is not None and known and pairs.people > sum(randomised.values()):
                    found = f"{pairs.people} people or pairs, but {sum(randomised.values())} were randomised"
                    yield document.problem(("results", i, key), found, f"allowed: up to {sum(randomised.values())}")
            for name, counts in result.arms.items():
                limit = randomised.get(name)
                if limit is not None and counts.total is not None and counts.total > limit:
                    path = ("results", i, "arms", name, "total")
                    found = f"a total of {counts.total}, but {limit} were randomised"
                    yield document.problem(path, found, f"allowed: up to {limit}")
