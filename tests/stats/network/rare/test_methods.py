"""Networks of rare events against netmetabin, against other fits of two treatments, and against all tables."""

import json
from itertools import product
from math import comb
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.network.rare.hypergeometric import hypergeometric, multinomial
from metaan.stats.network.rare.mantel_haenszel import generalised_odds_ratios
from metaan.stats.network.rare.methods import NETWORK_METHODS

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "network.json").read_text())
CASES = [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "netmetabin"]
RARE = [name for name in NETWORK_METHODS if name != "IV"]
TABLES = {"ai": [3, 1, 7, 2], "n1i": [120, 130, 240, 90], "ci": [5, 4, 9, 0], "n2i": [121, 130, 244, 95]}


def arms_of(case, **options):
    d = GOLDEN["datasets"][case["dataset"]]["arms"]
    return ma.network(d["studlab"], treatment=d["treat"], events=d["event"], total=d["n"], **options)


def two(method, **tables):
    t = TABLES | tables
    k = len(t["ai"])
    return ma.network(
        [*range(k)] * 2, treatment=["x"] * k + ["y"] * k, events=[*t["ai"], *t["ci"]], total=[*t["n1i"], *t["n2i"]],
        method=method,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_odds_ratios_of_rare_events(case):
    """netmeta's optimiser stops within 2e-4 of the maximum of its likelihood; Mantel-Haenszel is a closed form."""
    want, fit = case["expect"], arms_of(case, method=case["args"]["method"])
    closed = case["args"]["method"] == "MH"
    tol = {"rtol": 1e-8, "atol": 1e-10} if closed else {"rtol": 0, "atol": 2e-4}
    size = len(want["TE.common"])  # a large network keeps the first comparisons
    at = tuple(places[:size] for places in np.triu_indices(fit.n, 1))
    assert list(fit.treatments) == want["trts"]
    np.testing.assert_allclose(fit.estimate[at], want["TE.common"], **tol)
    np.testing.assert_allclose(fit.se[at], want["seTE.common"], **tol)
    np.testing.assert_allclose(fit.table().ci_lb[:size], want["lower.common"], **tol)
    np.testing.assert_allclose(fit.table().ci_ub[:size], want["upper.common"], **tol)
    if closed:
        between = fit.decomposition().between
        assert (between.q, between.df, between.pval) == pytest.approx(
            tuple(want[f"{x}.inconsistency"] for x in ("Q", "df.Q", "pval.Q"))
        )
    assert bool(fit.excluded) == (case["dataset"] != "dat.linde2016")


def test_mantel_haenszel_of_two_treatments_is_that_of_tables():
    fit, pool = two("MH"), ma.mantel_haenszel("OR", **TABLES)
    one = fit.comparison("x", "y")
    np.testing.assert_allclose([one.estimate, one.se, *one.ci], [pool.estimate, pool.se, *pool.ci], rtol=1e-12)
    assert (fit.k, fit.m, fit.d, one.k, fit.tau2, fit.tau) == (4, 4, 1, 4, None, None)


@pytest.mark.parametrize(("method", "structure"), [("NCH", "CM.AL"), ("NCH-exact", "CM.EL")])
def test_the_exact_likelihood_of_two_treatments(method, structure):
    one, model = two(method).comparison("x", "y"), ma.glmm(structure, measure="OR", model="common", **TABLES)
    np.testing.assert_allclose([one.estimate, one.se], [model.estimate, model.se], rtol=1e-5)


def test_laws_of_events_are_sums_over_all_tables():
    events, others, theta = np.array([1.0, 3.0, 2.0]), np.array([4.0, 3.0, 5.0]), np.array([0.0, 0.7, -0.4])
    n, t = (events + others).astype(int), 6
    tables = [x for x in product(*(range(size + 1) for size in n)) if sum(x) == t]
    weights = np.array([np.prod([comb(size, y) for size, y in zip(n, x)]) * np.exp(theta @ x) for x in tables])
    p, x = weights / weights.sum(), np.array(tables)
    mean = p @ x
    ll, found, covariance = hypergeometric(events, others, theta)
    assert ll == pytest.approx(np.log(p[tables.index((1, 3, 2))]))
    np.testing.assert_allclose(found, mean)
    np.testing.assert_allclose(covariance, (x * p[:, None]).T @ x - np.outer(mean, mean), atol=1e-12)
    rare, plenty = hypergeometric(np.array([1.0, 2.0]), np.array([9e3, 8e3]), np.array([0.0, 0.5])), multinomial(
        np.array([1.0, 2.0]), np.array([9e3, 8e3]), np.array([0.0, 0.5])
    )  # fmt: skip
    np.testing.assert_allclose(rare[1], plenty[1], rtol=1e-3)
    np.testing.assert_allclose(rare[2], plenty[2], rtol=1e-3)


def test_covariance_of_generalised_odds_ratios_is_that_of_many_draws():
    """Of 3 arms in 5 studies: large enough that logarithms are near to normal."""
    rng, n = (
        np.random.default_rng(2),
        np.array([[90, 60, 120], [80, 100, 70], [60, 60, 60], [150, 90, 100], [70, 140, 80]]),
    )
    odds = np.array([0.3, 0.5, 0.4, 0.25, 0.6])[:, None] * np.exp([0.0, 0.4, -0.3])
    draws = rng.binomial(n, odds / (1 + odds), size=(2100, 5, 3))
    found = np.array([generalised_odds_ratios(e, n - e)[0] for e in draws[:2000].astype(float)])
    covariance = np.mean([generalised_odds_ratios(e, n - e)[1] for e in draws[2000:2100].astype(float)], axis=0)
    contrast = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    np.testing.assert_allclose(contrast @ covariance @ contrast.T, np.cov((found @ contrast.T).T), rtol=0.12)


@pytest.mark.parametrize("method", RARE)
def test_studies_that_say_nothing_are_named(method):
    fit = two(method, ai=[3, 1, 0, 120], ci=[5, 4, 0, 130], n1i=[120, 130, 50, 120], n2i=[121, 130, 50, 130])
    assert fit.excluded == (("2", "no events in any arm"), ("3", "events in all people of all arms"))
    assert fit.k == 2
    assert method in repr(fit)
    assert "share one effect" in fit.notes[0]
    json.dumps(fit.to_dict(), allow_nan=False)


def test_an_arm_without_events_in_its_design_stays_in_the_exact_likelihood_only():
    case = next(c.values[0] for c in CASES if c.values[0]["dataset"] == "dat.hasselblad1998")
    assert "19" in {name for name, _ in arms_of(case, method="NCH").excluded}
    exact = arms_of(case, method="NCH-exact")
    assert (exact.excluded, exact.k) == ((), 24)
    assert exact.comparison("grp_counseling", "no_contact").estimate > 0.7


@pytest.mark.parametrize("method", ["NCH", "NCH-exact"])
def test_a_likelihood_has_no_contrasts_to_split(method):
    fit = two(method)
    for ask in (fit.split, fit.contributions, fit.decomposition, fit.net_heat):
        with pytest.raises(NotEstimableError, match=f"method {method} has one likelihood and no contrasts"):
            ask()
    with pytest.raises(NotEstimableError, match="common effects only"):
        fit.table("random")
    assert fit.league().rows()[0][1] == "."
    assert sum(fit.rank_probabilities(1, draws=100).sucra.values()) == pytest.approx(1.0)


def test_no_finite_maximum_is_said():
    with pytest.raises(NotEstimableError, match="no finite maximum"):
        two("NCH-exact", ai=[0, 0], ci=[4, 5], n1i=[20, 30], n2i=[20, 30])
    with pytest.raises(NotEstimableError, match="no design has two arms with events"):
        two("MH", ai=[0, 0], ci=[4, 5], n1i=[20, 30], n2i=[20, 30])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "RR"}, "method 'MH' has common odds ratios; allowed: measure OR"),
        ({"tau2": 0.1}, "no tau2"),
        ({"method": "MHH"}, "method 'MHH' is unknown; did you mean MH"),
        (
            {"events": None, "mean": [1, 2], "sd": [1, 1]},
            "method 'MH' of total, mean, sd; allowed: arms, events and total",
        ),
    ],
)
def test_what_methods_for_rare_events_do_not_take(options, message):
    arms = {"studies": ["a", "a"], "treatment": ["x", "y"], "events": [1, 2], "total": [9, 9], "method": "MH"}
    with pytest.raises(UsageError, match=message):
        ma.network(**(arms | options))


def test_contrasts_and_broken_counts_are_refused():
    with pytest.raises(UsageError, match="method 'NCH' of contrasts"):
        ma.network(["a"], ["x"], ["y"], [0.1], [0.1], method="NCH")
    with pytest.raises(DataError, match=r"study 'a', y: events = 2[.]5; allowed: whole"):
        ma.network(["a", "a"], treatment=["x", "y"], events=[1, 2.5], total=[9, 9], method="NCH")
    with pytest.raises(DataError, match="study 'a', y: 12 events of 9"):
        ma.network(["a", "a"], treatment=["x", "y"], events=[1, 12], total=[9, 9], method="MH")


def test_parts_and_split_of_mantel_haenszel():
    data = {
        "studies": [*"112233"],
        "treatment": [*"abbcxy"],
        "events": [3, 5, 4, 9, 2, 6],
        "total": [50] * 6,
        "method": "MH",
    }
    with pytest.raises(NotEstimableError, match="2 parts"):
        ma.network(**data)
    fit = ma.network(**data, part="a")
    assert (fit.treatments, fit.studies) == (("a", "b", "c"), ("1", "2"))
    assert fit.split()["a", "b"].direct.estimate == pytest.approx(np.log(3 * 45 / (5 * 47)))
