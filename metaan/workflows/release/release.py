"""A release of a review: what was published, of which registry and commit, with an annotated tag.

Everything is checked and made before anything is changed. The files are put in their places from a hidden folder beside
them, and the tag comes last; a release that was cut before it is undone, by itself or by the next one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...comparison.difference import compare
from ...errors import MetaanError, SourceError, UsageError
from ...registry.store.commit import locked
from ...registry.text.files import read, stay_inside
from ...registry.write import write_text
from ...report.changes.changes import changes_section
from ...report.writers.changes_text import changes_entry
from ...report.writers.export import to_json
from ...synthesis.analyse import analyse
from ...version import __version__
from ..git import Git
from ..publish.report import write_report
from ..run import REAL, Run
from ..versions.diff import load_revision
from ..versions.pending import flagged_studies
from ..versions.release_checks import RELEASES, VERSION, ReleaseWork, checked, previous_release, tag_name, tags_of

if TYPE_CHECKING:
    from ...registry.load import Review

_DONE = ".done"
_HEADING = re.compile(r"^## (?!\[?unreleased)", re.IGNORECASE | re.MULTILINE)
_HEAD = "# Changelog\n\nEvery release of this review, and what changed since the one before.\n"


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was made, or with ``dry_run`` would be.

    Attributes
    ----------
    record
        What ``releases/VERSION.json`` holds.
    entry
        What was added to the changelog of the review.
    files
        Where report, record and changelog are.
    tag
        None where none was wanted.
    notes
        What a person should know.
    """

    record: dict[str, Any]
    entry: str
    files: tuple[Path, ...]
    tag: str | None
    notes: tuple[str, ...] = ()


def release(
    folder: Path | str,
    version: str,
    *,
    tag: bool = True,
    dry_run: bool = False,
    run: Run = REAL,
) -> Release:
    """Release the review as it is committed.

    Parameters
    ----------
    folder
        The folder of review.yaml, in a git repository.
    version
        One to four numbers: ``"1.2"``. It must be newer than every release before.
    tag
        Whether to make an annotated tag.
    dry_run
        Check everything and write nothing.
    run
        Its day (UTC) is that of the release.

    Raises
    ------
    UsageError
        The version is none.
    ConflictError
        The release is refused; the message lists every reason. Or another run is at work.
    SourceError
        There is no git, or it refuses the tag; nothing was left behind.
    """
    if not VERSION.fullmatch(version):
        raise UsageError(f"version {version!r}; allowed: one to four numbers with points, such as 1.2")
    root = Path(folder).resolve()
    work = ReleaseWork(root, version, run.now().date(), Git(root.parent))
    with nullcontext() if dry_run else locked(root, "metaan release"):
        if not dry_run:
            undo_cut(root)
        review, commit = checked(work)
        previous = previous_release(work)
        made = _made(work, review, commit, previous, tag)
        if not dry_run:
            _put(work, review, made)
    return made


def _made(work: ReleaseWork, review: Review, commit: str, previous: tuple[str, str] | None, tag: bool) -> Release:
    """Return the release with everything but its report."""
    name = tag_name(review, work.version) if tag else None
    record = {
        "version": work.version,
        "date": work.day.isoformat(),
        "title": review.info.title,
        "tag": name,
        "commit": commit,
        "registry": review.digest,
        "metaan": __version__,
        "previous": previous[0] if previous else None,
        "studies": sum(study.status.state == "included" for study in review.studies),
        "decisions": list(_decided(review)),
        "analyses": [_result(analysis) for analysis in to_json(analyse(review))["analyses"]],
    }
    said = review.info.version
    notes = (
        (f"review.yaml says version {said}, the release is {work.version}",) if said not in (None, work.version) else ()
    )
    return Release(record, _entry(work, review, record, previous), tuple(work.places.values()), name, notes)


def _decided(review: Review) -> Iterator[dict[str, Any]]:
    for flag in flagged_studies(review):
        if flag.decision is not None:
            notice = {"study": flag.study.id, "flagged_by": flag.by, "notice": flag.notice}
            yield notice | flag.decision.model_dump(mode="json")


def _result(analysis: dict[str, Any]) -> dict[str, Any]:
    """Return what a record keeps of an analysis: every pooled result, and which studies are in it."""
    kept = ("id", "outcome", "measure", "level", "k", "common", "random", "warnings")
    pools = [{key: pool[key] for key in ("name", "k", "common", "random")} for pool in analysis["subgroups"]]
    ids = [study["id"] for study in analysis["studies"]]
    return {key: analysis[key] for key in kept} | {"studies": ids, "subgroups": pools}


def _entry(work: ReleaseWork, review: Review, record: dict[str, Any], previous: tuple[str, str] | None) -> str:
    """Return the entry of the changelog: what `metaan diff` says against the release before."""
    head = f"## {work.version} - {work.day.isoformat()}"
    made = f"Registry `{review.digest[:12]}`, commit `{record['commit'][:9]}`, metaan {__version__}"
    if previous is None:
        first = f"- The first release: {record['studies']} studies included, {len(record['analyses'])} analyses."
        return f"{head}\n\n{made}.\n\n{first}\n"
    version, commit = previous
    try:
        before = load_revision(work.folder, commit)
    except MetaanError as error:
        raise SourceError(f"release {version} (commit {commit[:9]}) cannot be compared with: {error}") from None
    changes = changes_section(compare(before, review, version, work.version))
    return f"{head}\n\n{made}; compared with {version}.\n\n{changes_entry(changes)}\n"


def _with_entry(text: str, entry: str) -> str:
    """Return a changelog with a new entry above the older ones, below what is not released."""
    found = _HEADING.search(text)
    at = found.start() if found else len(text)
    head = text[:at].rstrip("\n")
    return f"{head}\n\n{entry}" + (f"\n{text[at:]}" if found else "")


def _put(work: ReleaseWork, review: Review, made: Release) -> None:
    """Stage everything, put it in its places, tag; whatever happens before the tag is there leaves nothing."""
    staged = work.project / RELEASES / f".{work.version}"
    try:
        _stage(work, review, made, staged)
        for name, path in work.places.items():
            # The copy is made in the hidden folder, so that a cut one is not left among the files of the project.
            write_text(staged / "copy", (staged / name).read_bytes().decode())
            (staged / "copy").replace(path)
        if made.tag is not None:
            report = f"Report: SHA-256 {made.record['report']['sha256']}"
            message = f"{review.info.title}, version {work.version}\n\n{made.entry}\n{report}\n"
            words = ("tag", "-a", "--cleanup=verbatim", "-F", "-", "--", made.tag, made.record["commit"])
            work.git.run(*words, given=message.encode())
    except BaseException:
        _undo(work, made.tag, staged)
        raise
    _forget(staged)


def _forget(staged: Path) -> None:
    """Remove the hidden folder; its new name says that nothing in it is to be undone any more."""
    done = staged.with_name(f"{staged.name}{_DONE}")
    shutil.rmtree(done, ignore_errors=True)
    staged.rename(done)
    shutil.rmtree(done)


def _stage(work: ReleaseWork, review: Review, made: Release, staged: Path) -> None:
    """Write every file whole into the hidden folder, and what the changelog was before."""
    stay_inside(staged, work.project)
    staged.mkdir(parents=True)
    (staged / ".gitignore").write_text("*\n", encoding="utf-8")
    write_text(staged / "tag", made.tag or "")
    changelog = work.places["changelog.md"]
    before = changelog.read_bytes().decode() if changelog.exists() else None
    if before is not None:
        shutil.copyfile(changelog, staged / "before.md")
    report = write_report(review, staged / "report.html")
    made.record["report"] = {
        "file": f"{RELEASES}/{work.version}.html",
        "sha256": hashlib.sha256(report.read_bytes()).hexdigest(),
    }
    write_text(staged / "changelog.md", _with_entry(before or _HEAD, made.entry))
    write_text(staged / "record.json", json.dumps(made.record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def undo_cut(folder: Path | str) -> None:
    """Undo releases that were cut before their tag, and tidy up after those that were cut behind it."""
    root = Path(folder).resolve()
    for staged in sorted((root.parent / RELEASES).glob(".*")):
        version = staged.name[1:]
        if version.endswith(_DONE):
            shutil.rmtree(staged, ignore_errors=True)
        if staged.is_dir() and VERSION.fullmatch(version):
            work = ReleaseWork(root, version, date.min, Git(root.parent))
            tag = staged / "tag"
            _undo(work, read(tag, root.parent).decode() if tag.exists() else None, staged)


def _undo(work: ReleaseWork, tag: str | None, staged: Path) -> None:
    """Take back what was put in its place, unless the tag is there; what somebody changed since stays."""
    if not (tag and tag in tags_of(work)):
        for name, path in work.places.items():
            if (staged / name).exists() and path.exists() and path.read_bytes() == (staged / name).read_bytes():
                before = staged / "before.md"
                before.replace(path) if name == "changelog.md" and before.exists() else path.unlink()
    shutil.rmtree(staged, ignore_errors=True)
    with suppress(OSError):
        staged.parent.rmdir()  # only where it is empty
