"""What goes wrong with services that speak JSON, by name: on the way as with any service, and inside the answers.

A service names the list that its answers are about; the lies are made of that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .faults import FAULTS, Reply

Fault = Callable[[Reply], Reply]

ON_THE_WAY = (
    "bad gateway", "server error", "unavailable", "page instead of data", "nothing", "reset", "cut", "cut chunk",
    "half", "half gzip", "corrupt bytes", "slow", "chunked",
)  # fmt: skip
LIES = ("empty list", "an item missing")  # well formed, and wrong
CONSISTENT = ("nothing found",)  # nothing shows that it is wrong, but that asking again gives another answer


def faults_of(*path: str, count: str, **more: Fault) -> dict[str, Fault]:
    """Return the faults of a service whose answers hold a list at a path, and beside it how long it is in all."""

    def with_items(change: Callable[[list[Any]], list[Any]], counted: bool) -> Fault:
        def spoil(reply: Reply) -> Reply:
            document = json.loads(reply.body) if reply.kind.startswith("application/json") else None
            holder = document
            for key in path[:-1]:
                holder = holder.get(key) if isinstance(holder, Mapping) else None
            if not isinstance(holder, dict) or not isinstance(holder.get(path[-1]), list):
                return reply
            before = len(holder[path[-1]])
            holder[path[-1]] = change(holder[path[-1]])
            place = document if count in document else holder
            if counted and count in place:
                place[count] -= before - len(holder[path[-1]])
            return replace(reply, body=json.dumps(document).encode())

        return spoil

    inside: dict[str, Fault] = {
        "empty list": with_items(lambda items: [], counted=False),
        "nothing found": with_items(lambda items: [], counted=True),
        "an item missing": with_items(lambda items: items[1:], counted=False),
        "items shuffled and doubled": with_items(lambda items: items[-1:] + items[::-1], counted=False),
        "keys reordered": _reordered,
        "not an object": lambda reply: replace(reply, body=b"[]"),
        "another document": lambda reply: replace(reply, body=b'{"hello": "world"}'),
        "nested without end": lambda reply: replace(reply, body=b'{"a":' * 100_000),
    }
    return {name: FAULTS[name] for name in ON_THE_WAY} | inside | more


def _reordered(reply: Reply) -> Reply:
    if not reply.kind.startswith("application/json"):
        return reply
    return replace(reply, body=json.dumps(json.loads(reply.body), sort_keys=True, indent=1).encode())


def said(status: int, body: bytes, kind: str = "text/plain") -> Fault:
    """Return a fault that says something in place of any answer."""
    return lambda reply: Reply(status, kind, body)
