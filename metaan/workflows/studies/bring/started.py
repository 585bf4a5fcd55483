"""The files of a new review before they are written, and their check."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import RegistryError, SourceError
from ....registry.load import load

if TYPE_CHECKING:
    from ....registry.load import Review


@dataclass(frozen=True, slots=True)
class NewReview:
    """The files of a new review by their place in its folder, and what its owner must know of them."""

    files: Mapping[str, str | bytes]
    said: tuple[str, ...] = ()


def checked(files: Mapping[str, str], source: Path) -> Review:
    """Return the review that the files of ``studies/`` are, which nobody has written yet.

    Raises
    ------
    SourceError
        A file has a mistake: one of what ``source`` says.
    """
    with tempfile.TemporaryDirectory() as folder:
        for place, text in files.items():
            target = Path(folder) / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            return load(Path(folder) / "studies")
        except RegistryError as error:
            lines = (f"{source}: {Path(p.file).stem}: {p.where}: {p.found}; {p.allowed}" for p in error.problems)
            raise SourceError("\n".join(lines)) from None
