"""Moderators: those that the protocol names exist, and one thing is spelt in one way."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from ..draft import Document, Draft, Path
from ..review_model import Plan
from ..study_model import Study

#: What every study has besides the moderators of its file.
OF_ALL = ("design", "year")


def moderators_are_known(draft: Draft) -> Iterator[Problem]:
    """What subgroups are by, and what a regression is on, some study has; while there are no results, anything is."""
    if draft.review is None or not any(document.model.results for document in draft.studies):
        return
    named = [moderator.name for document in draft.studies for moderator in document.model.moderators]
    broken = any({"moderators"} & {*document.tree.gone} or document.gone("moderators") for document in draft.studies)
    known = ("none", *OF_ALL, *dict.fromkeys(named))
    for i, plan in enumerate(draft.review.model.analyses):
        for path, name in _named(plan):
            if name not in known and not broken:
                found = f"no study has a moderator {name!r}"
                yield draft.review.problem(("analyses", i, *path), found, did_you_mean(name, known))


def _named(plan: Plan) -> Iterator[tuple[Path, str]]:
    if plan.by is not None:
        yield ("by",), plan.by
    for i, regression in enumerate(plan.explore.regressions if plan.explore else ()):
        for j, name in enumerate(regression.moderators):
            yield ("explore", "regressions", i, "moderators", j), name


def moderators_are_spelt_alike(draft: Draft) -> Iterator[Problem]:
    """Names, and the words that are values, differ in more than case and spaces; a study has a moderator once."""
    first: dict[tuple[str, ...], tuple[str, Document[Study], int]] = {}
    for document in draft.studies:
        seen: set[str] = set()
        for i, moderator in enumerate(document.model.moderators):
            name, value = moderator.name, moderator.value
            if name in seen:
                found, allowed = f"moderator {name!r} is here a second time", "allowed: one value a study"
                yield document.problem(("moderators", i), found, allowed)
            seen.add(name)
            words: list[tuple[str, tuple[str, ...], str]] = [("name", (_alike(name),), name)]
            words += [("value", (_alike(name), _alike(value)), value)] if isinstance(value, str) else []
            for key, identity, text in words:
                was, other, at = first.setdefault(identity, (text, document, i))
                if was != text:
                    place = f"{other.file}:{other.tree.at(('moderators', at)).line}"
                    allowed = f"allowed: one spelling, as they would be two groups; first: {place}"
                    yield document.problem(("moderators", i, key), f"{text!r} here, {was!r} elsewhere", allowed)


def _alike(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
