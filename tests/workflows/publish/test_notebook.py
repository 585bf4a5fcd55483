"""In a notebook everything shows itself in a few lines, and a plot saves itself and holds its numbers."""

import pytest

import metaan as ma
from metaan.errors import UsageError


@pytest.fixture(scope="module")
def fit():
    return ma.pool(ma.effect_sizes("OR", ai=[3, 5, 9], n1i=[20, 30, 44], ci=[5, 7, 12], n2i=[20, 30, 40]))


def test_everything_is_shown_in_a_few_lines():
    review = ma.load(ma.example("anakinra"))
    found = ma.analyse(review)
    assert len(repr(found)) < 3000
    assert len(repr(review)) < 300
    assert "Analysis death: OR, k = 8" in repr(found[1])
    assert "Pool randomised: k = 4, 0.964 [0.4402, 2.111]" in repr(found[1])
    shown = found[1]._repr_html_()
    assert shown.startswith("<div><pre>Analysis death")
    assert shown.count("<tr>") == 9
    assert "<th>weight, common</th>" in shown


@pytest.mark.parametrize("kind", ["forest", "funnel", "leave-one-out", "baujat", "drapery"])
def test_a_plot_of_arrays_shows_and_saves_itself(fit, kind, tmp_path):
    drawn = ma.plot(fit, kind)
    assert drawn._repr_svg_() == drawn.svg
    assert drawn.save(tmp_path / "a.svg").read_text(encoding="utf-8") == drawn.svg
    assert list(drawn.data["yi"]) == fit.effects.yi.tolist()


def test_a_plot_of_an_analysis_has_its_pools():
    [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    assert len(ma.plot(death).data) == 8
    assert len(ma.plot(death, "funnel", pool="non-randomised").data) == 4
    assert ma.plot(death, width=84).save


@pytest.mark.parametrize("given", [[0.1, 0.2], {"yi": [0.1]}, 3])
def test_what_is_no_result_is_told_what_is(given):
    with pytest.raises(UsageError, match="has no plot; allowed: a pooled result"):
        ma.plot(given)
    with pytest.raises(UsageError, match="is no EffectSizes; allowed: EffectSizes"):
        ma.pool(given)


def test_an_ending_that_no_plot_has_is_an_error(fit, tmp_path):
    with pytest.raises(UsageError, match="allowed"):
        ma.plot(fit).save(tmp_path / "a.gif")
