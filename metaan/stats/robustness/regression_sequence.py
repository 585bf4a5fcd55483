"""A meta-regression without each study in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, NotEstimableError
from ..measures.effects import FloatArray
from ..numerics.numerals import bounded
from ..regression.fit import Options
from ..regression.fit_regression import fit_design
from ..regression.result import MetaRegression

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("k", "tau2", "i2", "r2", "qe", "qe_pval", "qm", "qm_pval")


@dataclass(frozen=True, slots=True, eq=False)
class RegressionRefits:
    """The same regression without each study in turn; iterates over the fits.

    Attributes
    ----------
    slab
        For each fit the study left out.
    fits
        The results; None where there is none.
    reasons
        For each fit None, or why it does not exist.
    whole
        The fit to all studies.
    """

    slab: tuple[str, ...]
    fits: tuple[MetaRegression | None, ...]
    reasons: tuple[str | None, ...]
    whole: MetaRegression

    def __len__(self) -> int:
        return len(self.fits)

    def __iter__(self) -> Iterator[MetaRegression | None]:
        return iter(self.fits)

    def __getitem__(self, i: int) -> MetaRegression | None:
        return self.fits[i]

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
    return RegressionRefits(reg.effects.slab, tuple(fit for fit, _ in outcomes), tuple(why for _, why in outcomes), reg)


def _without(reg: MetaRegression, i: int) -> tuple[MetaRegression | None, str | None]:
    rest = [j for j in range(reg.k) if j != i]
    try:
        return fit_design(reg.effects.take(rest), reg.x[rest], reg.coding, Options.of(reg)), None
    except (NotEstimableError, DataError) as error:
        return None, f"without it, {error}"


def _row(fit: MetaRegression | None) -> dict[str, Any]:
    if fit is None:
        return {"k": 0}
    named = dict(zip(fit.names, fit.coefficients.tolist()))
    return {"coefficients": named} | {name: getattr(fit, name) for name in _COLUMNS}
