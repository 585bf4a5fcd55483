"""Starting a review: an empty, commented one, a copy of an example, or one that `bring` made of another file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import ConflictError, UsageError, choose
from ...registry.load import REVIEW
from ...registry.write import change, scaffold_review
from ...resources import example


def init(
    folder: Path,
    name: str,
    from_example: str | None = None,
    only: Sequence[str] = (),
    started: Mapping[str, str | bytes] | None = None,
) -> list[Path]:
    """Write a new review into ``folder``, which must not hold one.

    Parameters
    ----------
    folder
        Made when it is not there.
    name
        The review's name, for its title.
    from_example
        The name of a packaged example to copy instead.
    only
        Ids of the studies of the example that are copied; empty for all.
    started
        The files of a review that was made of something else, by their place.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ConflictError
        ``folder`` holds a studies/ folder with files in it.
    UsageError
        There is no such example, or it has no such study.
    """
    if only and not from_example:
        raise UsageError("a choice of studies belongs to an example; allowed: --example NAME --only ID ...")
    if started and from_example:
        raise UsageError("a review is made of a file or of an example; allowed: one of --from and --example")
    studies = folder / "studies"
    if studies.exists() and any(studies.iterdir()):
        raise ConflictError(f"{studies} is not empty; a new review needs a folder without one")
    made = started or (_copied(from_example, only) if from_example else scaffold_review(name))
    files = {**made, **ATTRIBUTES}
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        change(path, None, text.encode() if isinstance(text, str) else text)
    return [folder / place for place in files]


#: What git shall not mix line by line: a file is one clone's or the other's until `metaan merge` has made one of both.
ATTRIBUTES = {
    "studies/.gitattributes": """\
# Two clones that both ran commands: git merge, then metaan merge (docs: living.md).
decisions.jsonl merge=union
watermark.json -merge
candidates/*.jsonl -merge
candidates/*.json -merge
metadata/*.json -merge
runs/*.json -merge
raw/*.gz -merge
"""
}


def _copied(name: str, only: Sequence[str]) -> dict[str, str]:
    root = example(name)
    studies = {path.stem: path for path in sorted(root.glob("*.yaml")) if path.stem != REVIEW}
    left_out = studies.keys() - {choose(studies, one, "study").stem for one in only} if only else set()
    return {
        f"studies/{path.relative_to(root).as_posix()}": path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.stem not in left_out
    }
