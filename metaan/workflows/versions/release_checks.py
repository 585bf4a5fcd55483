"""Whether a review can be released as it is: every reason against it, and the releases before."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConflictError, Problem
from ...registry.store.json_files import RESTORE
from ...registry.store.set_aside import faults, set_aside
from ...registry.text.files import read, unreadable
from ..git import Git
from .checking import whole
from .diff import load_revision
from .pending import unanswered, unconfirmed_results, undecided

if TYPE_CHECKING:
    from ...registry.load import Review

RELEASES, CHANGELOG = "releases", "CHANGELOG.md"
SOFTWARE = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "package.json",
    "Cargo.toml",
    "go.mod",
    "DESCRIPTION",
)  # its CHANGELOG
VERSION = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){0,3}")
_SHOWN = 10  # files in a message


@dataclass(frozen=True)
class ReleaseWork:
    """What a release is made from: the folder of the studies, the version, its day, and git in the project."""

    folder: Path
    version: str
    day: date
    git: Git

    @property
    def project(self) -> Path:
        """The folder that holds the studies."""
        return self.folder.parent

    @property
    def changelog(self) -> Path:
        """The review's own: beside the studies where it is there, or where the project's is that of software."""
        own = self.folder / CHANGELOG
        software = any((self.project / name).exists() for name in SOFTWARE)
        return own if own.exists() or software else self.project / CHANGELOG

    @property
    def places(self) -> dict[str, Path]:
        """Where each file belongs, by its name in the hidden folder; the record is the last."""
        releases = self.project / RELEASES
        return {
            "report.html": releases / f"{self.version}.html",
            "changelog.md": self.changelog,
            "record.json": releases / f"{self.version}.json",
        }


def checked(work: ReleaseWork) -> tuple[Review, str]:
    """Return the review and the commit that holds it; every reason against a release is in one error."""
    review, problems = whole(work.folder)
    reasons = [f"the registry is at fault: {problem}" for problem in sorted(problems)]
    commit = work.git.commit("HEAD")
    if review is not None:
        with faults() as broken:
            reasons += [*_against_studies(review), *_against_versions(work, review)]
        reasons += [f"a release before is at fault: {problem}" for problem in broken]
    reasons += [*_against_changelog(work), *_against_tree(work, review)]
    if reasons:
        raise ConflictError("\n- ".join((f"version {work.version} is not released:", *reasons)))
    assert review is not None
    return review, commit


def _against_studies(review: Review) -> Iterator[str]:
    """Yield the flagged studies without a decision, and the numbers that nobody has confirmed."""
    for flag in undecided(review):
        form = f"decisions: [{{about: {flag.about}, decision: ..., reason: ..., by: ..., date: ...}}]"
        yield f"{flag}, and no signed decision stands in {review.file(flag.study.id)}; allowed: {form}"
    for notice in unanswered(review):
        form = "a decision about: correction since then, or relations: that name it"
        yield f"{notice}, and nobody has answered it in {review.file(notice.study)}; allowed: {form}"
    for result in unconfirmed_results(review):
        yield f"numbers that nobody has confirmed would be pooled: {result} (metaan extract ID --confirm)"


def _against_versions(work: ReleaseWork, review: Review) -> Iterator[str]:
    """Yield why the version cannot be taken."""
    taken = [path for name, path in work.places.items() if name != "changelog.md" and path.exists()]
    if taken:
        yield f"version {work.version} exists: {', '.join(p.relative_to(work.project).as_posix() for p in taken)}"
    elif (name := tag_name(review, work.version)) in tags_of(work):
        yield f"version {work.version} exists: tag {name}"
    prefix = tag_name(review, "")
    known = [*_records(work), *(t.removeprefix(prefix) for t in tags_of(work) if t.startswith(prefix))]
    newest = max((v for v in known if VERSION.fullmatch(v)), key=_order, default=None)
    if newest is not None and _order(work.version) <= _order(newest) and not taken:
        yield f"version {work.version} is not newer than {newest}"


def _against_changelog(work: ReleaseWork) -> Iterator[str]:
    """Yield why the changelog cannot be added to."""
    path = work.places["changelog.md"]
    try:
        read(path, work.project).decode() if path.exists() else None
    except UnicodeDecodeError as error:
        yield f"{path.relative_to(work.project).as_posix()} is not UTF-8 (byte {error.start})"
    except OSError as error:
        yield f"{path.relative_to(work.project).as_posix()} cannot be read: {error.strerror}"


def _against_tree(work: ReleaseWork, review: Review | None) -> Iterator[str]:
    """Yield what in the project is not committed; what reports were written into outputs/ does not count."""
    out = work.git.run("status", "--porcelain", "-z", "--untracked-files=all", "--", ".", ":(exclude)outputs")
    changed = [os.fsdecode(entry[3:]) for entry in out.split(b"\0") if entry[2:3] == b" "]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        yield f"the working tree is not clean: {', '.join(changed[:_SHOWN])}{more}; commit first"
    elif review is not None and load_revision(work.folder, "HEAD").digest != review.digest:
        yield "the last commit does not hold these study files, although git calls the tree clean; are some ignored?"


def tag_name(review: Review, version: str) -> str:
    """Return the tag of a release: the review's short name, or ``review``, and the version."""
    return f"{review.info.name or 'review'}-{version}"


def tags_of(work: ReleaseWork) -> list[str]:
    """Return every tag of the repository."""
    return work.git.run("tag", "--list").decode().split()


def _order(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by: 1.0 and 1 are the same.

    >>> _order("1.10") > _order("1.9"), _order("1.0") == _order("1")
    (True, True)
    """
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def _records(work: ReleaseWork) -> dict[str, dict[str, Any]]:
    """Return the records of the releases before, by version; a file that holds none is set aside."""
    found = {}
    for path in sorted((work.project / RELEASES).glob("*.json")):
        try:
            record = json.loads(read(path, work.project))
            found[str(record["version"])] = {"commit": str(record["commit"]), "registry": str(record["registry"])}
        except OSError as error:
            set_aside([unreadable(path, error)])
        except (ValueError, KeyError, TypeError):
            set_aside([Problem(str(path), 1, "", "no record of a release", RESTORE)])
    return found


def last_release(folder: Path | str) -> tuple[str, str] | None:
    """Return version and commit of the newest release, None where there is none yet."""
    root = Path(folder).resolve()
    return previous_release(ReleaseWork(root, "", date.min, Git(root.parent)))


def release_before(review: Review) -> tuple[str, str] | None:
    """Return version and commit of the newest release of another registry than this one, None where there is none."""
    root = review.folder.resolve()
    records = _records(ReleaseWork(root, "", date.min, Git(root.parent)))
    others = (v for v, record in records.items() if VERSION.fullmatch(v) and record["registry"] != review.digest)
    newest = max(others, key=_order, default=None)
    return None if newest is None else (newest, records[newest]["commit"])


def previous_release(work: ReleaseWork) -> tuple[str, str] | None:
    """Return version and commit of the newest release that has a record."""
    records = _records(work)
    newest = max((v for v in records if VERSION.fullmatch(v)), key=_order, default=None)
    return None if newest is None else (newest, records[newest]["commit"])
