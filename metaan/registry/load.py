"""A folder of YAML files as one `Review`, or all that is wrong with it.

Reading is in three steps: text to tree (`nodes`), tree to model (`draft`), and what must hold between the values
(`check`). The files of PubMed's metadata are read along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import Problem, RegistryError, choose
from .check import problems as check_problems
from .check.draft import Document, Draft, M, outcomes_of_forms, read_document, where
from .check.waivers import DOUBTS, REMARKS, WAIVABLE
from .flags import Flag, flag_of, standing_notices
from .model.outcome import Outcome
from .model.plan import Plan
from .model.review import ReviewFile
from .model.study import Status, Study
from .store.set_aside import set_aside
from .text.files import project_of, read, unreadable
from .text.nodes import Node
from .text.raw import MAX_BYTES
from .waivers import Waived, waive

if TYPE_CHECKING:
    from .store.metadata import Metadata
    from .store.runs import Notice

REVIEW = "review"
COMMANDS_OWN = ("candidates", "metadata", "runs")  # folders in which they keep records
_IN_ONE_FOLDER = "allowed: beside review.yaml; what need not be read stands in a folder whose name begins with a dot"


@dataclass(frozen=True, repr=False)
class Review:
    """A review with its studies, checked.

    Attributes
    ----------
    folder
        Where it was read.
    info
        What review.yaml holds.
    studies
        Ordered by id.
    metadata
        What PubMed said, by study id; only the studies it was fetched for.
    digest
        SHA-256 (hexadecimal) over the names and bytes of the YAML files.
    waived
        What the checks found and people let stand.
    doubts
        What `metaan check` refuses, and is no reason not to read and pool a review.
    noted
        What the checks find that is often so, each with the name of its check: no fault.
    forms
        The outcomes whose numbers are not in yet, by study id.
    notices
        What the last look at the studies found published about them.
    """

    folder: Path
    info: ReviewFile
    studies: tuple[Study, ...]
    metadata: Mapping[str, Metadata]
    digest: str
    trees: Mapping[str, Node] = field(repr=False)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    waived: tuple[Waived, ...] = ()
    doubts: tuple[Problem, ...] = ()
    noted: tuple[tuple[str, Problem], ...] = ()
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        counts = f"{len(self.studies)} studies, {len(self.info.outcomes)} outcomes, {len(self.info.analyses)} analyses"
        return f"Review {self.info.title!r} in {self.folder}: {counts}"

    def outcome(self, outcome_id: str) -> Outcome:
        """Return an outcome by its id; an unknown one is a `UsageError` which lists what is known."""
        return choose({outcome.id: outcome for outcome in self.info.outcomes}, outcome_id, "outcome")

    def study(self, study_id: str) -> Study:
        """Return a study by its id; an unknown one is a `UsageError` which lists what is known."""
        return choose({study.id: study for study in self.studies}, study_id, "study")

    def flag(self, study: Study) -> Flag | None:
        """Return the retraction, else the expression of concern, that is published about a study; None without."""
        return flag_of(study, self.metadata.get(study.id), self.notices)

    def measure(self, plan: Plan) -> str:
        """Return the measure of an analysis: its own, else the outcome's."""
        return plan.measure or self.outcome(plan.outcome).measure

    def line(self, study_id: str, *path: str | int) -> int:
        """Return the line (1-based) of a key path, such as ``("results", 0, "arms", "control", "events")``.

        A path that is not there has the line of the deepest part that is; ``"review"`` stands for review.yaml.
        """
        return choose(self.trees, study_id, "study").at(path).line

    def where(self, study_id: str, *path: str | int) -> str:
        """Return a key path in words, as problems name it: ``results[death].reported[1]``."""
        return where(choose(self.trees, study_id, "study"), path)

    def file(self, study_id: str) -> str:
        """Return the name of a study's file, with the folder of the studies in front."""
        choose(self.trees, study_id, "study")
        return f"{self.folder.resolve().name}/{study_id}.yaml"


def load(folder: Path | str = "studies", *, with_metadata: bool = True) -> Review:
    """Read and check a review.

    Parameters
    ----------
    folder
        The folder that holds review.yaml and a YAML file for each study.
    with_metadata
        Whether to read what PubMed said too; a command that writes it anew must not stumble over a damaged file.

    Raises
    ------
    RegistryError
        Holds every problem of every file, with file and line.

    Examples
    --------
    >>> load("no such folder")
    Traceback (most recent call last):
    ...
    metaan.errors.RegistryError: no such folder:1: there is no such folder; ...
    """
    root = Path(folder)
    if not root.is_dir():
        allowed = "allowed: the folder of review.yaml (metaan init NAME makes a new one)"
        raise RegistryError([Problem(str(folder), 1, "", "there is no such folder", allowed)])
    files, problems = _files(root)
    draft, found = _draft(root, files)
    checked = list(check_problems(draft))
    standing, waived = waive(draft, checked, WAIVABLE)
    remarks = {problem: name for name, problem in checked if name in REMARKS}
    noted = tuple((remarks[problem], problem) for problem in standing if problem in remarks)
    standing = [problem for problem in standing if problem not in remarks]
    doubted = {problem for name, problem in checked if name in DOUBTS}
    doubts = tuple(problem for problem in standing if problem in doubted)
    problems += [*found, *(problem for problem in standing if problem not in doubted)]
    if problems or draft.review is None:
        raise RegistryError({*problems, *doubts})
    metadata = _metadata(root, draft) if with_metadata else {}
    notices = standing_notices(root) if with_metadata else ()
    return replace(
        _review(root, draft, metadata, _digest(files)), waived=waived, doubts=doubts, noted=noted, notices=notices
    )


def _files(root: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the bytes of the YAML files by name, in order; hidden files are not the registry's."""
    files, problems = dict[str, bytes](), list[Problem]()
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in COMMANDS_OWN:
            problems += _put_too_deep(path)
        if path.name.startswith(".") or path.suffix.lower() not in (".yaml", ".yml") or path.is_dir():
            continue
        if path.suffix != ".yaml":
            problems.append(Problem(str(path), 1, "", f"a file ending in {path.suffix}", "allowed: .yaml"))
            continue
        try:
            files[path.name] = read(path, project_of(root), MAX_BYTES)
        except OSError as error:
            problems.append(unreadable(path, error))
    return files, problems


def _put_too_deep(folder: Path) -> Iterator[Problem]:
    """Yield the studies in a folder within the folder, which nobody would read."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".yaml", ".yml"):
            yield Problem(str(path), 1, "", "a file in a folder of its own", _IN_ONE_FOLDER)


def _draft(root: Path, files: Mapping[str, bytes]) -> tuple[Draft, list[Problem]]:
    """Read every file as far as it goes."""
    problems: list[Problem] = []
    review, studies = None, []
    for name, raw in files.items():
        if name == f"{REVIEW}.yaml":
            review = _read(root / name, raw, ReviewFile, problems)
        elif (document := _read(root / name, raw, Study, problems)) is not None:
            studies.append(document)
    if f"{REVIEW}.yaml" not in files:
        allowed = "it holds the question, the outcomes and the protocol (metaan init NAME writes one)"
        problems.append(Problem(str(root / "review.yaml"), 1, "", "there is no such file", allowed))
    return Draft(review, tuple(sorted(studies, key=lambda document: document.stem))), problems


def _read(path: Path, raw: bytes, model: type[M], problems: list[Problem]) -> Document[M] | None:
    document, found = read_document(str(path), path.stem, raw, model)
    problems += found
    return document


def _metadata(root: Path, draft: Draft) -> dict[str, Metadata]:
    """Read what PubMed said of the studies, as far as it was fetched; what cannot be read is set aside."""
    stored: dict[str, Metadata] = {}
    if not (root / "metadata").is_dir():
        return stored
    from .store.metadata import read as read_metadata

    for document in draft.studies:
        try:
            metadata = read_metadata(root, document.model.id)
        except RegistryError as error:
            set_aside(error.problems)
        else:
            stored |= {document.model.id: metadata} if metadata else {}
    return stored


def _digest(files: Mapping[str, bytes]) -> str:
    """Return the digest of names and bytes; lengths keep them apart."""
    total = hashlib.sha256()
    for name, raw in files.items():
        total.update(f"{name}\0{len(raw)}\0".encode())
        total.update(raw)
    return total.hexdigest()


def _review(root: Path, draft: Draft, metadata: Mapping[str, Metadata], digest: str) -> Review:
    assert draft.review is not None
    trees = {document.stem: document.tree for document in draft.studies} | {REVIEW: draft.review.tree}
    names = {outcome.id: outcome.name for outcome in draft.review.model.outcomes}
    studies = tuple(_taking_part(_named(document.model, names)) for document in draft.studies)
    forms = {d.model.id: tuple(str(node.value) for node in outcomes_of_forms(d)) for d in draft.studies}
    return Review(
        root, draft.review.model, studies, MappingProxyType(dict(metadata)), digest,
        MappingProxyType(trees), MappingProxyType(forms),
    )  # fmt: skip


def _named(study: Study, names: Mapping[str, str]) -> Study:
    """A result that has no name of its own has that of its outcome."""
    if all(result.name for result in study.results):
        return study
    named = (r if r.name else r.model_copy(update={"name": names.get(r.outcome, "")}) for r in study.results)
    return study.model_copy(update={"results": tuple(named)})


def _taking_part(study: Study) -> Study:
    """A study awaits data only until one of its results is filled in."""
    if study.status.state == "awaiting data" and study.results:
        return study.model_copy(update={"status": Status(state="included")})
    return study
