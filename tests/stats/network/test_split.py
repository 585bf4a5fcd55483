"""Direct against indirect evidence, compared with netsplit and, in a triangle, with Bucher's difference."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.network.split import SPLIT_METHODS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "network.json").read_text())
NAMES = {"TE": "estimate", "seTE": "se", "p": "pval", "z": "stat", "lower": "ci"}


def network_of(case, **options):
    d = GOLDEN["datasets"][case["dataset"]]["contrasts"]
    return ma.network(d["studlab"], d["treat1"], d["treat2"], d["TE"], d["seTE"], **options)


def number(effect, name):
    if effect is None:
        return np.nan
    return effect.ci.lb if name == "lower" else getattr(effect, NAMES[name])


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "netmeta_split"]
)
def test_direct_indirect_and_their_difference(case):
    want, fit = case["expect"], network_of(case)
    pairs = [tuple(name.split(":")) for name in want["comparison"]]
    split = fit.split(pairs, case["args"]["method"])
    assert [one.k for one in split] == want["k"]
    np.testing.assert_allclose([one.share_direct for one in split], want["prop.random"], rtol=1e-8, atol=1e-10)
    for model in ("random", "common"):
        found = fit.split(pairs, case["args"]["method"], model)
        for theirs, ours in {"direct": "direct", "indirect": "indirect", "compare": "difference"}.items():
            for name, values in want.get(f"{theirs}.{model}", {}).items():
                np.testing.assert_allclose(
                    [number(getattr(one, ours), name) for one in found], np.array(values, dtype=float), rtol=1e-7,
                    atol=1e-9, err_msg=f"{model} {theirs} {name}",
                )  # fmt: skip


@pytest.mark.parametrize("method", SPLIT_METHODS)
def test_a_triangle_is_bucher(method):
    fit = ma.network(["1", "2", "3"], [*"aba"], [*"bcc"], [0.5, 0.2, 0.9], [0.1, 0.1, 0.2])
    one = fit.split(method=method, model="common")["c", "a"]
    np.testing.assert_allclose(
        [one.direct.estimate, one.indirect.estimate, one.difference.estimate], [-0.9, -0.7, -0.2]
    )
    np.testing.assert_allclose([one.direct.se**2, one.indirect.se**2, one.difference.se**2], [0.04, 0.02, 0.06])
    assert one.share_direct == pytest.approx(0.02 / 0.06)
    assert one.pval == one.difference.pval
    network = one.share_direct * one.direct.estimate + (1 - one.share_direct) * one.indirect.estimate
    assert network == pytest.approx(one.network.estimate)


@pytest.mark.parametrize("method", SPLIT_METHODS)
def test_what_only_one_kind_of_evidence_reaches_has_no_difference(method):
    star = ma.network([*"123"], [*"bcc"], [*"aaa"], [0.1, 0.2, 0.4], [0.1] * 3).split(method=method)
    direct, indirect = star["a", "b"], star["b", "c"]
    assert (direct.indirect, direct.difference, direct.pval, direct.share_direct) == (None, None, None, 1.0)
    assert (indirect.direct, indirect.difference, indirect.k, indirect.share_direct) == (None, None, 0, 0.0)
    assert indirect.indirect.estimate == pytest.approx(indirect.network.estimate)
    assert "no difference can be tested" in repr(star)
    json.dumps(star.to_dict(), allow_nan=False)
    assert len(star.to_frame()) == len(star) == 3


def test_treatments_that_fall_off_with_a_study_do_not_hide_the_rest():
    fit = ma.network(
        ["M"] * 3 + ["1", "2"], ["a", "a", "b", "a", "c"], ["b", "z", "z", "c", "b"], [0.5, 1.0, 0.5, 0.2, 0.4],
        [0.1, 0.1, 0.1, 0.1, 0.1],
    )  # fmt: skip
    one = fit.split([("a", "b")], "SIDDE", "common")["a", "b"]
    assert one.indirect.estimate == pytest.approx(0.6)
    assert one.indirect.se**2 == pytest.approx(0.02)
    assert fit.split([("a", "z")], "SIDDE")["a", "z"].indirect is None


def test_a_given_tau2_is_kept_without_studies():
    fit = ma.network([*"123"], [*"aba"], [*"bcc"], [0.5, 0.2, 0.9], [0.1, 0.1, 0.2], tau2=0.5)
    assert fit.split(method="SIDDE")["a", "c"].indirect.se ** 2 == pytest.approx(0.02 + 1.0)


def test_what_cannot_be_split():
    fit = ma.network([*"123"], [*"aba"], [*"bcc"], [0.5, 0.2, 0.9], [0.1, 0.1, 0.2])
    with pytest.raises(UsageError, match="method 'SIDE' is unknown; did you mean SIDDE"):
        fit.split(method="SIDE")
    with pytest.raises(DataError, match="'a' against 'a'; allowed: two treatments"):
        fit.split([("a", "a")])
    with pytest.raises(DataError, match="was not split"):
        fit.split([("a", "b")])["a", "c"]
