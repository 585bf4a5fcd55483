"""Values in the order in which they came, kept on disk: a run may find more records than it should hold in memory."""

from __future__ import annotations

import io
import pickle
import tempfile
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class _Packer(pickle.Pickler):
    """Writes a dataclass as a call with its values; what Python does for frozen ones with slots takes long."""

    def reducer_override(self, value: Any) -> Any:
        """Return how a value is made again."""
        kind: Any = type(value)
        names = _names(kind)
        return (kind, tuple(getattr(value, name) for name in names)) if names else NotImplemented


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


class DiskList(Sequence[T], Generic[T]):
    """A sequence that grows, in a file without a name: nobody else can write to it, and it goes with the process.

    Parameters
    ----------
    folder
        Where the file is; the system's folder for such files may itself be in memory.
    """

    def __init__(self, folder: Path | str) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed on leaving
        self._ends = array("Q", [0])

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Forget everything."""
        self._file.close()

    def extend(self, values: Iterable[T]) -> None:
        """Add values at the end."""
        end = self._file.seek(self._ends[-1])
        for value in values:
            packed = io.BytesIO()
            _Packer(packed, protocol=5).dump(value)
            end += self._file.write(packed.getbuffer())
            self._ends.append(end)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        """Return a value as it was added: equal to it, and another object."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        start, end = self._ends[at], self._ends[at + 1]
        self._file.seek(start)
        value: T = pickle.loads(self._file.read(end - start))  # noqa: S301 - our own, a moment ago
        return value

    def __len__(self) -> int:
        return len(self._ends) - 1
