"""The kernels and the scalar functions are one truth: 1e-12 closed forms, 1e-9 searches, the same reasons and notes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.batch import pool
from metaan.batch.inference import CI_METHODS, PI_METHODS
from metaan.batch.kernels.inverse_variance import MODEL_CODES
from metaan.batch.kernels.strata import MH_CODES
from metaan.batch.plan import TABLE_MODELS, TAU2
from metaan.stats.pooling.intervals import CI_METHODS as SCALAR_CI
from metaan.stats.pooling.models import MODELS
from metaan.stats.pooling.prediction import PI_METHODS as SCALAR_PI
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.stats.tables.mantel_haenszel import MH_MEASURES
from tests.batch.conformance import differences

#: What the scalar tables have and the kernels have not, and why.
NOT_HERE = {
    "GENQ": "needs weights that are given", "GENQM": "needs weights that are given",
    "KR": "needs traces of the studies", "PL": "profiles the likelihood of each analysis",
    "HTS-KR": "needs Kenward and Roger's error", "KR-PR": "needs Kenward and Roger's error",
    "NNF": "draws 25,000 samples",
}  # fmt: skip


def of_effects(seed=1, n=40):
    """Return analyses of 1 to 9 studies: alike, unlike, identical, far apart, with and without missing ones."""
    random = np.random.default_rng(seed)
    k = random.integers(1, 10, n)
    at = np.concatenate([[0], np.cumsum(k)])
    spread = np.repeat(random.choice([0.0, 0.05, 0.5, 30.0], n), k)
    yi = np.repeat(random.normal(0, 1, n), k) + spread * random.normal(size=at[-1])
    vi = np.exp(random.normal(-2, np.repeat(random.choice([0.0, 0.5, 4.0], n), k)))
    yi[random.random(at[-1]) < 0.05] = np.nan
    vi[random.random(at[-1]) < 0.05] = np.nan
    return {"yi": yi, "vi": vi}, at


def of_tables(measure, seed=2, n=40):
    """Return sparse tables, some without events, some missing, some that cannot be true."""
    random = np.random.default_rng(seed)
    at = np.concatenate([[0], np.cumsum(random.integers(1, 6, n))])
    n1, n2 = random.integers(2, 40, (2, at[-1])).astype(float)
    x1, x2 = (random.binomial(size.astype(int), 0.1).astype(float) for size in (n1, n2))
    x1[random.random(at[-1]) < 0.05] = np.nan
    x1[random.random(at[-1]) < 0.03] = -1
    x2[random.random(at[-1]) < 0.03] = np.inf
    x2[random.random(at[-1]) < 0.03] = 50
    names = ("x1i", "t1i", "x2i", "t2i") if measure.startswith("IR") else ("ai", "n1i", "ci", "n2i")
    return dict(zip(names, (x1, n1, x2, n2))), at


def test_every_method_of_the_scalar_tables_is_in_the_kernels_or_says_why_not():
    pairs = ((TAU2_METHODS, TAU2), (SCALAR_CI, CI_METHODS), (SCALAR_PI, PI_METHODS), (MODELS, MODEL_CODES))
    for scalar, here in (*pairs, (MH_MEASURES, MH_CODES)):
        assert set(here) <= set(scalar)
        assert set(scalar) - set(here) <= set(NOT_HERE)


def test_every_estimator_of_tau2_and_model_of_inverse_variance():
    columns, at = of_effects()
    got = pool(columns, offsets=at, model=list(MODEL_CODES), tau2=list(TAU2), ci="wald,t", also=["notes"])
    assert list(differences(got, "GEN", columns, at)) == []
    assert got["converged"].all()


@pytest.mark.parametrize("pi", PI_METHODS)
def test_every_interval(pi):
    columns, at = of_effects(seed=3)
    got = pool(columns, offsets=at, model="random", tau2="DL,PM", ci=list(CI_METHODS), pi=pi, level=0.9, also="notes")
    assert list(differences(got, "GEN", columns, at, pi=pi, level=0.9)) == []


@pytest.mark.parametrize("measure", MH_MEASURES)
def test_sparse_tables_with_rows_that_cannot_be_true(measure):
    columns, at = of_tables(measure)
    models = [name for name, measures in TABLE_MODELS.items() if measure in measures]
    got = pool(columns, offsets=at, measure=measure, model=[*models, "random", "common"], ci="hksj-adhoc", also="notes")
    assert list(differences(got, measure, columns, at)) == []
    assert got.bad_rows
    assert got.bad


@pytest.mark.parametrize(
    "options", [{"add": 0.25, "to": "all"}, {"to": "if0all"}, {"to": "none"}, {"drop00": True}], ids=str
)
def test_options_of_zero_cells_are_those_of_effect_sizes(options):
    columns, at = of_tables("RR", seed=4)
    got = pool(columns, offsets=at, measure="RR", tau2="REML", ci="hksj", also="notes", **options)
    assert list(differences(got, "RR", columns, at, options)) == []


@pytest.mark.parametrize(
    ("measure", "vtype"), [("SMD", "UB"), ("MD", "HO"), ("ROM", "LS"), ("VR", None), ("SMDH", None)]
)
def test_means(measure, vtype):
    random = np.random.default_rng(5)
    at = np.concatenate([[0], np.cumsum(random.integers(1, 6, 20))])
    names = ("sd1i", "n1i", "sd2i", "n2i") if measure == "VR" else ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
    columns = {
        name: random.integers(3, 40, at[-1]).astype(float) if name[0] == "n" else random.gamma(9, 1, at[-1])
        for name in names
    }
    columns["sd1i"][:5] = [0, np.nan, -1, 2, 3]
    got = pool(columns, offsets=at, measure=measure, tau2="REML", vtype=vtype, also="notes")
    assert list(differences(got, measure, columns, at, {"vtype": vtype})) == []


sizes = st.floats(1e-8, 1e8)
effects = st.floats(-1e3, 1e3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(effects, sizes), min_size=1, max_size=7), min_size=1, max_size=4))
def test_whatever_the_effects_are(analyses):
    at = np.concatenate([[0], np.cumsum([len(one) for one in analyses])])
    yi, vi = np.array([study for one in analyses for study in one]).T
    columns = {"yi": yi, "vi": vi}
    got = pool(columns, offsets=at, tau2="DL,REML,PM,SJ,HE", ci="wald,hksj", measure="GEN", also="notes", threads=1)
    wrong = [one for one in differences(got, "GEN", columns, at) if not _cancelled(one, columns, at)]
    assert wrong == []


def _cancelled(one, columns, at):
    """Say whether a difference is what is left of larger numbers: rounding of them, in another order of summing."""
    i, _, name, mine, scalar = one
    if name in ("reason", "notes", "pi_reason", "conclusion") or not (np.isfinite(mine) and np.isfinite(scalar)):
        return False
    yi, vi = (values[at[i] : at[i + 1]] for values in columns.values())
    largest = {"tau2": np.ptp(yi) ** 2 + vi.max(), "q": np.ptp(yi) ** 2 / vi.min(), "i2": 100.0}
    return abs(mine - scalar) <= 1e-9 * largest.get(name, np.abs(yi).max() + np.sqrt(vi.max()))


def test_q_profile_of_tau2():
    columns, at = of_effects(seed=6)
    got = pool(columns, offsets=at, also=["tau2_ci"])
    for i in range(len(at) - 1):
        es = ma.EffectSizes.of(*(np.asarray(values)[at[i] : at[i + 1]] for values in columns.values()))
        if es.k > 1:
            want = ma.pool(es).tau2_ci().tau2_ci
            assert (got["tau2_lb"][i], got["tau2_ub"][i]) == pytest.approx(tuple(want), rel=1e-9, abs=1e-12)


def test_leave_one_out(monkeypatch):
    monkeypatch.setattr("metaan.batch.refits._ROWS", 50)
    columns, at = of_effects(seed=8, n=30)
    got = pool(columns, offsets=at, model="random,common", tau2="DL,REML", ci="hksj-adhoc", also=["leave_one_out"])
    for i in range(len(at) - 1):
        es = ma.EffectSizes.of(*(np.asarray(values)[at[i] : at[i + 1]] for values in columns.values()))
        for j, method in enumerate(got.plan.methods):
            mine = [got[name][i * len(got.plan.methods) + j] for name in ("loo_min", "loo_max", "loo_changed")]
            if es.k < 2:
                assert np.isnan(mine).all()
                continue
            fit = ma.pool(es, method.model, method.tau2_method or "DL", method.ci_method)
            refits = list(ma.leave_one_out(fit))
            both = [one.ci.side() != fit.side for one in refits if one.ci and fit.ci]
            want = [min(one.estimate for one in refits), max(one.estimate for one in refits), sum(both)]
            assert mine == pytest.approx(want, rel=1e-9, abs=1e-12)


def test_a_negative_infinite_or_missing_variance_never_touches_a_neighbour():
    yi = np.array([[0.1, 0.4, 0.2]] * 5)
    vi = np.array([[0.1, 0.2, 0.3]] * 5)
    vi[1, 0], vi[2, 1], vi[3] = -1, np.inf, np.nan
    got = pool(yi=yi, vi=vi)
    assert got["estimate"][0] == got["estimate"][4]
    assert got["reason"].tolist() == [
        None, "study 'Study 1': vi = -1: a sampling variance or standard error must be above 0",
        "vi[1] is infinite; allowed: finite numbers", "no study has an effect size", None,
    ]  # fmt: skip
    assert got["k"].tolist() == [3, 0, 0, 0, 3]
    assert got["left_out"].tolist() == [0, 3, 3, 3, 0]


def test_metafor_s_hard_fits_all_have_an_answer():
    """Of 300 random REML fits with k = 10, metafor 3.8 stops at some with an error; here none is left without tau2."""
    random = np.random.default_rng(7)
    yi, vi = random.normal(0, 0.3, (300, 10)), random.gamma(0.3, 0.3, (300, 10)) + 1e-6
    got = pool(yi=yi, vi=vi, tau2="REML,ML,PM")
    assert got["converged"].all()
    assert not np.isnan(got["tau2"]).any()
