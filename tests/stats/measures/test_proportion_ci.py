"""Intervals of single proportions against meta, and at their edges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import binom

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.measures.proportions import PROPORTION_CI_METHODS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "selection.json").read_text())
CASES = [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "prop_ci"]


@pytest.mark.parametrize("case", CASES)
def test_meta(case):
    """On the logit scale; where no or all have the event, meta's Wilson intervals leave the proportion out."""
    data, method = GOLDEN["datasets"][case["dataset"]], case["args"]["method.ci"]
    got = ma.proportion_ci(data["xi"], data["ni"], method)
    for name, bounds, edge in (("lower", got.lb, 0.0), ("upper", got.ub, 1.0)):
        want = np.array(case["expect"][name], dtype=float)
        at_edge = got.estimate == edge
        with np.errstate(divide="ignore"):
            compared = np.ones(at_edge.size, dtype=bool) if method not in ("WS", "WSCC") else ~at_edge
            np.testing.assert_allclose(logit(bounds)[compared], want[compared], **case["tol"])
        if method in ("WS", "WSCC", "CP"):
            np.testing.assert_array_equal(bounds[at_edge], edge)


def test_clopper_pearson_has_the_tails_of_the_binomial_distribution():
    got = ma.proportion_ci([7], [50], level=0.9)
    assert binom.sf(6, 50, got.lb[0]) == pytest.approx(0.05)
    assert binom.cdf(7, 50, got.ub[0]) == pytest.approx(0.05)


@pytest.mark.parametrize("method", PROPORTION_CI_METHODS)
def test_events_and_others_change_places(method):
    x, n = np.arange(11), np.full(11, 10)
    here, there = ma.proportion_ci(x, n, method), ma.proportion_ci(n - x, n, method)
    np.testing.assert_allclose(here.lb, 1 - there.ub, atol=1e-12)
    assert (here.lb <= here.estimate + 1e-12).all() or method == "NAsm"
    assert ((here.lb >= 0) & (here.ub <= 1)).all()


def test_missing_counts_stay_missing_and_wrong_ones_are_refused():
    got = ma.proportion_ci([1, None], [10, 10])
    assert np.isnan(got.lb[1])
    assert got.to_dict()["lb"][1] is None
    assert got.to_frame().shape == (2, 5)
    assert "1/10" in repr(got)
    with pytest.raises(DataError, match="events exceed the total"):
        ma.proportion_ci([11], [10])
    with pytest.raises(UsageError, match="did you mean CP"):
        ma.proportion_ci([1], [10], "cp")
    with pytest.raises(UsageError, match="level"):
        ma.proportion_ci([1], [10], level=95)
