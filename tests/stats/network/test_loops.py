"""Loops of direct comparisons: Bucher's difference, rings of four, and what one study closes by itself."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "network.json").read_text())


def test_a_triangle_is_bucher():
    fit = ma.network([*"1234"], [*"abac"], [*"bcca"], [0.5, 0.2, 0.9, -0.8], [0.1, 0.1, 0.2, 0.1], model="common")
    (loop,) = fit.loops()
    direct = fit.split()["a", "c"].direct
    assert loop.treatments == ("a", "b", "c")
    assert loop.estimate == pytest.approx(0.5 + 0.2 - direct.estimate)
    assert loop.se**2 == pytest.approx(0.02 + direct.se**2)
    assert loop.pval == pytest.approx(fit.split()["a", "c"].pval)
    assert len(fit.loops().to_frame()) == 1
    json.dumps(fit.loops().to_dict(), allow_nan=False)
    assert "a - b - c: -0.1" in repr(fit.loops())


def test_a_ring_of_four_is_a_loop_and_one_with_a_shortcut_is_two():
    ring = {"studies": [*"1234"], "treatment1": [*"abcd"], "treatment2": [*"bcda"], "yi": [0.1, 0.2, 0.3, 0.4]}
    (loop,) = ma.network(**ring, sei=[0.1] * 4).loops()
    assert (loop.treatments, loop.estimate) == (("a", "b", "c", "d"), pytest.approx(1.0))
    more = {name: [*values, extra] for (name, values), extra in zip(ring.items(), ("5", "a", "c", 0.3))}
    found = ma.network(**more, sei=[0.1] * 5).loops()
    assert [one.treatments for one in found] == [("a", "b", "c"), ("a", "c", "d")]


def test_what_one_study_closes_cannot_disagree():
    arms = {"studies": [*"mmm"], "treatment": [*"abc"], "mean": [1, 2, 4], "sd": [1] * 3, "total": [9] * 3}
    with pytest.raises(NotEstimableError, match="cannot be assessed"):
        ma.network(**arms).loops()
    more = {
        name: [*values, *extra] for (name, values), extra in zip(arms.items(), ("nn", "ab", [1, 3], [1, 1], [9, 9]))
    }
    (loop,) = ma.network(**more, model="common").loops()
    assert loop.estimate == pytest.approx(-0.5)  # half of what study n is off by
    assert loop.se**2 == pytest.approx(0.25 * 2 * (2 / 9))  # what study m shares cancels


def test_every_triangle_is_found():
    d = GOLDEN["datasets"]["dat.senn2013"]["contrasts"]
    fit = ma.network(d["studlab"], d["treat1"], d["treat2"], d["TE"], d["seTE"])
    found = {one.treatments for one in fit.loops()}
    pairs = {frozenset(pair) for pair in zip(d["treat1"], d["treat2"])}
    triangles = {
        (a, b, c)
        for a in fit.treatments for b in fit.treatments for c in fit.treatments
        if a < b < c and {frozenset((a, b)), frozenset((b, c)), frozenset((a, c))} <= pairs
    }  # fmt: skip
    assert {ring for ring in found if len(ring) == 3} == triangles
    assert [ring for ring in found if len(ring) == 4] == [("acarbose", "placebo", "rosiglitazone", "sulfonylurea")]
    assert all(np.isfinite(one.se) for one in fit.loops("common"))
