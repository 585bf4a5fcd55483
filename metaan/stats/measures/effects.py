"""The numeric boundary: effect sizes with their sampling variances, checked once.

Everything that pools, regresses or tests takes an `EffectSizes`; nothing behind this module checks its input again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, UsageError
from ..numerics.by_name import by_name
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

#: Weights are raised to the third power, which has to stay a float.
SMALLEST_VI, LARGEST_VI = 1e-100, 1e100

#: How many studies a printed EffectSizes lists.
ROWS_SHOWN = 30


class Interval(NamedTuple):
    """A lower and an upper bound, on the scale of the number it belongs to."""

    lb: float
    ub: float

    def side(self, null: float = 0.0) -> int:
        """Return -1 or 1 where it lies below or above no effect, 0 where it holds it."""
        return -1 if self.ub < null else 1 if self.lb > null else 0


@dataclass(frozen=True, eq=False)
class EffectSizes(ShowsItself):
    """Effect sizes of k studies.

    Attributes
    ----------
    yi
        Shape (k,), analysis scale (natural log for ratios); nan only where ``reasons`` says why.
    vi
        Shape (k,), sampling variances, squared analysis scale; above 0.
    slab
        The k study labels.
    measure
        The code of the measure in `metaan.stats.measures.catalogue.MEASURES`; ``"GEN"`` for any effect with its
        variance.
    reasons
        For each study None, or why it has no effect size.
    data
        The columns the effect sizes were computed from, under metafor's names, shape (k,) each; empty for ``"GEN"``.
    notes
        What was converted on the way, one sentence each.
    """

    yi: FloatArray
    vi: FloatArray
    slab: tuple[str, ...]
    measure: str = "GEN"
    reasons: tuple[str | None, ...] = ()
    data: Mapping[str, FloatArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.reasons:
            object.__setattr__(self, "reasons", (None,) * len(self.slab))
        for name in ("yi", "vi"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "data", {name: frozen(values) for name, values in self.data.items()})
        _check(self)

    @classmethod
    def of(
        cls,
        yi: ArrayLike,
        vi: ArrayLike,
        slab: Sequence[str] | None = None,
        measure: str = "GEN",
        *,
        data: Any = None,
    ) -> EffectSizes:
        """Any effect with its variance.

        Parameters
        ----------
        yi, vi
            Shape (k,); None or nan in either marks a study without an effect size.
        slab
            k labels; ``Study 1`` to ``Study k`` when not given.
        measure
            The code of the measure that ``yi`` is of, for the way back to the display scale.
        data
            What holds columns by name (a frame, a dict of lists): ``yi``, ``vi`` and ``slab`` may then be names.

        Raises
        ------
        DataError
            Lengths differ, a value is infinite, or a variance is not above 0.

        Examples
        --------
        >>> EffectSizes.of([0.1, 0.3], [0.04, 0.05]).k
        2
        """
        yi, vi, slab = by_name(data, {"yi": yi, "vi": vi, "slab": slab}).values()
        y, v = column(yi, "yi"), column(vi, "vi")
        same_length({"yi": y, "vi": v})
        gone = np.isnan(y) | np.isnan(v)
        reasons = tuple("yi or vi is missing" if missing else None for missing in gone.tolist())
        y[gone] = v[gone] = np.nan
        return cls(y, v, labels(slab, y.size), measure, reasons)

    def __repr__(self) -> str:
        head = f"EffectSizes {self.measure}, k = {self.k} of {len(self)} studies, analysis scale"
        rows = [_row(*one) for one in zip(self.slab, self.yi.tolist(), self.vi.tolist(), self.reasons)]
        more = [f"  ... and {len(rows) - ROWS_SHOWN} more"] if len(rows) > ROWS_SHOWN else []
        return "\n".join([head, *rows[:ROWS_SHOWN], *more, *(f"  note: {note}" for note in self.notes)])

    def __len__(self) -> int:
        return len(self.slab)

    @cached_property
    def estimable(self) -> NDArray[np.bool_]:
        """Shape (k,), True where the study has an effect size."""
        if self.reasons.count(None) == len(self):
            return np.ones(len(self), dtype=bool)
        return np.array([reason is None for reason in self.reasons], dtype=bool)

    @cached_property
    def k(self) -> int:
        """The number of studies that have an effect size."""
        return int(self.estimable.sum())

    @property
    def sei(self) -> FloatArray:
        """Shape (k,), standard errors, analysis scale."""
        return np.sqrt(self.vi)

    @property
    def complete(self) -> EffectSizes:
        """The studies that have an effect size; itself when all have."""
        return self if self.k == len(self) else self._complete  # a cache of itself would be a circle that stays

    @cached_property
    def _complete(self) -> EffectSizes:
        return self.take(np.flatnonzero(self.estimable))

    def take(self, indices: Iterable[int]) -> EffectSizes:
        """Return the studies at ``indices``, in that order."""
        at = np.fromiter(indices, dtype=np.intp)
        return EffectSizes(
            self.yi[at],
            self.vi[at],
            _picked(self.slab, at),
            self.measure,
            _picked(self.reasons, at) if self.k < len(self) else (),
            {name: values[at] for name, values in self.data.items()},
            self.notes,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        return {
            "measure": self.measure,
            "slab": list(self.slab),
            "yi": [None if np.isnan(y) else y for y in self.yi.tolist()],
            "vi": [None if np.isnan(v) else v for v in self.vi.tolist()],
            "reasons": list(self.reasons),
            "data": {name: [None if np.isnan(x) else x for x in c.tolist()] for name, c in self.data.items()},
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, the data columns, yi, vi, reason."""
        import pandas as pd

        reasons = pd.Series(self.reasons, dtype=object)
        return pd.DataFrame({"slab": self.slab, **self.data, "yi": self.yi, "vi": self.vi, "reason": reasons})


def _picked(values: tuple[Any, ...], at: NDArray[np.intp]) -> tuple[Any, ...]:
    """Return some of a tuple; one that picks itself, as leaving each of many studies out asks for this often."""
    return itemgetter(*at.tolist())(values) if at.size > 1 else tuple(values[i] for i in at)


def _row(label: str, y: float, v: float, reason: str | None) -> str:
    return f"  {label:<24} " + (f"yi {figures(y):>7}  vi {figures(v)}" if reason is None else f"none: {reason}")


def frozen(values: FloatArray) -> FloatArray:
    """Return an array that cannot be written: itself, or a copy of one that its owner may go on writing."""
    if values.flags.writeable:
        values = values.copy()
        values.setflags(write=False)
    return values


def not_effects(given: object) -> UsageError:
    """Return what to say of something that was given in place of effect sizes."""
    made = "EffectSizes.of(yi, vi) of effects with their variances, or effect_sizes(measure, ...) of columns of data"
    return UsageError(f"a {type(given).__name__} is no EffectSizes; allowed: {made}")


def column(values: ArrayLike, name: str) -> FloatArray:
    """Return a fresh float array of shape (k,); None becomes nan, anything else that is not a number is an error."""
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{name}: {values!r} is not a list of numbers") from None
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim != 1:
        raise DataError(f"{name} has shape {array.shape}; allowed: one dimension, a value a study")
    if np.isinf(array).any():
        raise DataError(infinite(name, int(np.flatnonzero(np.isinf(array))[0])))
    return array


def infinite(name: str, i: int) -> str:
    """Return what to say of an infinite value in row ``i`` of a column."""
    return f"{name}[{i}] is infinite; allowed: finite numbers"


def same_length(columns: Mapping[str, FloatArray]) -> int:
    """Return the one length of all columns, or say which differ."""
    sizes = {name: values.size for name, values in columns.items()}
    if len(set(sizes.values())) != 1:
        found = ", ".join(f"{name}: {size}" for name, size in sizes.items())
        raise DataError(f"columns differ in length ({found}); allowed: a value a study in each")
    return next(iter(sizes.values()))


def labels(slab: Sequence[str] | None, k: int) -> tuple[str, ...]:
    """Return k labels, made up where none were given."""
    if slab is None:
        return tuple(f"Study {i}" for i in range(1, k + 1))
    if len(slab) != k:
        raise DataError(f"slab has {len(slab)} labels for {k} studies")
    return tuple(map(str, slab))


def _check(es: EffectSizes) -> None:
    """Refuse what no method behind this boundary could answer."""
    k = len(es.slab)
    if not es.yi.shape == es.vi.shape == (k,) or len(es.reasons) != k:
        raise DataError(f"yi {es.yi.shape}, vi {es.vi.shape}, {k} labels, {len(es.reasons)} reasons; want k each")
    for i in np.flatnonzero(~usable(es.yi, es.vi)):
        if es.reasons[i] is None:
            raise DataError(unusable(es.slab[i], float(es.yi[i]), float(es.vi[i])))


def usable(yi: FloatArray, vi: FloatArray) -> NDArray[np.bool_]:
    """Return where an effect and its variance, shape (k,), are such as every method behind this boundary can answer."""
    if vi.size and vi.min() >= _resolved(np.abs(yi).max()) and vi.max() <= LARGEST_VI:
        return np.ones(vi.shape, dtype=bool)  # all are: the usual case, and quick to see
    return np.asarray((vi >= _resolved(yi)) & (vi <= LARGEST_VI) & np.isfinite(yi))


def _resolved(yi: FloatArray | float) -> FloatArray:
    """Return the least variance that a float of the size of ``yi`` can stand for."""
    return np.asarray(np.maximum(np.square(np.spacing(yi)), SMALLEST_VI))


def unusable(label: str, y: float, v: float) -> str:
    """Return what to say of a study that is not `usable`."""
    why = "; a float cannot hold yi that exactly" if 0 < v < float(_resolved(y)) else ""
    why = f" and at most {LARGEST_VI:g}" if LARGEST_VI < v < np.inf else why
    return f"study {label!r}: yi = {y:g}, vi = {v:g}; allowed: finite yi, finite vi above 0{why}"
