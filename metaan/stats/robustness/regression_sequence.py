"""A meta-regression without each study in turn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..numerics.numerals import bounded
from ..regression.fit import Options
from ..regression.fit_regression import fit_design
from ..regression.result import MetaRegression
from .sequence_result import FitsOfSelections

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("k", "tau2", "i2", "r2", "qe", "qe_pval", "qm", "qm_pval")


@dataclass(frozen=True, slots=True, eq=False)
class RefittedRegression:
    """One of many fits: the numbers of a `MetaRegression` without its studies, which k times would fill the memory."""

    names: tuple[str, ...]
    coefficients: FloatArray
    se: FloatArray
    stat: FloatArray
    df: float | None
    pval: FloatArray
    ci: tuple[Interval, ...]
    tau2: float
    tau2_se: float | None
    i2: float
    h2: float
    r2: float | None
    qe: float
    qe_df: int
    qe_pval: float
    qm: float
    qm_df: int
    qm_pval: float
    k: int

    @classmethod
    def of(cls, fit: MetaRegression) -> RefittedRegression:
        """Take the numbers of a fit."""
        return cls(**{field.name: getattr(fit, field.name) for field in fields(cls)})


class RegressionRefits(FitsOfSelections[RefittedRegression, MetaRegression]):
    """The same regression without each study in turn."""

    __slots__ = ()

    @property
    def coefficients(self) -> FloatArray:
        """Shape (k, p), one row a fit; nan where ``reasons`` says why."""
        gone = np.full(self.whole.p, np.nan)
        return np.array([gone if fit is None else fit.coefficients for fit in self.fits])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, without the data of each fit."""
        rows = [{"slab": s, "reason": w} | _row(f) for s, w, f in zip(self.slab, self.reasons, self.fits)]
        return {"names": list(self.whole.names), "rows": rows, "whole": _row(self.whole)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a fit: the coefficients by name, slab, reason, k, tau2, i2, r2, tests."""
        import pandas as pd

        rows = self.to_dict()["rows"]
        return pd.DataFrame([row.pop("coefficients", {}) | row for row in rows])

    def __repr__(self) -> str:
        width = max(map(len, self.slab))
        lines = [f"Leave-one-out ({', '.join(self.whole.names)})"]
        for label, fit, why in zip(self.slab, self.fits, self.reasons):
            shown = why
            if fit is not None:
                texts = (bounded(b, ci, 0.0).split()[0] for b, ci in zip(fit.coefficients, fit.ci))
                shown = "  ".join(f"{text:>8}" for text in texts)
            lines.append(f"  - {label:<{width}}  {shown}")
        return "\n".join(lines)


def leave_one_out_regression(reg: MetaRegression) -> RegressionRefits:
    """Fit again without each study in turn."""
    outcomes = [_without(reg, i) for i in range(reg.k)]
    fits, reasons = zip(*outcomes)
    return RegressionRefits("leave-one-out", reg.effects.slab, fits, reasons, reg)


def _without(reg: MetaRegression, i: int) -> tuple[RefittedRegression | None, str | None]:
    rest = [j for j in range(reg.k) if j != i]
    try:
        fit = fit_design(reg.effects.take(rest), reg.x[rest], reg.coding, Options.of(reg))
        return RefittedRegression.of(fit), None
    except (NotEstimableError, DataError) as error:
        return None, f"without it, {error}"


def _row(fit: MetaRegression | RefittedRegression | None) -> dict[str, Any]:
    if fit is None:
        return {"k": 0}
    named = dict(zip(fit.names, fit.coefficients.tolist()))
    return {"coefficients": named} | {name: getattr(fit, name) for name in _COLUMNS}
