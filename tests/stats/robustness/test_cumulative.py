"""Cumulative pooling against metafor, and the ways to give an order."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.robustness.sequence import ORDERS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "cumulative.json").read_text())["cases"]
COLUMNS = {
    "estimate": "estimate", "se": "se", "zval": "stat", "pval": "pval", "Q": "q", "Qp": "q_pval", "tau2": "tau2",
    "I2": "i2", "H2": "h2",
}  # fmt: skip
ES = ma.EffectSizes.of([0.1, 0.5, 0.3], [0.04, 0.02, 0.03], ["a", "b", "c"])


def numbers(values):
    return np.array([np.nan if v is None else v for v in values], dtype=float)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_agrees_with_metafor(case):
    args, data, want = case["args"], case["data"], case["expect"]
    if case["family"] == "mh_cumul":
        fit = ma.mantel_haenszel(args["measure"], **{name: data[name] for name in ("ai", "n1i", "ci", "n2i")})
    else:
        options = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
        fit = ma.pool(ma.EffectSizes.of(data["yi"], data["vi"]), **options)
    got = ma.cumulative(fit, data[args["order"]] if "order" in args else None)
    exists = np.array([row is not None for row in got])
    for theirs, ours in COLUMNS.items():
        if theirs in want:
            np.testing.assert_allclose(
                getattr(got, ours)[exists], numbers(want[theirs])[exists], **case["tol"], err_msg=theirs
            )
    assert exists.tolist() == [v is not None for v in want["estimate"]]
    assert [k for k in got.k if k] == [k for k, there in zip(want["k"], exists) if there]


def test_both_families_and_both_models_are_there():
    assert {c["family"] for c in CASES} == {"cumul", "mh_cumul"}
    assert {c["args"].get("method") for c in CASES} == {"EE", "REML", None}
    assert any("order" in c["args"] for c in CASES)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 1), st.integers(1990, 1995)), min_size=1, max_size=8))
def test_each_row_is_the_pool_of_the_first(rows):
    yi, vi, year = zip(*rows)
    es = ma.EffectSizes.of(yi, vi)
    got = ma.cumulative(ma.pool(es, tau2_method="REML"), year)
    order = sorted(range(len(rows)), key=lambda i: year[i])
    assert got.slab == tuple(es.slab[i] for i in order)
    for n, row in enumerate(got, 1):
        part = ma.pool(es.take(order[:n]), tau2_method="REML")
        assert (row.estimate, row.ci, row.tau2) == (part.estimate, part.ci, part.tau2)
    assert got[-1].estimate == pytest.approx(got.whole.estimate, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("order", "slab"),
    [
        (None, "abc"),
        ([2003, 1999, 2001], "bca"),
        ({"c": 1, "a": 2, "b": 3, "unused": 0}, "cab"),
        ("precision", "bca"),
        ("effect", "acb"),
        ([1, 1, 0], "cab"),
    ],
)
def test_orders(order, slab):
    assert "".join(ma.cumulative(ma.pool(ES), order).slab) == slab
    assert set(ORDERS) == {"precision", "effect"}


def test_indices_are_the_studies_themselves():
    assert "".join(ma.cumulative(ma.pool(ES), indices=[2, 0, 1]).slab) == "cab"
    for wrong in ([0, 1], [0, 1, 1], [1, 2, 3]):
        with pytest.raises(UsageError, match="each of 0 to 2 once"):
            ma.cumulative(ma.pool(ES), indices=wrong)


def test_wrong_orders_are_named():
    fit = ma.pool(ES)
    with pytest.raises(DataError, match="2 values for the 3 studies pooled"):
        ma.cumulative(fit, [1, 2])
    with pytest.raises(DataError, match="no value for study 'b'"):
        ma.cumulative(fit, [1, None, 2])
    with pytest.raises(DataError, match="no value for study 'c'"):
        ma.cumulative(fit, {"a": 1, "b": 2})
    with pytest.raises(UsageError, match="did you mean precision"):
        ma.cumulative(fit, "precison")


def test_the_record_reads_as_a_list():
    got = ma.cumulative(ma.pool(ES))
    assert repr(got).splitlines()[0] == "Cumulative (random effects, IV)"
    assert repr(got).splitlines()[2].startswith("  + b")
    assert list(got.to_frame()["k"]) == [1, 2, 3]
