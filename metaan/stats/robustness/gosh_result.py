"""What GOSH gives: the pooled result of each subset of the studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..measures.effects import EffectSizes, FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures

if TYPE_CHECKING:
    import pandas as pd

Mask = NDArray[np.bool_]

_COLUMNS = ("k", "estimate", "tau2", "i2", "h2", "q")


@dataclass(frozen=True, slots=True, eq=False)
class Gosh(ShowsItself):
    """One pooled result a subset; all arrays have shape (n,) but ``included``.

    Attributes
    ----------
    slab
        The k studies.
    included
        Shape (n, k), True where the study is in the subset.
    k, estimate, tau2, i2, h2, q
        Of each subset, as `metaan.stats.pooling.pool.pool` gives them; a single study has ``tau2`` 0, ``i2`` 0, ``h2``
        1.
    model, tau2_method
        How each was pooled.
    complete
        True where these are all subsets but the empty one.
    seed
        Of the sample; None where complete.
    effects
        What was pooled.
    """

    slab: tuple[str, ...]
    included: Mask
    k: NDArray[np.intp]
    estimate: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    model: str
    tau2_method: str | None
    complete: bool
    seed: int | None
    effects: EffectSizes

    def __len__(self) -> int:
        return self.estimate.size

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        columns = {name: getattr(self, name).tolist() for name in _COLUMNS}
        how = {name: getattr(self, name) for name in ("model", "tau2_method", "complete", "seed")}
        return how | {"slab": list(self.slab)} | columns | {"included": self.included.astype(int).tolist()}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a subset: its results, and a column a study that says whether it is in."""
        import pandas as pd

        results = pd.DataFrame({name: getattr(self, name) for name in _COLUMNS})
        return pd.concat([results, pd.DataFrame(self.included, columns=list(self.slab))], axis=1)

    def __repr__(self) -> str:
        how = "all" if self.complete else "a sample of"
        lines = [f"GOSH: {how} {len(self)} subsets of {len(self.slab)} studies ({self.model} effects), analysis scale"]
        for name in ("estimate", "tau2", "i2"):
            low, middle, high = np.quantile(getattr(self, name), [0.0, 0.5, 1.0])
            lines.append(f"  {name:<9} median {figures(middle)}, from {figures(low)} to {figures(high)}")
        return "\n".join(lines)
