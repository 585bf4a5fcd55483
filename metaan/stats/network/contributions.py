"""How much each direct comparison, and each study, contributes to each comparison of a network.

Evidence flows from one treatment to the other along direct comparisons (the hat matrix is this flow: Koenig, Krahn &
Binder 2013); what flows along a path counts for the edges of the path alike. To add a way to cut the flow into paths: a
function from a `Flow` to the contributions of its edges, and an entry in `CONTRIBUTION_METHODS`.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, choose
from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from .contrasts import Codes, place
from .fit import Fitted

if TYPE_CHECKING:
    import pandas as pd

#: A flow below this is rounding.
LEAST_FLOW = 1e-10


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contributions(ShowsItself):
    """Shares of direct comparisons in network estimates; each row sums to 1.

    Attributes
    ----------
    model, method
        As they were asked for.
    rows, columns
        The comparisons that are estimated and those that are observed, as pairs of treatments.
    shares
        Shape (rows, columns).
    studies
        The labels of the k studies.
    study_shares
        Shape (rows, k): the same by study; a study has of a direct comparison what it has of its weight.
    """

    model: str
    method: str
    rows: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    shares: FloatArray
    studies: tuple[str, ...]
    study_shares: FloatArray

    def of(self, treatment1: str, treatment2: str) -> dict[tuple[str, str], float]:
        """Return the shares of direct comparisons in one comparison, the largest first."""
        return self._sorted(self.columns, self.shares[self._row(treatment1, treatment2)])

    def of_studies(self, treatment1: str, treatment2: str) -> dict[str, float]:
        """Return the shares of studies in one comparison, the largest first."""
        return self._sorted(self.studies, self.study_shares[self._row(treatment1, treatment2)])

    def by(self, groups: Mapping[str, str]) -> dict[tuple[str, str], dict[str, float]]:
        """Return for each comparison the shares of groups of studies, such as their risk of bias (as CINeMA takes it).

        Raises
        ------
        DataError
            A study without a group.
        """
        for study in self.studies:
            if study not in groups:
                raise DataError(
                    f"study {study!r} has no group; allowed: a group for each of {len(self.studies)} studies"
                )
        names = list(dict.fromkeys(groups[study] for study in self.studies))
        member = np.array([[groups[study] == name for name in names] for study in self.studies], dtype=float)
        return {pair: dict(zip(names, row)) for pair, row in zip(self.rows, (self.study_shares @ member).tolist())}

    def _row(self, a: str, b: str) -> int:
        for pair in ((a, b), (b, a)):
            if pair in self.rows:
                return self.rows.index(pair)
        raise DataError(f"{a!r} against {b!r} has no contributions here; allowed: a pair of treatments of rows")

    @staticmethod
    def _sorted(names: Sequence[Any], shares: FloatArray) -> dict[Any, float]:
        order = np.argsort(-shares, kind="stable")
        return {names[i]: float(shares[i]) for i in order if shares[i] > 0}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a comparison, one column a direct comparison."""
        import pandas as pd

        return pd.DataFrame(self.shares, list(map(":".join, self.rows)), list(map(":".join, self.columns)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "model": self.model, "method": self.method, "rows": [list(pair) for pair in self.rows],
            "columns": [list(pair) for pair in self.columns], "shares": self.shares.tolist(),
            "studies": list(self.studies), "study_shares": self.study_shares.tolist(),
        }  # fmt: skip

    def __repr__(self) -> str:
        head = f"Contributions, {self.model} effects, {self.method}"
        lines = []
        for a, b in self.rows[:40]:
            first = list(self.of(a, b).items())[:4]
            lines.append(f"  {a} vs {b}: " + ", ".join(f"{x}:{y} {100 * share:.1f}%" for (x, y), share in first))
        return "\n".join([head, *lines])


@dataclass(frozen=True, slots=True)
class Flow:
    """Evidence that flows from one treatment to another: ``out[t]`` has what leaves t, by where it goes.

    It has no circle, as it goes from a higher to a lower ``potential``. ``order`` has the treatments as they come first
    in the list of edges, tail before head: of two paths of one length that of the earlier treatments is taken, as
    netmeta does.
    """

    source: int
    sink: int
    out: dict[int, dict[int, float]]
    order: dict[int, int]
    potential: FloatArray


def contributions(
    fitted: Fitted, model: str, method: str, comparisons: Sequence[tuple[str, str]] | None
) -> Contributions:
    """Return the contributions to all comparisons, or to those that are named."""
    cut, solved, c = choose(CONTRIBUTION_METHODS, method, "method"), fitted.model(model), fitted.contrasts
    weights = _weights(fitted, solved.tau2)
    i, j = np.nonzero(np.triu(_observed(fitted)))
    pairs = _asked(c.treatments, comparisons)
    shares = np.zeros((len(pairs), i.size))
    at = {(int(a), int(b)): column for column, (a, b) in enumerate(zip(i, j))}
    for row, (a, b) in enumerate(pairs):
        for (u, v), share in cut(_flow(solved.vcov, weights, i, j, a, b)).items():
            shares[row, at[min(u, v), max(u, v)]] += share
    names = c.treatments
    return Contributions(
        model, method, tuple((names[a], names[b]) for a, b in pairs), tuple((names[a], names[b]) for a, b in at),
        shares, c.studies, shares @ _study_parts(fitted, solved.tau2, i, j),
    )  # fmt: skip


def _asked(names: tuple[str, ...], comparisons: Sequence[tuple[str, str]] | None) -> list[tuple[int, int]]:
    if comparisons is None:
        return [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    return [(place(names, a), place(names, b)) for a, b in comparisons]


def _observed(fitted: Fitted) -> FloatArray:
    c = fitted.contrasts
    seen = np.zeros((c.n, c.n))
    seen[c.t1, c.t2] = seen[c.t2, c.t1] = 1.0
    return seen


def _weights(fitted: Fitted, tau2: float) -> FloatArray:
    """Return the weight of each direct comparison, multi-arm studies reduced: off the diagonal of the Laplacian."""
    return -fitted.rows.laplacian(1.0 / (fitted.rows.vi + tau2))


def _study_parts(fitted: Fitted, tau2: float, i: Codes, j: Codes) -> FloatArray:
    """Return which part of the weight of each direct comparison each study has, shape (comparisons, k)."""
    rows, k = fitted.rows, len(fitted.contrasts.studies)
    edge = np.full((rows.n, rows.n), -1)
    edge[i, j] = np.arange(i.size)
    cells = edge[rows.at[:, :, None], rows.at[:, None, :]]
    parts = -rows.load[:, :, None] * rows.load[:, None, :] / (rows.vi + tau2)[:, None, None]
    where = cells * k + rows.study[:, None, None]
    inside = cells >= 0
    out = np.bincount(where[inside], parts[inside], i.size * k).reshape(i.size, k)
    return np.asarray(out / out.sum(axis=1, keepdims=True))


def _flow(vcov: FloatArray, weights: FloatArray, i: Codes, j: Codes, a: int, b: int) -> Flow:
    """Return the flow of a comparison: a row of the hat matrix, with its edges turned to where they flow."""
    potential = vcov[a] - vcov[b]
    through = weights[i, j] * (potential[i] - potential[j])
    out: dict[int, dict[int, float]] = {}
    order: dict[int, int] = {}
    for u, v, f in zip(i.tolist(), j.tolist(), through.tolist()):
        if abs(f) > LEAST_FLOW:
            (tail, head) = (u, v) if f > 0 else (v, u)
            out.setdefault(tail, {})[head] = abs(f)
            for t in (tail, head):
                order.setdefault(t, len(order))
    return Flow(a, b, out, order, potential)


def shortest_paths(flow: Flow) -> dict[tuple[int, int], float]:
    """Take out paths, the shortest first, each as wide as its narrowest edge (Papakonstantinou et al. 2018)."""
    left = {u: dict(heads) for u, heads in flow.out.items()}
    shares: dict[tuple[int, int], float] = {}
    while (path := _shortest(left, flow)) is not None:
        edges = list(itertools.pairwise(path))
        amount = min(left[u][v] for u, v in edges)
        for u, v in edges:
            shares[u, v] = shares.get((u, v), 0.0) + amount / len(edges)
            left[u][v] -= amount
            if left[u][v] <= LEAST_FLOW:
                del left[u][v]
    return shares


def _shortest(left: dict[int, dict[int, float]], flow: Flow) -> list[int] | None:
    """Return a path of fewest edges; of several the one whose treatments come first in the order."""
    came = {flow.source: flow.source}
    queue = deque([flow.source])
    while queue:
        u = queue.popleft()
        for v in sorted(left.get(u, ()), key=flow.order.__getitem__):
            if v not in came:
                came[v] = u
                queue.append(v)
        if flow.sink in came:
            path = [flow.sink]
            while path[-1] != flow.source:
                path.append(came[path[-1]])
            return path[::-1]
    return None


def random_walk(flow: Flow) -> dict[tuple[int, int], float]:
    """Walk from treatment to treatment in proportion to what flows on (Davies et al. 2022): no path is preferred.

    Exact: for each edge the chance to come there in k steps, times that of l steps from there on, over their length.
    """
    order = sorted(flow.out, key=lambda u: -flow.potential[u])
    size = len(order) + 2
    chance = {u: {v: f / sum(heads.values()) for v, f in heads.items()} for u, heads in flow.out.items()}
    to, rest = {flow.source: np.eye(1, size)[0]}, {flow.sink: np.eye(1, size)[0]}
    for u in order:
        for v, p in chance[u].items():
            to[v] = to.get(v, np.zeros(size)) + p * np.roll(to.get(u, np.zeros(size)), 1)
    for u in reversed(order):
        rest[u] = sum((p * np.roll(rest[v], 1) for v, p in chance[u].items() if v in rest), np.zeros(size))
    length = 1.0 + np.arange(size)[:, None] + np.arange(size)[None, :]
    return {
        (u, v): float(p * np.sum(np.outer(to[u], rest[v]) / length))
        for u in order if u in to for v, p in chance[u].items() if v in rest
    }  # fmt: skip


#: How a flow is cut into paths, under netmeta's names.
CONTRIBUTION_METHODS: dict[str, Callable[[Flow], dict[tuple[int, int], float]]] = {
    "shortestpath": shortest_paths,
    "randomwalk": random_walk,
}
