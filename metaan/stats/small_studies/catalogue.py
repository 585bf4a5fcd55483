"""The tests behind `metaan.stats.small_studies.tests_of_asymmetry.small_study_test`.

To add one: write a function from an `AsymmetryInput` to a `AsymmetryFinding` and enter it in `SMALL_STUDY_TESTS` with
what it needs and where it is valid. To add a stand-in for the size of a study, enter it in `PREDICTORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, NotEstimableError
from ..measures.effects import EffectSizes, FloatArray
from ..numerics.ties import tied
from .lines import FittedLine, mixed_line, multiplicative_line
from .rank import Kendall, count_deviates, kendall, standardised_deviates

CELLS = ("ai", "bi", "ci", "di")


@dataclass(frozen=True, slots=True, eq=False)
class AsymmetryInput:
    """What a test is given: complete studies, the predictor's code and sample sizes, and the model."""

    es: EffectSizes
    predictor: str
    ni: FloatArray | None
    tau2_method: str | None
    ci_method: str
    level: float
    exact: bool


@dataclass(frozen=True, slots=True)
class AsymmetryFinding:
    """What a test gives back: a line or a rank correlation, and the predictor in words where it is the test's own."""

    found: FittedLine | Kendall
    predictor: str
    has_limit: bool = False


@dataclass(frozen=True, slots=True)
class AsymmetryTest:
    """One entry of `SMALL_STUDY_TESTS`.

    Attributes
    ----------
    name
        In words.
    run
        The test.
    needs
        Columns of ``EffectSizes.data`` it uses.
    measures
        Where it is valid; empty for every measure that is not `tied <metaan.stats.measures.families.Measure>`.
    free_predictor
        True where the caller chooses the predictor.
    """

    name: str
    run: Callable[[AsymmetryInput], AsymmetryFinding]
    needs: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    free_predictor: bool = False


@dataclass(frozen=True, slots=True)
class Predictor:
    """What stands for the size of a study; ``has_limit`` where it goes to 0 as the study grows."""

    values: Callable[[FloatArray], FloatArray]
    of_size: bool
    has_limit: bool


def _x(asked: AsymmetryInput) -> FloatArray:
    """Return the predictor's values."""
    predictor = PREDICTORS[asked.predictor]
    return predictor.values(asked.es.vi) if not predictor.of_size else predictor.values(_sample_sizes(asked))


def _sample_sizes(asked: AsymmetryInput) -> FloatArray:
    """Return ni as given, or from the columns the effects were made of."""
    if asked.ni is not None:
        sizes = asked.ni
    else:
        data = asked.es.data
        ways = [("ni",), ("n1i", "n2i"), CELLS, ("ti",), ("t1i", "t2i")]  # of rates, person-time is the size
        found = next((way for way in ways if all(name in data for name in way)), None)
        if found is None:
            raise NotEstimableError(f"predictor {asked.predictor!r} needs sample sizes; give ni, a value a study")
        sizes = np.sum([data[name] for name in found], axis=0)
    for i in np.flatnonzero(~(sizes > 0)):
        raise DataError(f"study {asked.es.slab[i]!r}: sample size {sizes[i]:g}; allowed: above 0")
    return np.asarray(sizes)


def _egger(asked: AsymmetryInput) -> AsymmetryFinding:
    """Egger et al. 1997: the line with a multiplicative error."""
    line = multiplicative_line(asked.es.yi, _x(asked), asked.es.vi)
    return AsymmetryFinding(line, asked.predictor, PREDICTORS[asked.predictor].has_limit)


def _egger_mixed(asked: AsymmetryInput) -> AsymmetryFinding:
    """Sterne & Egger 2005: the line in the mixed model."""
    line = mixed_line(asked.es.yi, _x(asked), asked.es.vi, asked.tau2_method, asked.ci_method)
    return AsymmetryFinding(line, asked.predictor, PREDICTORS[asked.predictor].has_limit)


def _thompson_sharp(asked: AsymmetryInput) -> AsymmetryFinding:
    """Thompson & Sharp 1999: the mixed model on the standard error, tested against t(k - 2)."""
    return AsymmetryFinding(
        mixed_line(asked.es.yi, asked.es.sei, asked.es.vi, asked.tau2_method, "t"), "sei", has_limit=True
    )


def _begg(asked: AsymmetryInput) -> AsymmetryFinding:
    """Begg & Mazumdar 1994."""
    if asked.es.k < 2:
        raise NotEstimableError(f"k = {asked.es.k}; a rank correlation needs at least 2 studies")
    yi, vi = asked.es.yi, asked.es.vi
    return AsymmetryFinding(kendall(standardised_deviates(yi, vi), tied(vi, vi), asked.exact), "vi")


def _schwarzer(asked: AsymmetryInput) -> AsymmetryFinding:
    """Schwarzer, Antes & Schumacher 2007: the rank test on the counts themselves."""
    deviates, precision = count_deviates({name: asked.es.data[name] for name in CELLS})
    return AsymmetryFinding(kendall(deviates, precision, exact=False), "inverse variance of the count")


def _margins(es: EffectSizes) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the sizes of both arms, the events and the non-events of each study."""
    a, b, c, d = (es.data[name] for name in CELLS)
    return a + b, c + d, a + c, b + d


def _harbord(asked: AsymmetryInput) -> AsymmetryFinding:
    """Efficient score over its variance, on its standard error (Harbord, Egger & Sterne 2006; RR: 2009)."""
    es = asked.es
    n1, n2, events, others = _margins(es)
    n = n1 + n2
    score = es.data["ai"] - events * n1 / n
    variance = n1 * n2 * events * others / (n * n * (n - 1))
    if es.measure == "RR":
        score, variance = score * n / others, n1 * n2 * events / (n * others)
    line = multiplicative_line(score / variance, 1 / np.sqrt(variance), 1 / variance)
    return AsymmetryFinding(line, "standard error of the score", has_limit=True)


def _peters(asked: AsymmetryInput) -> AsymmetryFinding:
    """Effect on the inverse of the sample size, weighted by the margins (Peters et al. 2006)."""
    n1, n2, events, others = _margins(asked.es)
    return AsymmetryFinding(
        multiplicative_line(asked.es.yi, 1 / (n1 + n2), 1 / events + 1 / others), "ninv", has_limit=True
    )


def _macaskill(asked: AsymmetryInput) -> AsymmetryFinding:
    """Effect on the sample size, weighted by the inverse variance (Macaskill, Walter & Irwig 2001, method FIV)."""
    n1, n2, _, _ = _margins(asked.es)
    return AsymmetryFinding(multiplicative_line(asked.es.yi, n1 + n2, asked.es.vi), "ni")


def _deeks(asked: AsymmetryInput) -> AsymmetryFinding:
    """Effect on the inverse root of the effective sample size, weighted by it (Deeks, Macaskill & Irwig 2005)."""
    n1, n2, _, _ = _margins(asked.es)
    inverse_ess = (n1 + n2) / (4 * n1 * n2)
    line = multiplicative_line(asked.es.yi, np.sqrt(inverse_ess), inverse_ess)
    return AsymmetryFinding(line, "inverse root of the effective sample size", has_limit=True)


def _pustejovsky(asked: AsymmetryInput) -> AsymmetryFinding:
    """Effect on the part of its standard error that sample sizes alone give (Pustejovsky & Rodgers 2019)."""
    es = asked.es
    line = multiplicative_line(es.yi, np.sqrt(1 / es.data["n1i"] + 1 / es.data["n2i"]), es.vi)
    return AsymmetryFinding(line, "sqrt(1/n1 + 1/n2)", has_limit=True)


#: The log odds ratio times a constant: what regresses that effect gives the same test.
FROM_OR = ("OR2D", "OR2DL", "OR2DN")

PREDICTORS: dict[str, Predictor] = {
    "sei": Predictor(np.sqrt, of_size=False, has_limit=True),
    "vi": Predictor(lambda vi: vi, of_size=False, has_limit=True),
    "ni": Predictor(lambda ni: ni, of_size=True, has_limit=False),
    "ninv": Predictor(lambda ni: 1 / ni, of_size=True, has_limit=True),
    "sqrtni": Predictor(np.sqrt, of_size=True, has_limit=False),
    "sqrtninv": Predictor(lambda ni: 1 / np.sqrt(ni), of_size=True, has_limit=True),
}

SMALL_STUDY_TESTS: dict[str, AsymmetryTest] = {
    "egger": AsymmetryTest("Egger's test (weighted regression)", _egger, free_predictor=True),
    "egger-mixed": AsymmetryTest("Egger's test (mixed-effects regression)", _egger_mixed, free_predictor=True),
    "thompson-sharp": AsymmetryTest("Thompson and Sharp's test", _thompson_sharp),
    "begg": AsymmetryTest("Begg and Mazumdar's rank test", _begg),
    "harbord": AsymmetryTest("Harbord's test", _harbord, CELLS, ("OR", "RR", "PETO")),
    "peters": AsymmetryTest("Peters's test", _peters, CELLS, ("OR", "RR", "RD", "PETO", *FROM_OR)),
    "macaskill": AsymmetryTest("Macaskill's test", _macaskill, CELLS, ("OR", "RR", "RD", *FROM_OR)),
    "deeks": AsymmetryTest("Deeks's test", _deeks, CELLS, ("OR",)),
    "schwarzer": AsymmetryTest("Schwarzer's rank test for counts", _schwarzer, CELLS, ("OR",)),
    "pustejovsky": AsymmetryTest(
        "Pustejovsky and Rodgers's test", _pustejovsky, ("n1i", "n2i"),
        ("SMD", "SMDH", "SMD1", "SMD1H", "D2OR", "D2ORL", "D2ORN"),
    ),
}  # fmt: skip
