"""What is more likely a slip than a finding is said in words."""

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError
from metaan.stats.printed.plausibility import PLAUSIBILITY_CHECKS

SOUND = {
    "m1i": [20.1, 18.4, 22.3], "sd1i": [4.1, 3.8, 5.0], "n1i": [40, 64, 25],
    "m2i": [18.0, 17.9, 20.0], "sd2i": [4.4, 4.0, 4.6], "n2i": [40, 60, 25],
}  # fmt: skip


def with_errors(study):
    """Type standard errors as standard deviations in one study."""
    data = {name: list(values) for name, values in SOUND.items()}
    for sd, n in (("sd1i", "n1i"), ("sd2i", "n2i")):
        data[sd][study] = round(data[sd][study] / np.sqrt(data[n][study]), 2)
    return data


@pytest.mark.parametrize("measure", ["MD", "SMD", "ROM"])
def test_sound_numbers_are_left_alone(measure):
    assert ma.plausibility(ma.effect_sizes(measure, **SOUND)) == ()


def test_a_standard_error_typed_as_a_standard_deviation_is_found_by_the_size_of_the_effect():
    (found,) = ma.plausibility(ma.effect_sizes("SMD", **with_errors(0), slab=["Ab", "Cd", "Ef"]))
    assert found.startswith("study 'Ab': SMD 3.")
    assert "standard error given as a standard deviation" in found


def test_and_where_the_unit_is_shared_by_the_other_studies():
    first, second = ma.plausibility(ma.effect_sizes("MD", **with_errors(1)))
    assert first == (
        "study 'Study 2': sd1i = 0.48, 4.1 in the middle study: as a standard error it would stand for "
        "a standard deviation of 3.84"
    )
    assert second.startswith("study 'Study 2': sd2i")


def test_other_units_are_not_taken_for_standard_errors():
    data = {name: list(values) for name, values in SOUND.items()}
    data["sd1i"][2], data["sd2i"][2] = 50.0, 46.0  # a scale ten times as long
    found = ma.plausibility(ma.effect_sizes("MD", **data))
    assert len(found) == 2
    assert "as a standard error" not in " ".join(found)
    assert ma.plausibility(ma.effect_sizes("SMD", **data)) == ()


def test_one_arm_alone_gives_itself_away():
    data = with_errors(0) | {"sd2i": SOUND["sd2i"]}
    assert any("in its arms" in words for words in ma.plausibility(ma.effect_sizes("ROM", **data)))


def test_a_ratio_beyond_belief_is_named():
    (found,) = ma.plausibility(ma.EffectSizes.of([-0.2, 5.3], [0.1, 0.1], ["a", "b"], measure="OR"))
    assert found.startswith("study 'b': OR exp(5.3) = 200")
    assert ma.plausibility(ma.EffectSizes.of([0.2, 5.3], [0.1, 0.1], measure="MD")) == ()


@pytest.mark.parametrize(
    ("yi", "doubted"), [([0.7, 0.9, 1.2], True), ([-0.2, 0.9, 1.2], False), ([0.7, 0.9, 0.8], False), ([1.2], False)]
)
def test_ratios_among_logarithms_are_found_where_they_lie_around_1(yi, doubted):
    es = ma.effect_sizes("HR", yi=yi, sei=[0.1] * len(yi))
    assert bool(ma.plausibility(es)) is doubted


def test_effects_computed_from_counts_are_logarithms_for_certain():
    es = ma.effect_sizes("OR", ai=[8, 12], n1i=[20, 20], ci=[5, 5], n2i=[20, 20])
    assert es.yi.min() > 0
    assert es.yi.max() > 1 > es.yi.min()
    assert ma.plausibility(es) == ()


def test_a_negative_ratio_is_refused_before_it_gets_here():
    with pytest.raises(DataError, match=r"'Ab': estimate = -0\.3 cannot be a value of HR"):
        ma.effects_from_reported("HR", [-0.3], lb=[-0.5], ub=[-0.1], slab=["Ab"])


def test_studies_without_an_effect_are_no_matter():
    data = {name: [*values, None] for name, values in SOUND.items()}
    assert ma.plausibility(ma.effect_sizes("MD", **data)) == ()


ODD = {
    "standardized": ma.effect_sizes("SMD", **with_errors(0)),
    "log-ratio": ma.EffectSizes.of([-5.1], [0.1], measure="RR"),
    "natural-scale": ma.EffectSizes.of([0.5, 1.5], [0.1, 0.1], measure="RR"),
    "arms": ma.effect_sizes("ROM", **{**with_errors(0), "sd2i": SOUND["sd2i"]}),
    "studies": ma.effect_sizes("MD", **with_errors(2)),
}


@pytest.mark.parametrize("name", PLAUSIBILITY_CHECKS)
def test_every_check_has_what_it_alone_finds(name):
    found = list(PLAUSIBILITY_CHECKS[name](ODD[name]))
    assert found
    assert list(ma.plausibility(ODD[name])) == found
