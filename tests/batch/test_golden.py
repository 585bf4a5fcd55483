"""Numbers of metafor, many cases in one call: the same golden cases that hold the scalar functions."""

import json
from pathlib import Path

import numpy as np
import pytest

from metaan.batch import pool
from metaan.batch.plan import TAU2

GOLDEN = Path(__file__).parents[1] / "golden"


def cases(file, family, allowed):
    """Return the cases of a family that have no arguments but those allowed, and take all studies."""
    found = json.loads((GOLDEN / f"{file}.json").read_text(encoding="utf-8"))["cases"]
    answered = [c for c in found if {"tau2", "estimate"} & set(c["expect"] or ())]
    return [c for c in answered if c["family"] == family and set(c["args"]) <= allowed]


def ragged(found, names):
    """Return the columns of cases one after the other, and where each begins."""
    at = np.concatenate([[0], np.cumsum([len(c["data"][names[0]]) for c in found])])
    return {name: np.concatenate([np.array(c["data"][name], dtype=float) for c in found]) for name in names}, at


def agree(got, found, pairs):
    for column, name in pairs.items():
        for mine, case in zip(got[column].tolist(), found):
            if case["expect"][name] is None:
                continue  # metafor has none
            tol = case.get("tol", {})
            want = pytest.approx(case["expect"][name], rel=tol.get("rtol", 1e-8), abs=max(tol.get("atol", 0), 1e-10))
            assert mine == want, (case["id"], column)


@pytest.mark.parametrize("method", TAU2)
def test_tau2_of_every_estimator(method):
    found = [c for c in cases("tau2", "rma_uni", {"method", "tests", "level"}) if c["args"]["method"] == method]
    found = [c for c in found if set(c["data"]) >= {"yi", "vi"}]
    if not found:
        assert method in ("DLIT", "SJIT", "DL2", "CA2")  # where the scalar ones are proved: tests/test_golden.py
        return
    columns, at = ragged(found, ("yi", "vi"))
    got = pool(columns, offsets=at, tau2=method)
    agree(got, found, {"tau2": "tau2", "i2": "I2", "q": "QE"})


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel(measure):
    found = [c for c in cases("mh", "rma_mh", {"measure"}) if c["args"]["measure"] == measure]
    columns, at = ragged(found, ("ai", "n1i", "ci", "n2i"))
    got = pool(columns, offsets=at, measure=measure, model="MH")
    agree(got, found, {"estimate": "estimate", "se": "se", "ci_lb": "ci.lb", "ci_ub": "ci.ub", "q": "QE", "i2": "I2"})


def test_peto():
    found = cases("peto", "rma_peto", set())
    columns, at = ragged(found, ("ai", "n1i", "ci", "n2i"))
    got = pool(columns, offsets=at, measure="OR", model="Peto")
    agree(got, found, {"estimate": "estimate", "se": "se", "ci_lb": "ci.lb", "ci_ub": "ci.ub", "q": "QE"})
