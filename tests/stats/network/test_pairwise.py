"""Arms become contrasts as R's pairwise makes them, and what cannot be is named."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.network.pairwise import ARM_KINDS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "network.json").read_text())


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == "pairwise"])
def test_contrasts_of_arms(case):
    d, want = GOLDEN["datasets"][case["dataset"]]["arms"], case["expect"]
    columns = {"events": "event", "total": "n", "mean": "mean", "sd": "sd"}
    found = ma.pairwise(
        d["studlab"], d["treat"], measure=case["args"]["sm"],
        **{ours: d[name] for ours, name in columns.items() if name in d},
    )  # fmt: skip
    mine = {(s, a, b): (y, se) for s, a, b, y, se in found}
    theirs = {
        (s, a, b): (y, se) for s, a, b, y, se in zip(*(want[x] for x in ("studlab", "treat1", "treat2", "TE", "seTE")))
    }
    assert mine.keys() == theirs.keys()
    got, expected = (np.array([side[pair] for pair in mine], dtype=float) for side in (mine, theirs))
    np.testing.assert_allclose(got, expected, rtol=1e-9)


ARMS = {"studies": ["s"] * 3, "treatment": ["a", "b", "c"]}
KINDS = {
    ("events", "total"): {"events": [3, 0, 6], "total": [20, 21, 22]},
    ("total", "mean", "sd"): {"mean": [1.0, 2.0, 4.0], "sd": [1.0, 1.5, 2.0], "total": [10, 12, 14]},
    ("events", "time"): {"events": [3, 0, 6], "time": [100.0, 120.0, 90.0]},
}


@pytest.mark.parametrize(("kind", "measure"), [(k, m) for k, ms in ARM_KINDS.items() for m in ms])
def test_contrasts_of_three_arms_add_up_and_their_variances_fit(kind, measure):
    found = ma.pairwise(**ARMS, **KINDS[kind], measure=measure)
    ab, ac, bc = found.yi
    assert ab + bc == pytest.approx(ac)
    fit = ma.network(**ARMS, **KINDS[kind], measure=measure)
    np.testing.assert_allclose([fit.comparison(*pair).estimate for pair in ("ab", "ac", "bc")], found.yi)
    np.testing.assert_allclose([fit.comparison(*pair).se for pair in ("ab", "ac", "bc")], found.sei)


def test_two_arms_are_the_effect_size_of_two_arms():
    es = ma.effect_sizes("OR", ai=[3], n1i=[20], ci=[0], n2i=[21])
    pair = ma.pairwise(["s", "s"], ["a", "b"], events=[3, 0], total=[20, 21])
    assert (pair.measure, pair.yi[0], pair.sei[0] ** 2) == ("OR", es.yi[0], pytest.approx(es.vi[0]))


def test_a_standardised_mean_difference_has_the_spread_of_all_arms():
    found = ma.pairwise(**ARMS, **KINDS["total", "mean", "sd"], measure="SMD")
    pooled = np.sqrt((9 * 1.0 + 11 * 1.5**2 + 13 * 2.0**2) / 33)
    assert found.yi[0] == pytest.approx(-1 / pooled)
    assert found.sei[0] ** 2 == pytest.approx(1 / 10 + 1 / 12 + (1 / pooled) ** 2 / (2 * 36))


def test_what_is_added_where():
    arms = {"studies": [*"sstt"], "treatment": [*"abab"], "events": [3, 0, 5, 6], "total": [20] * 4}
    half = ma.effect_sizes("OR", ai=[3, 5], n1i=[20, 20], ci=[0, 6], n2i=[20, 20], to="all").yi
    none = ma.effect_sizes("OR", ai=[5], n1i=[20], ci=[6], n2i=[20], to="none").yi
    np.testing.assert_allclose(ma.pairwise(**arms).yi, [half[0], none[0]])
    for to in ("all", "if0all"):
        np.testing.assert_allclose(ma.pairwise(**arms, to=to).yi, half)
    assert np.isnan(ma.pairwise(**arms, to="none").yi[0])
    assert (
        ma.network(**arms, to="all").comparison("a", "b").estimate != ma.network(**arms).comparison("a", "b").estimate
    )
    with pytest.raises(UsageError, match="to 'some' is unknown"):
        ma.pairwise(**arms, to="some")


def test_arms_without_a_number_and_studies_without_events_are_named():
    found = ma.pairwise(
        ["s", "s", "s", "t", "t"], ["a", "b", "c", "a", "b"], events=[3, None, 6, 0, 0], total=[20, 21, 22, 9, 9]
    )
    assert found.excluded == (("s", "b: a number is missing"),)
    assert found.reasons == (None, "no events in any arm")
    assert np.isnan(found.yi[1])
    assert found.contrasts().excluded == (
        ("s", "b: a number is missing"), ("t", "a against b: no events in any arm"),
    )  # fmt: skip
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.to_frame()) == len(found) == 2
    assert repr(found) == "Pairs OR: 1 contrasts of 2 studies, analysis scale"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"events": [1, 2, 30], "total": [9, 9, 9]}, DataError, "study 's', c: 30 events of 9"),
        ({"mean": [1, 2, 3], "sd": [1, -1, 1], "total": [9, 9, 9], "measure": "SMD"}, DataError, "study 's', b: sd -1"),
        ({"events": [1, 2, 3]}, UsageError, "arms with events; allowed: events, total; total, mean, sd"),
        ({"events": [1, 2, 3], "total": [9, 9, 9], "measure": "SMD"}, UsageError, "measure of events and total 'SMD'"),
        ({"events": [1, 2, 3], "total": [9, 9]}, DataError, "columns differ in length"),
        ({"events": [1, None, None], "total": [9, 9, 9]}, NotEstimableError, "no study has two arms"),
        ({"events": [0, 0, 0], "total": [9, 9, 9]}, NotEstimableError, "no pair of arms has an effect"),
    ],
)
def test_what_arms_cannot_be(given, error, message):
    with pytest.raises(error, match=message):
        ma.network(**ARMS, **given)


def test_a_treatment_twice_in_a_study_is_an_error():
    with pytest.raises(DataError, match="study 's' has 'a' twice"):
        ma.pairwise(["s", "s"], ["a", "a"], events=[1, 2], total=[9, 9])


def test_arms_and_contrasts_together_are_refused():
    with pytest.raises(UsageError, match="yi beside arms"):
        ma.network(**ARMS, yi=[1, 2, 3], events=[1, 2, 3], total=[9, 9, 9])
