"""``studies/numbers.json``: what the last second opinion about the results said, of which registry and when."""

from __future__ import annotations

from pathlib import Path

from ..model.types import Day, Entry
from ..text.files import project_of
from .json_files import bytes_of, parsed

FILE = "numbers.json"


class SecondOpinion(Entry):
    """How far results are from those of another program.

    Attributes
    ----------
    on, registry
        The day, and the SHA-256 of the registry that was compared.
    metaan, statsmodels
        The versions.
    compared
        How many results.
    apart
        Those that differ by more than rounding and not for a known reason, in words.
    known
        Those that differ for a known reason, in words.
    furthest
        The largest relative difference among the others.
    """

    on: Day
    registry: str
    metaan: str
    statsmodels: str
    compared: int
    apart: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    furthest: float = 0.0


def last_opinion(folder: Path) -> SecondOpinion | None:
    """Return the last second opinion of a registry; None where nobody asked for one.

    Raises
    ------
    RegistryError
        The file is damaged.
    """
    try:
        raw = bytes_of(folder / FILE, project_of(folder))
    except FileNotFoundError:
        return None
    return parsed(folder / FILE, raw, SecondOpinion, "metaan check --numbers writes it anew")
