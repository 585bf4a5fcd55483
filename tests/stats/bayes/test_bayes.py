"""The normal-normal model with priors against bayesmeta, against a grid of mean and tau, and at its edges."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.bayes.distributions import _scanned
from metaan.stats.bayes.priors import TAU_PRIORS, prior_of

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "bayesmeta.json").read_text())
TAU = {
    "halfnormal0.5": "half-normal(0.5)",
    "halfcauchy0.5": "half-Cauchy(0.5)",
    "uniform": "uniform",
    "jeffreys": "Jeffreys",
}
MU = {"N(0,2^2)": (0.0, 2.0), "improper uniform": None}
YI, VI = np.array([0.1, 0.5, 0.9, 0.2]), np.array([0.04, 0.05, 0.09, 0.02])
ES = ma.EffectSizes.of(YI, VI)
S = np.sqrt(VI)
BCG = ma.EffectSizes.of(**GOLDEN["datasets"]["dat.bcg"])


def of(**expr):
    return ma.bayes(ES, **expr)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["id"])
def test_bayesmeta(case):
    fit = ma.bayes(
        ma.EffectSizes.of(**GOLDEN["datasets"][case["dataset"]]),
        TAU[case["args"]["tau.prior"]],
        MU[case["args"]["mu.prior"]],
    )
    want = case["expect"]
    for name, got in {"tau": fit.tau, "mu": fit.mu, "theta": fit.prediction}.items():
        numbers = {"mode": got.mode, "median": got.median, "mean": got.mean, "sd": got.sd,
                   "95%_lower": got.ci.lb, "95%_upper": got.ci.ub}  # fmt: skip
        for key, value in want[name].items():
            assert value == pytest.approx(numbers[key], rel=case["tol"]["rtol"], abs=case["tol"]["atol"]), (name, key)
        # the reference's grid of tau (delta = 0.005) does not touch its means and medians
        assert got.mean == pytest.approx(want[name]["mean"], rel=1e-4, abs=1e-4)
        assert got.median == pytest.approx(want[name]["median"], rel=2e-4, abs=2e-4)
    for name, got in {"ML_joint": fit.ml, "MAP_joint": fit.map}.items():
        assert [got.tau, got.mu] == pytest.approx([want[name]["tau"], want[name]["mu"]], rel=1e-2, abs=1e-3)
    assert fit.i2 / 100 == pytest.approx(want["I2_at_posterior_median_tau"], abs=1e-3)


def product(power):
    return lambda t: np.prod(t[:, None] / (VI + t[:, None] ** 2) ** power, axis=1) ** (1 / VI.size)


S0 = math.sqrt(1 / np.mean(1 / VI))
W = 1 / VI
TYPICAL = (VI.size - 1) * W.sum() / (W.sum() ** 2 - (W**2).sum())
DENSITIES = {  # name to text and density, each written as its paper or scipy has it
    "half-normal": ("half-normal(0.5)", stats.halfnorm(scale=0.5).pdf),
    "half-t": ("half-t(0.5, 4)", lambda t: 2 * stats.t(4, scale=0.5).pdf(t)),
    "half-Cauchy": ("half-Cauchy(scale=0.5)", stats.halfcauchy(scale=0.5).pdf),
    "half-logistic": ("halflogistic(0.3)", stats.halflogistic(scale=0.3).pdf),
    "exponential": ("exponential(2)", stats.expon(scale=0.5).pdf),
    "Rayleigh": ("Rayleigh(0.4)", stats.rayleigh(scale=0.4).pdf),
    "Lomax": ("Lomax(0.5, 2)", stats.lomax(2, scale=0.5).pdf),
    "uniform": ("uniform(0, 4)", stats.uniform(0, 4).pdf),
    "log-normal": ("log-normal(-1, 0.8)", stats.lognorm(0.8, scale=math.exp(-1)).pdf),
    "log-normal-tau2": (
        "log-normal-tau2(-2.5, 1.7)", lambda t: 2 * t * stats.lognorm(1.7, scale=math.exp(-2.5)).pdf(t**2),
    ),
    "log-t-tau2": ("log-t-tau2(-2, 1.2)", lambda t: 2 / t * stats.t(5, -2, 1.2).pdf(np.log(t**2))),
    "inverse-gamma": ("inverse-gamma(1, 0.15)", stats.invgamma(1, scale=0.15).pdf),
    "inverse-gamma-tau2": ("inverse-gamma-tau2(1, 0.15)", lambda t: 2 * t * stats.invgamma(1, scale=0.15).pdf(t**2)),
    "inverse-chi": ("inverse-chi(3, 0.5)", lambda t: 0.5 / t**2 * stats.chi(3).pdf(0.5 / t)),
    "sqrt": ("sqrt", lambda t: t**-0.5),
    "Jeffreys": ("Jeffreys", lambda t: np.sqrt(((t[:, None] / (VI + t[:, None] ** 2)) ** 2).sum(axis=1))),
    "overallJeffreys": (
        "overallJeffreys",
        lambda t: np.sqrt((1 / (VI + t[:, None] ** 2)).sum(1) * ((t[:, None] / (VI + t[:, None] ** 2)) ** 2).sum(1)),
    ),
    "BergerDeely": ("BergerDeely", product(1.0)),
    "conventional": ("conventional", product(1.5)),
    "DuMouchel": ("DuMouchel", lambda t: S0 / (S0 + t) ** 2),
    "shrinkage": ("shrinkage", lambda t: 2 * S0**2 * t / (S0**2 + t**2) ** 2),
    "I2": ("I2", lambda t: 2 * TYPICAL * t / (TYPICAL + t**2) ** 2),
}  # fmt: skip


def brute_force(density, mu_prior=(0.0, 4.0)):
    """The slow twin: mean, tau and likelihood on a grid of both, by the rule of trapezoids."""
    u, mu = np.linspace(-28, 9, 500), np.linspace(-20, 20, 1001)
    tau = np.exp(u)
    total = VI + tau[:, None] ** 2
    log_l = sum(-0.5 * np.log(total[:, [i]]) - 0.5 * (YI[i] - mu) ** 2 / total[:, [i]] for i in range(YI.size))
    with np.errstate(divide="ignore"):
        joint = np.exp(log_l) * (density(tau) * tau)[:, None] * stats.norm(*mu_prior).pdf(mu)
    joint /= joint.sum()
    return tau, mu, joint


@pytest.mark.parametrize("name", TAU_PRIORS)
def test_every_prior_against_a_grid_of_mean_and_tau(name):
    text, density = DENSITIES[name]
    fit = ma.bayes(ES, text, (0.0, 4.0))
    tau, mu, joint = brute_force(density)
    of_tau, of_mu = joint.sum(axis=1), joint.sum(axis=0)
    slow = [of_mu @ mu, of_tau @ np.log(tau), math.sqrt(of_mu @ mu**2 - (of_mu @ mu) ** 2), of_tau @ (tau / (1 + tau))]
    fast = [fit.mu.mean, fit.grid.mass @ np.log(fit.grid.t), fit.mu.sd, fit.grid.mass @ (fit.grid.t / (1 + fit.grid.t))]
    assert fast == pytest.approx(slow, rel=5e-3 if name == "uniform" else 2e-4)  # its end lies between two points
    t = np.array([0.05, 0.3, 1.0])
    ratio = prior_of(text, S).pdf(t) / density(t)
    assert ratio == pytest.approx(np.full(3, ratio[0]), rel=1e-9)
    if prior_of(text, S).proper and name not in ("overallJeffreys", "conventional"):
        assert ratio == pytest.approx(np.ones(3), rel=1e-9)


@pytest.mark.parametrize("name", [n for n in TAU_PRIORS if n not in ("sqrt", "Jeffreys", "BergerDeely")])
def test_a_proper_prior_integrates_to_one(name):
    u = np.linspace(-300, 60, 200_001) if name == "log-t-tau2" else np.linspace(-40, 40, 100_001)
    density = prior_of(DENSITIES[name][0], S).pdf(np.exp(u)) * np.exp(u)
    assert np.trapezoid(density, u) == pytest.approx(1, abs=1e-3 if name == "uniform" else 1e-7)


@pytest.mark.parametrize("name", ["half-normal", "Jeffreys", "sqrt", "log-normal"])
def test_pdf_cdf_and_quantile_are_of_one_distribution(name):
    fit = ma.bayes(ES, DENSITIES[name][0], None)
    for one in (fit.tau, fit.mu, fit.prediction):
        p = np.array([0.01, 0.2, 0.5, 0.9, 0.99])
        x = one.quantile(p)
        assert one.cdf(x) == pytest.approx(p, abs=1e-9)
        step = 1e-5 * abs(x)
        assert (one.cdf(x + step) - one.cdf(x - step)) / (2 * step) == pytest.approx(one.pdf(x), rel=1e-4)
        assert one.cdf(x.reshape(1, -1)).shape == one.pdf(x.reshape(1, -1)).shape == (1, 5)
    assert fit.tau.quantile([0, 1]).tolist() == [0, math.inf]
    assert fit.tau.pdf(-1.0) == 0 == fit.tau.cdf(0.0)
    assert fit.tau.mode == 0 if name == "sqrt" else fit.tau.pdf(fit.tau.mode) > fit.tau.pdf(fit.tau.mode * 1.01)


@pytest.mark.parametrize("prior", ["half-normal(0.5)", "Jeffreys", "DuMouchel", "log-normal(-1, 0.8)"])
def test_the_shortest_interval_is_no_longer_than_any_other(prior):
    fit = ma.bayes(BCG, prior, None)
    for one in (fit.tau, fit.mu, fit.prediction):
        lb, ub = one.ci
        assert one.cdf(ub) - one.cdf(lb) == pytest.approx(0.95, abs=1e-8)
        starts = np.array([max(0, one.cdf(lb) + shift) for shift in (-0.01, -1e-4, 1e-4, 0.01)])
        assert ub - lb <= (one.quantile(starts + 0.95) - one.quantile(starts)).min() * (1 + 1e-9)


@pytest.mark.parametrize("es", [BCG, ES], ids=["a hill", "a slope"])
def test_beside_an_infinite_density_at_zero_the_shortest_interval_may_lie_on_a_hill(es):
    tau = ma.bayes(es, "sqrt", None).tau
    assert tau.pdf(0.0) == math.inf
    widths = [tau.quantile(p + 0.95) - tau.quantile(p) for p in np.linspace(0, 0.05, 26)]
    assert tau.ci.ub - tau.ci.lb <= min(widths) * (1 + 1e-9)
    assert (tau.ci.lb > 0) == (es is BCG)


def test_newton_and_a_scan_find_the_same_shortest_interval():
    mu = ma.bayes(ES, "Jeffreys", None).mu
    assert [*_scanned(mu, 0.9)] == pytest.approx([*mu.credible_interval(0.9)], rel=1e-3)
    two = replace(mu, mass=np.array([0.4, 0.6]), means=np.array([-5.0, 5.0]), sds=np.array([1.0, 1.0]))
    assert two.mode == pytest.approx(5)
    assert two.credible_interval(0.5).lb > 2


def test_central_intervals_leave_as_much_on_either_side():
    fit = ma.bayes(BCG, interval="central", level=0.9)
    for one in (fit.tau, fit.mu, fit.prediction, *fit.shrinkage.values()):
        assert one.cdf(list(one.ci)) == pytest.approx([0.05, 0.95], abs=1e-9)
    assert ma.bayes(BCG).mu.credible_interval(0.9, "central") == pytest.approx(fit.mu.ci)


def test_the_true_effects_of_studies_are_drawn_to_the_mean():
    fit = of()
    tau, mu, joint = brute_force(DENSITIES["half-normal"][1])
    for i, one in enumerate(fit.shrinkage.values()):
        b = (tau**2 / (VI[i] + tau**2))[:, None]
        slow = (joint * (b * YI[i] + (1 - b) * mu)).sum()
        assert one.mean == pytest.approx(slow, rel=1e-5)
        assert min(YI[i], fit.mu.mean) <= one.mean <= max(YI[i], fit.mu.mean)
        assert fit.shrinkage_factors[i] == pytest.approx((joint * b).sum(), rel=1e-5)
    assert list(fit.shrinkage) == list(ES.slab)
    assert fit.weights.sum() == pytest.approx(100, abs=0.5)
    assert fit.weights.sum() < 100


def test_bayes_factors_are_ratios_of_densities_of_the_data():
    fit = of()
    t = np.linspace(0, 4, 2001)
    at_zero = np.trapezoid(
        np.prod(stats.norm(0, np.sqrt(VI + t[:, None] ** 2)).pdf(YI), axis=1) * stats.halfnorm(0, 0.5).pdf(t), t
    )
    cov = np.diag(VI) + 16.0  # tau = 0: the mean integrated out
    assert fit.bayes_factor.mu_zero == pytest.approx(at_zero / math.exp(fit.log_marginal_likelihood), rel=1e-6)
    no_tau = stats.multivariate_normal(np.zeros(4), cov).pdf(YI)
    assert fit.bayes_factor.tau_zero == pytest.approx(no_tau / math.exp(fit.log_marginal_likelihood), rel=1e-8)
    savage_dickey = fit.mu.pdf(0.0) / stats.norm(0, 4).pdf(0)
    assert fit.bayes_factor.mu_zero == pytest.approx(savage_dickey, rel=1e-8)
    assert fit.bayes_factor.mu_zero_minimum < fit.bayes_factor.mu_zero
    assert fit.bayes_factor.tau_zero_minimum < fit.bayes_factor.tau_zero
    assert of(mu_prior=None).bayes_factor.mu_zero_minimum == pytest.approx(fit.bayes_factor.mu_zero_minimum, rel=1e-8)


def test_what_depends_on_the_height_of_an_improper_prior_does_not_exist():
    factors = of(tau_prior="Jeffreys", mu_prior=None).bayes_factor
    assert (factors.mu_zero, factors.tau_zero) == (None, None)
    assert set(factors.reasons) == {"mu_zero", "tau_zero"}
    assert "improper" in factors.reasons["mu_zero"]


def test_a_prior_of_tau_that_is_nearly_zero_gives_the_common_effect():
    fit, common = of(tau_prior="half-normal(1e-6)", mu_prior=None), ma.pool(ES, model="common")
    assert [fit.mu.mean, fit.mu.sd] == pytest.approx([common.estimate, common.se], rel=1e-8)
    assert fit.prediction.ci == pytest.approx(common.ci, rel=1e-6)


def test_one_study_has_the_posterior_of_its_priors_and_its_data():
    one = ES.take([0])
    fit = ma.bayes(one, "half-normal(0.5)", (0.0, 2.0))
    assert fit.k == 1
    assert fit.i2 is None
    assert fit.tau.mean == pytest.approx(0.39, abs=5e-3)
    flat = ma.bayes(one, "half-normal(0.5)", None)
    assert [flat.tau.mean, flat.mu.mean] == pytest.approx([0.5 * math.sqrt(2 / math.pi), 0.1], rel=1e-9)
    for prior in ("uniform", "Jeffreys", "sqrt", "BergerDeely"):
        with pytest.raises(NotEstimableError, match=r"k = 1 with the improper prior .* no distribution .*half-normal"):
            ma.bayes(one, prior, None)


@pytest.mark.parametrize(("k", "prior", "fits"), [(2, "uniform", False), (3, "uniform", True), (2, "Jeffreys", True),
                                                  (2, "sqrt", True), (2, "BergerDeely", True)])  # fmt: skip
def test_from_how_many_studies_improper_priors_have_a_posterior(k, prior, fits):
    if fits:
        fit = ma.bayes(ES.take(range(k)), prior, None)
        assert fit.mu.sd is None
        assert "falls too slowly" in fit.mu.reason
        assert fit.mu.cdf(fit.mu.median) == pytest.approx(0.5)
        assert fit.to_dict()["mu"]["sd"] is None
    else:
        with pytest.raises(NotEstimableError):
            ma.bayes(ES.take(range(k)), prior, None)


def test_a_mean_that_does_not_exist_is_none_with_a_reason():
    fit = ma.bayes(ES.take([0]), "half-Cauchy(0.5)", None)
    assert fit.tau.mean is fit.tau.sd is fit.mu.mean is None
    assert "no mean and standard deviation" in fit.tau.reason
    assert fit.tau.median == pytest.approx(0.5, rel=1e-9)
    assert ma.bayes(ES.take([0]), "half-Cauchy(0.5)", (0, 2)).mu.sd < 2


def test_identical_effects_leave_little_heterogeneity():
    fit = ma.bayes(ma.EffectSizes.of([0.3] * 8, [0.01] * 8), "half-normal(0.5)", None)
    assert fit.tau.mode == 0 == fit.tau.ci.lb
    assert fit.ml.tau == 0
    assert [fit.mu.mean, fit.mu.mode, fit.prediction.mode] == pytest.approx([0.3] * 3)
    assert fit.bayes_factor.tau_zero > 1


@pytest.mark.parametrize("factor", [1e-12, 1e6, 1e30])
def test_units_do_not_matter(factor):
    big = ma.bayes(
        ma.EffectSizes.of(YI * factor, VI * factor**2), f"half-normal({0.5 * factor!r})", (0.0, 4.0 * factor)
    )
    small = of()
    for one, other in ((big.mu, small.mu), (big.tau, small.tau), (big.prediction, small.prediction)):
        got = [one.mean, one.sd, one.median, one.mode, *one.ci]
        want = [other.mean, other.sd, other.median, other.mode, *other.ci]
        assert np.array(got) / factor == pytest.approx(want, rel=1e-6)


def test_a_prior_far_from_the_data_is_still_integrated():
    fit = ma.bayes(ma.EffectSizes.of([1e4, 2e4, 5e4], [1e6, 1e6, 1e6]), "half-normal(0.5)", (0.0, 4.0))
    assert abs(fit.mu.mean) < 4
    assert fit.tau.mean < 1
    many = np.random.default_rng(1).normal(0, 1, 3000)
    sharp = ma.bayes(ma.EffectSizes.of(many, np.full(3000, 0.01)), "half-normal(0.5)", None)
    assert sharp.tau.mean == pytest.approx(math.sqrt(many.var() - 0.01), rel=1e-3)
    assert sharp.tau.sd == pytest.approx(1 / math.sqrt(6000), rel=0.05)


def test_moderators_have_posteriors_of_their_coefficients():
    x = [0.0, 1.0, 2.0, 3.0]
    fit = ma.bayes(ES, "half-normal(1e-6)", None, mods={"dose": x})
    common = ma.meta_regression(ES, {"dose": x}, model="common")
    got = fit.coefficients
    assert [got["intercept"].mean, got["dose"].mean] == pytest.approx(common.coefficients.tolist(), rel=1e-6)
    assert [one.sd for one in got.values()] == pytest.approx(common.se.tolist(), rel=1e-6)
    mean, new = ma.bayes(ES, mods={"dose": x}, mu_prior={"dose": (0, 1)}).predict({"dose": [1.5]})
    assert new.ci.lb < mean.ci.lb < mean.mean < mean.ci.ub < new.ci.ub
    with pytest.raises(NotEstimableError, match="predict"):
        _ = fit.mu
    with pytest.raises(UsageError, match=r"'doze'; allowed: intercept, dose"):
        ma.bayes(ES, mods={"dose": x}, mu_prior={"doze": (0, 1)})
    with pytest.raises(DataError, match="made of"):
        ma.bayes(ES, mods={"dose": x, "twice": [0, 2, 4, 6]})
    assert "dose" in repr(fit)
    assert list(fit.to_frame().index[:3]) == ["tau", "intercept", "dose"]


def test_moderators_against_the_density_of_all_effects():
    """The slow twin: given tau, the effects are jointly normal with the coefficients integrated out."""
    x = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 4.0]])
    mean, sd = np.array([0.1, 0.0]), np.array([2.0, 0.5])
    fit = of(mods={"dose": x[:, 1]}, mu_prior={"intercept": (0.1, 2.0), "dose": (0.0, 0.5)})
    u = np.linspace(-24, 3, 600)
    slow = []
    for tau in np.exp(u):
        v, prior = np.diag(VI + tau**2), np.diag(sd**2)
        cov = v + x @ prior @ x.T
        weight = stats.multivariate_normal(x @ mean, cov).pdf(YI) * stats.halfnorm(0, 0.5).pdf(tau) * tau
        gain = prior @ x.T @ np.linalg.inv(cov)
        b = mean + gain @ (YI - x @ mean)
        slow.append((weight, *b, *np.diag(prior - gain @ x @ prior) + b**2))
    weight, b0, b1, _, square = np.array(slow).T
    total = np.trapezoid(weight, u)
    assert math.exp(fit.log_marginal_likelihood) == pytest.approx(total, rel=1e-6)
    got = fit.coefficients
    means = [np.trapezoid(weight * b, u) / total for b in (b0, b1)]
    assert [got["intercept"].mean, got["dose"].mean] == pytest.approx(means, rel=1e-6)
    assert got["dose"].sd == pytest.approx(
        math.sqrt(np.trapezoid(weight * square, u) / total - means[1] ** 2), rel=1e-6
    )


def test_probabilities_of_benefit_and_of_harm():
    fit = of()
    up, down = fit.probabilities("higher", 0.2), fit.probabilities("lower", 0.2)
    assert up.benefit == down.harm == pytest.approx(1 - fit.mu.cdf(0.0))
    assert up.important_benefit == pytest.approx(1 - fit.mu.cdf(0.2)) == down.important_harm
    assert up.important_benefit + up.trivial + up.important_harm == pytest.approx(1)
    assert fit.probabilities("higher").trivial is None
    assert fit.probabilities("higher", of="prediction").benefit < up.benefit
    for bad in ({"direction": "up"}, {"mid": -1.0}, {"of": "tau"}):
        with pytest.raises(UsageError, match="allowed"):
            fit.probabilities(**bad)


@pytest.mark.parametrize(
    ("prior", "says"),
    [
        ("half-norml(0.5)", "did you mean half-normal"),
        ("half-normal", r"allowed: half-normal\(scale\)"),
        ("half-normal(0)", "above 0"),
        ("half-normal(x)", "'x' is no number"),
        ("half-normal(sd=1)", r"allowed: half-normal\(scale\)"),
        ("half-t(1, 2, 3)", r"allowed: half-t\(scale, df\)"),
        ("uniform(1, 2)", "begins at 0"),
        ("Jeffreys(2)", "no parameters"),
        (7, "no prior"),
    ],
)
def test_a_prior_that_does_not_exist_is_named(prior, says):
    with pytest.raises(UsageError, match=says):
        ma.bayes(ES, prior)


def test_priors_as_objects_are_those_of_text():
    text = of(tau_prior="half-t(0.5, 4)").mu
    for given in (lambda t: stats.t(4, scale=0.5).pdf(t), prior_of("half-t(0.5, 4)", S)):
        assert of(tau_prior=given).mu.ci == pytest.approx(text.ci, rel=1e-7)
    frozen = of(tau_prior=stats.halfnorm(scale=0.5))
    assert frozen.log_marginal_likelihood == pytest.approx(of().log_marginal_likelihood, rel=1e-9)
    for mu in ("normal(0, 4)", "N(0, 4)", [0, 4]):
        assert of(mu_prior=mu).mu_prior == (0.0, 4.0)
    assert of(mu_prior="flat").mu_prior is of(mu_prior=(0, math.inf)).mu_prior is None
    for bad in ("normal(0)", (0.0,), (0, -1), "x"):
        with pytest.raises(UsageError, match="mu_prior"):
            of(mu_prior=bad)


def test_the_default_prior_says_where_it_does_not_fit():
    of_days = ma.EffectSizes.of(YI, VI, measure="MD")
    assert ma.bayes(of_days).notes == (
        "half-normal(0.5) is a prior for log ratios and standardised differences; MD is in units of its own",
    )
    assert "note: half-normal(0.5)" in repr(ma.bayes(of_days))
    assert ma.bayes(of_days, "half-normal(3)").notes == ()
    for measure in ("GEN", "OR", "SMD", "ZCOR", "PLO"):
        assert ma.bayes(ma.EffectSizes.of(YI, VI, measure=measure)).notes == ()


def test_studies_without_an_effect_are_named():
    fit = ma.bayes(ma.EffectSizes.of([0.1, None, 0.3], [0.1, 0.1, 0.1]))
    assert fit.k == 2
    assert fit.excluded == (("Study 2", "yi or vi is missing"),)
    with pytest.raises(NotEstimableError, match="no study"):
        ma.bayes(ma.EffectSizes.of([None], [1.0]))
    with pytest.raises(UsageError, match="EffectSizes"):
        ma.bayes([1.0])


def test_what_is_printed():
    text = repr(of())
    assert text.startswith("Bayes GEN, k = 4")
    assert "half-normal(0.5)" in text
    assert "95% shortest interval" in text
    json.dumps(of().to_dict(), allow_nan=False)
    assert of().to_frame().shape == (7, 6)
    assert "improper priors" in repr(of(tau_prior="Jeffreys", mu_prior=None))
