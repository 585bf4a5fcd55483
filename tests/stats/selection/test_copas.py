"""The Copas model against metasens, its own simulation, and at its edges."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.selection.copas import log_likelihood

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "selection.json").read_text())
CASES = [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "copas"]
ES = ma.EffectSizes.of([0.9, 0.8, 0.5, 0.4, 0.3, 0.2], [0.20, 0.12, 0.08, 0.05, 0.02, 0.01])


@pytest.fixture(scope="module")
def fit():
    return ma.copas(ES, threshold=0.5)


@pytest.mark.parametrize("case", CASES)
def test_metasens_where_no_selection_is_needed(case):
    data = GOLDEN["datasets"][case["dataset"]]
    fit, want = ma.copas(ma.EffectSizes.of(data["yi"], data["vi"])), case["expect"]
    at = fit.path[fit.chosen]
    got = {
        "TE.adjust": fit.estimate, "seTE.adjust": fit.se, "lower.adjust": fit.ci.lb, "upper.adjust": fit.ci.ub,
        "pval.adjust": fit.pval, "tau.adjust": np.sqrt(fit.tau2), "pval.rsb.adj": at.residual_pval,
        "N.unpubl.adj": fit.unseen,
    }  # fmt: skip
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, **case["tol"], err_msg=name)


def test_the_gradient_is_that_of_differences():
    x = np.column_stack([np.ones(6), ES.sei])
    u, at = -0.5 + 0.3 / ES.sei, np.array([0.2, 0.5, 0.15, 0.6])
    gradient = log_likelihood(ES, x, u, at)[1]
    for j, move in enumerate(1e-6 * np.eye(4)):
        up, down = (log_likelihood(ES, x, u, at + way * move)[0] for way in (1, -1))
        assert gradient[j] == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_the_likelihood_is_a_density_of_seen_effects():
    """Over all effects that a study could have had, it integrates to 1, its error being that of seen studies."""
    u, at = np.array([0.3]), np.array([0.2, 0.15, 0.6])
    grid = np.linspace(-4, 5, 1201)
    density = [np.exp(log_likelihood(ma.EffectSizes.of([y], [0.1]), np.ones((1, 1)), u, at)[0]) for y in grid.tolist()]
    assert float(np.sum(density)) * (grid[1] - grid[0]) == pytest.approx(1, abs=1e-6)


def test_more_selection_means_more_unseen_studies_and_less_dependence(fit):
    unseen = [step.unseen for step in fit.path]
    assert unseen == sorted(unseen)
    assert fit.path[0].residual_pval < 0.5 <= fit.path[fit.chosen].residual_pval or fit.chosen == len(fit.path) - 1
    assert fit.path[-1].estimate < fit.path[0].estimate
    assert fit.path[0].estimate == pytest.approx(ma.pool(ES, tau2_method="ML").estimate)
    assert fit.tau2 >= 0


def test_turned_effects_turn_it(fit):
    turned = ma.copas(ma.EffectSizes.of(-ES.yi, ES.vi), threshold=0.5)
    assert turned.chosen == fit.chosen
    assert turned.estimate == pytest.approx(-fit.estimate, abs=1e-4)


def test_a_result_is_written_whole(fit):
    plain = fit.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["path"][0]["gamma1"] is None
    assert fit.to_frame()["chosen"].sum() == 1
    assert "studies unseen" in repr(fit)


def test_what_cannot_be_is_refused():
    with pytest.raises(NotEstimableError, match="k = 2"):
        ma.copas(ES.take([0, 1]))
    with pytest.raises(NotEstimableError, match="same precision"):
        ma.copas(ma.EffectSizes.of([0.1, 0.2, 0.3], [0.1] * 3))
    with pytest.raises(UsageError, match="threshold"):
        ma.copas(ES, threshold=1.0)
    with pytest.raises(UsageError, match="is no EffectSizes"):
        ma.copas([0.1])
