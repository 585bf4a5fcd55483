"""Finding the project that a command works on."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import RegistryError, UsageError

STUDIES = "studies"


def studies_folder(args: Namespace) -> Path:
    """Return the studies/ folder of ``--project``, or of the nearest folder above that has one.

    Raises
    ------
    UsageError
        There is none.
    """
    if args.project is not None:
        return _swept(_given(Path(args.project)))
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / STUDIES / "review.yaml").is_file():
            return _swept(folder / STUDIES)
    raise UsageError(
        f"no {STUDIES}/review.yaml in {here} or above; "
        "start a review with `metaan init NAME`, or name one with --project DIR"
    )


def _swept(studies: Path) -> Path:
    """Remove what commands that were killed have left where commands write."""
    from ..registry.text.atomic import sweep

    metadata = studies / "metadata"
    for folder in (studies, metadata, metadata / "ctgov", studies.parent, studies.parent / "outputs"):
        sweep(folder)
    return studies


def _given(folder: Path) -> Path:
    if (folder / STUDIES).is_dir():
        return folder / STUDIES
    raise UsageError(f"--project {folder}: there is no {STUDIES}/ folder in it")


def problems_as_text(error: RegistryError) -> str:
    """Return one line a problem and their number."""
    n = len(error.problems)
    return f"{error}\n{n} problem{'s' if n != 1 else ''} found; nothing was written"
