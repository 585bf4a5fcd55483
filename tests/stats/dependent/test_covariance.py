"""Correlated sampling errors and one effect a study, against metafor, and what is no covariance."""

import re

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.dependent.covariance import AGGREGATE_STRUCTURES, nearest_covariance
from tests.stats.dependent.test_multilevel import DATASETS, of

MADE_UP = DATASETS["made_up.vcalc"]
ARMS = {"grp1": MADE_UP["g1"], "grp2": MADE_UP["g2"], "w1": MADE_UP["w1"], "w2": MADE_UP["w2"]}


@pytest.mark.parametrize("case", of("vcalc"))
def test_covariances_agree_with_metafor(case):
    data, want = DATASETS[case["dataset"]], case["expect"]
    v = ma.sampling_covariance(data["vi"], data["cl"], rho=case["args"]["rho"])
    rows = np.array(want["rows"]) - 1
    np.testing.assert_allclose(v.block(rows), want["block"], **case["tol"])
    whole = np.asarray(v)
    np.testing.assert_allclose([np.trace(whole), whole.sum()], [want["trace"], want["sum"]], **case["tol"])


@pytest.mark.parametrize("case", of("vcalc_options"))
def test_what_is_shared_correlates_as_in_metafor(case):
    options = {name: MADE_UP[value] if isinstance(value, str) else value for name, value in case["args"].items()}
    v = ma.sampling_covariance(MADE_UP["vi"], MADE_UP["cl"], **options)
    np.testing.assert_allclose(v.block(range(6)), case["expect"]["block"], **case["tol"])
    assert (v.block([0, 9])[0, 1], v.block([9])[0, 0]) == (0.0, MADE_UP["vi"][9])


def test_rows_of_covariances_are_taken_as_they_are():
    rows = [[0.0075, 0.003], [0.003, 0.0077], [0.0057, 0.0009], [0.0009, 0.0008]]
    v = ma.sampling_covariance([1], [1, 1, 2, 2], rvars=rows)
    assert np.asarray(v)[:2, :2].tolist() == rows[:2]
    assert np.asarray(v)[2:, 2:].tolist() == rows[2:]
    with pytest.raises(DataError, match="rvars has too few numbers for a cluster of 3"):
        ma.sampling_covariance([1], [1, 1, 1], rvars=[[1.0, 0.5]] * 3)


@pytest.mark.parametrize("case", of("aggregate"))
def test_one_effect_a_study_agrees_with_metafor(case):
    data, want = DATASETS[case["dataset"]], case["expect"]
    one = ma.aggregate(ma.EffectSizes.of(data["yi"], data["vi"]), data["cl"], rho=case["args"]["rho"])
    assert list(one.slab) == want["cl"]
    np.testing.assert_allclose(one.yi, want["yi"], **case["tol"])
    np.testing.assert_allclose(one.vi, want["vi"], **case["tol"])


@pytest.mark.parametrize("case", of("aggregate_options"))
def test_every_structure_of_aggregation_agrees_with_metafor(case):
    options = dict(case["args"])
    if options.pop("V", None):
        options["V"] = ma.sampling_covariance(MADE_UP["vi"], MADE_UP["cl"], **ARMS, time1=MADE_UP["t1"], phi=0.9)
    time = MADE_UP["order"] if options.get("struct") == "CS*CAR" else MADE_UP["seconds"]
    es = ma.EffectSizes.of(MADE_UP["yi"], MADE_UP["vi"])
    one = ma.aggregate(es, MADE_UP["cl"], **options, time=time, obs=MADE_UP["obs"])
    np.testing.assert_allclose(one.yi, case["expect"]["yi"], rtol=1e-9)
    np.testing.assert_allclose(one.vi, case["expect"]["vi"], rtol=1e-9)


def test_two_arms_with_one_control_share_its_variance():
    """Gleser & Olkin 2009: the covariance of two differences from one control is the control's variance."""
    vi = [1 / 30 + 1 / 50, 1 / 40 + 1 / 50]
    v = ma.sampling_covariance(vi, ["a"] * 2, grp1=["low", "high"], grp2=["placebo"] * 2, w1=[30, 40], w2=[50] * 2)
    assert np.asarray(v)[0, 1] == pytest.approx(1 / 50)


def test_the_nearest_covariance_is_one_and_others_are_farther():
    bad = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    near = nearest_covariance(bad)
    assert np.linalg.eigvalsh(near)[0] > -1e-9
    assert np.diag(near).tolist() == [1.0, 1.0, 1.0]
    for other in (np.eye(3), np.where(np.eye(3, dtype=bool), 1.0, np.clip(bad, -0.49, 0.49))):
        assert np.linalg.norm(near - bad) < np.linalg.norm(other - bad)


TWO = ([0.1, 0.1], ["a", "a"])


@pytest.mark.parametrize(
    ("error", "given", "options", "reason"),
    [
        (UsageError, ([0.1] * 3, ["a"] * 3), {"rho": -0.9}, "rho = -0.9; allowed: -0.5 to 1"),
        (DataError, ([0.1, 0.0], ["a", "a"]), {"rho": 0.5}, "vi[1] = 0"),
        (DataError, ([0.1, 0.1], ["a", None]), {"rho": 0.5}, "cluster[1] is missing"),
        (UsageError, TWO, {}, "nothing says what correlates"),
        (UsageError, TWO, {"rho": 0.5, "obs": [1, 2], "type": [1, 2]}, "allowed: 2 numbers with obs and type"),
        (UsageError, TWO, {"rho": 1.5, "obs": [1, 2]}, "rho = 1.5; allowed: -1 to 1"),
        (UsageError, TWO, {"time1": [1, 2]}, "phi = None; allowed with time1: 0 to 1"),
        (UsageError, TWO, {"time2": [1, 2], "phi": 0.5}, "time2 without time1"),
        (DataError, TWO, {"time1": [1, None], "phi": 0.5}, "time1 has 2 values, 1 missing"),
        (UsageError, TWO, {"grp2": [1, 2]}, "grp2 without grp1"),
        (DataError, TWO, {"grp1": [1, 2], "w1": [0, 5]}, "w1[0] = 0; allowed: sizes above 0"),
        (DataError, TWO, {"grp1": [1, 2], "grp2": [1, 1]}, "compares a group with itself at one time"),
        (DataError, ([0.1] * 3, ["a"] * 3), {"rho": (0.2, 0.95), "obs": [1, 2, 1], "type": [1, 1, 2]},
         "cannot correlate as given: no covariance has these numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_why(error, given, options, reason):
    with pytest.raises(error, match=re.escape(reason)):
        ma.sampling_covariance(*given, **options)


def test_what_cannot_be_aggregated_says_why():
    es = ma.EffectSizes.of([0.1, 0.2], [0.1, 0.1])
    with pytest.raises(DataError, match="singular; allowed: rho below 1"):
        ma.aggregate(es, ["a", "a"], rho=1.0)
    with pytest.raises(UsageError, match="both given"):
        ma.aggregate(es, ["a", "a"], rho=0.5, V=[0.1, 0.1])
    with pytest.raises(NotEstimableError, match="no study has an effect size"):
        ma.aggregate(ma.EffectSizes.of([None], [None]), ["a"])
    for struct in AGGREGATE_STRUCTURES:
        if struct != "ID":
            with pytest.raises(UsageError, match=re.escape(f"struct {struct!r} needs ")):
                ma.aggregate(es, ["a", "a"], struct=struct)
