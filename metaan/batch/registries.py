"""The analyses of a folder of reviews: what each protocol pools, by any methods, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UsageError
from ..registry.load import load
from ..stats.measures.effects import FloatArray
from ..synthesis.analyse import analyse
from ..synthesis.values import Pool
from .columns import RowTable


def rows_of_registries(folder: Path, measure: str) -> RowTable:
    """Return the effects of every pool of every analysis of the reviews in a folder.

    Parameters
    ----------
    folder
        Holds folders of reviews, at any depth; a review is where a ``review.yaml`` is.
    measure
        Only analyses of this measure; ``"GEN"``: all, each on its own analysis scale.

    Returns
    -------
    Rows
        Effects as the protocols take them; labels are the folder of the review and the key of the analysis
        (``bcg/tuberculosis``), the subgroup is that of the pool. A pool without effects is an analysis without rows.

    Raises
    ------
    UsageError
        There is no review, or none with such an analysis.
    RegistryError
        A review has mistakes: which file, which line.
    """
    found = [
        (f"{_name(file, folder)}/{analysis.plan.key}", pool)
        for file in sorted(folder.rglob("review.yaml"))
        for analysis in analyse(load(file.parent))
        if measure in ("GEN", analysis.measure)
        for pool in analysis.results
    ]
    if not found:
        raise UsageError(f"{folder}: no review.yaml in it, or below, with an analysis of {measure}")
    yi, vi, slabs, counts = [], [], [], []
    for _, pool in found:
        own = _effects(pool)
        counts.append(len(own))
        for y, v, label in own:
            yi.append(y)
            vi.append(v)
            slabs.append(label)
    at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    labels = (np.array([label for label, _ in found], dtype=object), np.array([p.name for _, p in found], dtype=object))
    return RowTable({"yi": _floats(yi), "vi": _floats(vi)}, at, *labels, np.array(slabs, dtype=object))


def _effects(pool: Pool) -> list[tuple[float, float, str]]:
    return [(row.yi, row.vi, row.study.id) for row in pool.rows if row.yi is not None and row.vi is not None]


def _floats(values: list[float]) -> FloatArray:
    return np.array(values, dtype=float)


def _name(file: Path, folder: Path) -> str:
    """Return the folder of a review, without that of its studies, as seen from the folder of all."""
    home = file.parent.parent if file.parent.name == "studies" else file.parent
    inside = home.relative_to(folder) if home.is_relative_to(folder) else Path()
    return inside.as_posix() if inside.parts else home.resolve().name
