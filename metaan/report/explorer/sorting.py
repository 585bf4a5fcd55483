"""The orders of a forest plot that the page offers where its script cannot pool: sorting needs no computing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..drawing.layout import layout
from ..forest.order import KEYS, sort
from ..forest.plot import Plot

if TYPE_CHECKING:
    from ...synthesis.values import Analysis


def sortable(plot: Plot, analysis: Analysis) -> dict[str, Any]:
    """Return the rows of a plot as they are drawn, and the places of all rows in each order that can be asked for.

    An order that can place no study, such as that by risk of bias where nothing was judged, is left out.

    >>> import metaan as ma
    >>> from metaan.report.forest.forest import Arms, forest
    >>> [failure] = ma.analyse(ma.load(ma.example("anakinra")), ["clinical-failure"])
    >>> sortable(forest(failure, Arms("anakinra", "usual care")), failure)["orders"]["year"]
    [0, 1, 2, 3, 4, 5, 6]
    """
    if max((len(pool.rows) for pool in analysis.pools), default=0) < 2:
        return {}
    rows = [
        {"top": round(group.top, 2), "bottom": round(group.bottom, 2), "drawn": bool(group.items)}
        | {"spacer": group.row.kind == "spacer"}
        for group in layout(plot).groups
    ]
    known = {code: name for code, name in ORDERS.items() if any(KEYS[name](row) is not None for row in analysis.rows)}
    return {"rows": rows, "orders": {code: list(_order(plot, analysis, name)) for code, name in known.items()}}


def _order(plot: Plot, analysis: Analysis, key: str) -> Iterable[int]:
    """Yield the places of all rows, with the studies of each block in another order."""
    places = range(len(plot.rows))
    for (kind, pool), run in groupby(places, key=lambda at: (plot.rows[at].kind, plot.rows[at].place)):
        if kind != "study" or pool is None:
            yield from run
            continue
        rows = analysis.pools[pool].rows
        listed = sort(rows, analysis.plan.plot.sort)
        at = {id(row): place for row, place in zip(listed, run, strict=True)}
        yield from (at[id(row)] for row in sort(rows, key))


#: The page's word for an order, as it stands in an address, and its name in `metaan.report.forest.order`.
ORDERS = {**{name: name for name in KEYS if name != "risk of bias"}, "bias": "risk of bias"}
