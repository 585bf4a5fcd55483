"""git, asked in one place: which commit, what it holds, who signs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceError
from ..registry.text.files import MOST_BYTES

SECONDS = 120  # a busy machine is slow
_FILE = re.compile(r"[^/]+\.ya?ml|(?:metadata|runs)/[^/]+\.json")  # what the registry reads, below its folder


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

    def last_change(self) -> str:
        """Return the last commit that changed the folder, and whether its files differ; empty outside of git."""
        try:
            found = self.run("log", "-1", "--format=%H", "--", ".").decode().strip()
            changed = self.run("status", "--porcelain", "--", ".") if found else b""
        except SourceError:
            return ""
        return f"{found}, with changes that are not committed" if changed else found

    def user(self) -> str:
        """Return the name that git signs with; empty where there is none."""
        try:
            return self.ask("config", "user.name")[1].decode(errors="replace").strip()
        except SourceError:
            return ""

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
        # It speaks English, and takes no lock for what it only reads.
        env = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            done = subprocess.run(
                [program, *words], cwd=self.folder, input=given, capture_output=True, env=env, timeout=SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(f"git: {error}") from None
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()
