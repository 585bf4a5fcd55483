"""Additive networks against dense least squares, in parts, with interactions, and where they say nothing."""

import json

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError

#: Four trials; C against P makes the network a loop.
DATA = {
    "studies": [*"12345"], "treatment1": ["A", "B", "A+B", "A + B", "C"], "treatment2": ["P", "P", "P", "A", "A"],
    "yi": [0.5, 0.3, 0.9, 0.25, -0.1], "sei": [0.1, 0.1, 0.2, 0.1, 0.15],
}  # fmt: skip


def renamed(text):
    return text.replace(" ", "")


PLAIN = DATA | {"treatment1": [renamed(t) for t in DATA["treatment1"]]}


def test_components_are_generalised_least_squares():
    fit = ma.component_network(**PLAIN, inactive="P", model="common")
    x = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0], [-1, 0, 1]], dtype=float)
    w = 1 / np.square(PLAIN["sei"])
    vcov = np.linalg.inv(x.T * w @ x)
    beta = vcov @ (x.T * w @ PLAIN["yi"])
    assert fit.components == ("A", "B", "C")
    np.testing.assert_allclose(fit.estimate, beta)
    np.testing.assert_allclose(fit.vcov, vcov)
    q = float(w @ np.square(PLAIN["yi"] - x @ beta))
    assert (fit.additive.q, fit.additive.df) == (pytest.approx(q), 2)
    network = ma.network(**PLAIN)
    assert fit.difference.q == pytest.approx(q - network.q)
    assert fit.difference.df == 1
    one = fit.comparison("A+B", "P")
    assert (one.estimate, one.k) == (pytest.approx(beta[0] + beta[1]), 1)
    assert fit.comparison("B+C", "A").estimate == pytest.approx(beta[1] + beta[2] - beta[0])


def test_tau2_is_that_of_the_additive_regression():
    fit = ma.component_network(**PLAIN | {"yi": [0.9, -0.3, 0.9, 0.6, -0.1]}, inactive="P")
    assert fit.tau2 > 0
    assert (fit.se > ma.component_network(**PLAIN, inactive="P", model="common").se).all()
    for name in ("REML", "PM"):
        assert ma.component_network(**PLAIN, inactive="P", tau2_method=name).tau2 >= 0


def test_treatments_without_parts_are_the_network():
    loop = {
        "studies": [*"123"],
        "treatment1": [*"aba"],
        "treatment2": [*"bcc"],
        "yi": [0.5, 0.2, 0.9],
        "sei": [0.1] * 3,
    }
    fit, network = ma.component_network(**loop, inactive="c"), ma.network(**loop)
    for t in "ab":
        mine, theirs = fit.comparison(t, "c"), network.comparison(t, "c")
        np.testing.assert_allclose([mine.estimate, mine.se, *mine.ci], [theirs.estimate, theirs.se, *theirs.ci])
    assert fit.tau2 == pytest.approx(network.tau2)
    assert (fit.difference.df, fit.difference.pval) == (0, None)


def test_parts_are_joined_by_what_they_share():
    data = {
        "studies": [*"12"],
        "treatment1": ["A", "A+B"],
        "treatment2": ["P", "B"],
        "yi": [0.5, 0.7],
        "sei": [0.1, 0.1],
    }
    with pytest.raises(NotEstimableError, match="2 parts"):
        ma.network(**data)
    with pytest.raises(NotEstimableError, match="do not tell apart the effects of B "):
        ma.component_network(**data, inactive="P")
    more = {name: [*values, *extra] for (name, values), extra in zip(data.items(), (["3"], ["B"], ["C"], [0.2], [0.1]))}
    more = {
        name: [*values, *extra] for (name, values), extra in zip(more.items(), (["4"], ["A+C"], ["P"], [0.9], [0.1]))
    }
    fit = ma.component_network(**more, inactive="P", model="common")
    assert fit.difference is None
    np.testing.assert_allclose(fit.estimate, [0.6, 0.5, 0.3])
    assert fit.comparison("A+B", "P").estimate == pytest.approx(1.1)


def test_an_interaction_has_an_effect_beyond_the_sum():
    fit = ma.component_network(**PLAIN, inactive="P", interactions=[("A", "B")], model="common")
    assert fit.components == ("A", "B", "C", "A*B")
    assert fit.difference.df == 0
    network = ma.network(**PLAIN, model="common")
    assert fit.comparison("A+B", "P").estimate == pytest.approx(network.comparison("A+B", "P").estimate)


def test_arms_and_printing():
    fit = ma.component_network(
        [*"11122"], treatment=["A", "B", "P", "A+B", "P"], events=[3, 5, 9, 2, 8], total=[50] * 5, inactive="P"
    )
    assert fit.measure == "OR"
    assert "+ A: 0." in repr(fit)
    assert list(fit.to_frame().index) == ["A", "B"]
    json.dumps(fit.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, NotEstimableError, "do not tell apart the effects of A, B, C, P|inactive="),
        ({"inactive": "Q"}, UsageError, "inactive 'Q' is in no treatment; allowed: A, A"),
        ({"inactive": "P", "interactions": [("A", "D")]}, UsageError, "component of an interaction 'D' is unknown"),
        ({"inactive": "P", "vii": [1]}, UsageError, "column 'vii' is unknown; did you mean vi"),
        ({"inactive": "P", "model": "fixed"}, UsageError, "model 'fixed'"),
        ({"inactive": "P", "interactions": [("A", "C")]}, NotEstimableError, r"the effects of A\*C "),
    ],
)
def test_what_components_cannot_be(options, error, message):
    data = PLAIN | {"treatment2": ["P", "P", "P", "A", "A"]}
    if not options:
        data = {"studies": [*"12"], "treatment1": [*"AB"], "treatment2": [*"PP"], "yi": [1, 2], "sei": [1, 1]}
    with pytest.raises(error, match=message):
        ma.component_network(**data, **options)


def test_combinations_are_checked():
    fit = ma.component_network(**PLAIN, inactive="P")
    with pytest.raises(UsageError, match="component of 'A\\+Z': 'Z' is unknown"):
        fit.comparison("A+Z", "P")
    with pytest.raises(DataError, match="the same components"):
        fit.comparison("A+B", "B + A")
