"""Starting a review: an empty, commented one, or a copy of an example."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConflictError
from ..registry.write import scaffold_review, write_text
from ..resources import example


def init(folder: Path, name: str, from_example: str | None = None) -> list[Path]:
    """Write a new review into ``folder``, which must not hold one.

    Parameters
    ----------
    folder
        Made when it is not there.
    name
        The review's name, for its title.
    from_example
        The name of a packaged example to copy instead.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ConflictError
        ``folder`` holds a studies/ folder with files in it.
    """
    studies = folder / "studies"
    if studies.exists() and any(studies.iterdir()):
        raise ConflictError(f"{studies} is not empty; a new review needs a folder without one")
    files = _copied(from_example) if from_example else scaffold_review(name)
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return [folder / place for place in files]


def _copied(name: str) -> dict[str, str]:
    root = example(name)
    return {
        f"studies/{path.relative_to(root).as_posix()}": path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
