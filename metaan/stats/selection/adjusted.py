"""A mean that allows for small-study effects, with its test and interval: what several methods return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import NotEstimableError
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, Interval, not_effects
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded, figures, p_text
from ..pooling.pool import left_out
from ..pooling.result import Display, Pooled, effects_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Adjusted(ShowsItself):
    """An adjusted mean; on the analysis scale.

    Attributes
    ----------
    name
        Of the method.
    estimate, se, stat, df, pval, ci
        The mean with error, test and interval; None where the method has none. ``df`` is None for the normal
        distribution.
    level, effects, excluded, notes
        Coverage; what was used; (label, reason) of what was left out; what to know before reading.
    """

    name: str
    estimate: float
    se: float | None
    stat: float | None
    df: float | None
    pval: float | None
    ci: Interval | None
    level: float
    effects: EffectSizes
    excluded: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def measure(self) -> str:
        """The code of the measure of the effects."""
        return self.effects.measure

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.effects)

    @property
    def display(self) -> Display:
        """The mean on the display scale."""
        back = scale_of(self.measure, self.effects.data).to_display
        return Display(back(self.estimate), None if self.ci is None else Interval(*map(back, self.ci)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "name": self.name, "measure": self.measure, "level": self.level, "k": self.k, "estimate": self.estimate,
            "se": self.se, "stat": self.stat, "df": self.df, "pval": self.pval,
            "ci": None if self.ci is None else list(self.ci), "effects": self.effects.to_dict(),
            "excluded": [list(pair) for pair in self.excluded], "notes": list(self.notes),
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        import pandas as pd

        lb, ub = self.ci or (None, None)
        row = {"name": self.name, "estimate": self.estimate, "se": self.se, "pval": self.pval, "ci_lb": lb, "ci_ub": ub}
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        mean = figures(self.estimate) if self.ci is None else bounded(self.estimate, self.ci, 0.0)
        coverage = "" if self.ci is None else f", {100 * self.level:g}% CI"
        test = "" if self.pval is None else f", {p_text(self.pval)}"
        head = f"{self.name} {self.measure}, k = {self.k}, analysis scale"
        left = [f"  Left out: {label} ({reason})" for label, reason in self.excluded]
        return "\n".join([head, f"  {mean}{coverage}{test}", *left, *(f"  Note: {note}" for note in self.notes)])


def complete_effects(es: EffectSizes | Pooled) -> tuple[EffectSizes, tuple[tuple[str, str], ...]]:
    """Return the studies that have an effect, and (label, reason) of the others."""
    if not isinstance(es, EffectSizes | Pooled):
        raise not_effects(es)
    whole = effects_of(es)
    if whole.k == 0:
        raise NotEstimableError("no study has an effect size")
    return whole.complete, tuple(left_out(whole))
