"""Values as the text of a YAML file: a line each as far as lines are short, blocks where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .edit import flow_text

_LONGEST = 110  # characters of a line before it becomes a block


def block_text(values: Mapping[str, Any]) -> str:
    """Return a mapping as the text of a file; keys whose value is None or empty are left out.

    >>> print(block_text({"id": "doe", "pmid": None, "arms": [{"id": "a", "n": 1}]}), end="")
    id: doe
    arms:
      - {id: a, n: 1}
    """
    return "".join(f"{line}\n" for line in _lines(_without_empty(values), 0))


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner is not None and inner != "" and inner != {}}
    if isinstance(value, list | tuple):
        return [_without_empty(inner) for inner in value] or None
    return value


def _lines(values: Mapping[str, Any], column: int) -> Iterator[str]:
    for key, value in values.items():
        line = f"{' ' * column}{flow_text({key: value})[1:-1]}"
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            yield f"{' ' * column}{key}:"
            for item in value:
                yield from _item(item, column + 2)
        elif isinstance(value, Mapping) and (len(line) > _LONGEST or column == 0):
            yield f"{' ' * column}{key}:"
            yield from _lines(value, column + 2)
        else:
            yield line


def _item(item: Mapping[str, Any], column: int) -> Iterator[str]:
    line = f"{' ' * column}- {flow_text(item)}"
    if len(line) <= _LONGEST and not any(isinstance(value, Mapping) for value in item.values()):
        yield line
        return
    first, *more = _lines(item, column + 2)
    yield f"{' ' * column}- {first[column + 2 :]}"
    yield from more
