"""What changed since the version before: for the report, from git and the records of the releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...comparison.difference import compare
from ...errors import MetaanError
from ...report.changes.changes import changes_section
from .diff import load_revision
from .release_checks import release_before

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...report.changes.view import ChangesView

THIS = "this version"


def changes_since(review: Review, revision: str | None = None) -> ChangesView | str | None:
    """Return what changed since a git revision, or since the last release of another registry than this.

    So the report of a released version stays the same when it is written again.

    Parameters
    ----------
    review
        The registry as it is now.
    revision
        What git understands; None for the last release.

    Returns
    -------
    ChangesView, str or None
        None where there is no release before; why not, where that release cannot be read any more.

    Raises
    ------
    SourceError, RegistryError
        The revision that was asked for cannot be read.
    """
    if revision is not None:
        return _changes(review, revision, revision)
    found = release_before(review)
    if found is None:
        return None
    version, commit = found
    try:
        return _changes(review, commit, f"the last version, {version}")
    except MetaanError as error:
        return f"Version {version} (commit {commit[:9]}) cannot be compared with: {error}"


def _changes(review: Review, revision: str, name: str) -> ChangesView:
    return changes_section(compare(load_revision(review.folder, revision), review, name, THIS))
