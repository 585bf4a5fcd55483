"""GOSH against metafor, and every row against the pool of its subset."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.robustness import gosh as module
from metaan.stats.robustness.gosh import GOSH_TAU2_METHODS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "gosh.json").read_text())["cases"]
SUMMARIES = {"mean": np.mean, "sd": lambda v: np.std(v, ddof=1), "min": np.min, "max": np.max, "median": np.median}


def model_of(case):
    return {"EE": "common", "DL": "random"}[case["args"]["method"]]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_agrees_with_metafor(case):
    """For DL, metafor's gosh gives H2 = Q / (k - 1), unlike its own rma; our rows are those of `pool`."""
    got = ma.gosh(ma.EffectSizes.of(case["data"]["yi"], case["data"]["vi"]), model_of(case))
    want = case["expect"]
    columns = {"estimate": got.estimate, "I2": got.i2, "tau2": got.tau2, "QE": got.q}
    if model_of(case) == "common":
        columns["H2"] = got.h2
    assert len(got) == want["n_models"]
    for name, values in columns.items():
        for summary, value in want["summary"][name].items():
            assert SUMMARIES[summary](values) == pytest.approx(value, rel=1e-8, abs=1e-9), (name, summary)
        if name in want:
            np.testing.assert_allclose(values, want[name], rtol=1e-8, atol=1e-9)
    if "incl" in want:
        assert got.included.astype(int).tolist() == want["incl"]


def test_both_models_have_reference_values():
    assert {model_of(c) for c in CASES} == {"common", "random"}


@pytest.mark.parametrize("tau2_method", GOSH_TAU2_METHODS)
@settings(max_examples=8)
@given(rows=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.001, 1)), min_size=2, max_size=5))
def test_every_row_is_the_pool_of_its_subset(tau2_method, rows):
    es = ma.EffectSizes.of(*zip(*rows))
    got = ma.gosh(es, tau2_method=tau2_method)
    assert len({tuple(row) for row in got.included.tolist()}) == len(got) == 2 ** len(rows) - 1
    for i, included in enumerate(got.included):
        fit = ma.pool(es.take(np.flatnonzero(included)), tau2_method=tau2_method)
        row = [got.k[i], got.estimate[i], got.tau2[i], got.i2[i], got.h2[i], got.q[i]]
        np.testing.assert_allclose(row, [fit.k, fit.estimate, fit.tau2, fit.i2, fit.h2, fit.q], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("tau2_method", ["ML", "REML"])
def test_the_higher_of_two_maxima_wins(tau2_method):
    """Two precise studies that agree and two imprecise ones far away: the likelihood has a maximum at 0 and another."""
    es = ma.EffectSizes.of([0.0, 0.02, 4.0, -4.2, 0.5], [1e-3, 1e-3, 0.5, 0.4, 0.3])
    got = ma.gosh(es, tau2_method=tau2_method)
    want = [ma.pool(es.take(np.flatnonzero(row)), tau2_method=tau2_method).tau2 for row in got.included]
    np.testing.assert_allclose(got.tau2, want, rtol=1e-8, atol=1e-10)


def test_batches_do_not_show(monkeypatch):
    es = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05])
    whole = ma.gosh(es, tau2_method="REML")
    monkeypatch.setattr(module, "CELLS", 7)
    np.testing.assert_allclose(ma.gosh(es, tau2_method="REML").tau2, whole.tau2, rtol=1e-9, atol=1e-12)


def test_a_sample_is_seeded_and_never_empty():
    es = ma.EffectSizes.of(np.linspace(-1, 1, 6), np.full(6, 0.1))
    first, again, other = (ma.gosh(es, subsets=40, seed=seed) for seed in (1, 1, 2))
    assert (len(first), first.complete, first.seed) == (40, False, 1)
    assert first.included.any(axis=1).all()
    assert first.to_dict() == again.to_dict()
    assert (first.included != other.included).any()
    many = ma.gosh(ma.EffectSizes.of(np.zeros(80), np.ones(80)), "common", subsets=10)
    assert many.included.shape == (10, 80)


def test_all_subsets_when_there_are_no_more_than_asked_for():
    es = ma.EffectSizes.of([0.1, 0.5, None, 0.3], [0.04, 0.05, 0.1, 0.03], list("abcd"))
    got = ma.gosh(es, "common", subsets=7)
    assert (len(got), got.complete, got.seed, got.tau2_method) == (7, True, None, None)
    assert list(got.to_frame().columns) == ["k", "estimate", "tau2", "i2", "h2", "q", "a", "b", "d"]
    assert not ma.gosh(es, "common", subsets=6).complete
    assert repr(got).startswith("GOSH: all 7 subsets of 3 studies (common effects)")
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["included"][0] == [1, 0, 0]


def test_wrong_options_are_named():
    es = ma.EffectSizes.of([0.1, 0.5], [0.04, 0.05])
    with pytest.raises(UsageError, match="did you mean REML"):
        ma.gosh(es, tau2_method="RML")
    with pytest.raises(UsageError, match="subsets = 0"):
        ma.gosh(es, subsets=0)
    with pytest.raises(NotEstimableError, match="no study"):
        ma.gosh(ma.EffectSizes.of([None], [1]))
