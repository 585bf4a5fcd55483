"""Peto's odds ratio against metafor and meta, against enumeration, and its edges."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

import metaan as ma
from metaan.errors import NotEstimableError, UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden" / "peto.json").read_text())["cases"]
ALL = {"c(1/2, 1/2)": (0.5, 0.5), 'c("all", "all")': ("all", "all")}


def cases(family, failed=False):
    return [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == family and ("error" in c) == failed]


def fit_of(c):
    return ma.peto(
        **c["data"], **{k: ALL[v] if isinstance(v, str) else v for k, v in c["args"].items() if k != "method"}
    )


@pytest.mark.parametrize("c", cases("rma_peto"))
def test_metafor(c):
    fit, expect = fit_of(c), c["expect"]
    got = [fit.estimate, fit.se, fit.stat, fit.pval, *fit.ci, fit.q]
    want = [expect[n] for n in ("estimate", "se", "zval", "pval", "ci.lb", "ci.ub", "QE")]
    assert got == pytest.approx(want, rel=c["tol"]["rtol"], abs=c["tol"]["atol"])
    if expect["k.yi"] > 0:  # metafor divides by k - 1 = -1 where it counts no study
        assert [fit.i2, fit.h2, fit.q_pval] == pytest.approx([expect[n] for n in ("I2", "H2", "QEp")], rel=1e-9)
    assert fit.k == expect["k.pos"]


@pytest.mark.parametrize("c", cases("rma_peto", failed=True))
def test_what_metafor_refuses_is_refused(c):
    with pytest.raises(NotEstimableError, match="no study has events"):
        fit_of(c)


@pytest.mark.parametrize("c", cases("metabin"))
def test_meta(c):
    fit, expect = fit_of(c), c["expect"]
    names = ("TE.common", "seTE.common", "statistic.common", "pval.common", "lower.common", "upper.common", "Q")
    got = [fit.estimate, fit.se, fit.stat, fit.pval, *fit.ci, fit.q]
    assert got == pytest.approx([expect[n] for n in names], rel=1e-9, abs=1e-11)


def test_the_variance_is_that_of_the_enumerated_hypergeometric():
    fit = ma.peto(ai=[3, 0], n1i=[40, 25], ci=[7, 2], n2i=[42, 24])
    variance = [hypergeom.var(82, 10, 40), hypergeom.var(49, 2, 25)]
    excess = [3 - hypergeom.mean(82, 10, 40), 0 - hypergeom.mean(49, 2, 25)]
    assert fit.estimate == pytest.approx(sum(excess) / sum(variance), rel=1e-12)
    assert fit.effects.vi.tolist() == pytest.approx([1 / v for v in variance], rel=1e-12)


tables = st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=6).filter(
    lambda rows: any(a + b and c + d and a + c and b + d for a, b, c, d in rows)
)


def columns(rows):
    return dict(zip(("ai", "bi", "ci", "di"), np.array(rows, dtype=float).T))


@given(rows=tables)
@settings(max_examples=40)
def test_swapping_the_arms_turns_the_effect_round_and_double_zeros_change_nothing(rows):
    x = columns(rows)
    one, other = ma.peto(**x), ma.peto(ai=x["ci"], bi=x["di"], ci=x["ai"], di=x["bi"])
    assert (other.estimate, other.se) == pytest.approx((-one.estimate, one.se), abs=1e-12)
    more = ma.peto(**columns([*rows, (0, 9, 0, 8)]))
    assert (more.estimate, more.se, more.k) == pytest.approx((one.estimate, one.se, one.k), rel=1e-12)
    assert more.excluded[-1][1] == "no events, or only events, in both arms"


def test_one_study_and_missing_counts():
    fit = ma.peto(ai=[7, None], n1i=[50, 40], ci=[12, 3], n2i=[48, 40])
    assert (fit.k, fit.q_df, fit.i2) == (1, 0, 0.0)
    assert fit.excluded == (("Study 2", "a count is missing"),)


def test_an_unknown_rule_lists_what_is_allowed():
    with pytest.raises(UsageError, match="only0"):
        ma.peto(ai=[7], n1i=[50], ci=[12], n2i=[48], add=0.5, to="only")
