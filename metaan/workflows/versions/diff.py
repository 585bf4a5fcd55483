"""Comparing versions of a review: two git revisions, one with the files as they are, or two folders.

The working tree is only read. The files of a revision are taken from git's store byte for byte into a folder that is
gone afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...comparison.difference import compare
from ...errors import Problem, RegistryError, SourceError
from ...registry.load import load
from ...registry.store.set_aside import faults, set_aside
from ...report.changes.changes import changes_section
from ...report.writers.changes_text import changes_page
from ...version import __version__
from ..git import Git
from ..outputs import write_output

if TYPE_CHECKING:
    from ...comparison.difference import Difference
    from ...registry.load import Review

WORKING_TREE = "the working tree"


def compare_folders(old: Path | str, new: Path | str) -> Difference:
    """Compare the reviews of two folders.

    Parameters
    ----------
    old, new
        The folders of review.yaml, or the projects that hold them as ``studies``.

    Raises
    ------
    RegistryError
        One of them does not hold a review, or holds mistakes.
    """
    return compare(load(_studies(Path(old))), load(_studies(Path(new))), str(old), str(new))


def _studies(folder: Path) -> Path:
    inside = folder / "studies"
    return inside if not (folder / "review.yaml").is_file() and inside.is_dir() else folder


def compare_revisions(folder: Path | str, old: str = "HEAD", new: str | None = None) -> Difference:
    """Compare the review of a folder at one git revision with another, or with the files as they are.

    Parameters
    ----------
    folder
        The folder of review.yaml, in a git repository.
    old, new
        Revisions as git understands them; ``new`` is the working tree when not given.

    Raises
    ------
    SourceError
        There is no git, no repository, no such revision, or the folder does not exist in it.
    RegistryError
        The registry holds mistakes; those of a revision are named ``REVISION:studies/...``.
    """
    root = Path(folder)
    before, old_name = load_revision(root, old), _name(root, old)
    if new is None:
        return compare(before, load(root), old_name, WORKING_TREE)
    return compare(before, load_revision(root, new), old_name, _name(root, new))


def _name(folder: Path, revision: str) -> str:
    """Return a revision with the commit that it names today."""
    commit = Git(folder.resolve()).commit(revision)
    return revision if commit.startswith(revision) else f"{revision} ({commit[:9]})"


def write_changes(difference: Difference, path: Path | str) -> Path:
    """Write what changed as one self-contained HTML page, whole or not at all, and return where.

    The ``templates`` of the new version's project replace the packaged ones.
    """
    project = difference.new.folder.resolve().parent
    own = project / "templates"
    page = changes_page(changes_section(difference), version=__version__, templates=own if own.is_dir() else None)
    return write_output(Path(path), page.encode(), project)


def load_revision(folder: Path | str, revision: str) -> Review:
    """Load the review of a folder as it was at a git revision.

    Raises
    ------
    SourceError, RegistryError
        As in `compare_revisions`.
    """
    root = Path(folder).resolve()
    git = Git(root)
    commit = git.commit(revision)
    files = dict(git.files(commit))
    if not files:
        raise SourceError(f"{revision}: there is no {root.name}/ with YAML files in that revision")
    with tempfile.TemporaryDirectory(prefix="metaan-") as scratch:
        copy = Path(scratch) / root.name
        for name, raw in files.items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)

        def named(problems: Iterable[Problem]) -> list[Problem]:
            return [replace(p, file=f"{revision}:{_relative(p.file, Path(scratch))}") for p in problems]

        try:
            with faults() as found:
                review = load(copy)
        except RegistryError as error:
            raise RegistryError(named(error.problems)) from None
        set_aside(named(found))
        return replace(review, folder=root)


def _relative(file: str, scratch: Path) -> str:
    path = Path(file)
    return path.relative_to(scratch).as_posix() if path.is_relative_to(scratch) else file
