"""The numeric boundary lets no number pass that a method could not answer."""

import json

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError


def test_missing_effects_have_a_reason_and_are_left_out():
    es = ma.EffectSizes.of([0.1, None, 0.3], [0.1, 0.2, np.nan], slab=["a", "b", "c"])
    assert es.reasons == (None, "yi or vi is missing", "yi or vi is missing")
    assert (es.k, len(es)) == (1, 3)
    assert es.complete.slab == ("a",)
    assert es.complete.complete is es.complete


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([0.1], [0.0], "'Study 1'.*vi = 0"),
        ([0.1], [-1.0], "'Study 1'.*vi = -1"),
        ([np.inf], [1.0], "yi.*infinite"),
        ([0.1, 0.2], [1.0], "differ in length"),
        ([[0.1]], [1.0], "one dimension"),
        (["a"], [1.0], "not a list of numbers"),
    ],
)
def test_what_cannot_be_is_refused(yi, vi, message):
    with pytest.raises(DataError, match=message):
        ma.EffectSizes.of(yi, vi)


def test_labels_must_be_as_many_as_studies():
    with pytest.raises(DataError, match="2 labels for 1 studies"):
        ma.EffectSizes.of([0.1], [1.0], slab=["a", "b"])


def test_values_cannot_be_changed_afterwards():
    given = np.array([0.1, 0.2])
    es = ma.EffectSizes.of(given, [1.0, 1.0])
    given[0] = 9.0
    assert es.yi[0] == 0.1
    with pytest.raises(ValueError, match="read-only"):
        es.yi[0] = 1.0


def test_take_keeps_everything_of_a_study():
    es = ma.effect_sizes("OR", ai=[0, 3], n1i=[5, 9], ci=[0, 4], n2i=[5, 9], drop00=True, slab=["a", "b"], notes=["n"])
    one = es.take([1, 0])
    assert (one.slab, one.measure, one.notes) == (("b", "a"), "OR", ("n",))
    assert one.reasons == es.reasons[::-1]
    assert one.data["ai"].tolist() == [3, 0]


def test_plain_values_hold_no_nan():
    es = ma.effect_sizes("OR", ai=[0, 3], n1i=[5, 9], ci=[None, 4], n2i=[5, 9])
    text = json.dumps(es.to_dict(), allow_nan=False)
    assert json.loads(text)["data"]["ci"] == [None, 4.0]
    assert es.to_frame()["reason"].tolist() == ["a count is missing", None]


def test_printing_shows_every_study_and_why_one_has_no_effect():
    es = ma.effect_sizes("OR", ai=[5, 0], n1i=[40, 5], ci=[3, None], n2i=[40, 5], slab=["Adam 2001", "Eve 2002"])
    assert repr(es).splitlines() == [
        "EffectSizes OR, k = 1 of 2 studies, analysis scale",
        "  Adam 2001                yi  0.5664  vi 0.5889",
        "  Eve 2002                 none: a count is missing",
    ]
    assert "... and 10 more" in repr(ma.EffectSizes.of([0.1] * 40, [1.0] * 40))
