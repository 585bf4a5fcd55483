"""Who is who: ids, DOIs and PMIDs name one study, in one file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from ...errors import Problem
from ..model.study import Result, Study
from ..model.times import key as time_key
from ..model.types import ID_PATTERN, doi_key
from .draft import Document, Draft, M


def file_is_named_after_id(draft: Draft) -> Iterator[Problem]:
    """The id of a study is the name of its file."""
    for document in draft.studies:
        study = document.model
        if study.id != document.stem and "id" not in document.tree.gone:
            fits = re.fullmatch(ID_PATTERN, document.stem)
            allowed = f"allowed: {document.stem}" if fits else f"allowed: a file that is called {study.id}.yaml"
            yield document.problem(("id",), f"id {study.id!r} in a file of another name", allowed)


def study_stands_in_one_file(draft: Draft) -> Iterator[Problem]:
    """No two files hold one study; case and the way a DOI is written do not make a difference."""
    for key, identity in IDENTITIES.items():
        first: dict[str, Document[Study]] = {}
        for document in draft.studies:
            value = identity(document.model)
            if value is None or key in document.tree.gone:
                continue
            other = first.setdefault(value, document)
            if other is not document:
                line = other.tree.at((key,)).line
                found = f"{getattr(document.model, key)} is also the {key} of {other.model.id}"
                yield document.problem((key,), found, f"allowed: one file a study; first: {other.file}:{line}")


def registrations_are_of_one_study(draft: Draft) -> Iterator[Problem]:
    """No two studies that can be pooled have one registration: two reports of one trial are one study."""
    first: dict[str, tuple[Document[Study], int]] = {}
    for document in _pooled(draft):
        for i, number in enumerate(document.model.registrations):
            other, at = first.setdefault(number, (document, i))
            if not _same(other.model, document.model):
                place = f"{other.file}:{other.tree.at(('registrations', at)).line}"
                yield document.problem(("registrations", i), f"{number} is also that of {other.model.id}", _one(place))


def numbers_stand_under_one_id(draft: Draft) -> Iterator[Problem]:
    """No two studies that can be pooled have the same numbers of one outcome at one time."""
    first: dict[tuple[object, ...], tuple[Document[Study], int]] = {}
    for document in _pooled(draft):
        for i, result in enumerate(document.model.results):
            other, at = first.setdefault(_numbers(document.model, result), (document, i))
            if not _same(other.model, document.model):
                place = f"{other.file}:{other.tree.at(('results', at)).line}"
                found = f"the counts of {other.model.id}, at the same time"
                yield document.problem(("results", i, "arms"), found, _one(place))


def _pooled(draft: Draft) -> Iterator[Document[Study]]:
    for document in draft.studies:
        if document.model.design_group is not None and document.model.status.state != "excluded":
            yield document


def _same(one: Study, other: Study) -> bool:
    """Say whether two studies are one by an identity that is theirs alone, of which another check speaks."""
    return any((found := identity(one)) is not None and found == identity(other) for identity in IDENTITIES.values())


def _numbers(study: Study, result: Result) -> tuple[object, ...]:
    arms = ((arm.role, result.arms[arm.id]) for arm in study.arms if arm.id in result.arms)
    numbers = sorted((role, str(data.numbers)) for role, data in arms)
    beside = (one.model_copy(update={"source": None}) for one in (*result.effects, result.paired, result.pairs) if one)
    return (result.outcome, time_key(result.time), str(result.subgroup), *numbers, *map(str, beside))


def _one(place: str) -> str:
    return f"allowed: one file a study, others excluded; or a waiver with the reason; first: {place}"


def ids_are_unique(draft: Draft) -> Iterator[Problem]:
    """Arms of a study and outcomes of the review have ids of their own."""
    for document in draft.studies:
        yield from _repeated(document, "arms", [arm.id for arm in document.model.arms])
    if draft.review:
        yield from _repeated(draft.review, "outcomes", [outcome.id for outcome in draft.review.model.outcomes])


def _repeated(document: Document[M], key: str, ids: list[str]) -> Iterator[Problem]:
    seen: Counter[str] = Counter()
    for i, name in enumerate(ids):
        seen[name] += 1
        if seen[name] == 2:
            yield document.problem((key, i, "id"), f"id {name!r} is here a second time", "allowed: an id of its own")


IDENTITIES: dict[str, Callable[[Study], str | None]] = {
    "id": lambda study: study.id,
    "doi": lambda study: doi_key(study.doi) if study.doi else None,
    "pmid": lambda study: study.pmid,
    "pmcid": lambda study: study.pmcid,
}
