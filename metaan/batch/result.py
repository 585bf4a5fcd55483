"""The answers of many analyses: a row an analysis and method, columns under fixed names, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import choose
from ..stats.numerics.notebook import ShowsItself
from .chunk import Chunk
from .plan import BatchPlan
from .totals import Totals
from .words import Words

if TYPE_CHECKING:
    import pandas as pd

#: The columns of every answer, in their order; those of `metaan.batch.plan.ALSO` follow where they were asked for.
COLUMNS = (
    "analysis", "measure", "model", "tau2_method", "ci_method",
    "estimate", "se", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "pval", "tau2", "i2", "q", "k", "left_out",
    "reason", "converged", "conclusion",
)  # fmt: skip
_SENTENCES = ("reason", "notes", "pi_reason")


@dataclass(frozen=True, eq=False, repr=False)
class Answers(ShowsItself):
    """What `pool` returns: a row an analysis and method, the rows of an analysis together, in the order of the input.

    ``batch["estimate"]`` is a column as an array of numpy; ``to_frame`` (pandas), ``to_polars`` and ``to_arrow`` return
    all, and what takes Arrow's stream of arrays (polars, DuckDB, pandas) takes them as they are. Estimates, standard
    errors and intervals are on the analysis scale (natural log for ratios), tau2 on its square, i2 in percent.

    Attributes
    ----------
    plan
        What was asked.
    analysis, subgroup
        Labels, one an analysis.
    answers
        Shape (analyses, methods) each; sentences are numbers in ``texts``, -1 for none.
    texts
        The sentences.
    bad_rows, bad
        How many rows cannot be true, and (analysis, what is wrong) of some.
    """

    plan: BatchPlan
    analysis: Any
    answers: Mapping[str, Any]
    texts: Sequence[str]
    subgroup: Any = None
    bad_rows: int = 0
    bad: Sequence[tuple[str, str]] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        extra = [name for name in self.answers if name not in COLUMNS]
        middle = ("subgroup",) if self.subgroup is not None else ()
        return (COLUMNS[0], *middle, *COLUMNS[1:], *extra)

    def __len__(self) -> int:
        return len(self.analysis) * len(self.plan.methods)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the columns, so that ``dict(batch)`` is a dict of columns."""
        return self.columns

    def __getitem__(self, name: Any) -> Any:
        """Return a column, shape (analyses x methods,): numbers are nan, and texts None, where there is none.

        What is no name (names, a mask of rows) chooses from the frame.
        """
        if not isinstance(name, str):
            return self.to_frame()[name]
        choose(dict.fromkeys(self.columns), name, "column")
        methods = self.plan.methods
        if name in ("analysis", "subgroup"):
            return np.repeat(np.asarray(getattr(self, name)), len(methods))
        if name == "measure":
            return np.full(len(self), self.plan.measure, dtype=object)
        if name in ("model", "tau2_method", "ci_method"):
            return np.tile(np.array([getattr(method, name) for method in methods], dtype=object), len(self.analysis))
        values = self.answers[name].reshape(-1)
        return np.array([*self.texts, None], dtype=object)[values] if name in _SENTENCES else values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in COLUMNS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self[name]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas frame, nan and None where there is none."""
        import pandas as pd

        return pd.DataFrame({name: self[name] for name in self.columns})

    def to_arrow(self) -> Any:
        """Return an Arrow table, null where there is none; texts that repeat are kept once."""
        import pyarrow as pa

        return pa.table({name: self._arrow(name) for name in self.columns})

    def to_polars(self) -> Any:
        """Return a polars frame."""
        import polars as pl

        return pl.from_arrow(self.to_arrow())

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _arrow(self, name: str) -> Any:
        import pyarrow as pa

        n, m = len(self.analysis), len(self.plan.methods)
        if name in ("analysis", "subgroup"):
            labels = getattr(self, name)
            labels = labels if isinstance(labels, pa.Array) else pa.array(labels)
            return labels if m == 1 else labels.take(pa.array(np.repeat(np.arange(n), m)))
        if name in ("measure", "model", "tau2_method", "ci_method"):
            texts = [self.plan.measure if name == "measure" else getattr(method, name) for method in self.plan.methods]
            return _repeated(texts, n)
        values = self.answers[name].reshape(-1)
        if name in _SENTENCES:
            codes = pa.array(values.astype(np.int32), mask=values < 0)
            return pa.DictionaryArray.from_arrays(codes, pa.array(list(self.texts), pa.string()))
        if name == "conclusion":
            gone = np.isnan(values)
            return pa.array(np.where(gone, 0, values).astype(np.int8), mask=gone)
        return pa.array(values, from_pandas=values.dtype == np.float64)

    def summary(self) -> dict[str, Any]:
        """Return what the answers add up to, as plain values: see `metaan.batch.totals.Totals`."""
        return Totals(self.plan).add(self.answers, self.texts, self.bad_rows, self.bad).to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Return the summary, and a list of the rows, ready for JSON."""
        rows = [
            {name: _plain(value) for name, value in zip(self.columns, row)}
            for row in zip(*(self[name].tolist() for name in self.columns))
        ]
        return self.summary() | {"rows": rows}

    def __repr__(self) -> str:
        found = self.summary()
        lines = [f"{found['analyses']} analyses, {len(self.plan.methods)} methods, {self.plan.measure}"]
        for method in found["methods"]:
            name = " ".join(filter(None, (method["model"], method["tau2_method"], method["ci_method"])))
            lines.append(f"  {name}: {method['answered']} with an estimate, {method['without']} without")
        lines += [f"  {count} x {why}" for why, count in list(found["reasons"].items())[:10]]
        return "\n".join([*lines, *([f"  rows at fault: {self.bad_rows}"] if self.bad_rows else [])])


def _repeated(texts: Sequence[str | None], n: int) -> Any:
    import pyarrow as pa

    known = list(dict.fromkeys(text for text in texts if text is not None))
    codes = np.array([-1 if text is None else known.index(text) for text in texts], dtype=np.int32)
    tiled = np.tile(codes, n)
    return pa.DictionaryArray.from_arrays(pa.array(tiled, mask=tiled < 0), pa.array(known, pa.string()))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def joined(
    chunks: Sequence[Chunk],
    answers: Mapping[str, Any],
    plan: BatchPlan,
    analysis: Any,
    subgroup: Any,
    starts: Sequence[int],
) -> Answers:
    """Put the answers of chunks together, which stand in ``answers``; ``starts`` is the first analysis of each."""
    words = Words()
    for chunk in chunks:
        for name in _SENTENCES:
            if name in chunk.columns and chunk.texts:
                chunk.columns[name][:] = words.merged(chunk.texts, chunk.columns[name])
    bad = [(str(analysis[start + one.analysis]), one.why) for chunk, start in zip(chunks, starts) for one in chunk.bad]
    return Answers(plan, analysis, answers, words.texts, subgroup, sum(chunk.bad_rows for chunk in chunks), bad[:20])
