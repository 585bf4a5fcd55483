"""Columns by their names: ``effect_sizes("OR", data=frame, ai="events", n1i="people", ...)``.

A frame is whatever gives a column for a name: a pandas or polars frame, an Arrow table, a structured array, a dict of
lists. No such library is imported here. A function of columns takes them so by the decorator `takes_names`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

from ...errors import UsageError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


def takes_names(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function take ``data``, and its columns (whatever it takes beside its options) and ``slab`` as names."""
    own = signature(function).parameters.values()
    options = {one.name for one in own if one.kind is not Parameter.VAR_KEYWORD} - {"slab"}

    @wraps(function)
    def named(*args: P.args, **given: P.kwargs) -> R:
        data = given.pop("data", None)
        return function(*args, **dict[str, Any](by_name(data, given, options)))

    return named


def by_name(data: Any, given: Mapping[str, Any], options: Collection[str] = ()) -> dict[str, Any]:
    """Return arguments in which a name of a column of ``data`` is replaced by the column.

    Parameters
    ----------
    data
        What gives a column for its name; None where nothing was given.
    given
        The arguments by their names; a text is the name of a column.
    options
        Names of the arguments that are no columns, and stay as they are.

    Raises
    ------
    UsageError
        There is no such column, or a name without ``data``.

    Examples
    --------
    >>> by_name({"events": [3, 5]}, {"ai": "events", "n1i": [20, 30]})
    {'ai': [3, 5], 'n1i': [20, 30]}
    """
    return {
        key: _column(data, key, value) if isinstance(value, str) and key not in options else value
        for key, value in given.items()
    }


def _column(data: Any, argument: str, name: str) -> Any:
    if data is None:
        raise UsageError(
            f"{argument} = {name!r} is the name of a column; allowed: values, or data= that has the column"
        )
    if name not in (known := _names(data)):
        raise UsageError(f"{argument}: data has no column {name!r}; {did_you_mean(name, known)}")
    return data[name]


def _names(data: Any) -> list[str]:
    """Return the names of the columns of a frame, a table, a structured array or a mapping."""
    fields = getattr(getattr(data, "dtype", None), "names", None)
    known = (fields, getattr(data, "column_names", None), getattr(data, "columns", None))
    names = next((found for found in known if found is not None), data)
    if not isinstance(names, Iterable):
        raise UsageError(f"data is a {type(data).__name__}; allowed: a frame, a table, or a dict of columns")
    return [str(name) for name in names]
