"""Effects that come with their variance: from any measure, or from none that is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...errors import UsageError
from .families import CheckedColumns, Columns, Computed, Measure, MeasureFamily, above_zero, any_missing, given
from .scales import SCALES

COLUMNS = ("yi", "vi", "sei")


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    got = given(data, COLUMNS)
    if "yi" not in got or ("vi" in got) == ("sei" in got):
        raise UsageError(f"yi with either vi or sei is needed; found: {', '.join(got) or 'nothing'}")
    above_zero(got, ("vi", "sei"), slab, "a sampling variance or standard error")
    return CheckedColumns(got)


GENERIC = MeasureFamily(_read, why=((any_missing, "yi or its variance is missing"),))


def as_given(x: Columns) -> Computed:
    """Return yi and vi as they are; sei squared where it was given."""
    return x["yi"] / 1, x["vi"] / 1 if "vi" in x else np.square(x["sei"])


GENERICS = {
    "GEN": Measure("GEN", "effect", as_given, SCALES["identity"], False, GENERIC, tied=False),
    "HR": Measure("HR", "hazard ratio", as_given, SCALES["exp"], False, GENERIC, tied=False),
}
