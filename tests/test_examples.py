"""The BCG example: the textbook numbers through the whole way from YAML to the analysis."""

import math

import pytest

import metaan as ma


@pytest.fixture(scope="module")
def tuberculosis():
    (analysis,) = ma.analyse(ma.load(ma.example("bcg")))
    return analysis


def test_the_total(tuberculosis):
    overall = tuberculosis.overall
    # metafor 5.1-12, rma.mh(ai, n1i, ci, n2i, data=dat.bcg, measure="RR")
    assert overall.common.estimate == pytest.approx(-0.4537096046837539, rel=1e-9)
    assert overall.common.ci == pytest.approx((-0.5308094269981299, -0.3766097823693778), rel=1e-9)
    # metafor 5.1-12, rma(yi, vi, data=escalc("RR", ...), method="REML"), threshold 1e-12; pi with test="t"
    assert overall.random.estimate == pytest.approx(-0.7145323422351537, rel=1e-6)
    assert overall.random.tau2 == pytest.approx(0.31324325972972483, rel=1e-6)
    assert overall.random.q == pytest.approx(152.23300903414417, rel=1e-8)
    assert overall.random.pi == pytest.approx((-1.9953419618466803, 0.5662772773763729), rel=1e-6)


def test_subgroups_by_allocation(tuberculosis):
    # meta 8.4-0, metabin(..., sm="RR", subgroup=alloc, tau.common=FALSE, method="Inverse", method.tau="REML")
    assert tuberculosis.by == "allocation"
    assert {pool.name: pool.k for pool in tuberculosis.pools} == {"random": 7, "alternate": 2, "systematic": 4}
    estimates = {pool.name: pool.random.estimate for pool in tuberculosis.pools}
    expected = {"random": -0.9709647042630886, "alternate": -0.5407929618493454, "systematic": -0.4242073915108719}
    assert estimates == pytest.approx(expected, rel=1e-5)
    assert tuberculosis.subgroup_test.random[0] == pytest.approx(1.861444946154634, rel=1e-4)
    assert tuberculosis.subgroup_test.random[1] == 2


def test_latitude_explains_most_of_the_heterogeneity(tuberculosis):
    # metafor 5.1-12, rma(yi, vi, mods=~ablat, data=dat.bcg, method="REML", test="knha")
    (regression,) = tuberculosis.overall.exploration.regressions
    assert list(regression.coefficients) == pytest.approx([0.2514682217359182, -0.029101725388568988], rel=1e-5)
    assert list(regression.se) == pytest.approx([0.28392527855157, 0.008201417268320839], rel=1e-5)
    assert regression.r2 == pytest.approx(75.62662299227229, rel=1e-4)


def test_the_protocol_explores_the_total_and_not_each_subgroup(tuberculosis):
    assert all(pool.exploration is None for pool in tuberculosis.pools)
    assert tuberculosis.overall.exploration.multiverse is not None
    assert any("Egger" in one.reason for one in tuberculosis.overall.exploration.refused)


def test_the_display_scale_is_the_ratio(tuberculosis):
    shown = tuberculosis.overall.random.display
    assert shown.estimate == pytest.approx(math.exp(-0.7145323422351537), rel=1e-6)
