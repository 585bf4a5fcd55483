"""PET-PEESE: the effect that a line or parabola through the funnel gives to a study without sampling error.

Source: Stanley & Doucouliagos 2014. PET is the line on the standard error, PEESE the one on the variance; PET is nearer
the truth where there is no effect, PEESE where there is one, so the conditional estimate asks PET which to take.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scipy.special import stdtr

from ...errors import NotEstimableError, UsageError
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded, p_text
from ..pooling.result import Display, Pooled, effects_of
from .lines import FittedLine, multiplicative_line, two_sided
from .tests_of_asymmetry import depends_on_effect

if TYPE_CHECKING:
    import pandas as pd

K_MIN = 10


@dataclass(frozen=True, slots=True)
class BiasAdjusted:
    """One estimate at infinite precision, analysis scale, tested against t with k - 2 degrees of freedom.

    Attributes
    ----------
    estimate, se, df, stat, pval, ci
        The intercept of the line; two-sided p-value.
    slope, slope_se
        On the standard error (PET) or the variance (PEESE).
    """

    estimate: float
    se: float
    df: int
    stat: float
    pval: float
    ci: Interval
    slope: float
    slope_se: float


@dataclass(frozen=True, slots=True, eq=False)
class PetPeese(ShowsItself):
    """PET, PEESE, and the one of them that the conditional estimate takes.

    Attributes
    ----------
    pet, peese
        Both estimates.
    chosen
        ``"PET"`` or ``"PEESE"``.
    pet_pval
        One-sided p-value of PET in the direction of its estimate, which decides.
    alpha, level, measure, k, effects
        Significance for the decision, coverage, and what was adjusted.
    note
        Why it would be refused without ``force``; empty where it is valid.
    """

    pet: BiasAdjusted
    peese: BiasAdjusted
    chosen: str
    pet_pval: float
    alpha: float
    level: float
    measure: str
    k: int
    effects: EffectSizes
    note: str = ""

    @property
    def conditional(self) -> BiasAdjusted:
        """The estimate that was chosen."""
        return self.pet if self.chosen == "PET" else self.peese

    @property
    def estimate(self) -> float:
        """The conditional estimate, analysis scale."""
        return self.conditional.estimate

    @property
    def ci(self) -> Interval:
        """The interval of the conditional estimate, analysis scale."""
        return self.conditional.ci

    @property
    def display(self) -> Display:
        """The conditional estimate on the display scale."""
        back = scale_of(self.measure).to_display
        return Display(back(self.estimate), Interval(back(self.ci.lb), back(self.ci.ub)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        both = {name: {**asdict(got), "ci": list(got.ci)} for name, got in (("pet", self.pet), ("peese", self.peese))}
        rest = {name: getattr(self, name) for name in ("chosen", "pet_pval", "alpha", "level", "measure", "k", "note")}
        return {**both, **rest, "effects": self.effects.to_dict()}

    def to_frame(self) -> pd.DataFrame:
        """Return two rows, PET and PEESE."""
        import pandas as pd

        rows = [
            {"model": name, **asdict(got), "ci": None, "lb": got.ci.lb, "ub": got.ci.ub, "chosen": name == self.chosen}
            for name, got in (("PET", self.pet), ("PEESE", self.peese))
        ]
        return pd.DataFrame(rows).drop(columns="ci")

    def __repr__(self) -> str:
        lines = [f"PET-PEESE, k = {self.k}, analysis scale"]
        for name, got in (("PET", self.pet), ("PEESE", self.peese)):
            mark = " (taken)" if name == self.chosen else ""
            effect = bounded(got.estimate, got.ci, 0.0)
            lines.append(f"  {name:<5} {effect}, {100 * self.level:g} % CI, {p_text(got.pval)}{mark}")
        return "\n".join([*lines, f"  forced although: {self.note}"] if self.note else lines)


def pet_peese(es: EffectSizes | Pooled, *, alpha: float = 0.05, level: float = 0.95, force: bool = False) -> PetPeese:
    """Estimate the effect without small-study effects by PET, PEESE and the conditional of both.

    Parameters
    ----------
    es
        Effect sizes, or a pooled result for its effect sizes.
    alpha
        One-sided significance of PET from which PEESE is taken.
    level
        Coverage of the intervals.
    force
        True: estimate where it is refused too, and say why in ``note``.

    Raises
    ------
    NotEstimableError
        Fewer than 10 studies, or a measure whose variance is made of the effect (its line is Egger's: Macaskill et al.
        2001; Pustejovsky & Rodgers 2019), and not ``force``; fewer than 3 studies; or all have the same precision.
    UsageError
        alpha or level outside 0 to 1.

    Examples
    --------
    >>> yi = [0.9, 0.7, 0.8, 0.5, 0.6, 0.4, 0.3, 0.35, 0.3, 0.2, 0.25]
    >>> vi = [0.30, 0.25, 0.22, 0.20, 0.16, 0.12, 0.10, 0.08, 0.05, 0.02, 0.01]
    >>> found = pet_peese(EffectSizes.of(yi, vi))
    >>> found.chosen, round(found.pet.estimate, 4), round(found.peese.estimate, 4)
    ('PEESE', 0.1032, 0.2001)
    """
    for name, value in (("alpha", alpha), ("level", level)):
        if not 0 < value < 1:
            raise UsageError(f"{name} = {value:g}; allowed: between 0 and 1")
    used = effects_of(es).complete
    few = f"k = {used.k}; the line is not to be trusted with fewer than {K_MIN} studies" if used.k < K_MIN else ""
    note = "; ".join(filter(None, (few, depends_on_effect(used.measure))))
    if note and not force:
        raise NotEstimableError(f"PET-PEESE: {note}", "force=True estimates all the same")
    pet = _adjusted(multiplicative_line(used.yi, used.sei, used.vi), level)
    peese = _adjusted(multiplicative_line(used.yi, used.vi, used.vi), level)
    pval = float(stdtr(pet.df, -abs(pet.stat)))
    chosen = "PEESE" if pval < alpha else "PET"
    return PetPeese(pet, peese, chosen, pval, alpha, level, used.measure, used.k, used, note)


def _adjusted(line: FittedLine, level: float) -> BiasAdjusted:
    df = line.df or 0
    stat = line.intercept / line.intercept_se
    return BiasAdjusted(
        line.intercept, line.intercept_se, df, stat, two_sided(stat, df), line.intercept_ci(level),
        line.slope, line.slope_se,
    )  # fmt: skip
