"""Fail-safe N against metafor, and what the number claims."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.small_studies.failsafe import FAILSAFE_METHODS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "failsafe.json").read_text())["cases"]


@pytest.mark.parametrize("c", [pytest.param(c, id=c["id"]) for c in CASES])
def test_agrees_with_metafor(c):
    es, args, want = ma.EffectSizes.of(c["data"]["yi"], c["data"]["vi"]), c["args"], c["expect"]
    if want is None:
        with pytest.raises(NotEstimableError, match="k = 1"):
            ma.fail_safe_n(es, args["type"])
        return
    got = ma.fail_safe_n(es, args["type"], target=args.get("target"))
    assert got.n == want["fsnum"]
    for name, value in (("est", got.estimate), ("pval", got.pval), ("target", got.target)):
        expected = want.get(name)
        assert value == (expected if expected is None else pytest.approx(expected, rel=c["tol"]["rtol"], abs=1e-300))


def test_every_method_has_a_reference():
    assert {c["args"]["type"] for c in CASES} == set(FAILSAFE_METHODS)


significant = st.lists(st.tuples(st.floats(0.3, 2), st.floats(0.01, 0.1)), min_size=2, max_size=12)


@settings(max_examples=40)
@given(significant)
def test_rosenthal_counts_the_null_studies_that_are_needed(rows):
    es = ma.EffectSizes.of(*np.array(rows).T)
    n, total = ma.fail_safe_n(es).n, float((es.yi / es.sei).sum())
    critical = 1.6448536269514722
    assert total / math.sqrt(es.k + n) <= critical * (1 + 1e-9)
    assert total / math.sqrt(es.k + n - 1) > critical * (1 - 1e-9)


@settings(max_examples=40)
@given(significant)
def test_orwin_dilutes_the_mean_to_its_target(rows):
    es = ma.EffectSizes.of(*np.array(rows).T)
    found = ma.fail_safe_n(es, "Orwin", target=0.1, weighted=False)
    assert es.yi.sum() / (es.k + found.n) <= 0.1 * (1 + 1e-9)
    assert es.yi.sum() / (es.k + found.n - 1) > 0.1 * (1 - 1e-9)
    assert ma.fail_safe_n(es, "Orwin").n == es.k


@settings(max_examples=30)
@given(significant, st.sampled_from([-1, 4, 0.25]), st.sampled_from(["Rosenthal", "Rosenberg"]))
def test_unit_and_sign_do_not_matter(rows, factor, method):
    yi, vi = np.array(rows).T
    one = ma.fail_safe_n(ma.EffectSizes.of(yi, vi), method)
    two = ma.fail_safe_n(ma.EffectSizes.of(factor * yi, factor**2 * vi), method)
    assert abs(one.n - two.n) <= (0 if factor != 1 else 1)


def test_it_says_that_it_is_outdated():
    found = ma.fail_safe_n(ma.EffectSizes.of([0.3, 0.5], [0.01, 0.02]))
    assert "outdated" in found.note
    assert "outdated" in repr(found)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["note"] == found.note
    assert found.to_frame().loc[0, "n"] == found.n


def test_what_makes_no_sense_is_refused():
    es = ma.EffectSizes.of([0.3, 0.5], [0.01, 0.02])
    with pytest.raises(UsageError, match="never reached"):
        ma.fail_safe_n(es, "Orwin", target=0)
    with pytest.raises(UsageError, match="alpha"):
        ma.fail_safe_n(es, alpha=5)
    with pytest.raises(UsageError, match="did you mean Rosenthal"):
        ma.fail_safe_n(es, "rosental")
    with pytest.raises(NotEstimableError, match="0 already"):
        ma.fail_safe_n(ma.EffectSizes.of([0.5, -0.5], [0.01, 0.01]), "Orwin")
    assert ma.fail_safe_n(ma.EffectSizes.of([0.05, -0.03], [0.01, 0.02])).n == 0
