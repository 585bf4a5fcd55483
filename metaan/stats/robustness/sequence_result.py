"""What leaving studies out, or adding them one by one, gives: a result each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import p_text
from ..pooling.result import measure_of, shown

if TYPE_CHECKING:
    import pandas as pd

    from ..pooling.result import Display, Pooled


Fit = TypeVar("Fit")
Whole = TypeVar("Whole")


@dataclass(frozen=True, slots=True)
class Refitted:
    """One of many fits: the numbers of a `Pooled` without its studies, as k fits of k studies would fill the memory."""

    model: str
    method: str
    measure: str
    level: float
    estimate: float
    se: float | None
    stat: float | None
    df: float | None
    pval: float | None
    ci: Interval | None
    pi: Interval | None
    tau2: float | None
    tau2_se: float | None
    i2: float | None
    h2: float | None
    q: float
    q_df: int
    q_pval: float
    k: int
    display: Display

    @classmethod
    def of(cls, fit: Pooled) -> Refitted:
        """Take the numbers of a fit."""
        return cls(**{field.name: getattr(fit, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True, eq=False)
class FitsOfSelections(ShowsItself, Generic[Fit, Whole]):
    """The same analysis of different selections of studies; iterates over the fits.

    Attributes
    ----------
    kind
        ``"leave-one-out"`` or ``"cumulative"``.
    slab
        For each fit the study left out, or the study added last.
    fits
        The results; None where there is none.
    reasons
        For each fit None, or why it does not exist.
    whole
        The fit to all studies.
    """

    kind: str
    slab: tuple[str, ...]
    fits: tuple[Fit | None, ...]
    reasons: tuple[str | None, ...]
    whole: Whole

    def __len__(self) -> int:
        return len(self.fits)

    def __iter__(self) -> Iterator[Fit | None]:
        return iter(self.fits)

    def __getitem__(self, i: int) -> Fit | None:
        return self.fits[i]


class Refits(FitsOfSelections[Refitted, "Pooled"]):
    """The same pooling of different selections of studies."""

    __slots__ = ()

    @property
    def k(self) -> tuple[int, ...]:
        """The number of studies in each fit; 0 where there is no fit."""
        return tuple(0 if fit is None else fit.k for fit in self.fits)

    @property
    def estimate(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("estimate")

    @property
    def se(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("se")

    @property
    def stat(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("stat")

    @property
    def pval(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("pval")

    @property
    def ci(self) -> tuple[Interval | None, ...]:
        """One a fit; None where ``reasons`` says why."""
        return tuple(None if fit is None else fit.ci for fit in self.fits)

    @property
    def tau2(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why, or the method has no tau2."""
        return self._column("tau2")

    @property
    def i2(self) -> FloatArray:
        """One a fit, percent; nan where ``reasons`` says why."""
        return self._column("i2")

    @property
    def h2(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("h2")

    @property
    def q(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("q")

    @property
    def q_pval(self) -> FloatArray:
        """One a fit; nan where ``reasons`` says why."""
        return self._column("q_pval")

    def _column(self, name: str) -> FloatArray:
        return np.array([np.nan if fit is None or (v := getattr(fit, name)) is None else v for fit in self.fits], float)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, without the data of each fit."""
        rows = [{"slab": s, "reason": w} | _row(f) for s, w, f in zip(self.slab, self.reasons, self.fits)]
        return {"kind": self.kind, "rows": rows, "whole": _row(self.whole)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a fit: slab, k, estimate, se, stat, pval, bounds of ci, tau2, i2, h2, q, q_pval, reason."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["rows"])

    def __repr__(self) -> str:
        sign = "-" if self.kind == "leave-one-out" else "+"
        width = max(map(len, self.slab))
        lines = [f"{self.kind.capitalize()} ({self.whole.model} effects, {self.whole.method}{measure_of(self.whole)})"]
        for label, fit, why in zip(self.slab, self.fits, self.reasons):
            lines.append(f"  {sign} {label:<{width}}  {why if fit is None else _words(fit)}")
        return "\n".join(lines)


def _words(fit: Refitted) -> str:
    return f"{shown(fit)}  {'no test' if fit.pval is None else p_text(fit.pval)}"


def _row(fit: Pooled | Refitted | None) -> dict[str, Any]:
    if fit is None:
        return {"k": 0}
    names = ("k", "estimate", "se", "stat", "pval", "tau2", "i2", "h2", "q", "q_pval")
    return {name: getattr(fit, name) for name in names} | dict(zip(("ci_lb", "ci_ub"), fit.ci or (None, None)))
