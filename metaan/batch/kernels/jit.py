"""The one door to numba: compiled functions keep their types, and without numba there is a plain message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ...errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Return a function compiled by numba: without the lock of the interpreter, kept on disk, IEEE arithmetic.

    Nothing is reordered (no fastmath), and a division by 0 gives what numpy gives.
    """
    return cast(F, _njit()(cache=True, nogil=True, error_model="numpy")(function))


def _njit() -> Callable[..., Any]:
    try:
        from numba import njit
    except ImportError:
        raise UsageError("many analyses at once need numba and pyarrow; pip install 'metaan[batch]'") from None
    return cast(Callable[..., Any], njit)
