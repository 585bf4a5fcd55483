"""Comparing versions of a review: two git revisions, one with the files as they are, or two folders.

The working tree is only read. The files of a revision are taken from git's store byte for byte into a folder that is
gone afterwards.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...comparison.difference import compare
from ...errors import Problem, RegistryError, SourceError
from ...registry.load import load
from ...registry.store.set_aside import faults, set_aside
from ...registry.text.files import MOST_BYTES
from ...report.changes.changes import changes_section
from ...report.writers.changes_text import changes_page
from ...version import __version__
from ..outputs import write_output

if TYPE_CHECKING:
    from ...comparison.difference import Difference
    from ...registry.load import Review

WORKING_TREE = "the working tree"
_FILE = re.compile(r"[^/]+\.ya?ml|(?:metadata|runs)/[^/]+\.json")  # what the registry reads, below its folder


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


@dataclass(frozen=True)
class Git:
    """git, asked about one folder."""

    folder: Path

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names."""
        self.run("rev-parse", "--show-prefix")
        status, out = 1, b""
        if "\0" not in revision and revision.strip():
            status, out, _ = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if status and revision == "HEAD":
            raise SourceError("this repository has no commit yet; allowed: git add studies && git commit first")
        if status:
            raise SourceError(
                f"{revision!r} is no revision of this repository; allowed: a commit, branch or tag, such as HEAD~1"
            )
        return out.decode().strip()

    def files(self, commit: str) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of every file of the registry, none larger than in a folder; links are not followed."""
        prefix = self.run("rev-parse", "--show-prefix").rstrip(b"\n")
        # From the top, so that a name that git would read as a pattern is the name of a folder and nothing else.
        listed = self.run(
            "--literal-pathspecs", "ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", os.fsdecode(prefix)
        )
        blobs: dict[str, bytes] = {}
        for entry in filter(None, listed.split(b"\0")):
            about, _, path = entry.partition(b"\t")
            mode, _, blob, size = about.split()
            name = os.fsdecode(path.removeprefix(prefix))
            if mode in (b"100644", b"100755") and _FILE.fullmatch(name):
                if int(size) > MOST_BYTES:
                    raise SourceError(f"{commit[:9]}:{name}: more than the {MOST_BYTES:,} bytes that are allowed")
                blobs[name] = blob
        yield from zip(blobs, self.contents(blobs.values()))

    def content(self, blob: bytes) -> bytes:
        """Return the bytes of a blob."""
        return next(self.contents([blob]))

    def contents(self, blobs: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the bytes of blobs, all of them from one process."""
        out, at = self.run("cat-file", "--batch", given=b"".join(blob + b"\n" for blob in blobs)), 0
        while at < len(out):
            head = out.index(b"\n", at)
            size = int(out[at:head].split()[-1])
            yield out[head + 1 : head + 1 + size]
            at = head + size + 2

    def run(self, *words: str, given: bytes = b"") -> bytes:
        """Return what git prints; what it refuses is an error with its words."""
        status, out, err = self.ask(*words, given=given)
        if status and "not a git repository" in err:
            raise SourceError(
                f"{self.folder} is in no git repository; allowed: git init and a commit, or --folders OLD NEW"
            )
        if status:
            raise SourceError(f"git: {err or f'{words[0]} failed'}")
        return out

    def ask(self, *words: str, given: bytes = b"") -> tuple[int, bytes, str]:
        """Return git's exit status, what it printed, and what it complained about."""
        program = shutil.which("git")
        if program is None:
            raise SourceError("git was not found; install it, or compare two folders with --folders OLD NEW")
        if not self.folder.is_dir():
            raise SourceError(f"{self.folder}: there is no such folder")
        done = subprocess.run(
            [program, *words], cwd=self.folder, input=given, capture_output=True, check=False, env=_environment()
        )
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def _environment() -> dict[str, str]:
    """Return the environment in which git speaks English and takes no lock for what it only reads."""
    return {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
