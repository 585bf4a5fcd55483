"""The LFK index against metasens and the paper's example."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "selection.json").read_text())
CASES = [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "lfkindex"]


@pytest.mark.parametrize("case", CASES)
def test_metasens(case):
    data = GOLDEN["datasets"][case["dataset"]]
    found = ma.lfk_index(ma.EffectSizes.of(data["yi"], data["vi"]))
    assert found.index == pytest.approx(case["expect"]["lfkindex"], rel=1e-9)
    assert found.interpretation == case["expect"]["interpretation"]


def test_it_never_comes_without_its_warning():
    found = ma.lfk_index(ma.EffectSizes.of([0.1, 0.3, 0.9], [0.1, 0.05, 0.2]))
    assert "no test" in repr(found)
    assert found.to_dict()["note"] == found.note
    assert found.to_frame()["abs_z"].min() >= 0


def test_turned_effects_turn_it_and_the_unit_does_not_matter():
    yi, vi = np.array([0.1, 0.3, 0.9, 0.2]), np.array([0.1, 0.05, 0.2, 0.02])
    one, big = ma.lfk_index(ma.EffectSizes.of(yi, vi)), ma.lfk_index(ma.EffectSizes.of(10 * yi, 100 * vi))
    assert big.index == pytest.approx(one.index)


@pytest.mark.parametrize(("yi", "words"), [([0.1, 0.2], "k = 2"), ([0.1, 0.1, 0.1], "the same")])
def test_what_has_no_limbs_is_refused(yi, words):
    with pytest.raises(NotEstimableError, match=words):
        ma.lfk_index(ma.EffectSizes.of(yi, [0.1] * len(yi)))
    with pytest.raises(UsageError, match="is no EffectSizes"):
        ma.lfk_index(yi)
