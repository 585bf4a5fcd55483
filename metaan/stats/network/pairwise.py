"""Arms become contrasts: every pair of treatments of a study, with variances that fit together.

To add a kind of data: a function from `ArmColumns` to ``(yi, vi)`` of pairs, and an entry in `ARM_KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.catalogue import TO, effect_sizes
from ..measures.effects import FloatArray, column
from ..numerics.by_name import by_name
from ..numerics.notebook import ShowsItself
from .contrasts import Codes, Contrasts, coded, words

if TYPE_CHECKING:
    import pandas as pd

Computed = tuple[FloatArray, FloatArray, tuple[str | None, ...]]
To = Callable[[NDArray[np.bool_]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class ArmColumns:
    """Arms of studies, one a row, and the rows of all pairs of arms of a study, in the order of the file.

    Attributes
    ----------
    study, treatment
        Shape (k,): names.
    data
        Shape (k,): the columns of the kind.
    first, second
        Shape (m,): the rows of the two arms of each pair.
    excluded
        (study, reason) of arms that lack a number.
    """

    study: tuple[str, ...]
    treatment: tuple[str, ...]
    data: Mapping[str, FloatArray]
    first: Codes
    second: Codes
    excluded: tuple[tuple[str, str], ...]

    def codes(self) -> Codes:
        """Return the study of each row as 0, 1, 2 ..."""
        at = {name: i for i, name in enumerate(dict.fromkeys(self.study))}
        return np.array([at[name] for name in self.study], dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArmPairs(ShowsItself):
    """Contrasts of all pairs of arms, analysis scale; what `metaan.network` takes.

    Attributes
    ----------
    measure
        The code of the measure.
    studies, treatment1, treatment2
        Shape (m,): names; the earlier arm of the file comes first.
    yi, sei
        Shape (m,): nan where ``reasons`` says why.
    reasons
        For each pair None, or why it has no effect.
    excluded
        (study, reason) of arms that lack a number.
    """

    measure: str
    studies: tuple[str, ...]
    treatment1: tuple[str, ...]
    treatment2: tuple[str, ...]
    yi: FloatArray
    sei: FloatArray
    reasons: tuple[str | None, ...]
    excluded: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return int(self.yi.size)

    def __iter__(self) -> Iterator[tuple[str, str, str, float, float]]:
        return iter(zip(self.studies, self.treatment1, self.treatment2, self.yi.tolist(), self.sei.tolist()))

    def contrasts(self) -> Contrasts:
        """Return what has an effect, checked and coded."""
        kept = [i for i, reason in enumerate(self.reasons) if reason is None]
        if not kept:
            raise NotEstimableError("no pair of arms has an effect")
        left = [(self.studies[i], f"{self.treatment1[i]} against {self.treatment2[i]}: {why}") for i, why in
                enumerate(self.reasons) if why is not None]  # fmt: skip
        pick = [[names[i] for i in kept] for names in (self.studies, self.treatment1, self.treatment2)]
        return coded(pick[0], pick[1], pick[2], self.yi[kept], self.sei[kept] ** 2, (*self.excluded, *left))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a contrast."""
        import pandas as pd

        names = ("studies", "treatment1", "treatment2", "yi", "sei")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = [[None if np.isnan(x) else x for x in values.tolist()] for values in (self.yi, self.sei)]
        return {
            "measure": self.measure, "studies": list(self.studies), "treatment1": list(self.treatment1),
            "treatment2": list(self.treatment2), "yi": plain[0], "sei": plain[1], "reasons": list(self.reasons),
            "excluded": [list(pair) for pair in self.excluded],
        }  # fmt: skip

    def __repr__(self) -> str:
        count = sum(reason is None for reason in self.reasons)
        return f"Pairs {self.measure}: {count} contrasts of {len(set(self.studies))} studies, analysis scale"


def pairwise(
    studies: ArrayLike,
    treatment: ArrayLike,
    *,
    events: ArrayLike | None = None,
    total: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
    time: ArrayLike | None = None,
    measure: str | None = None,
    add: float = 0.5,
    to: str = "only0",
    data: Any = None,
) -> ArmPairs:
    """Compute the contrasts of all pairs of arms of each study.

    Parameters
    ----------
    studies, treatment
        Shape (k,): of which study an arm is, and what it got; an arm a row.
    events, total, mean, sd, time
        Shape (k,) each. Counts: ``events`` with ``total``; means: ``mean``, ``sd``, ``total``; rates: ``events`` with
        ``time``. An arm that lacks one is left out and named.
    measure
        ``"OR"`` (default), ``"RR"``, ``"RD"``, ``"AS"`` of counts; ``"MD"`` (default), ``"SMD"``, ``"ROM"`` of means;
        ``"IRR"`` (default), ``"IRD"`` of rates.
    add, to
        What is added to events and non-events of all arms of a study, for ratios, and to which studies: a key of
        `metaan.stats.measures.catalogue.TO`, ``"only0"`` for those in which an arm has an empty cell.
    data
        What holds columns by name (a frame, a dict of lists): the columns may then be names.

    Returns
    -------
    Pairs
        Two arms without events (or without non-events) have no effect for OR and RR in a study of no other arms.

    Raises
    ------
    DataError
        A treatment twice in a study, a value that cannot be what it claims to be, or lengths that differ.
    UsageError
        Columns that belong to no kind, or an unknown measure.

    Notes
    -----
    Contrasts of a multi-arm study add up, and their variances fit together, as every arm brings one variance. The SMD
    is Cohen's d with the SD of all arms of the study (Crippa & Orsini 2016, eq. 4 and 5).

    Examples
    --------
    >>> found = pairwise(["a", "a", "a"], ["x", "y", "z"], mean=[1.0, 2.0, 4.0], sd=[1.0, 1.0, 2.0], total=[10, 10, 10])
    >>> found.yi.tolist(), found.treatment2
    ([-1.0, -3.0, -2.0], ('y', 'z', 'z'))
    """
    columns = {"events": events, "total": total, "mean": mean, "sd": sd, "time": time}
    given = by_name(data, {"studies": studies, "treatment": treatment, **columns})
    arms, kind = read_arms(given.pop("studies"), given.pop("treatment"), given)
    code = measure or next(iter(ARM_KINDS[kind]))
    yi, vi, reasons = choose(ARM_KINDS[kind], code, f"measure of {' and '.join(kind)}")(
        arms, code, add, choose(TO, to, "to")
    )
    study, one, other = (
        tuple(names[i] for i in rows)
        for names, rows in (
            (arms.study, arms.first), (arms.treatment, arms.first), (arms.treatment, arms.second)
        )
    )  # fmt: skip
    return ArmPairs(code, study, one, other, yi, np.sqrt(vi), reasons, arms.excluded)


def read_arms(
    studies: ArrayLike, treatment: ArrayLike, given: Mapping[str, ArrayLike | None]
) -> tuple[ArmColumns, tuple[str, ...]]:
    """Read arms, and say which columns they came in."""
    kind = tuple(name for name in given if given[name] is not None)
    if kind not in ARM_KINDS:
        kinds = "; ".join(", ".join(names) for names in ARM_KINDS)
        raise UsageError(f"arms with {', '.join(kind) or 'no column'}; allowed: {kinds}")
    data = {name: column(given[name], name) for name in kind}  # type: ignore[arg-type]
    sizes = {values.size for values in data.values()}
    k = max(sizes)
    s, t = words(studies, "studies", k), words(treatment, "treatment", k)
    if len(sizes) > 1:
        raise DataError(f"columns differ in length ({', '.join(f'{n}: {v.size}' for n, v in data.items())})")
    gone = np.any([np.isnan(values) for values in data.values()], axis=0)
    excluded = tuple((s[i], f"{t[i]}: a number is missing") for i in np.flatnonzero(gone))
    first, second = _pair_rows(s, t, gone)
    return ArmColumns(tuple(s), tuple(t), data, first, second, excluded), kind


def _pair_rows(s: list[str], t: list[str], gone: Any) -> tuple[Codes, Codes]:
    """Return the rows of all pairs of a study's arms; a treatment twice in a study is an error."""
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(s):
        if not gone[i]:
            rows = groups.setdefault(name, [])
            if any(t[j] == t[i] for j in rows):
                raise DataError(f"study {name!r} has {t[i]!r} twice; allowed: an arm a treatment (combine them before)")
            rows.append(i)
    pairs = [(i, j) for rows in groups.values() for a, i in enumerate(rows) for j in rows[a + 1 :]]
    if not pairs:
        raise NotEstimableError("no study has two arms with all their numbers")
    at = np.array(pairs, dtype=np.intp)
    return at[:, 0], at[:, 1]


def of_counts(arms: ArmColumns, measure: str, add: float, to: To) -> Computed:
    """2x2 tables, with ``add`` in all arms of a study that has an empty cell somewhere."""
    events, total = arms.data["events"], arms.data["total"]
    check_counts(arms, events, total)
    codes = arms.codes()
    plus = _added(codes, (events == 0) | (events == total), add, to) if measure in ("OR", "RR") else 0.0
    reasons = _no_information(arms, events, total) if measure in ("OR", "RR") else {}
    e, n = events + plus, total + 2.0 * plus
    i, j = arms.first, arms.second
    return _found(effect_sizes(measure, ai=e[i], n1i=n[i], ci=e[j], n2i=n[j], to="none"), reasons)


def _added(codes: Codes, empty: NDArray[np.bool_], add: float, to: To) -> FloatArray:
    """Return what is added to each arm: to all of a study where one of them is empty, or by another rule."""
    touched = np.zeros(int(codes.max()) + 1, dtype=bool)
    touched[codes[empty]] = True
    return np.where(to(touched)[codes], add, 0.0)


def check_counts(arms: ArmColumns, events: FloatArray, total: FloatArray) -> None:
    """Refuse what cannot be events of people."""
    for i in np.flatnonzero(~((events >= 0) & (events <= total) & (total > 0)) & ~np.isnan(events + total)):
        where = f"study {arms.study[i]!r}, {arms.treatment[i]}"
        raise DataError(f"{where}: {events[i]:g} events of {total[i]:g}; allowed: 0 to total, total above 0")


def _no_information(arms: ArmColumns, events: FloatArray, total: FloatArray) -> dict[int, str]:
    """Return why pairs have no ratio: no study arm has events, or none has non-events."""
    codes = arms.codes()
    size = int(codes.max()) + 1
    known = ~np.isnan(events + total)
    some = np.bincount(codes[known], events[known], size) > 0
    others = np.bincount(codes[known], (total - events)[known], size) > 0
    out = {}
    for row, s in enumerate(codes[arms.first].tolist()):
        if not some[s]:
            out[row] = "no events in any arm"
        elif not others[s]:
            out[row] = "events in all people of all arms"
    return out


def of_means(arms: ArmColumns, measure: str, add: float, to: To) -> Computed:
    """Differences or ratios of means."""
    mean, sd, n = (arms.data[name] for name in ("mean", "sd", "total"))
    i, j = arms.first, arms.second
    return _found(effect_sizes(measure, m1i=mean[i], sd1i=sd[i], n1i=n[i], m2i=mean[j], sd2i=sd[j], n2i=n[j]), {})


def of_standardised_means(arms: ArmColumns, measure: str, add: float, to: To) -> Computed:
    """Cohen's d with the SD of all arms (Crippa & Orsini 2016): the contrasts of a study add up."""
    mean, sd, n = (arms.data[name] for name in ("mean", "sd", "total"))
    codes, known = arms.codes(), ~np.isnan(arms.data["mean"] + arms.data["sd"] + arms.data["total"])
    for row in np.flatnonzero(known & ~((n > 1) & (sd >= 0))):
        where = f"study {arms.study[row]!r}, {arms.treatment[row]}"
        raise DataError(f"{where}: sd {sd[row]:g}, total {n[row]:g}; allowed: sd not below 0, at least 2 people")
    size = int(codes.max()) + 1
    people = np.bincount(codes[known], n[known], size)
    free = np.bincount(codes[known], n[known] - 1.0, size)
    i, j = arms.first, arms.second
    s = codes[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.sqrt(np.bincount(codes[known], ((n - 1.0) * sd * sd)[known], size) / free)
        d = (mean[i] - mean[j]) / pooled[s]
    none = dict.fromkeys(np.flatnonzero(pooled[s] == 0).tolist(), "all SDs are 0")
    vi = 1.0 / n[i] + 1.0 / n[j] + d * d / (2.0 * people[s])
    return np.where(pooled[s] > 0, d, np.nan), vi, tuple(none.get(row) for row in range(d.size))


def of_rates(arms: ArmColumns, measure: str, add: float, to: To) -> Computed:
    """Ratios or differences of rates, with ``add`` in all arms of a study in which one has no events."""
    events, time = arms.data["events"], arms.data["time"]
    codes = arms.codes()
    size = int(codes.max()) + 1
    plus = _added(codes, events == 0, add, to) if measure == "IRR" else 0.0
    i, j = arms.first, arms.second
    known = ~np.isnan(events)
    some = np.bincount(codes[known], events[known], size) > 0
    silent = np.flatnonzero(~some[codes[i]]).tolist() if measure == "IRR" else []
    e = events + plus
    return _found(
        effect_sizes(measure, x1i=e[i], t1i=time[i], x2i=e[j], t2i=time[j], to="none"),
        dict.fromkeys(silent, "no events in any arm"),
    )


def _found(es: Any, reasons: Mapping[int, str]) -> Computed:
    """Return effects, with more reasons why some have none."""
    yi, vi = es.yi.copy(), es.vi.copy()
    for row in reasons:
        yi[row] = vi[row] = np.nan
    return yi, vi, tuple(reasons.get(row, why) for row, why in enumerate(es.reasons))


_Rule = Callable[[ArmColumns, str, float, To], Computed]

#: The columns of a kind of arms to its measures, the default first.
ARM_KINDS: dict[tuple[str, ...], dict[str, _Rule]] = {
    ("events", "total"): dict.fromkeys(("OR", "RR", "RD", "AS"), of_counts),
    ("total", "mean", "sd"): {"MD": of_means, "SMD": of_standardised_means, "ROM": of_means},
    ("events", "time"): dict.fromkeys(("IRR", "IRD"), of_rates),
}
