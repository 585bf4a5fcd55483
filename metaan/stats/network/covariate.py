"""Network meta-regression: effects against a reference that change with one covariate of studies.

To add a way in which the slopes of treatments belong together: the names of its columns and the columns themselves in
`INTERACTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import chdtrc, ndtr

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import FloatArray, Interval
from ..numerics.by_name import by_name
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, number_and_bounds, p_text
from ..pooling.intervals import check_level, mean_interval
from ..regression.linear import Linear
from .comparisons import ComparisonTable, direct_counts, table_from
from .contrasts import Contrasts, place, words
from .fit import NETWORK_MODELS, NETWORK_TAU2_METHODS, Fitted, GraphFit, fit_contrasts
from .network import TOL_MULTIARM, read_network

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Slope:
    """By how much an effect against the reference changes with one unit of the covariate; analysis scale."""

    treatment: str
    estimate: float
    se: float
    ci: Interval
    pval: float

    @classmethod
    def of(cls, treatment: str, estimate: float, variance: float, level: float) -> Slope:
        """Return a slope with its normal interval and test."""
        se = float(np.sqrt(variance))
        pval = float(2.0 * ndtr(-abs(estimate / se)))
        return cls(treatment, estimate, se, mean_interval(estimate, se, None, level), pval)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NetworkRegression(ShowsItself):
    """A network whose effects change with a covariate; analysis scale.

    Attributes
    ----------
    interaction, model, measure, level, tau2_method, reference
        As they were asked for; ``tau2_method`` is REML for exchangeable slopes.
    centre
        The value of the covariate at which ``at()`` needs no slope: the mean of the studies.
    slopes
        One a treatment other than the reference; all are one for a shared interaction.
    mean_slope
        The shared slope, or the mean of exchangeable ones; None for independent slopes.
    tau2, tau2_slopes
        The variance between studies that the covariate leaves, and that between exchangeable slopes (else None).
    tau2_without
        The variance between studies of the network without the covariate.
    q, q_df
        The sum of squares that is left, common-effect weights; None for exchangeable slopes.
    qm, qm_df, qm_pval
        The test that all slopes are 0; of the mean slope where slopes are exchangeable.
    fitted
        The network of the same studies without the covariate.
    """

    interaction: str
    model: str
    measure: str
    level: float
    tau2_method: str
    reference: str
    centre: float
    slopes: tuple[Slope, ...]
    mean_slope: Slope | None
    tau2: float
    tau2_slopes: float | None
    tau2_without: float
    q: float | None
    q_df: int
    qm: float
    qm_df: int
    qm_pval: float
    fitted: Fitted
    coefficients: FloatArray
    vcov: FloatArray
    excluded: tuple[tuple[str, str], ...]

    @property
    def treatments(self) -> tuple[str, ...]:
        """The n treatments in alphabetical order."""
        return self.fitted.contrasts.treatments

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.fitted.contrasts.studies)

    def at(self, value: float | None = None) -> ComparisonTable:
        """Return every pair of treatments at a value of the covariate; at the centre when none is given."""
        n, shift = len(self.treatments), 0.0 if value is None else value - self.centre
        others = [t for t in range(n) if self.treatments[t] != self.reference]
        take = np.zeros((n, self.coefficients.size))
        take[others, np.arange(n - 1)] = 1.0
        take[others, n - 1 + np.arange(n - 1)] = shift
        first = take - take[0]
        solved = GraphFit(self.tau2, first @ self.coefficients, first @ self.vcov @ first.T, 0.0)
        free = self.q_df if self.model == "random" else 0
        counts = direct_counts(self.fitted)
        return table_from(solved, self.treatments, counts, free, self.model, self.measure, self.level)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a slope."""
        import pandas as pd

        rows = [(s.treatment, s.estimate, s.se, s.pval, *s.ci) for s in self.slopes]
        return pd.DataFrame(rows, columns=["treatment", "estimate", "se", "pval", "ci_lb", "ci_ub"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        names = (
            "interaction", "model", "measure", "level", "tau2_method", "reference", "centre", "tau2", "tau2_slopes",
            "tau2_without", "q", "q_df", "qm", "qm_df", "qm_pval", "k",
        )  # fmt: skip
        plain = {name: getattr(self, name) for name in names}
        return plain | {
            "slopes": [_plain(s) for s in self.slopes], "at_centre": self.at().to_dict(),
            "mean_slope": None if self.mean_slope is None else _plain(self.mean_slope),
            "excluded": [list(pair) for pair in self.excluded],
        }  # fmt: skip

    def __repr__(self) -> str:
        head = f"Network meta-regression {self.measure}, {self.interaction} slopes, {self.k} studies, analysis scale"
        shown = [self.mean_slope] if self.interaction == "shared" and self.mean_slope else self.slopes
        lines = [f"  {_line(s, self.reference)}" for s in shown]
        more = "" if self.tau2_slopes is None else f", between slopes {figures(self.tau2_slopes)}"
        lines.append(f"  tau2 = {figures(self.tau2)}, without the covariate {figures(self.tau2_without)}{more}")
        lines.append(f"  Slopes of 0: Q = {figures(self.qm)}, df {self.qm_df}, {p_text(self.qm_pval)}")
        return "\n".join([head, *lines, *(f"  Left out: {study} ({why})" for study, why in self.excluded)])


def _plain(s: Slope) -> dict[str, Any]:
    return {"treatment": s.treatment, "estimate": s.estimate, "se": s.se, "ci": list(s.ci), "pval": s.pval}


def _line(s: Slope, reference: str) -> str:
    shown, bounds = number_and_bounds(s.estimate, s.ci, 0.0)
    return f"{s.treatment} vs {reference}, a unit more: {shown} {bounds}, {p_text(s.pval)}"


def network_regression(
    studies: ArrayLike,
    treatment1: ArrayLike | None = None,
    treatment2: ArrayLike | None = None,
    yi: ArrayLike | None = None,
    sei: ArrayLike | None = None,
    covariate: ArrayLike | Mapping[str, float] | str | None = None,
    interaction: str = "shared",
    reference: str | None = None,
    model: str = "random",
    tau2_method: str = "REML",
    measure: str | None = None,
    *,
    level: float = 0.95,
    tol_multiarm: float = TOL_MULTIARM,
    add: float = 0.5,
    to: str = "only0",
    data: Any = None,
    **columns: Any,
) -> NetworkRegression:
    """Let effects against the reference change with a covariate of studies.

    Parameters
    ----------
    studies, treatment1, treatment2, yi, sei, reference, model, tau2_method, measure, level, tol_multiarm, add, to, data
        As in `metaan.network`; the reference matters here, as slopes are against it.
    covariate
        A value a row, the same in all rows of a study, or study to value. A study without one is left out and named.
    interaction
        A key of `INTERACTIONS`: ``"shared"``, one slope for all treatments against the reference; ``"independent"``,
        one each; ``"exchangeable"``, one each around a mean.
    columns
        The further columns of `metaan.network`: ``vi``, or ``treatment`` with the numbers of its arms.

    Raises
    ------
    DataError
        A covariate that differs within a study or is no number.
    NotEstimableError
        Slopes that the studies do not tell, or parts that no study connects.

    Notes
    -----
    Cooper et al. 2009; exchangeable slopes by REML through Henderson's equations. Slopes mix what differs within and
    between studies, as those of every regression on means of studies.

    Examples
    --------
    >>> arms = dict(treatment1=["A", "A", "B", "A"], treatment2=["P", "P", "P", "B"], yi=[0.2, 0.6, 0.5, 0.1])
    >>> fit = network_regression([1, 2, 3, 4], **arms, sei=[0.1] * 4, covariate=[10, 30, 30, 20], reference="P")
    >>> round(fit.mean_slope.estimate, 4)
    0.02
    """
    check_level(level)
    choose(NETWORK_MODELS, model, "model")
    choose(INTERACTIONS, interaction, "interaction")
    estimator = choose(NETWORK_TAU2_METHODS, tau2_method, "tau2_method of a network")
    pairs = {"studies": studies, "treatment1": treatment1, "treatment2": treatment2, "yi": yi, "sei": sei}
    for name in columns:
        choose(dict.fromkeys(_FURTHER), name, "column")
    whole, code = read_network(pairs | dict.fromkeys(_FURTHER) | columns, measure, add, to, data)
    given = by_name(data, {"studies": studies, "covariate": covariate})
    c, values, excluded = _with_values(whole, _by_study(given["studies"], given["covariate"]))
    fitted = fit_contrasts(c.part(None), tau2_method, None if model == "random" else 0.0, tol_multiarm)
    at = 0 if reference is None else place(c.treatments, reference, "reference")
    centre = float(values.mean())
    design = _Design.of(fitted, values - centre, at, interaction)
    solved = _exchangeable(design, model) if interaction == "exchangeable" else _plain_slopes(design, model, estimator)
    qm, qm_df, qm_pval = _test(design, solved)
    return NetworkRegression(
        interaction, model, code, level, "REML" if interaction == "exchangeable" else tau2_method, c.treatments[at],
        centre, *_slopes(design, solved, level), solved.tau2, solved.tau2_slopes, fitted.tau2, solved.q,
        int(fitted.rows.yi.size) - c.n + 1 - (1 if interaction == "exchangeable" else solved.fixed),
        qm, qm_df, qm_pval, fitted, solved.coefficients, solved.vcov, excluded,
    )  # fmt: skip


def _by_study(studies: ArrayLike, covariate: ArrayLike | Mapping[str, float] | None) -> dict[str, float]:
    """Return study to value; nan where it is missing."""
    if covariate is None:
        raise UsageError("no covariate; allowed: a value a row, or study to value")
    if isinstance(covariate, Mapping):
        return {str(study): _number(study, value) for study, value in covariate.items()}
    values = np.asarray(covariate, dtype=object).tolist()
    out: dict[str, float] = {}
    for study, value in zip(words(studies, "studies", len(values)), values):
        number = _number(study, value)
        known = out.get(study, np.nan)
        if not np.isnan(known) and not np.isnan(number) and known != number:
            raise DataError(f"study {study!r}: covariate {known:g} and {number:g}; allowed: one value a study")
        out[study] = known if np.isnan(number) else number
    return out


def _number(study: object, value: Any) -> float:
    try:
        number = np.nan if value is None else float(value)
    except (TypeError, ValueError):
        number = np.inf
    if np.isinf(number):
        raise DataError(f"study {study!r}: covariate {value!r}; allowed: a finite number, or None")
    return number


def _with_values(
    c: Contrasts, by_study: Mapping[str, float]
) -> tuple[Contrasts, FloatArray, tuple[tuple[str, str], ...]]:
    """Return the contrasts of studies that have a value, the values, and what was left out."""
    values = np.array([by_study.get(study, np.nan) for study in c.studies])
    gone = tuple((c.studies[s], "no covariate") for s in np.flatnonzero(np.isnan(values)))
    if len(gone) == len(c.studies):
        raise NotEstimableError("no study has a covariate")
    return c.take(~np.isnan(values[c.study])), values[~np.isnan(values)], (*c.excluded, *gone)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Rows of a network, n - 1 columns of treatments and n - 1 of slopes, and which slopes are one."""

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    z: FloatArray
    names: tuple[str, ...]
    interaction: str

    @classmethod
    def of(cls, fitted: Fitted, values: FloatArray, reference: int, interaction: str) -> _Design:
        rows, names = fitted.rows, fitted.contrasts.treatments
        x = np.delete(rows.x, reference, axis=1)
        others = tuple(name for t, name in enumerate(names) if t != reference)
        found = cls(rows.yi, rows.vi, x, x * values[rows.study][:, None], others, interaction)
        _check_slopes(found)
        return found

    @property
    def expand(self) -> FloatArray:
        """Shape (n - 1, slopes): the slope of each treatment from those that are estimated."""
        return INTERACTIONS[self.interaction](len(self.names))


def _check_slopes(d: _Design) -> None:
    """Refuse slopes that the studies do not tell, and name their treatments."""
    whole = np.hstack([d.x, d.z @ d.expand])
    values, vectors = np.linalg.svd(whole / np.maximum(np.abs(whole).max(axis=0), 1e-300))[1:]
    rank = int((values > 1e-9 * values.max()).sum())
    if rank < whole.shape[1]:
        mixed = np.abs(vectors[rank:, d.x.shape[1] :]).max(axis=0) @ np.abs(d.expand.T) > 1e-6
        shown = ", ".join(name for name, one in zip(d.names, mixed) if one)
        raise NotEstimableError(
            f"the covariate does not vary enough among the studies to tell {d.interaction} slopes of {shown}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    """Effects at the centre and a slope a treatment, in that order, with their covariance; ``fixed`` free slopes."""

    coefficients: FloatArray
    vcov: FloatArray
    tau2: float
    tau2_slopes: float | None
    q: float | None
    fixed: int
    mean: tuple[float, float] | None


def _plain_slopes(d: _Design, model: str, estimator: Callable[[Linear], tuple[float, float | None]]) -> _Solution:
    """Return shared or independent slopes by weighted least squares."""
    m = Linear(d.yi, d.vi, np.hstack([d.x, d.z @ d.expand]))
    tau2 = estimator(m)[0] if model == "random" and m.df > 0 else 0.0
    fit, p = m.at(tau2), d.x.shape[1]
    spread = np.zeros((2 * p, m.p))
    spread[:p, :p], spread[p:, p:] = np.eye(p), d.expand
    own = m.p - p
    mean = (float(fit.coefficients[p]), float(fit.inverse[p, p])) if d.interaction == "shared" else None
    q = m.at(0.0).rss if m.df else 0.0
    return _Solution(spread @ fit.coefficients, spread @ fit.inverse @ spread.T, tau2, None, q, own, mean)


def _exchangeable(d: _Design, model: str) -> _Solution:
    """Return slopes around a mean, by REML in the variance between studies and that between slopes."""
    scale = float(np.sqrt(np.median(d.vi)))
    reach = scale / float(np.sqrt(np.mean(d.z * d.z)) or 1.0)
    free = np.array([scale if model == "random" else 0.0, reach])

    def deviance(at: FloatArray) -> float:
        return _mixed(d, float((at[0] * free[0]) ** 2), float((at[1] * free[1]) ** 2))[0]

    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2000}
    found = [
        minimize(deviance, np.array([a, b]), method="Nelder-Mead", options=options)  # type: ignore[call-overload]
        for a in (0.1, 1.0)
        for b in (0.1, 1.0)
    ]
    best = min(found, key=lambda one: float(one.fun))
    tau2, between = ((best.x * free) ** 2).tolist()
    tau2, between = (0.0 if v < 1e-9 * s * s else v for v, s in ((tau2, scale), (between, reach)))
    _, solution, inverse = _mixed(d, tau2, between)
    p = d.x.shape[1]
    spread = np.zeros((2 * p, solution.size))
    spread[:p, :p], spread[p:, p], spread[p:, p + 1 :] = np.eye(p), 1.0, np.eye(p)[:, : solution.size - p - 1]
    mean = float(solution[p]), float(inverse[p, p])
    return _Solution(spread @ solution, spread @ inverse @ spread.T, tau2, between, None, p, mean)


def _mixed(d: _Design, tau2: float, between: float) -> tuple[float, FloatArray, FloatArray]:
    """Return the REML deviance, and solution and inverse of Henderson's equations: effects, mean slope, deviations."""
    wi, p = 1.0 / (d.vi + tau2), d.x.shape[1]
    whole = np.hstack([d.x, d.z.sum(axis=1)[:, None], *([d.z] if between > 0 else [])])
    left, right = whole.T @ (whole * wi[:, None]), whole.T @ (wi * d.yi)
    prior = 0.0
    if between > 0:
        left[p + 1 :, p + 1 :] += np.eye(p) / between
        prior = p * float(np.log(between))
    inverse: FloatArray = np.asarray(np.linalg.inv(left), dtype=float)
    solution = inverse @ right
    rest = float(wi @ (d.yi * d.yi) - right @ solution)
    return rest - float(np.log(wi).sum()) + prior + float(np.linalg.slogdet(left)[1]), solution, inverse


def _slopes(d: _Design, s: _Solution, level: float) -> tuple[tuple[Slope, ...], Slope | None]:
    p = d.x.shape[1]
    own = tuple(
        Slope.of(name, float(s.coefficients[p + i]), float(s.vcov[p + i, p + i]), level)
        for i, name in enumerate(d.names)
    )
    return own, None if s.mean is None else Slope.of("all", *s.mean, level)


def _test(d: _Design, s: _Solution) -> tuple[float, int, float]:
    """Return the Wald test that slopes are 0."""
    if s.mean is not None:
        q, df = s.mean[0] ** 2 / s.mean[1], 1
    else:
        p = d.x.shape[1]
        q, df = float(s.coefficients[p:] @ np.linalg.solve(s.vcov[p:, p:], s.coefficients[p:])), p
    return q, df, float(chdtrc(df, q))


_FURTHER = ("vi", "treatment", "events", "total", "mean", "sd", "time")

#: How slopes of n - 1 treatments belong together, to those that are estimated freely.
INTERACTIONS: dict[str, Callable[[int], FloatArray]] = {
    "shared": lambda n: np.ones((n, 1)),
    "independent": lambda n: np.eye(n),
    "exchangeable": lambda n: np.ones((n, 1)),
}
