"""True effects that vary and correlate over outcomes and times, against metafor and mixmeta."""

import json

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.dependent.structures import STRUCTURES
from tests.stats.dependent.test_multilevel import DATASETS, agree, of

BERKEY, ISHAK = DATASETS["dat.berkey1998.long"], DATASETS["dat.ishak2007.long"]
WIDE = [[0.47, -0.32], [0.20, -0.60], [0.40, -0.12], [0.26, -0.31], [0.56, -0.39]]


def fit_of(case):
    args = case["args"]
    options = {"method": args.get("method", "REML"), "struct": args.get("struct", "CS"), "ci_method": "wald"}
    if case["dataset"].startswith("dat.berkey1998"):
        return ma.multilevel(
            ma.EffectSizes.of(BERKEY["yi"], np.diag(BERKEY["V"])), BERKEY["trial"], inner=BERKEY["outcome"],
            V=BERKEY["V"], mods={"outcome": BERKEY["outcome"]}, intercept=False, **options,
        )  # fmt: skip
    v = ma.sampling_covariance(ISHAK["vi"], ISHAK["study"], time1=ISHAK["time"], phi=0.97)
    mods = {"time": list(map(str, ISHAK["time"]))} if "mods" in args else None
    return ma.multilevel(
        ma.EffectSizes.of(ISHAK["yi"], ISHAK["vi"]), ISHAK["study"], inner=ISHAK["time"], V=v, mods=mods,
        intercept=mods is None, **options,
    )  # fmt: skip


@pytest.mark.parametrize("case", of("rma_mv_struct"))
def test_agrees_with_metafor(case):
    fit, want = fit_of(case), case["expect"]
    frame = fit.to_frame()
    agree(case, {"estimate": frame["estimate"], "se": frame["se"], "QE": fit.q})
    if fit.g is not None:
        agree(case, {"tau2": fit.tau2, **({"rho": fit.rho} if fit.rho.size else {})})
    assert fit.loglik == pytest.approx(want["fit"]["ll"], rel=1e-8)
    assert fit.loglik >= want["fit"]["ll"] - 1e-9
    assert fit.fit_statistics().aic == pytest.approx(want["fit"]["AIC"], rel=1e-8)


@pytest.mark.parametrize("case", of("struct_confint"))
def test_profile_intervals_agree_with_metafor(case):
    """Theirs stop at an absolute precision of 1e-4."""
    found = [[i.sigma2, *i.ci] for i in fit_of(case).structure_ci()]
    np.testing.assert_allclose(found, case["expect"]["ci"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("case", of("mixmeta"))
def test_outcomes_side_by_side_agree_with_mixmeta(case):
    data, want = DATASETS[case["dataset"]], case["expect"]
    yi, s = (np.column_stack([data[name] for name in names]) for names in (("pd", "al"), ("v11", "v12", "v22")))
    for given in (s, np.array([[[a, b], [b, c]] for a, b, c in s])):
        fit = ma.multivariate(yi, given, ["pd", "al"])
        agree(case, {"coef": fit.coefficients, "vcov": fit.vcov, "Psi": fit.g, "ll": fit.loglik})
        assert fit.loglik >= want["ll"] - 1e-9


def test_a_missing_outcome_is_left_out_and_the_other_lends_it_strength():
    yi = [WIDE[0], [0.20, None], *WIDE[2:]]
    s = np.array([[75, 30, 77], [57, np.nan, np.nan], [21, 7, 14], [29, 9, 15], [148, 72, 304]]) / 1e4
    fit = ma.multivariate(yi, s, ["depth", "attachment"], slab=list("abcde"))
    assert fit.excluded == (("b, attachment", "yi or vi is missing"),)
    assert fit.k == 9
    assert fit.inner == ("depth", "attachment")
    alone = ma.pool(ma.EffectSizes.of([row[1] for row in yi], [row[2] for row in s]), tau2_method="REML")
    assert fit.coefficients[1] != pytest.approx(alone.estimate, abs=1e-4)


def test_moderators_have_a_coefficient_for_each_outcome():
    fit = ma.multivariate(WIDE, [[0.01, 0.01]] * 5, ["a", "b"], {"year": [1, 2, 3, 5, 4]}, method="ML", rho=0.3)
    assert fit.names == ("a", "a:year", "b", "b:year")
    assert fit.wald_test(["a:year", "b:year"]).df == 2


def test_without_correlation_outcomes_are_apart():
    fit = ma.multivariate(WIDE, [[0.01, 0.01]] * 5, struct="DIAG")
    alone = ma.pool(ma.EffectSizes.of([row[0] for row in WIDE], [0.01] * 5), tau2_method="REML")
    assert fit.coefficients[0] == pytest.approx(alone.estimate, rel=1e-6)
    assert fit.tau2[0] == pytest.approx(alone.tau2, rel=1e-5)


@pytest.mark.parametrize("name", STRUCTURES)
def test_derivatives_of_a_structure_are_its_differences(name):
    rule, at, h = STRUCTURES[name], np.array([0.0, 1.0, 3.0]), 1e-6
    theta = rule.start(3, 0.4) + np.linspace(-0.1, 0.2, rule.start(3, 0.4).size)
    g, slopes = rule.make(theta, at)
    assert np.linalg.eigvalsh(g)[0] > 0
    for step, slope in zip(h * np.eye(theta.size), slopes):
        twice = rule.make(theta + step, at)[0] - rule.make(theta - step, at)[0]
        np.testing.assert_allclose(slope, twice / (2 * h), atol=1e-8)


def test_what_has_no_answer_says_why():
    es = ma.EffectSizes.of(ISHAK["yi"], ISHAK["vi"])
    with pytest.raises(NotEstimableError, match="inner has 1 level"):
        ma.multilevel(es, ISHAK["study"], inner=[1] * len(es))
    with pytest.raises(UsageError, match="numbers, the times"):
        ma.multilevel(es, ISHAK["study"], inner=[f"t{t}" for t in ISHAK["time"]], struct="AR")
    with pytest.raises(NotEstimableError, match="effect and inner group the effects alike"):
        ma.multilevel(es, ISHAK["study"], True, inner=ISHAK["time"])
    with pytest.raises(UsageError, match="sigma2 cannot be given beside inner"):
        ma.multilevel(es, ISHAK["study"], inner=ISHAK["time"], sigma2=[0.1])
    with pytest.raises(NotEstimableError, match="has no profile intervals"):
        ma.multilevel(es, ISHAK["study"], ci_method="wald").structure_ci()
    with pytest.raises(DataError, match="S has shape"):
        ma.multivariate([[1, 2]], [[1.0] * 7])
    with pytest.raises(DataError, match="study 'Study 1', y2: variance nan"):
        ma.multivariate([[1, 2], [2, 3]], [[0.1, None], [0.1, 0.1]])
    with pytest.raises(DataError, match="1 names for 2 outcomes"):
        ma.multivariate(WIDE, [[0.1, 0.1]] * 5, ["a"])


def test_a_structure_is_printed_and_is_json():
    es = ma.EffectSizes.of(ISHAK["yi"], ISHAK["vi"])
    fit = ma.multilevel(es, ISHAK["study"], inner=ISHAK["time"], struct="AR", ci_method="wald")
    plain = json.loads(json.dumps(fit.to_dict()))
    assert plain["struct"] == "AR"
    assert plain["inner"] == ["1", "2", "3", "4"]
    assert "Variance within clusters (AR): 1 " in repr(fit)
    assert fit.pi.lb < fit.ci.lb
