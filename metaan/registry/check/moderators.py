"""Moderators: those that the protocol names exist, and one thing is spelt in one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...errors import Problem, did_you_mean
from ..model.study import Study
from .draft import Document, Draft, Path

#: What every study has besides the moderators of its file.
OF_ALL = ("design", "year")


def subgroups_are_by_a_known_moderator(draft: Draft) -> Iterator[Problem]:
    """What subgroups are by, some study has; while there are no results, anything is known."""
    plans = draft.review.model.analyses if draft.review else ()
    yield from _unknown(draft, (((i, "by"), plan.by) for i, plan in enumerate(plans) if plan.by is not None))


def regressions_are_on_known_moderators(draft: Draft) -> Iterator[Problem]:
    """What a regression is on, some study has; the page refuses any other with the reason."""
    named = (
        ((i, "explore", "regressions", j, "moderators", k), name)
        for i, plan in enumerate(draft.review.model.analyses if draft.review else ())
        for j, regression in enumerate(plan.explore.regressions if plan.explore else ())
        for k, name in enumerate(regression.moderators)
    )
    yield from _unknown(draft, named)


def _unknown(draft: Draft, named: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    if draft.review is None or not any(document.model.results for document in draft.studies):
        return
    if any("moderators" in document.tree.gone or document.gone("moderators") for document in draft.studies):
        return
    found = (moderator.name for document in draft.studies for moderator in document.model.moderators)
    known = ("none", *OF_ALL, *dict.fromkeys(found))
    for path, name in named:
        if name not in known:
            said = f"no study has a moderator {name!r}"
            yield draft.review.problem(("analyses", *path), said, did_you_mean(name, known))


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
