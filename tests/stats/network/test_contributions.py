"""Contributions of direct comparisons, compared with netcontrib and with all paths of a walk."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.network.contributions import CONTRIBUTION_METHODS, _flow, _observed, _weights, random_walk

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "network.json").read_text())
CASES = [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "netmeta_contrib"]


def network_of(name):
    d = GOLDEN["datasets"][name]["contrasts"]
    return ma.network(d["studlab"], d["treat1"], d["treat2"], d["TE"], d["seTE"])


@pytest.mark.parametrize("case", CASES)
def test_shares_of_shortest_paths(case):
    want, fit = case["expect"], network_of(case["dataset"])
    for model in ("common", "random"):
        found = fit.contributions([tuple(name.split(":")) for name in want["rows"]], model=model)
        columns = [want["cols"].index(":".join(pair)) for pair in found.columns]
        np.testing.assert_allclose(found.shares, np.array(want[model])[:, columns], rtol=1e-8, atol=1e-9)


def paths(out, at, sink):
    if at == sink:
        yield [], 1.0
    total = sum(out.get(at, {}).values())
    for to, flow in out.get(at, {}).items():
        for rest, chance in paths(out, to, sink):
            yield [(at, to), *rest], chance * flow / total


@pytest.mark.parametrize("name", ["dat.hasselblad1998", "dat.senn2013"])
def test_a_random_walk_is_the_mean_over_all_paths(name):
    fitted = network_of(name).fitted
    i, j = np.nonzero(np.triu(_observed(fitted)))
    flow = _flow(fitted.common.vcov, _weights(fitted, 0.0), i, j, 2, 3)
    expected = {}
    for path, chance in paths(flow.out, flow.source, flow.sink):
        for edge in path:
            expected[edge] = expected.get(edge, 0.0) + chance / len(path)
    found = random_walk(flow)
    assert found.keys() == expected.keys()
    for edge, share in expected.items():
        assert found[edge] == pytest.approx(share)


@pytest.mark.parametrize("method", CONTRIBUTION_METHODS)
@pytest.mark.parametrize("name", ["dat.franchini2012", "dat.senn2013"])
def test_shares_sum_to_one_by_comparison_and_by_study(method, name):
    found = network_of(name).contributions(method=method)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.study_shares.sum(axis=1), 1.0)
    assert found.shares.min() >= 0.0
    assert found.study_shares.min() >= -1e-12
    assert len(found.to_frame()) == len(found.rows)
    json.dumps(found.to_dict(), allow_nan=False)
    assert repr(found).count("\n") >= 5


def test_a_triangle_by_hand():
    fit = ma.network([*"1234"], [*"abaa"], [*"bccc"], [0.5, 0.2, 0.9, 0.8], [0.1, 0.1, 0.2, 0.1], model="common")
    found = fit.contributions()
    direct = 125 / 175  # weights 25 + 100 against 50 of the path over b
    assert found.of("c", "a") == pytest.approx(
        {("a", "c"): direct, ("a", "b"): (1 - direct) / 2, ("b", "c"): (1 - direct) / 2}
    )
    assert found.of_studies("a", "c")["4"] == pytest.approx(0.8 * direct)
    assert sum(found.of_studies("a", "c").values()) == pytest.approx(1.0)


def test_shares_of_groups_of_studies():
    fit = ma.network([*"1234"], [*"abaa"], [*"bccc"], [0.5, 0.2, 0.9, 0.8], [0.1, 0.1, 0.2, 0.1], model="common")
    found, groups = fit.contributions(), {"1": "low", "2": "low", "3": "high", "4": "low"}
    shares = found.by(groups)["a", "c"]
    assert list(shares) == ["low", "high"]
    assert shares["high"] == pytest.approx(found.of_studies("a", "c")["3"])
    assert sum(shares.values()) == pytest.approx(1.0)
    with pytest.raises(DataError, match="study '4' has no group"):
        found.by({"1": "low", "2": "low", "3": "high"})


def test_what_contributes_to_nothing():
    fit = ma.network([*"12"], [*"ab"], [*"bc"], [0.5, 0.2], [0.1, 0.1])
    assert fit.contributions().of("a", "b") == pytest.approx({("a", "b"): 1.0})
    with pytest.raises(DataError, match="'a' against 'c' has no contributions here"):
        fit.contributions([("a", "b")]).of("a", "c")
    with pytest.raises(UsageError, match="method 'paths' is unknown"):
        fit.contributions(method="paths")
