"""Selection models against metafor, against integrals and derivatives in many digits, and at their edges."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.selection.functions import SELECTION_ALIASES, SELECTION_FUNCTIONS
from metaan.stats.selection.likelihood import Likelihood
from metaan.stats.selection.moments import Smooth, Steps, hermite
from metaan.stats.selection.selection_model import ALTERNATIVES, MODEL_ALIASES, PRECISIONS, SELECTION_MODELS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "selection.json").read_text())
CASES = [c for c in GOLDEN["cases"] if c["family"] == "selmodel"]
YI = np.array([0.62, 0.55, 0.48, 0.51, -0.1, 0.36, 0.10, 0.31, 0.05, 0.22, 0.45, 0.27])
VI = np.array([0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01])
ES = ma.EffectSizes.of(YI, VI)
TWO = np.array([0.5, 0.1]), np.array([0.06, 0.09])
CUTS = np.array([0.1, 0.5, 1.0])
SMOOTH = [kind for kind, rule in SELECTION_FUNCTIONS.items() if rule.log_weight]
DELTA = {"beta": [0.7, 1.9], "negative-exponential-power": [1.2, 0.8]}

#: Where the reference stops before the top: its log-likelihood is lower than ours by 1e-7 to 1e-3 of a unit.
STOPPED = {
    "dat.bcg/selmodel/RR/logistic", "dat.bcg/selmodel/RR/negexp", "dat.dorn2007/selmodel/RR/halfnorm",
    "dat.lau1992/selmodel/OR/beta", "dat.molloy2014/selmodel/ZCOR/beta",
}  # fmt: skip
#: Where the likelihood has two tops, and the reference climbed another one.
OTHER_TOP = {"dat.raudenbush1985/selmodel/SMD/beta"}
#: What the reference answers with its own upper bound for delta, 100, and is refused here.
REFUSED = {"dat.nissen2007/selmodel/OR/stepfun_025"}


def fit_of(case, **options):
    args, data = case["args"], GOLDEN["datasets"][case["dataset"]]
    for name in ("steps", "delta", "prec", "scaleprec"):
        if name in args:
            options[name] = args[name]
    if args.get("method") == "EE":
        options["model"] = "common"
    if args.get("mods"):
        options["mods"] = {"m": data["m"]}
    if (args.get("prec") or "").endswith("ninv"):
        options["ni"] = data["ni"]
    return ma.selection_model(
        ma.EffectSizes.of(data["yi"], data["vi"]),
        args["type"],
        alternative=args.get("alternative", "greater"),
        **options,
    )


def numbers(fit):
    test = fit.tau2_test()
    frame = fit.to_frame()
    return {
        "estimate": frame["estimate"], "se": frame["se"], "zval": frame["stat"], "pval": frame["pval"],
        "ci.lb": frame["ci_lb"], "ci.ub": frame["ci_ub"], "tau2": fit.tau2, "se.tau2": fit.tau2_se,
        "ci.lb.tau2": fit.tau2_ci and fit.tau2_ci.lb, "ci.ub.tau2": fit.tau2_ci and fit.tau2_ci.ub, "delta": fit.delta,
        "se.delta": fit.delta_se, "zval.delta": fit.delta_stat, "pval.delta": fit.delta_pval, "ll": fit.loglik,
        "ll0": fit.loglik_null, "LRT": fit.lrt, "LRTdf": fit.lrt_df, "LRTp": fit.lrt_pval,
        "LRT.tau2": test and test.stat, "LRTp.tau2": test and test.pval,
    }  # fmt: skip


def agree(case, got):
    for name, want in case["expect"].items():
        np.testing.assert_allclose(
            np.ravel(np.array(got[name], dtype=float)), np.ravel(np.array(want, dtype=float)), **case["tol"],
            err_msg=name,
        )  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in STOPPED | OTHER_TOP | REFUSED]
)
def test_metafor(case):
    agree(case, numbers(fit_of(case)))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] in STOPPED])
def test_where_metafor_stops_early_the_top_is_higher_here(case):
    fit = fit_of(case)
    assert 1e-7 < fit.loglik - case["expect"]["ll"] < 1e-3
    np.testing.assert_allclose(fit.estimate, case["expect"]["estimate"], rtol=3e-3)


def test_another_top_of_the_likelihood_is_said():
    (case,) = [c for c in CASES if c["id"] == "dat.li2007/selmodel/OR/stepfun_025"]
    fit = fit_of(case)
    (note,) = fit.notes
    assert "another top, higher by 0.55" in note
    agree(case, numbers(fit))


def test_two_tops_of_a_beta_model():
    (case,) = [c for c in CASES if c["id"] in OTHER_TOP]
    fit = fit_of(case)
    here = fit.problem.at(np.array([case["expect"]["estimate"], case["expect"]["tau2"], *case["expect"]["delta"]]))
    assert here.value == pytest.approx(case["expect"]["ll"], abs=1e-4)  # the same likelihood, another top of it
    assert abs(fit.problem.at(np.array([fit.estimate, fit.tau2, *fit.delta])).gradient[[0, 2, 3]]).max() < 1e-5


def test_without_a_study_below_the_first_step_nothing_is_measured_against():
    (case,) = [c for c in CASES if c["id"] in REFUSED]
    with pytest.raises(NotEstimableError, match=r"no study has p <= 0\.025.*collapse"):
        fit_of(case)


def twin(fit, kind, delta, step, two_sided, prec):
    """The log-likelihood of a smooth function, by scipy's adaptive quadrature and the formulas as they are printed."""
    low = SELECTION_FUNCTIONS[kind].least_p
    shapes = {
        "beta": lambda p, c: p ** (delta[0] - 1) * (1 - p) ** (delta[1] - 1),
        "half-normal": lambda p, c: np.exp(-delta[0] * c * p * p),
        "negative-exponential": lambda p, c: np.exp(-delta[0] * c * p),
        "logistic": lambda p, c: 2 * np.exp(-delta[0] * c * p) / (1 + np.exp(-delta[0] * c * p)),
        "power": lambda p, c: (1 - p) ** (delta[0] * c),
        "negative-exponential-power": lambda p, c: np.exp(-delta[0] * c * p ** (1 / delta[1])),
    }

    def weight(y, se, c):
        p = 2 * ndtr(-abs(y) / se) if two_sided else ndtr(-y / se)
        if step and p <= step:
            return 1.0
        return shapes[kind](min(max(p, low), 1 - low), c) / (shapes[kind](step, c) if step else 1.0)

    def seen(x, se, s, c):
        return weight(x, se, c) * np.exp(-0.5 * ((x - mean) / s) ** 2) / (s * np.sqrt(2 * np.pi))

    ll, mean, sd = 0.0, fit.estimate, np.sqrt(VI + fit.tau2)
    for y, se, s, c in zip(YI, np.sqrt(VI), sd, np.broadcast_to(prec, YI.shape)):
        edges = {0.0, -4.26489 * se, 4.26489 * se, 1.253e-5 * se, -1.253e-5 * se, 1e-3 * se, -1e-3 * se}
        cuts = {mean - 10 * s, mean, mean + 10 * s, *edges}
        if step:
            at = norm.isf(step / (1 + two_sided)) * se
            cuts |= {at, -at}
        cuts = sorted(cuts)
        chance = sum(quad(seen, a, b, (se, s, c), epsabs=1e-13, epsrel=1e-12)[0] for a, b in pairwise(cuts))
        ll += np.log(weight(y, se, c)) + norm.logpdf(y, mean, s) - np.log(chance)
    return ll


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize(
    ("alternative", "step", "prec"), [("greater", 0.0, None), ("greater", 0.05, "sei"), ("two.sided", 0.0, "vi")]
)
def test_the_likelihood_is_that_of_adaptive_quadrature(kind, alternative, step, prec):
    rule = SELECTION_FUNCTIONS[kind]
    if step and not rule.takes_steps:
        step, alternative = 0.0, "two.sided"
    prec = prec if rule.takes_precision else None
    fit = ma.selection_model(
        ES, kind, [step] if step else None, alternative, delta=DELTA.get(kind, [1.3]), prec=prec, tau2=0.02
    )
    imprecision = {None: np.ones(1), "sei": np.sqrt(VI / 0.07), "vi": VI / 0.07}[prec]
    want = twin(fit, kind, DELTA.get(kind, [1.3]), step, alternative == "two.sided", imprecision)
    assert fit.loglik == pytest.approx(want, abs=2e-8)


@pytest.mark.parametrize("kind", ["stepfun", *SMOOTH])
def test_gradient_and_hessian_are_those_of_50_digits(kind):
    """Along random directions: central differences with a step of 1e-15 in 50 digits."""
    rule, random = SELECTION_FUNCTIONS[kind], np.random.default_rng(5)
    delta = DELTA.get(kind, [1.3] if rule.log_weight else [1.0, 0.6, 0.3])
    at, z = np.array([0.2, 0.03, *delta]), TWO[0] / np.sqrt(TWO[1])
    selection = Smooth.of(z, rule, 0.0, False, np.ones(1)) if rule.log_weight else Steps.of(z, CUTS, False)
    got = Likelihood(*TWO, np.ones((2, 1)), selection).at(at)
    for _ in range(1):
        u = random.normal(size=at.size)
        with mp.workdps(50):
            h = mp.mpf(10) ** -15
            down, here, up = (
                many_digits(kind, [mp.mpf(a) + s * h * mp.mpf(b) for a, b in zip(at.tolist(), u.tolist())])
                for s in (-1, 0, 1)
            )
            slope, curve = float((up - down) / (2 * h)), float((up - 2 * here + down) / h**2)
        assert got.value == pytest.approx(float(here), abs=1e-10)
        assert got.gradient @ u == pytest.approx(slope, rel=1e-8)
        assert u @ got.hessian @ u == pytest.approx(curve, rel=1e-8)


@cache
def points(kind):
    """z, weight and p-value at nodes between all edges of the function, in 50 digits."""
    low = mp.mpf(SELECTION_FUNCTIONS[kind].least_p)
    edges = [-mp.sqrt(2) * mp.erfinv(2 * mp.mpf(p) - 1) for p in ([low, 1 - low] if low else [0.1, 0.5])]
    x, w = np.polynomial.legendre.leggauss(20)
    found = []
    for a, b in pairwise(sorted({*edges, *map(mp.mpf, range(-12, 13, 3)), mp.mpf(18)})):
        half, middle = (b - a) / 2, (b + a) / 2
        found += [(middle + half * mp.mpf(t), half * mp.mpf(v)) for t, v in zip(x.tolist(), w.tolist())]
    return [(z, w, min(max(mp.ncdf(-z), low), 1 - low)) for z, w in found]


def many_digits(kind, at):
    """The log-likelihood of two studies, from the formulas as they are printed."""
    mu, tau2, *d = at
    weight = {
        "stepfun": lambda p: d[0] if p <= CUTS[0] else d[1] if p <= CUTS[1] else d[2],
        "beta": lambda p: p ** (d[0] - 1) * (1 - p) ** (d[1] - 1),
        "half-normal": lambda p: mp.exp(-d[0] * p * p),
        "negative-exponential": lambda p: mp.exp(-d[0] * p),
        "logistic": lambda p: 2 * mp.exp(-d[0] * p) / (1 + mp.exp(-d[0] * p)),
        "power": lambda p: (1 - p) ** d[0],
        "negative-exponential-power": lambda p: mp.exp(-d[0] * p ** (1 / d[1])),
    }[kind]
    ll, at_nodes = mp.mpf(0), [(z, w * weight(p)) for z, w, p in points(kind)]
    for y, v in zip(*(map(mp.mpf, column.tolist()) for column in TWO)):
        root = mp.sqrt(v)
        mean, variance = mu / root, (v + tau2) / v
        chance = sum(w * mp.exp(-((z - mean) ** 2) / (2 * variance)) for z, w in at_nodes) / mp.sqrt(variance)
        ll += mp.log(weight(mp.ncdf(-y / root))) - (y - mu) ** 2 / (2 * (v + tau2)) - mp.log(v + tau2) / 2
        ll -= mp.log(chance)
    return ll


def test_truncation_is_a_step_where_all_studies_are_of_one_size():
    """With one sampling variance an effect is a p-value: delta, mean and likelihood are those of a step function."""
    es, cut = ma.EffectSizes.of(YI, np.full(12, 0.03)), 0.3
    by_effect = ma.selection_model(es, "truncated", [cut])
    by_p = ma.selection_model(es, "stepfun", [float(ndtr(-cut / np.sqrt(0.03)))])
    assert by_effect.counts == by_p.counts
    assert by_effect.estimate == pytest.approx(by_p.estimate, abs=1e-8)
    assert by_effect.loglik == pytest.approx(by_p.loglik)
    np.testing.assert_allclose(by_effect.delta, by_p.delta, rtol=1e-6)
    assert "up to 0.3" in repr(by_effect)
    turned = ma.selection_model(ma.EffectSizes.of(-YI, np.full(12, 0.03)), "trunc", [-cut], alternative="less")
    assert turned.estimate == pytest.approx(-by_effect.estimate, abs=1e-8)


@pytest.mark.parametrize("tau2", [0.0, 0.02])
def test_the_likelihood_of_a_truncated_function(tau2):
    fit = ma.selection_model(ES, "truncated", [0.2], delta=[1, 0.4], tau2=tau2)
    sd = np.sqrt(VI + tau2)
    below = ndtr((0.2 - fit.estimate) / sd)
    weight = np.where(YI > 0.2, 1.0, 0.4)
    want = np.log(weight) + norm.logpdf(YI, fit.estimate, sd) - np.log(1 - below + 0.4 * below)
    assert fit.loglik == pytest.approx(float(want.sum()))
    with pytest.raises(UsageError, match="not of p-values"):
        fit.weight(0.1)


def test_hermite_polynomials_are_orthogonal():
    x, w = np.polynomial.hermite_e.hermegauss(12)
    got = (hermite(x) * w / np.sqrt(2 * np.pi)) @ hermite(x).T
    np.testing.assert_allclose(got, np.diag([1, 1, 2, 6, 24]), atol=1e-10)


@pytest.mark.parametrize("kind", SELECTION_FUNCTIONS)
def test_turning_all_signs_turns_the_estimate(kind):
    here = ma.selection_model(ES, kind)
    there = ma.selection_model(ma.EffectSizes.of(-YI, VI), kind, alternative="less")
    assert there.estimate == pytest.approx(-here.estimate, abs=1e-9)
    np.testing.assert_allclose(there.delta, here.delta, atol=1e-9)


@pytest.mark.parametrize("kind", ["stepfun", *SMOOTH])
def test_the_unit_does_not_matter(kind):
    here, there = ma.selection_model(ES, kind), ma.selection_model(ma.EffectSizes.of(1000 * YI, 1e6 * VI), kind)
    assert there.estimate == pytest.approx(1000 * here.estimate, rel=1e-6)
    assert there.lrt == pytest.approx(here.lrt, abs=1e-7)


def test_no_selection_is_the_model_without_it():
    fit = ma.selection_model(ES, "stepfun", [0.025, 0.5], delta=[1, 1, 1])
    ml = ma.pool(ES, tau2_method="ML")
    assert fit.estimate == pytest.approx(ml.estimate)
    assert fit.tau2 == pytest.approx(ml.tau2, abs=1e-10)
    assert fit.loglik == pytest.approx(ml.fit_statistics().ll)
    assert fit.lrt is None
    assert fit.lrt_pval is None


def test_moderators_and_their_names():
    size = np.arange(12.0)
    fit = ma.selection_model(ES, "beta", mods={"size": size})
    assert fit.names == ("intercept", "size")
    moved = ma.selection_model(ES, "beta", mods={"size": size + 100})
    assert moved.coefficients[1] == pytest.approx(fit.coefficients[1], abs=1e-7)
    assert moved.loglik == pytest.approx(fit.loglik, abs=1e-8)


def test_an_interval_without_studies_is_0_said_or_joined_when_asked():
    fit = ma.selection_model(ES, "stepfun", [0.025, 0.03, 0.5])
    assert fit.counts[1] == 0
    assert fit.delta[1] == 0
    assert fit.delta_se[1] is fit.delta_ci[1] is fit.delta_pval[1] is None
    assert any("no study in the interval of p-values up to 0.03" in note for note in fit.notes)
    joined = ma.selection_model(ES, "stepfun", [0.025, 0.03, 0.5], collapse=True)
    np.testing.assert_array_equal(joined.steps, [0.025, 0.5, 1.0])
    first = ma.selection_model(ES, "stepfun", [1e-9, 0.025], collapse=True)
    np.testing.assert_array_equal(first.steps, [0.025, 1.0])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"kind": "beta", "steps": [0.05]}, UsageError, "beta has none"),
        ({"kind": "stepfun", "prec": "sei"}, UsageError, "knows no precision"),
        ({"kind": "logistic", "prec": "ninv"}, UsageError, "needs the sizes"),
        ({"kind": "logistic", "prec": "se"}, UsageError, "did you mean sei"),
        ({"kind": "truncated", "steps": [5.0]}, NotEstimableError, "no study has an effect on the favoured side of 5"),
        ({"kind": "truncated", "alternative": "two.sided"}, UsageError, "favours one side"),
        ({"kind": "truncated", "steps": [0.1, 0.2]}, UsageError, "one effect"),
        ({"kind": "bta"}, UsageError, "did you mean beta"),
        ({"alternative": "left"}, UsageError, "allowed: greater, less, two.sided"),
        ({"steps": [1.5]}, UsageError, "between 0 and 1"),
        ({"steps": [1.0]}, UsageError, "between 0 and 1"),
        ({"kind": "negexp", "steps": [0.01, 0.05]}, UsageError, "allowed: one between"),
        ({"delta": [1, -1]}, UsageError, "at least"),
        ({"delta": [1]}, UsageError, "allowed: 2"),
        ({"tau2": -1.0}, UsageError, "0 or more"),
        ({"steps": [1e-12]}, NotEstimableError, "no study has p <= 1e-12"),
        ({"kind": "negexp", "steps": [0.9]}, NotEstimableError, "no study has p > 0.9"),
        ({"kind": "negexp", "ni": [10, 20]}, DataError, "ni has 2 values for 12"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(options, error, words):
    with pytest.raises(error, match=words):
        ma.selection_model(ES, **options)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_too_few_studies_for_the_parameters(k):
    few = ES.take(range(1, 1 + k))
    with pytest.raises(NotEstimableError, match=rf"k = {k} for 4 parameters"):
        ma.selection_model(few, "beta")


def test_a_flat_likelihood_is_said():
    """All p-values are 0 to rounding: the chance to be seen is 1 whatever delta is."""
    with pytest.raises(NotEstimableError, match="flat at its top"):
        ma.selection_model(ma.EffectSizes.of([5.0, 5.1, 4.8, 5.3], [0.01] * 4), "half-normal")


def test_studies_without_an_effect_or_a_size_are_named():
    es = ma.EffectSizes.of([*YI, None], [*VI, 0.1])
    fit = ma.selection_model(es, "negexp", prec="ninv", ni=[*range(10, 120, 10), None, 5])
    assert [label for label, _ in fit.excluded] == ["Study 12", "Study 13"]
    assert dict(fit.excluded)["Study 12"] == "ni is missing"
    assert fit.k == 11


def test_the_model_of_a_pool_is_kept():
    fit = ma.selection_model(ma.pool(ES, "common"), "stepfun")
    assert fit.model == "common"
    assert fit.tau2 == 0
    assert fit.tau2_test() is None
    assert "given" not in repr(fit)


def test_weights_fall_from_1_as_the_function_says():
    steps = ma.selection_model(ES, "stepfun", [0.025, 0.5], delta=[1, 0.6, 0.3])
    np.testing.assert_allclose(steps.weight([0.025, 0.03, 0.9]), [1, 0.6, 0.3])
    half = ma.selection_model(ES, "half-normal", delta=2.0)
    np.testing.assert_allclose(half.weight([0.0, 0.5]), [1, np.exp(-0.5)], rtol=1e-6)
    both = ma.selection_model(ES, "power", alternative="two.sided", delta=2.0)
    np.testing.assert_allclose(both.weight([1e-5, 0.5]), [1, 0.25], rtol=1e-4)


def test_a_result_is_written_whole():
    plain = ma.selection_model(ES, "stepfun", [0.025, 0.5]).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {"delta", "delta_ci", "lrt_pval", "tau2_ci", "counts"} <= plain.keys()


def test_every_name_leads_somewhere():
    assert set(SELECTION_ALIASES.values()) <= set(SELECTION_FUNCTIONS)
    assert not set(SELECTION_ALIASES) & set(SELECTION_FUNCTIONS)
    for alias, model in MODEL_ALIASES.items():
        assert ma.selection_model(ES, model=alias).model == model
    for alternative in ALTERNATIVES:
        for model in SELECTION_MODELS:
            assert ma.selection_model(ES, alternative=alternative, steps=[0.9], model=model).model == model
    for prec in PRECISIONS:
        assert ma.selection_model(ES, "logistic", prec=prec, ni=range(10, 130, 10)).k == 12
