"""Correlated sampling errors and one effect a study, against metafor."""

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from tests.stats.dependent.test_multilevel import DATASETS, of


@pytest.mark.parametrize("case", of("vcalc"))
def test_covariances_agree_with_metafor(case):
    data, want = DATASETS[case["dataset"]], case["expect"]
    v = ma.sampling_covariance(data["vi"], data["cl"], rho=case["args"]["rho"])
    rows = np.array(want["rows"]) - 1
    np.testing.assert_allclose(v.block(rows), want["block"], **case["tol"])
    whole = np.asarray(v)
    np.testing.assert_allclose([np.trace(whole), whole.sum()], [want["trace"], want["sum"]], **case["tol"])


@pytest.mark.parametrize("case", of("aggregate"))
def test_one_effect_a_study_agrees_with_metafor(case):
    data, want = DATASETS[case["dataset"]], case["expect"]
    one = ma.aggregate(ma.EffectSizes.of(data["yi"], data["vi"]), data["cl"], rho=case["args"]["rho"])
    assert list(one.slab) == want["cl"]
    np.testing.assert_allclose(one.yi, want["yi"], **case["tol"])
    np.testing.assert_allclose(one.vi, want["vi"], **case["tol"])


def test_what_cannot_be_says_why():
    with pytest.raises(UsageError, match=r"rho = -0\.9; allowed: -0\.5 to 1"):
        ma.sampling_covariance([0.1, 0.1, 0.1], ["a"] * 3, rho=-0.9)
    with pytest.raises(DataError, match=r"vi\[1\] = 0"):
        ma.sampling_covariance([0.1, 0.0], ["a", "a"], rho=0.5)
    with pytest.raises(DataError, match=r"cluster\[1\] is missing"):
        ma.sampling_covariance([0.1, 0.1], ["a", None], rho=0.5)
    es = ma.EffectSizes.of([0.1, 0.2], [0.1, 0.1])
    with pytest.raises(DataError, match="singular; allowed: rho below 1"):
        ma.aggregate(es, ["a", "a"], rho=1.0)
    with pytest.raises(UsageError, match="both given"):
        ma.aggregate(es, ["a", "a"], rho=0.5, V=[0.1, 0.1])
