"""Studies whose files were renamed between two versions: they are the same studies, neither removed nor added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath

from ..registry.load import Review
from ..registry.model.public import Study


@dataclass(frozen=True)
class Followed(Review):
    """A review whose studies have the ids that they have in a later version; files are named as they were."""

    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    def file(self, study_id: str) -> str:
        """Return the name that a study's file had, with the folder of the studies in front."""
        name = PurePosixPath(super().file(study_id))
        return name.with_stem(self.names.get(study_id, name.stem)).as_posix()


def follow(old: Review, new: Review) -> Review:
    """Return the old review with the ids of the new one, for studies that one of the two alone calls so.

    A study is known by its DOI, PMID or registration, else by its title; where several are known by the same, none is.
    """
    moved = _moved(old, new)
    if not moved:
        return old
    given = {item.name: getattr(old, item.name) for item in fields(Review)}
    given["studies"] = tuple(sorted((_renamed(study, moved) for study in old.studies), key=lambda study: study.id))
    for name in ("trees", "metadata", "forms"):
        given[name] = {moved.get(key, key): value for key, value in given[name].items()}
    return Followed(**given, names={now: was for was, now in moved.items()})


def _moved(old: Review, new: Review) -> dict[str, str]:
    """Return the old ids of renamed studies with the new ones."""
    before, after = ({study.id: study for study in review.studies} for review in (old, new))
    known: defaultdict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for side, studies, others in ((0, before, after), (1, after, before)):
        for study_id in studies.keys() - others.keys():
            for key in _keys(studies[study_id]):
                known[key][side].add(study_id)
    pairs = {(min(was), min(now)) for was, now in known.values() if len(was) == len(now) == 1}
    one_to_one = len({was for was, _ in pairs}) == len({now for _, now in pairs}) == len(pairs)
    return dict(pairs) if one_to_one else {}


def _keys(study: Study) -> Iterator[tuple[str, str]]:
    known = [("doi", study.doi), ("pmid", study.pmid), *(("registration", number) for number in study.registrations)]
    yield from ((kind, value.casefold()) for kind, value in known if value)
    yield "title", " ".join(study.title.casefold().split())


def _renamed(study: Study, moved: Mapping[str, str]) -> Study:
    relations = tuple(
        relation.model_copy(update={"study": moved.get(relation.study or "", relation.study)})
        for relation in study.relations
    )
    return study.model_copy(update={"id": moved.get(study.id, study.id), "relations": relations})
