"""Where tools for meta-analysis have gone wrong: each with the answer it should give, and where that comes from."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import metaan as ma
from metaan.errors import DataError, NotEstimableError
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.stats.tables.mantel_haenszel import MH_MEASURES

PLAIN = [name for name in TAU2_METHODS if not name.startswith("GENQ")]

ZERO_CELL = {"ai": [0, 2, 1], "n1i": [50, 100, 120], "ci": [4, 6, 5], "n2i": [50, 100, 118]}
DOUBLE_ZERO = {"ai": [0, 3, 6], "n1i": [20, 30, 25], "ci": [0, 5, 9], "n2i": [20, 30, 25]}

BCG = {"ai": [6, 62, 180, 505], "n1i": [306, 13598, 1541, 88391], "ci": [29, 248, 372, 499],
       "n2i": [303, 12867, 1451, 88391]}  # fmt: skip


def without(data, study):
    return {name: [v for i, v in enumerate(values) if i != study] for name, values in data.items()}


def half_added(data):
    """0.5 in each cell of the tables with a zero, written out."""
    rows = []
    for a, n1, c, n2 in zip(*(data[name] for name in ("ai", "n1i", "ci", "n2i"))):
        cells = [a, n1 - a, c, n2 - c]
        rows.append([cell + 0.5 * (0 in cells) for cell in cells])
    return np.array(rows).T


class TestZeroCells:
    """One zero cell: three tools, three answers, all of which are called the odds ratio."""

    def test_mantel_haenszel_without_correction(self):
        top = sum(a * (n2 - c) / (n1 + n2) for a, n1, c, n2 in zip(*ZERO_CELL.values()))
        bottom = sum((n1 - a) * c / (n1 + n2) for a, n1, c, n2 in zip(*ZERO_CELL.values()))
        found = ma.mantel_haenszel("OR", **ZERO_CELL).display.estimate
        assert found == pytest.approx(top / bottom, rel=1e-14)
        assert round(found, 3) == 0.190

    def test_mantel_haenszel_with_a_half(self):
        a, b, c, d = half_added(ZERO_CELL)
        n = a + b + c + d
        fit = ma.mantel_haenszel("OR", add=(0.5, 0.5), to=("only0", "only0"), **ZERO_CELL)
        assert fit.display.estimate == pytest.approx((a * d / n).sum() / (b * c / n).sum(), rel=1e-14)
        assert round(fit.display.estimate, 3) == 0.214

    def test_inverse_variance_with_a_half(self):
        a, b, c, d = half_added(ZERO_CELL)
        y, w = np.log(a * d / b / c), 1 / (1 / a + 1 / b + 1 / c + 1 / d)
        found = ma.pool(ma.effect_sizes("OR", **ZERO_CELL), model="common").display.estimate
        assert found == pytest.approx(math.exp((w @ y) / w.sum()), rel=1e-14)
        assert round(found, 3) == 0.227

    def test_a_study_without_a_zero_is_not_touched(self):
        """statsmodels adds to its counts but not to its sizes: -0.532 instead of the log odds ratio itself."""
        es = ma.effect_sizes("OR", ai=[20, 0], n1i=[100, 50], ci=[30, 4], n2i=[100, 50])
        assert float(es.yi[0]) == pytest.approx(math.log((20 * 70) / (80 * 30)), rel=1e-14)
        assert float(es.vi[0]) == pytest.approx(1 / 20 + 1 / 80 + 1 / 30 + 1 / 70, rel=1e-14)

    def test_an_arm_without_any_event_has_no_ratio_but_a_difference(self):
        data = {"ai": [0, 0], "n1i": [20, 30], "ci": [2, 5], "n2i": [20, 30]}
        with pytest.raises(NotEstimableError, match="the experimental arm has no events in any study"):
            ma.mantel_haenszel("OR", **data)
        assert ma.mantel_haenszel("RD", **data).estimate == pytest.approx(-(2 / 20 * 10 + 5 / 30 * 15) / 25, rel=1e-14)
        assert math.isfinite(ma.peto(**data).estimate)

    @pytest.mark.parametrize("measure", ["OR", "RR"])
    def test_a_double_zero_study_stays_in_the_table_and_changes_nothing(self, measure):
        es = ma.effect_sizes(measure, drop00=True, **DOUBLE_ZERO)
        assert (len(es), es.k, es.reasons[0]) == (3, 2, "no events, or only events, in both arms")
        rest = without(DOUBLE_ZERO, 0)
        assert ma.pool(es).estimate == ma.pool(ma.effect_sizes(measure, **rest)).estimate
        fit = ma.mantel_haenszel(measure, **DOUBLE_ZERO)
        assert fit.estimate == pytest.approx(ma.mantel_haenszel(measure, **rest).estimate, rel=1e-14)
        assert [label for label, _ in fit.excluded] == ["Study 1"]

    def test_a_double_zero_study_says_something_about_the_risk_difference(self):
        fit = ma.mantel_haenszel("RD", **DOUBLE_ZERO)
        shares = np.array([10.0, 15.0, 12.5])
        differences = np.array([0.0, 3 / 30 - 5 / 30, 6 / 25 - 9 / 25])
        assert (fit.k, fit.estimate) == (3, pytest.approx(shares @ differences / shares.sum(), rel=1e-14))

    def test_nothing_but_events_says_nothing_about_the_odds_ratio_and_something_about_risks(self):
        data = {"ai": [10, 3], "n1i": [10, 30], "ci": [12, 5], "n2i": [12, 30]}
        assert ma.mantel_haenszel("OR", **data).k == 1
        risk_ratio = ma.mantel_haenszel("RR", **data)
        assert risk_ratio.k == 2
        assert risk_ratio.display.estimate == pytest.approx((10 * 12 / 22 + 1.5) / (12 * 10 / 22 + 2.5), rel=1e-14)


class TestHomogeneousStudies:
    """Studies that differ less than chance alone: where moment estimators go below 0 and intervals collapse."""

    YI, VI = [0.10, 0.12, 0.11, 0.09], [0.04, 0.05, 0.03, 0.04]

    @pytest.mark.parametrize("method", PLAIN)
    def test_tau2_is_never_negative(self, method):
        """statsmodels' DL gives -0.039 here, and no standard error of the mean."""
        fit = ma.pool(ma.EffectSizes.of(self.YI, self.VI), tau2_method=method)
        wi = 1 / np.array(self.VI)
        raw = (fit.q - 3) / (wi.sum() - (wi @ wi) / wi.sum())
        assert raw == pytest.approx(-0.0390, abs=5e-5)
        assert fit.tau2 == 0 or method in ("SJ", "SJIT")
        assert 0 <= fit.tau2 < 1e-3
        assert math.isfinite(fit.se)

    def test_hartung_knapp_is_not_narrower_than_wald_unless_asked(self):
        """PyMARE's default answers (0.074, 0.123), p = 0.0034, where three trials differ by hardly anything."""
        es = ma.EffectSizes.of([0.10, 0.11, 0.09], [0.04, 0.05, 0.03])
        wald, bare, floored, auto = (ma.pool(es, ci_method=m) for m in ("wald", "hksj", "hksj-adhoc", "auto"))
        assert [round(bound, 2) for bound in wald.ci] == [-0.12, 0.32]
        assert round(wald.pval, 2) == 0.38
        assert [round(bound, 3) for bound in bare.ci] == [0.074, 0.123]
        assert round(bare.pval, 4) == 0.0034
        assert bare.notes == (
            "the Hartung-Knapp standard error is below Wald's: the studies differ less than expected",
        )
        assert floored.se == wald.se
        assert auto.ci == wald.ci

    def test_no_prediction_interval_lies_inside_the_wald_interval(self):
        """PyMetaAnalysis prints 0.026 to 0.171, inside (-0.12, 0.32): of a mean known better than it is."""
        es = ma.EffectSizes.of([0.10, 0.11, 0.09], [0.04, 0.05, 0.03])
        for ci_method in ("wald", "hksj-adhoc", "auto"):
            fit = ma.pool(es, ci_method=ci_method)
            assert fit.pi is not None
            assert fit.pi.lb <= fit.ci.lb < fit.ci.ub <= fit.pi.ub

    @pytest.mark.parametrize("method", PLAIN)
    def test_identical_effects(self, method):
        fit = ma.pool(ma.EffectSizes.of([0.3, 0.3, 0.3], [0.04, 0.05, 0.06]), tau2_method=method)
        assert (fit.estimate, fit.tau2, fit.q_pval) == (pytest.approx(0.3, rel=1e-14), 0, pytest.approx(1))
        assert fit.se == pytest.approx((1 / 0.04 + 1 / 0.05 + 1 / 0.06) ** -0.5, rel=1e-14)


class TestFewStudies:
    """One study is itself; of two, an interval by t with 1 degree of freedom says nearly nothing."""

    @pytest.mark.parametrize("ci_method", CI_METHODS)
    def test_one_study_is_itself(self, ci_method):
        fit = ma.pool(ma.EffectSizes.of([0.3], [0.04]), tau2_method="REML", ci_method=ci_method)
        assert (fit.estimate, fit.se, fit.tau2, fit.pi) == (0.3, pytest.approx(0.2), 0, None)
        assert fit.pi_reason == "k = 1; a prediction interval needs at least 3 studies"

    @pytest.mark.parametrize("measure", MH_MEASURES)
    def test_one_table_is_itself(self, measure):
        data = {"x1i": [6], "t1i": [250.0], "x2i": [9], "t2i": [260.0]} if measure in ("IRR", "IRD") else None
        data = data or {"ai": [6], "n1i": [25], "ci": [9], "n2i": [26]}
        es = ma.effect_sizes(measure, **data)
        assert ma.mantel_haenszel(measure, **data).estimate == pytest.approx(float(es.yi[0]), rel=1e-12)

    def test_no_study(self):
        with pytest.raises(NotEstimableError, match="no study has an effect size"):
            ma.pool(ma.EffectSizes.of([], []))

    def test_two_studies(self):
        es = ma.EffectSizes.of([0.3, 0.8], [0.04, 0.05])
        wald, hksj, auto = (ma.pool(es, ci_method=m) for m in ("wald", "hksj", "auto"))
        half = float(stats.t.ppf(0.975, 1)) * hksj.se
        assert hksj.ci == pytest.approx((hksj.estimate - half, hksj.estimate + half), rel=1e-12)
        assert half > 3
        assert auto.ci == wald.ci
        assert hksj.notes == ()  # for two studies DL makes both standard errors equal
        assert hksj.se == pytest.approx(wald.se, rel=1e-12)


class TestConventions:
    """The same three words for different numbers."""

    @pytest.mark.parametrize(
        ("pi_method", "bounds"),
        [("normal", ["0.09", "1.92"]), ("t(k-1)", ["0.03", "5.06"]), ("t(k-2)", ["0.01", "12.3"])],
    )
    def test_a_prediction_interval_is_named_by_its_convention(self, pi_method, bounds):
        """Four trials of BCG (Colditz et al. 1994): metafor's default is the first, meta's the second."""
        fit = ma.pool(ma.effect_sizes("RR", **BCG), tau2_method="REML", pi_method=pi_method)
        assert fit.display.pi is not None
        assert [f"{bound:.3g}" if bound > 10 else f"{bound:.2f}" for bound in fit.display.pi] == bounds
        assert "prediction interval (" in repr(fit)

    def test_the_analysis_scale_is_never_shown_as_the_display_scale(self):
        """A log risk ratio read as a risk ratio is the field's classic."""
        fit = ma.pool(ma.effect_sizes("RR", **BCG))
        assert fit.estimate < 0 < fit.display.estimate < 1
        assert fit.display.estimate == pytest.approx(math.exp(fit.estimate), rel=1e-14)
        assert fit.display.ci == pytest.approx(tuple(math.exp(bound) for bound in fit.ci), rel=1e-14)
        assert {"estimate", "ci"} <= fit.to_dict().keys()
        assert fit.to_dict()["estimate"] == fit.estimate

    def test_ratios_are_pooled_as_logarithms_whichever_way_they_come(self):
        printed = ma.effects_from_reported("OR", [2.0, 0.8], lb=[1.0, 0.4], ub=[4.0, 1.6])
        same = ma.effects_from_reported(
            "OR", np.log([2.0, 0.8]), lb=np.log([1.0, 0.4]), ub=np.log([4.0, 1.6]), display=False
        )
        assert printed.yi.tolist() == pytest.approx(same.yi.tolist(), rel=1e-14)
        assert printed.vi.tolist() == pytest.approx(same.vi.tolist(), rel=1e-12)
        assert ma.pool(printed, model="common").display.estimate == pytest.approx(math.sqrt(1.6), rel=1e-12)

    def test_logarithms_typed_as_ratios_are_refused_or_doubted(self):
        with pytest.raises(DataError, match="cannot be a value of OR"):
            ma.effects_from_reported("OR", [-0.22], lb=[-0.92], ub=[0.47])
        assert "logarithms" in ma.plausibility(ma.effect_sizes("OR", yi=[2.0, 0.8], vi=[0.1, 0.1]))[0]

    @settings(max_examples=30)
    @given(st.lists(st.tuples(*[st.integers(1, 30)] * 4), min_size=2, max_size=6), st.sampled_from(["OR", "RR", "RD"]))
    def test_reversed_arms_turn_the_effect_round_and_nothing_else(self, rows, measure):
        a, b, c, d = np.array(rows, dtype=float).T
        one = ma.pool(ma.effect_sizes(measure, ai=a, bi=b, ci=c, di=d))
        two = ma.pool(ma.effect_sizes(measure, ai=c, bi=d, ci=a, di=b))
        assert two.estimate == pytest.approx(-one.estimate, rel=1e-9, abs=1e-12)
        assert two.ci == pytest.approx((-one.ci.ub, -one.ci.lb), rel=1e-9, abs=1e-12)
        assert (two.tau2, two.q) == (pytest.approx(one.tau2, rel=1e-9, abs=1e-12), pytest.approx(one.q, abs=1e-9))


class TestSizes:
    """Very many patients, very small errors."""

    def test_ten_million_patients(self):
        es = ma.effect_sizes("OR", ai=[5_000_000, 40], n1i=[10**7, 90], ci=[4_999_000, 45], n2i=[10**7, 90])
        assert float(es.yi[0]) == pytest.approx(math.log((5_000_000 * 5_001_000) / (5_000_000 * 4_999_000)), rel=1e-9)
        fit = ma.pool(es, model="common")
        assert fit.estimate == pytest.approx(float(es.yi[0]), abs=1e-4)
        assert 99.99 < fit.weights[0] < 100 > fit.weights[1] > 0

    def test_a_rare_event_among_ten_million(self):
        es = ma.effect_sizes("RR", ai=[3], n1i=[10**7], ci=[5], n2i=[10**7])
        assert float(es.vi[0]) == pytest.approx(1 / 3 + 1 / 5 - 2e-7, rel=1e-12)

    def test_an_error_going_to_0_takes_the_common_effect_and_not_the_random_one(self):
        yi, vi = [0.2, 0.9, -0.4], [1e-12, 0.04, 0.05]
        common = ma.pool(ma.EffectSizes.of(yi, vi), model="common")
        assert common.estimate == pytest.approx(0.2, abs=1e-9)
        random = ma.pool(ma.EffectSizes.of(yi, vi), tau2_method="REML")
        assert random.tau2 > 0.1
        assert random.weights.max() < 50

    def test_an_error_of_0_is_no_estimate_with_all_the_weight(self):
        """plink gives nan and still counts the study; metafor lets it through with a warning."""
        with pytest.raises(DataError, match=r"study 'b': yi = 0.5, vi = 0; allowed: finite yi, finite vi above 0"):
            ma.EffectSizes.of([0.2, 0.5], [0.04, 0.0], ["a", "b"])

    @pytest.mark.parametrize(("yi", "vi"), [(0.2, 1e-300), (0.2, 1e-36), (0.0, 1e-300)])
    def test_an_error_below_what_a_float_resolves_is_refused(self, yi, vi):
        """The rounding of the effect itself would pass for heterogeneity between studies."""
        with pytest.raises(DataError, match="a float cannot hold yi that exactly"):
            ma.EffectSizes.of([yi, 0.3], [vi, 0.04])

    def test_a_deviation_of_0_is_no_certainty(self):
        es = ma.effect_sizes("MD", m1i=[10, 12], sd1i=[0, 2], n1i=[20, 20], m2i=[9, 11], sd2i=[0, 2], n2i=[20, 20])
        assert es.reasons == ("a standard deviation of 0 leaves the effect undefined", None)
        assert ma.pool(es).k == 1


class TestLabels:
    """A label is for people; studies are told apart by where they stand."""

    def test_two_studies_of_one_name_stay_two(self):
        fit = ma.pool(ma.EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03], ["Li 2021", "Li 2021", "Okafor 2020"]))
        assert fit.k == 3
        assert ma.leave_one_out(fit).estimate.size == 3
        assert ma.cumulative(fit).estimate.size == 3
        assert fit.to_frame()["slab"].tolist() == ["Li 2021", "Li 2021", "Okafor 2020"]

    def test_names_in_any_script(self):
        names = ["Кузнецов 2020", "佐藤 2021", "Ødegård & Müller", "محمد"]
        es = ma.EffectSizes.of([0.1, 0.3, 0.8, 0.4], [0.04, 0.05, 0.03, 0.02], names)
        assert list(es.take([3, 1]).slab) == ["محمد", "佐藤 2021"]
        assert all(name in repr(es) for name in names)

    def test_impossible_counts_are_refused_by_name(self):
        with pytest.raises(DataError, match="study 'Ödman': ai = 5: events exceed the total"):
            ma.effect_sizes("OR", ai=[5], n1i=[4], ci=[1], n2i=[4], slab=["Ödman"])
