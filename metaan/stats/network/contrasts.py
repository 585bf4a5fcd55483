"""Contrasts of a network as codes: which study compares which two treatments, and how far apart they are.

Everything that is asked of the input is asked here: each study once compares all pairs of its treatments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from ...errors import DataError, NotEstimableError, did_you_mean
from ..measures.effects import LARGEST_VI, SMALLEST_VI, FloatArray, column

Codes = NDArray[np.intp]
MISSING = "yi or sei is missing"


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """m contrasts of s studies that compare n treatments.

    Attributes
    ----------
    studies
        The s labels, in the order of their first contrasts.
    treatments
        The n names, in alphabetical order whatever their case.
    study, t1, t2
        Shape (m,): places in ``studies`` and ``treatments``.
    yi, vi
        Shape (m,): how far ``t1`` is above ``t2``, and its sampling variance; analysis scale.
    excluded
        (study, reason) of every contrast that was left out.
    counts
        Shape (m,): of how many studies each contrast is, where designs stand for their studies; None: of one.
    """

    studies: tuple[str, ...]
    treatments: tuple[str, ...]
    study: Codes
    t1: Codes
    t2: Codes
    yi: FloatArray
    vi: FloatArray
    excluded: tuple[tuple[str, str], ...] = ()
    counts: FloatArray | None = None

    @property
    def m(self) -> int:
        """The number of contrasts."""
        return int(self.yi.size)

    @property
    def n(self) -> int:
        """The number of treatments."""
        return len(self.treatments)

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """The treatments of each part within which all are connected; the part with most treatments first."""
        codes = parts_of(self.t1, self.t2, self.n)
        found = [tuple(t for t, c in zip(self.treatments, codes) if c == part) for part in range(int(codes.max()) + 1)]
        return tuple(sorted(found, key=lambda part: -len(part)))

    def arms(self) -> list[tuple[int, ...]]:
        """Return the treatments of each study, in ascending order: its design."""
        found: list[set[int]] = [set() for _ in self.studies]
        for s, a, b in zip(self.study.tolist(), self.t1.tolist(), self.t2.tolist()):
            found[s].update((a, b))
        return [tuple(sorted(one)) for one in found]

    def links(self) -> dict[str, tuple[str, ...]]:
        """Return the studies without which the network falls apart, each with the treatments that it alone links."""
        k, ends = len(self.studies), np.concatenate([self.t1, self.t2])
        at = (np.concatenate([self.study] * 2), k + ends)
        tree = breadth_first_order(coo_array((np.ones(ends.size), at), shape=(k + self.n,) * 2).tocsr(), k, False)[1]
        out = {}
        for s in np.unique(
            tree[k:][(tree[k:] >= 0) & (tree[k:] < k)]
        ):  # others are leaves, which hold nothing together
            left = self.study != s
            part = parts_of(self.t1[left], self.t2[left], self.n)
            if part.max() > 0:
                rest = int(np.bincount(part).argmax())
                out[self.studies[s]] = tuple(t for t, p in zip(self.treatments, part) if p != rest)
        return out

    def take(self, rows: NDArray[np.bool_] | Codes) -> Contrasts:
        """Return some contrasts, with the studies and treatments that are left in them."""
        study, t1, t2 = self.study[rows], self.t1[rows], self.t2[rows]
        kept, s = np.unique(study, return_inverse=True)
        used, t = np.unique(np.concatenate([t1, t2]), return_inverse=True)
        return Contrasts(
            tuple(self.studies[i] for i in kept), tuple(self.treatments[i] for i in used), s.astype(np.intp),
            t[: t1.size].astype(np.intp), t[t1.size :].astype(np.intp), self.yi[rows], self.vi[rows], self.excluded,
            None if self.counts is None else self.counts[rows],
        )  # fmt: skip

    def part(self, treatment: str | None) -> Contrasts:
        """Return the part that holds a treatment, or all where all are connected; else an error that names them."""
        parts = self.parts
        if treatment is None:
            if len(parts) > 1:
                raise NotEstimableError(_disconnected(parts), "part=NAME takes the part that holds this treatment")
            return self
        place(self.treatments, treatment, "part")
        inside = next(set(part) for part in parts if treatment in part)
        return self.take(np.array([self.treatments[t] in inside for t in self.t1.tolist()]))


def place(treatments: Sequence[str], name: object, what: str = "treatment") -> int:
    """Return where a treatment stands; one that is not there is an error that lists what is."""
    try:
        return treatments.index(str(name))
    except ValueError:
        raise DataError(f"{what} {name!r} is in no contrast; {did_you_mean(name, treatments)}") from None


def parts_of(t1: Codes, t2: Codes, n: int) -> Codes:
    """Return the part of each treatment: 0, 1, 2 ..."""
    edges = coo_array((np.ones(t1.size), (t1, t2)), shape=(n, n))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.intp)


def read_contrasts(
    studies: ArrayLike, treatment1: ArrayLike, treatment2: ArrayLike, yi: ArrayLike, sei: ArrayLike
) -> Contrasts:
    """Read contrasts, one a row; those without an effect are left out and named."""
    y, se = column(yi, "yi"), column(sei, "sei")
    names = {"studies": studies, "treatment1": treatment1, "treatment2": treatment2}
    s, a, b = (words(values, name, y.size) for name, values in names.items())
    if se.size != y.size:
        raise DataError(f"sei has {se.size} values for {y.size} contrasts")
    for i in range(y.size):
        if a[i] == b[i]:
            raise DataError(f"study {s[i]!r} compares {a[i]!r} with itself; allowed: two treatments a contrast")
        if not np.isnan(se[i]) and not (se[i] > 0 and SMALLEST_VI <= se[i] ** 2 <= LARGEST_VI):
            raise DataError(f"study {s[i]!r}, {a[i]} against {b[i]}: sei = {se[i]:g}; allowed: above 0")
    gone = np.isnan(y) | np.isnan(se)
    excluded = tuple((s[i], f"{a[i]} against {b[i]}: {MISSING}") for i in np.flatnonzero(gone))
    kept = np.flatnonzero(~gone).tolist()
    if not kept:
        raise NotEstimableError("no contrast has an effect with its standard error")
    return coded([s[i] for i in kept], [a[i] for i in kept], [b[i] for i in kept], y[kept], se[kept] ** 2, excluded)


def coded(
    s: Sequence[str], a: Sequence[str], b: Sequence[str], yi: FloatArray, vi: FloatArray,
    excluded: tuple[tuple[str, str], ...] = (), counts: FloatArray | None = None,
) -> Contrasts:  # fmt: skip
    """Turn names into codes and check that each study compares all pairs of its treatments once."""
    studies = {name: i for i, name in enumerate(dict.fromkeys(s))}
    treatments = sorted({*a, *b}, key=lambda name: (name.casefold(), name))
    at = {name: i for i, name in enumerate(treatments)}
    found = Contrasts(
        tuple(studies), tuple(treatments), np.array([studies[x] for x in s], dtype=np.intp),
        np.array([at[x] for x in a], dtype=np.intp), np.array([at[x] for x in b], dtype=np.intp),
        yi, vi, excluded, counts,
    )  # fmt: skip
    _check_pairs(found)
    return found


def words(values: ArrayLike, name: str, k: int) -> list[str]:
    """Return a column of names as text."""
    column_of_names = np.asarray(values, dtype=object)
    if column_of_names.shape != (k,):
        raise DataError(f"{name} has shape {column_of_names.shape}; allowed: ({k},), a name a row")
    out = column_of_names.tolist()
    for i, value in enumerate(out):
        if value is None or value != value or not str(value).strip():
            raise DataError(f"{name}[{i}] is missing; allowed: a name in every row")
    return [str(value) for value in out]


def _check_pairs(c: Contrasts) -> None:
    """Refuse a pair that a study has twice, and a study with some of its pairs only."""
    low, high = np.minimum(c.t1, c.t2), np.maximum(c.t1, c.t2)
    keys, first = np.unique((c.study * c.n + low) * c.n + high, return_index=True)
    if keys.size < c.m:
        i = np.setdiff1d(np.arange(c.m), first)[0]
        pair = f"{c.treatments[c.t1[i]]} against {c.treatments[c.t2[i]]}"
        raise DataError(f"study {c.studies[c.study[i]]!r} has {pair} twice; allowed: each pair once a study")
    counts = np.bincount(c.study)
    for s in np.flatnonzero(counts > 1):
        rows = np.flatnonzero(c.study == s)
        arms = np.unique([c.t1[rows], c.t2[rows]])
        pairs = arms.size * (arms.size - 1) // 2
        if pairs != rows.size:
            raise DataError(
                f"study {c.studies[s]!r} compares {arms.size} treatments "
                f"({', '.join(c.treatments[t] for t in arms)}) in {rows.size} contrasts; allowed: all {pairs} pairs, "
                "from which the covariance of its contrasts follows"
            )


def _disconnected(parts: Sequence[Sequence[str]]) -> str:
    shown = "; ".join(", ".join(part) for part in parts[:6]) + ("; ..." if len(parts) > 6 else "")
    return f"the network falls into {len(parts)} parts that no study connects: {shown}"
