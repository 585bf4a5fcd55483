"""metaan: living evidence synthesis.

The map: `stats` holds the numbers, `registry` the studies, `sources` the outside world, `synthesis` puts a study into
an array, `report` draws. Public names are imported when they are first used, so that ``import metaan`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .stats.effects import EffectSizes as EffectSizes
    from .stats.effects import Interval as Interval
    from .stats.measures import effect_sizes as effect_sizes
    from .stats.pooling import Pooled as Pooled
    from .stats.pooling import pool as pool
    from .stats.stratified import mantel_haenszel as mantel_haenszel
    from .stats.subgroups import Subgroups as Subgroups
    from .stats.subgroups import between_groups as between_groups
    from .stats.subgroups import subgroups as subgroups

_WHERE = {
    "EffectSizes": "stats.effects",
    "Interval": "stats.effects",
    "Pooled": "stats.pooling",
    "Subgroups": "stats.subgroups",
    "between_groups": "stats.subgroups",
    "effect_sizes": "stats.measures",
    "mantel_haenszel": "stats.stratified",
    "pool": "stats.pooling",
    "subgroups": "stats.subgroups",
}

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'metaan' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
