"""PET-PEESE: the two lines against the tests they come from, and the choice between them."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.measures.catalogue import MEASURES

VI = np.array([0.30, 0.25, 0.22, 0.20, 0.16, 0.12, 0.10, 0.08, 0.05, 0.02])
NOISE = np.array([0.02, -0.01, 0.03, -0.02, 0.01, -0.03, 0.02, -0.01, 0.01, -0.02])


def test_both_lines_are_weighted_least_squares():
    import statsmodels.api as sm

    yi = 0.2 + np.sqrt(VI) + NOISE
    found = ma.pet_peese(ma.EffectSizes.of(yi, VI))
    for got, x in ((found.pet, np.sqrt(VI)), (found.peese, VI)):
        fit = sm.WLS(yi, sm.add_constant(x), weights=1 / VI).fit()
        assert [got.estimate, got.slope] == pytest.approx(fit.params.tolist(), rel=1e-9)
        assert [got.se, got.slope_se] == pytest.approx(fit.bse.tolist(), rel=1e-9)
        assert list(got.ci) == pytest.approx(fit.conf_int()[0].tolist(), rel=1e-9)
        assert got.pval == pytest.approx(fit.pvalues[0], rel=1e-7)


def test_bias_without_effect_is_seen_through():
    scatter = np.array([0.6, -0.5, 0.9, -0.7, 0.3, -0.8, 0.7, -0.4, 0.4, -0.5])
    es = ma.EffectSizes.of((1 + scatter) * np.sqrt(VI), VI)
    found = ma.pet_peese(es)
    assert found.chosen == "PET"
    assert found.ci.lb < 0 < found.ci.ub
    assert ma.pool(es).ci.lb > 0


def test_an_effect_without_bias_stays():
    found = ma.pet_peese(ma.EffectSizes.of(0.5 + NOISE, VI))
    assert found.chosen == "PEESE"
    assert found.estimate == found.peese.estimate == pytest.approx(0.5, abs=0.03)


@settings(max_examples=25)
@given(st.lists(st.floats(-2, 2).map(lambda y: round(y, 3)), min_size=10, max_size=10), st.sampled_from([-1, 0.5, 4]))
def test_unit_and_sign_carry_over(yi, factor):
    one = ma.pet_peese(ma.EffectSizes.of(np.array(yi) + NOISE, VI))
    two = ma.pet_peese(ma.EffectSizes.of(factor * (np.array(yi) + NOISE), factor**2 * VI))
    assert two.chosen == one.chosen
    assert two.estimate == pytest.approx(factor * one.estimate, rel=1e-7, abs=1e-9)


def test_fewer_than_ten_studies_are_refused_unless_forced():
    es = ma.EffectSizes.of(0.5 + NOISE[:6], VI[:6])
    with pytest.raises(NotEstimableError, match="k = 6"):
        ma.pet_peese(es)
    assert "k = 6" in repr(ma.pet_peese(es, force=True))
    with pytest.raises(NotEstimableError, match="at least 3"):
        ma.pet_peese(es.take([0, 1]), force=True)
    with pytest.raises(UsageError, match="alpha"):
        ma.pet_peese(es, alpha=5)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_measure_is_refused_exactly_where_egger_is(measure: str):
    es = ma.EffectSizes.of(0.5 + NOISE, VI, measure=measure)
    if not ma.small_study_test(es, "egger", force=True).note:
        assert ma.pet_peese(es).note == ""
        return
    with pytest.raises(NotEstimableError, match=f"the standard error of {measure} depends on the effect"):
        ma.pet_peese(es)
    assert f"the standard error of {measure} depends" in repr(ma.pet_peese(es, force=True))


def test_result_is_plain_and_readable():
    found = ma.pet_peese(ma.EffectSizes.of(0.5 + NOISE, VI, measure="OR"), force=True)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["chosen"] == "PEESE"
    frame = found.to_frame()
    assert frame["estimate"].tolist() == [found.pet.estimate, found.peese.estimate]
    assert frame["chosen"].tolist() == [False, True]
    assert found.display.estimate == pytest.approx(np.exp(found.estimate))
    assert "PEESE 0." in repr(found)
    assert "(taken)" in repr(found)
