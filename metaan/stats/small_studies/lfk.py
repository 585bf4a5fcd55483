"""The LFK index of asymmetry, with the warning that it needs.

Source: Furuya-Kanamori, Barendregt & Doi 2018 (Int J Evid Based Healthc 16:195). Its false positive rate depends on the
number and size of the studies and on heterogeneity, from 0 to almost 30 % (Schwarzer, Ruecker & Semaca 2024, Res Synth
Methods 15:603): it is offered for comparison, and no conclusion of metaan rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from ...errors import NotEstimableError
from ..measures.effects import EffectSizes, FloatArray, not_effects
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from ..pooling.result import Pooled, effects_of

if TYPE_CHECKING:
    import pandas as pd

WARNING = (
    "the LFK index is no test: its false positive rate depends on the number and size of the studies and on "
    "heterogeneity, from 0 to almost 30 % (Schwarzer et al. 2024)"
)
#: The size of the least precise study; the index hardly depends on it.
LEAST_SIZE = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class LfkIndex(ShowsItself):
    """The LFK index.

    Attributes
    ----------
    index, interpretation
        0 where both limbs of the Doi plot are alike; ``"no asymmetry"`` up to 1, ``"minor asymmetry"`` up to 2, then
        ``"major asymmetry"``, as its authors call it.
    z, middle
        Shape (k,): the normal quantile of each study in the order of effects; the effect that parts the limbs.
    effects, note
        What was looked at; what to know before reading it.
    """

    index: float
    interpretation: str
    z: FloatArray
    middle: float
    effects: EffectSizes
    note: str = WARNING

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.effects)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "index": self.index, "interpretation": self.interpretation, "z": self.z.tolist(), "middle": self.middle,
            "k": self.k, "note": self.note, "effects": self.effects.to_dict(),
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, and the absolute z that the Doi plot shows it at."""
        import pandas as pd

        return pd.DataFrame({"slab": self.effects.slab, "yi": self.effects.yi, "abs_z": np.abs(self.z)})

    def __repr__(self) -> str:
        return f"LFK index, k = {self.k}\n  {figures(self.index)}, {self.interpretation}\n  Note: {self.note}"


def lfk_index(es: EffectSizes | Pooled) -> LfkIndex:
    """Compute the LFK index of asymmetry, for comparison with reviews that print it.

    Raises
    ------
    NotEstimableError
        Fewer than 3 studies, or all have the same effect.

    Examples
    --------
    >>> found = lfk_index(EffectSizes.of([-4.27, -1.71, -0.58, -0.19, 0.0], [0.158, 0.076, 0.018, 0.022, 0.040]))
    >>> round(found.index, 2), found.interpretation
    (-3.31, 'major asymmetry')
    """
    if not isinstance(es, EffectSizes | Pooled):
        raise not_effects(es)
    used = effects_of(es).complete
    spread = float(np.ptp(used.yi)) if used.k else 0.0
    if used.k < 3 or not spread:
        why = f"k = {used.k}" if used.k < 3 else "all effects are the same"
        raise NotEstimableError(f"{why}; the LFK index needs at least 3 studies and two limbs")
    order = np.argsort(used.yi, kind="stable")
    size = LEAST_SIZE * float(used.vi.max()) / used.vi[order]
    z = np.empty(used.k)
    z[order] = ndtri((np.cumsum(size) - 0.5 * size - 0.5) / size.sum())
    middle = float(used.yi[np.argmin(np.abs(z))])
    index = 2.5 * float(np.mean((used.yi - middle) * float(np.ptp(z)) / spread + z))
    size_of_it = abs(index)
    words = "no asymmetry" if size_of_it <= 1 else "minor asymmetry" if size_of_it <= 2 else "major asymmetry"
    return LfkIndex(index, words, z, middle, used)
