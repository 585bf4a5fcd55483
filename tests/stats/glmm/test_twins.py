"""Slow twins of the mixed models: plain sums over a fine grid, enumeration, general optimisers; and what must hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import gammaln, logsumexp
from scipy.stats import binom, chi2, nchypergeom_fisher, norm, poisson

import metaan as ma
from metaan.stats.glmm.families import NoncentralHypergeometric
from metaan.stats.glmm.fit import fit_common
from metaan.stats.glmm.models import GLMM_MEASURES

TABLES = {
    "ai": [0, 2, 9, 19, 20],
    "n1i": [50, 100, 120, 40, 200],
    "ci": [4, 6, 5, 10, 45],
    "n2i": [50, 100, 118, 41, 190],
}
RATES = {"x1i": [0, 18, 3, 6], "t1i": [413, 263, 487, 237], "x2i": [5, 19, 9, 13], "t2i": [398, 245, 435, 241]}
Z, STEP = np.linspace(-9, 9, 3001, retstep=True)
COARSE, COARSE_STEP = np.linspace(-8, 8, 321, retstep=True)


def grid_log_likelihood(studies, z=Z, step=STEP):
    """Integrate each study's probability, a function of the standard normal effect, by the trapezoid rule."""
    return sum(math.log(float(np.sum(f(z) * norm.pdf(z))) * step) for f in studies)


def conditional_exact(theta, tau, data):
    rows = np.array([data[n] for n in ("ai", "n1i", "ci", "n2i")]).T
    return [
        lambda z, r=r: nchypergeom_fisher.pmf(r[0], r[1] + r[3], r[0] + r[2], r[1], np.exp(theta + tau * z))
        for r in rows
    ]


def conditional_approximate(theta, tau, data):
    rows = np.array([data[n] for n in ("ai", "n1i", "ci", "n2i")]).T
    return [lambda z, r=r: binom.pmf(r[0], r[0] + r[2], 1 / (1 + r[3] / r[1] * np.exp(-theta - tau * z))) for r in rows]


def expit(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("structure", "points", "twin"),
    [("CM.EL", 25, conditional_exact), ("CM.AL", 7, conditional_approximate)],
)
def test_the_likelihood_is_the_integral(structure, points, twin):
    fit = ma.glmm(structure, **TABLES)
    assert fit.points == points
    assert fit.tau2 > 0.01
    slow = grid_log_likelihood(twin(fit.estimate, math.sqrt(fit.tau2), TABLES))
    assert fit.ll == pytest.approx(slow, abs=2e-4 if points == 7 else 1e-8)
    close = ma.glmm(structure, points=41, **TABLES)
    slow = grid_log_likelihood(twin(close.estimate, math.sqrt(close.tau2), TABLES))
    assert close.ll == pytest.approx(slow, abs=1e-9)


def test_the_likelihood_with_fixed_baselines_is_the_integral_at_its_own_maximum():
    fit = ma.glmm("UM.FS", points=41, **TABLES)
    half, tau = fit.estimate / 2, math.sqrt(fit.tau2)

    def study(alpha, r):
        p1, p2 = expit(alpha + half + tau * Z / 2), expit(alpha - half - tau * Z / 2)
        return math.log(float(np.sum(binom.pmf(r[0], r[1], p1) * binom.pmf(r[2], r[3], p2) * norm.pdf(Z))) * STEP)

    slow = 0.0
    for r in np.array([TABLES[n] for n in ("ai", "n1i", "ci", "n2i")]).T:
        slow -= minimize_scalar(lambda alpha, r=r: -study(alpha, r), bracket=(-4, 0), options={"xtol": 1e-10}).fun
    assert fit.ll == pytest.approx(slow, abs=1e-8)


@pytest.mark.parametrize(("measure", "data"), [("OR", TABLES), ("IRR", RATES)])
def test_two_random_effects_are_the_double_integral(measure, data):
    fit = ma.glmm("UM.RS", measure=measure, points=15, **data)
    assert fit.tau2 > 0.01
    level, theta, sigma, tau = fit.fit.top.shared
    base = level + sigma * COARSE[:, None]
    eta1, eta2 = base + theta + tau * COARSE[None, :] / 2, base - tau * COARSE[None, :] / 2
    density = norm.pdf(COARSE)[:, None] * norm.pdf(COARSE)[None, :] * COARSE_STEP**2
    slow = 0.0
    for row in np.array(list(data.values()), dtype=float).T:
        if measure == "OR":
            joint = binom.pmf(row[0], row[1], expit(eta1)) * binom.pmf(row[2], row[3], expit(eta2))
        else:
            joint = poisson.pmf(row[0], row[1] * np.exp(eta1)) * poisson.pmf(row[2], row[3] * np.exp(eta2))
        slow += math.log(float(np.sum(joint * density)))
    assert fit.ll == pytest.approx(slow, abs=1e-7)


@pytest.mark.parametrize("measure", ["PLO", "IRLN"])
def test_one_group_is_the_integral(measure):
    data = {
        "PLO": {"xi": [3, 0, 9, 30], "ni": [40, 25, 50, 61]},
        "IRLN": {"xi": [3, 0, 9, 30], "ti": [40, 25, 50, 61]},
    }[measure]
    fit = ma.glmm(measure=measure, points=31, **data)
    eta = fit.estimate + math.sqrt(fit.tau2) * Z
    pmf = {"PLO": lambda x, n: binom.pmf(x, n, expit(eta)), "IRLN": lambda x, t: poisson.pmf(x, t * np.exp(eta))}[
        measure
    ]
    slow = grid_log_likelihood([lambda z, row=row: pmf(*row) for row in np.array(list(data.values())).T])
    assert fit.ll == pytest.approx(slow, abs=1e-8)


def test_a_general_optimiser_on_the_grid_finds_the_same_maximum():
    def minus(p):
        return -grid_log_likelihood(conditional_approximate(p[0], p[1], TABLES), COARSE, COARSE_STEP)

    slow = minimize(minus, [-0.5, 0.3], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-13, "maxiter": 400})
    fit = ma.glmm("CM.AL", points=31, **TABLES)
    assert fit.estimate == pytest.approx(slow.x[0], abs=1e-6)
    assert fit.tau2 == pytest.approx(slow.x[1] ** 2, abs=1e-6)


@pytest.mark.parametrize("structure", ["CM.EL", "CM.AL", "UM.RS"])
def test_standard_errors_are_those_of_plain_second_differences(structure):
    fit = ma.glmm(structure, **TABLES)
    s = GLMM_MEASURES["OR"][structure](fit.effects.data)
    objective, at = s.objective(fit.points, random=True), fit.fit.top.shared
    h = 1e-3

    def ll(*moves):
        return float(objective(at + h * np.sum(moves, axis=0), np.zeros(fit.k)).sum())

    unit = np.eye(at.size)
    hessian = [[ll(u, v) - ll(u, -v) - ll(-u, v) + ll(-u, -v) for u in unit] for v in unit]
    covariance = np.linalg.inv(-np.array(hessian) / (4 * h * h))
    assert fit.se == pytest.approx(math.sqrt(covariance[fit.fit.at, fit.fit.at]), rel=2e-5)
    assert fit.tau2_se == pytest.approx(2 * math.sqrt(fit.tau2 * covariance[-1, -1]), rel=2e-4)


def test_the_profile_interval_of_tau2_ends_where_the_grid_likelihood_has_fallen():
    fit = ma.glmm("CM.AL", points=31, **TABLES)
    interval = fit.tau2_ci(level=0.9)

    def best(tau):
        def minus(theta):
            return -grid_log_likelihood(conditional_approximate(theta, tau, TABLES), COARSE, COARSE_STEP)

        return -minimize_scalar(minus, bracket=(-1, 0)).fun

    fall = chi2.ppf(0.9, 1) / 2
    assert best(math.sqrt(interval.tau2_ci.ub)) == pytest.approx(fit.ll - fall, abs=1e-6)
    if interval.tau2_ci.lb > 0:
        assert best(math.sqrt(interval.tau2_ci.lb)) == pytest.approx(fit.ll - fall, abs=1e-6)
    else:
        assert best(0.0) >= fit.ll - fall
    assert interval.tau2_ci.lb <= fit.tau2 <= interval.tau2_ci.ub
    assert interval.i2_ci.ub <= 100


def test_a_wider_level_gives_a_wider_interval_and_no_heterogeneity_starts_at_zero():
    fit = ma.glmm("CM.AL", ai=[5, 10, 15], n1i=[50, 100, 150], ci=[10, 20, 30], n2i=[50, 100, 150])
    assert fit.tau2 == 0
    assert fit.tau2_se is None
    narrow, wide = (fit.tau2_ci(level=level).tau2_ci for level in (0.8, 0.95))
    assert narrow.lb == wide.lb == 0
    assert 0 < narrow.ub < wide.ub


@pytest.mark.parametrize("log_or", [-8.0, -1.0, 0.0, 2.0, 9.0])
def test_the_noncentral_hypergeometric_is_the_enumerated_one(log_or):
    family = NoncentralHypergeometric(
        *(np.array(v, dtype=float) for v in ([3, 0, 7], [10, 4, 7], [12, 9, 6], [8, 3, 9]))
    )
    ll, score, information = family.derivatives(np.full((3, 1, 1), log_or))
    for i in range(3):
        a, n1, n2, m = (float(v[i]) for v in (family.a, family.n1, family.n2, family.m))
        twin = nchypergeom_fisher(n1 + n2, m, n1, math.exp(log_or))
        assert ll[i, 0, 0] == pytest.approx(math.log(twin.pmf(a)), abs=1e-8)
        assert score[i, 0, 0] == pytest.approx(a - twin.mean(), abs=1e-8)
        assert information[i, 0, 0] == pytest.approx(twin.var(), abs=1e-8)


def test_the_conditional_odds_ratio_of_a_table_solves_its_equation():
    family = NoncentralHypergeometric(
        *(np.array(v, dtype=float) for v in ([3, 0, 6], [10, 4, 7], [12, 9, 6], [8, 3, 9]))
    )
    alone = family.saturated()
    root = brentq(lambda x: nchypergeom_fisher.mean(22, 8, 10, math.exp(x)) - 3, -5, 5)
    assert alone.eta[0, 0] == pytest.approx(root, abs=1e-7)
    assert alone.eta[1, 0] == -math.inf
    assert alone.variance[1, 0] == math.inf
    assert alone.log_likelihood[1, 0] == 0


@pytest.mark.parametrize("structure", sorted(GLMM_MEASURES["OR"]))
def test_swapping_the_arms_turns_the_effect_round(structure):
    data = TABLES
    swapped = {"ai": data["ci"], "n1i": data["n2i"], "ci": data["ai"], "n2i": data["n1i"]}
    one, other = ma.glmm(structure, **data), ma.glmm(structure, **swapped)
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-6)
    assert (other.se, other.tau2, other.ll) == pytest.approx((one.se, one.tau2, one.ll), rel=1e-5)


counts = st.tuples(st.integers(1, 6), st.integers(8, 30), st.integers(1, 6), st.integers(8, 30))


@given(rows=st.lists(counts, min_size=2, max_size=4), seed=st.integers(0, 99))
@settings(max_examples=8)
def test_order_and_double_zero_studies_change_nothing_for_conditional_models(rows, seed):
    mixed = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))] + [(0, 20, 0, 20)]
    one, other = (
        ma.glmm("CM.EL", **dict(zip(("ai", "n1i", "ci", "n2i"), np.array(r, dtype=float).T))) for r in (rows, mixed)
    )
    assert (other.estimate, other.se, other.tau2) == pytest.approx((one.estimate, one.se, one.tau2), rel=1e-5, abs=1e-6)
    assert other.k == len(rows)


@given(rows=st.lists(counts, min_size=2, max_size=4))
@settings(max_examples=10)
def test_fixed_and_conditioned_baselines_agree_on_rates(rows):
    """Cox: conditioning on the events of both arms loses nothing, so the common rate ratio is the same."""
    data = dict(zip(("x1i", "t1i", "x2i", "t2i"), np.array(rows, dtype=float).T))
    fits = [ma.glmm(s, measure="IRR", model="common", **data) for s in ("UM.FS", "CM.EL")]
    assert fits[0].estimate == pytest.approx(fits[1].estimate, abs=1e-8)
    assert fits[0].q_lrt.stat == pytest.approx(fits[1].q_lrt.stat, abs=1e-8)


def test_large_tables_stay_exact():
    data = {"ai": [4100, 5], "n1i": [500000, 60], "ci": [4600, 4], "n2i": [500100, 58]}
    fit = ma.glmm("UM.FS", model="common", **data)
    near = ma.mantel_haenszel("OR", **data)
    assert (fit.estimate, fit.se) == pytest.approx((near.estimate, near.se), rel=2e-3)
    s = GLMM_MEASURES["OR"]["UM.FS"](fit.effects.data)
    assert fit_common(s, 15).top.shared[0] == pytest.approx(fit.estimate, abs=1e-9)


def test_events_too_few_to_bound_tau2_give_an_infinite_upper_end():
    fit = ma.glmm("CM.AL", ai=[1, 0, 0], n1i=[144, 199, 5], ci=[0, 0, 1], n2i=[12, 91, 126])
    interval = fit.tau2_ci()
    assert interval.tau2_ci.ub == math.inf
    assert interval.i2_ci.ub == 100
    assert "upper bound" in interval.note


def test_rates_that_differ_wildly_do_not_overflow():
    fit = ma.glmm(measure="IRLN", xi=[0, 0, 10, 0, 0, 2], ti=[20, 1, 20, 12, 13, 16])
    assert fit.tau2_ci().tau2_ci.lb < fit.tau2 < fit.tau2_ci().tau2_ci.ub < math.inf


@pytest.mark.parametrize(
    ("a", "n1", "n2", "m"),
    [(900, 3000, 3000, 2100), (3, 40_000, 2_000, 1_500), (5, 2_000, 40_000, 1_900), (1_200, 1_210, 5_000, 4_000)],
)
@pytest.mark.parametrize("eta", [-300.0, -8.0, -1.0, -1e-9, 0.0, 0.3, 2.5, 8.0, 300.0])
def test_of_a_large_table_only_the_values_that_have_weight_are_looked_at(a, n1, n2, m, eta):
    """Against the sum over the whole support, one value after the other."""
    small = np.array([2.0]), np.array([9.0]), np.array([8.0]), np.array([5.0])
    family = NoncentralHypergeometric(*(np.append(own, x) for own, x in zip(small, (a, n1, n2, m))))
    y = np.arange(max(0, m - n2), min(n1, m) + 1)
    weight = _log_choose(n1, y) + _log_choose(n2, m - y) + (y - a) * eta
    p = np.exp(weight - logsumexp(weight))
    mean = p @ (y - a)
    ll, score, information = family.derivatives(np.full((2, 1, 1), eta))
    whole = -logsumexp(weight - _log_choose(n1, a) - _log_choose(n2, m - a))
    assert ll[1, 0, 0] == pytest.approx(whole, rel=1e-12, abs=1e-9)
    assert score[1, 0, 0] == pytest.approx(-mean, rel=1e-9, abs=1e-7)
    assert information[1, 0, 0] == pytest.approx(p @ (y - a - mean) ** 2, rel=1e-6, abs=1e-6)


def _log_choose(n, k):
    return gammaln(n + 1) - gammaln(np.asarray(k) + 1.0) - gammaln(n - np.asarray(k) + 1.0)
