"""Which reader a file has, by its ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ....errors import SourceError
from .revman import start_from_package, start_from_revman_5
from .started import NewReview


def start_from(path: Path, name: str) -> NewReview:
    """Return the files of a new review that is made of one of another program.

    Parameters
    ----------
    path
        A file whose ending is in `READERS`, or a folder.
    name
        The review's name, where the file has none.

    Raises
    ------
    SourceError
        The file cannot be read, or what it says cannot be.
    """
    ending = FOLDER if path.is_dir() else path.suffix.lower()
    if ending not in READERS:
        raise SourceError(f"{path}: a file ending in {ending or 'nothing'}; allowed: {', '.join(READERS)}")
    return READERS[ending](path, name)


FOLDER = "a folder"

#: Ending of a file to what makes a review of it.
READERS: dict[str, Callable[[Path, str], NewReview]] = {
    ".rm5": start_from_revman_5,
    ".zip": start_from_package,
    FOLDER: start_from_package,
}
