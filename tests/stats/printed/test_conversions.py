"""What papers print becomes what can be pooled, and the result says how."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import gamma, gammaincinv, gammaln, ndtri

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.printed.quantile_fits import CANDIDATES, best_fit
from metaan.stats.printed.quantiles import QUANTILE_METHODS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "conv.json").read_text())["cases"]


#: Five quantiles which the Weibull distribution fits best; the reference answers with gamma and normal.
NEARER = {"conv_A/conv_fivenum/C3_five/qe": (0, 1)}


def cases(family):
    return pytest.mark.parametrize("case", [c for c in GOLDEN if c["family"] == family], ids=lambda case: case["id"])


def as_floats(values):
    return np.array(values, dtype=float)


class TestReported:
    @cases("conv_wald")
    def test_agrees_with_metafor(self, case):
        x, call = case["data"], case["source"]["call"]
        told = {"lb": x.get("lo"), "ub": x.get("up")} if "ci.lb" in call else {"p": x["p"]}
        told |= {"z": x["z"]} if "zval" in call else {}
        level = case["args"].get("level", 95) / 100
        es = ma.effects_from_reported("OR" if "transf" in case["args"] else "GEN", x["est"], level=level, **told)
        np.testing.assert_allclose(es.yi, case["expect"]["yi"], **case["tol"])
        np.testing.assert_allclose(es.vi, case["expect"]["vi"], **case["tol"])

    @cases("metagen_from_ci")
    def test_agrees_with_meta(self, case):
        x, call = case["data"], case["source"]["call"]
        on_logs = "log(" in call
        take = (lambda name: np.log(x[name])) if on_logs else (lambda name: x[name])
        told = {"lb": take("lo"), "ub": take("up")} if "lower =" in call else {"p": x["pval"]}
        estimate = take("est") if "TE =" in call else None
        es = ma.effects_from_reported(case["args"]["sm"], estimate, display=not on_logs, **told)
        np.testing.assert_allclose(es.yi, case["expect"]["study.TE"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(es.sei, case["expect"]["study.seTE"], rtol=1e-9)

    @settings(max_examples=30)
    @given(
        y=st.floats(-2, 2).filter(lambda y: abs(y) > 1e-3),
        se=st.floats(0.05, 1),
        level=st.sampled_from([0.9, 0.95, 0.99]),
    )
    def test_interval_z_and_p_give_the_standard_error_back(self, y, se, level):
        from scipy.special import ndtr, ndtri

        half = ndtri((1 + level) / 2) * se
        by_ci = ma.effects_from_reported("RR", [np.exp(y)], lb=[np.exp(y - half)], ub=[np.exp(y + half)], level=level)
        by_z = ma.effects_from_reported("RR", [np.exp(y)], z=[y / se])
        np.testing.assert_allclose([by_ci.sei[0], by_z.sei[0]], se, rtol=1e-9)
        p = 2 * ndtr(-abs(y / se))
        if p > 1e-12:
            np.testing.assert_allclose(ma.effects_from_reported("RR", [np.exp(y)], p=[p]).sei[0], se, rtol=1e-6)

    def test_each_study_takes_the_first_thing_it_has_and_the_notes_say_which(self):
        es = ma.effects_from_reported(
            "OR", [2.0, 2.0, 2.0, 2.0, 2.0], se=[0.3, None, None, None, None], lb=[None, 1.0, None, None, None],
            ub=[None, 4.0, None, None, None], z=[None, None, 2.0, None, None], p=[None, 0.5, None, 0.05, None],
        )  # fmt: skip
        assert es.k == 4
        assert es.sei[0] == pytest.approx(0.3)
        assert es.reasons[4] == "the estimate, or what tells its precision, is missing"
        assert es.notes == (
            "standard error from the 95 % confidence interval: Study 2",
            "standard error from the test statistic: Study 3",
            "standard error from the two-sided p-value: Study 4",
        )

    def test_an_interval_that_is_not_symmetric_on_its_scale_is_named(self):
        es = ma.effects_from_reported("OR", [2.5], lb=[1.0], ub=[4.0], slab=["Smith 2001"])
        assert es.notes[-1] == "the estimate is not in the middle of its 95 % interval: Smith 2001"

    @pytest.mark.parametrize(
        ("told", "error", "message"),
        [
            ({"lb": [4.0], "ub": [1.0]}, DataError, "'Study 1'.*not below the upper"),
            ({"lb": [2.5], "ub": [4.0]}, DataError, "'Study 1'.*outside its own interval"),
            ({"lb": [0.0], "ub": [4.0]}, DataError, "'Study 1'.*lb = 0 cannot be a value of OR"),
            ({"se": [0.0]}, DataError, "'Study 1'.*se = 0"),
            ({"p": [1.5]}, DataError, "'Study 1'.*p = 1.5"),
            ({}, UsageError, "lb and ub, or estimate with se, z or p"),
            ({"lb": [1.0], "ub": [4.0], "level": 95}, UsageError, "level = 95"),
        ],
    )
    def test_what_cannot_be_is_refused(self, told, error, message):
        with pytest.raises(error, match=message):
            ma.effects_from_reported("OR", [2.0], **told)


class TestStandardErrorsAndDeviations:
    def test_standard_errors_of_ratios_are_those_of_logarithms(self):
        got = ma.se_from_ci([0.5, None], [2.0, 3.0], ratio=True)
        assert got["sei"][0] == pytest.approx(np.log(4) / (2 * 1.959963984540054), rel=1e-14)
        assert got.reasons == (None, "a bound is missing")
        assert got.notes == ("standard errors from 95 % confidence intervals of logarithms",)
        assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["columns"]["sei"][1] is None

    def test_degrees_of_freedom_make_the_standard_error_smaller(self):
        assert ma.se_from_ci([-1.0], [1.0], df=[10])["sei"][0] == pytest.approx(1 / 2.2281388519649385, rel=1e-9)
        t = ma.se_from_p([1.0], [0.03], df=[15])["sei"][0]
        assert t < ma.se_from_p([1.0], [0.03])["sei"][0]

    def test_an_effect_of_nothing_tells_no_standard_error(self):
        got = ma.se_from_p([0.0, 1.0, 1.0], [1.0, 1.0, 0.0])
        assert np.isnan(got["sei"]).all()
        assert all(reason and "says nothing" in reason for reason in got.reasons)

    def test_the_handbooks_example(self):
        # Cochrane Handbook 6.5.2.2: a 95 % interval of 30.0 to 34.2 in 25 participants, t = 2.0639
        got = ma.sd_from_ci([30.0], [34.2], [25])
        assert got["sdi"][0] == pytest.approx(np.sqrt(25) * 4.2 / (2 * 2.0639), rel=1e-4)
        normal = ma.sd_from_ci([30.0], [34.2], [25], distribution="normal")
        assert normal["sdi"][0] == pytest.approx(np.sqrt(25) * 4.2 / 3.92, rel=1e-4)
        assert ma.sd_from_se([0.5], [16])["sdi"][0] == 2.0

    def test_the_standard_deviation_behind_a_difference_gives_its_variance_back(self):
        sd = ma.sd_from_difference([0.8], [20], [31])["sdi"]
        es = ma.effect_sizes("MD", m1i=[1.0], m2i=[0.0], sd1i=sd, sd2i=sd, n1i=[20], n2i=[31])
        assert es.sei[0] == pytest.approx(0.8, rel=1e-12)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: ma.sd_from_difference([1.0], [0], [5]), "n1 = 0"),
            (lambda: ma.se_from_ci([2.0], [1.0]), "lb = 2"),
            (lambda: ma.se_from_ci([-1.0], [1.0], ratio=True), "lb = -1"),
            (lambda: ma.se_from_p([1.0], [-0.1]), "p = -0.1"),
            (lambda: ma.sd_from_se([0.0], [10]), "se = 0"),
            (lambda: ma.sd_from_ci([0.0], [1.0], [1]), "n = 1"),
        ],
    )
    def test_what_cannot_be_is_refused_by_name(self, call, message):
        with pytest.raises(DataError, match=f"'Study 1': {message}"):
            call()


class TestQuantiles:
    @cases("conv_fivenum")
    def test_agrees_with_metafor(self, case):
        x, method = case["data"], case["args"]["method"]
        got = ma.mean_sd_from_quantiles(
            x["median"],
            x["n"],
            q1=x.get("q1"),
            q3=x.get("q3"),
            minimum=x.get("min"),
            maximum=x.get("max"),
            method=method,
        )
        # the search for the best fitting distribution ends early in the reference
        rtol = 2e-4 if method == "qe" else 1e-9
        same = ~np.isin(range(3), NEARER.get(case["id"], ()))
        np.testing.assert_allclose(got["mi"][same], as_floats(case["expect"]["mean"])[same], rtol=rtol)
        np.testing.assert_allclose(got["sdi"][same], as_floats(case["expect"]["sd"])[same], rtol=rtol)

    @pytest.mark.parametrize(("case", "i"), [(c, i) for c in GOLDEN for i in NEARER.get(c["id"], ())])
    def test_the_best_fitting_distribution_is_nearer_than_the_references(self, case, i):
        # by the method's own measure: the squares of its quantiles less those that are printed
        x, n = case["data"], case["data"]["n"][i]
        printed = as_floats([x[name][i] for name in ("min", "q1", "median", "q3", "max")])
        p = as_floats([1 / n, 0.25, 0.5, 0.75, 1 - 1 / n])
        mean, sd = best_fit(printed, p, (printed.mean(), printed.std()))
        shape = brentq(lambda k: np.exp(gammaln(1 + 2 / k) - 2 * gammaln(1 + 1 / k)) - 1 - (sd / mean) ** 2, 0.2, 20)
        weibull = mean / gamma(1 + 1 / shape) * (-np.log1p(-p)) ** (1 / shape)
        mu, sigma = case["expect"]["mean"][i], case["expect"]["sd"][i]
        theirs = [sigma**2 / mu * gammaincinv((mu / sigma) ** 2, p), mu + sigma * ndtri(p)]
        assert np.sum((weibull - printed) ** 2) < 0.5 * min(np.sum((q - printed) ** 2) for q in theirs)

    @pytest.mark.parametrize("method", QUANTILE_METHODS)
    def test_every_method_has_a_reference_value(self, method):
        assert any(
            c["args"].get("method") == method and None not in c["expect"]["mean"]
            for c in GOLDEN
            if c["family"] == "conv_fivenum"
        )

    @pytest.mark.parametrize("method", QUANTILE_METHODS)
    def test_units_and_origin_carry_over(self, method):
        five = {"minimum": [2.0], "q1": [4.0], "q3": [9.0], "maximum": [15.0]}
        if method in ("hozo2005", "walter2007"):
            five = {"minimum": [2.0], "maximum": [15.0]}
        plain = ma.mean_sd_from_quantiles([6.0], [40], method=method, **five)
        origin = 0 if method == "qe" else 10  # log-normal, gamma and Weibull start at 0
        moved = {name: [3 * x + origin for x in xs] for name, xs in five.items()}
        got = ma.mean_sd_from_quantiles([18.0 + origin], [40], method=method, **moved)
        assert got["mi"][0] == pytest.approx(3 * plain["mi"][0] + origin, rel=1e-7)
        assert got["sdi"][0] == pytest.approx(3 * plain["sdi"][0], rel=1e-7)

    @pytest.mark.parametrize("name", CANDIDATES)
    def test_quantiles_of_a_distribution_give_its_moments_back(self, name):
        candidate = CANDIDATES[name]
        theta = np.array(candidate.start(0.4, 0.15))
        p = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
        got = best_fit(candidate.quantiles(theta, p), p, (0.5, 0.2))
        assert got == pytest.approx(candidate.moments(theta), rel=1e-6)

    def test_negative_quantiles_are_fitted_by_the_normal_distribution(self):
        got = ma.mean_sd_from_quantiles([0.0], [50], q1=[-1.0], q3=[1.0], method="qe")
        assert got["mi"][0] == pytest.approx(0, abs=1e-14)
        assert got["sdi"][0] == pytest.approx(1 / 0.6744897501960817, rel=1e-12)

    @pytest.mark.parametrize("method", QUANTILE_METHODS)
    def test_quantiles_without_spread_have_a_reason(self, method):
        got = ma.mean_sd_from_quantiles([5.0], [50], minimum=[5.0], maximum=[5.0], q1=[5.0], q3=[5.0], method=method)
        assert got.reasons[0] is not None
        assert np.isnan(got["sdi"][0])

    def test_symmetric_quantiles_give_their_middle(self):
        got = ma.mean_sd_from_quantiles([10], [50], q1=[8], q3=[12], minimum=[5], maximum=[15])
        assert got["mi"][0] == pytest.approx(10, rel=1e-14)
        assert len(got.notes) == 1

    def test_skewed_quantiles_are_named(self):
        got = ma.mean_sd_from_quantiles([5, 10], [80, 80], q1=[4, 8], q3=[20, 12], slab=["Adam 2001", "Eve 2002"])
        assert got.notes[1] == "the quantiles are those of skewed data: Adam 2001"

    def test_studies_may_report_differently(self):
        got = ma.mean_sd_from_quantiles([5, 10, 7], [80, 80, 80], q1=[4, None, None], q3=[6, None, None],
                                        minimum=[None, 2, None], maximum=[None, 17, None])  # fmt: skip
        assert [reason is None for reason in got.reasons] == [True, True, False]

    @pytest.mark.parametrize(
        ("x", "error", "message"),
        [
            ({"q1": [7], "q3": [9]}, DataError, "'Study 1'.*median = 6.*below a smaller"),
            ({"minimum": [1], "maximum": [5]}, DataError, "'Study 1'.*maximum = 5"),
            ({"q1": [5]}, UsageError, "q1 and q3, or minimum and maximum"),
            ({"q1": [5], "q3": [8], "method": "wan"}, UsageError, "did you mean wan2014"),
        ],
    )
    def test_what_cannot_be_is_refused(self, x, error, message):
        with pytest.raises(error, match=message):
            ma.mean_sd_from_quantiles([6], [20], **x)


class TestCounts:
    @settings(max_examples=50)
    @given(n=st.integers(1, 2000), share=st.floats(0, 1), digits=st.integers(0, 2))
    def test_the_true_count_is_always_among_those_that_fit(self, n, share, digits):
        x = round(share * n)
        got = ma.counts_from_percent([f"{100 * x / n:.{digits}f}"], [n])
        if got.reasons[0] is None:
            assert got["xi"][0] == x
        else:
            assert "all print as" in got.reasons[0]

    def test_up_to_a_hundred_people_whole_percents_are_never_ambiguous(self):
        for n in range(1, 100):
            got = ma.counts_from_percent([f"{100 * x / n:.0f}" for x in range(n + 1)], [n] * (n + 1))
            assert got["xi"].tolist() == list(range(n + 1))

    @pytest.mark.parametrize(
        ("percent", "n", "why"),
        [
            ("12.5", 7, "no whole number of 7 prints as 12.5 %"),
            ("7", 150, "10, 11 of 150 all print as 7 %"),
            ("50", 2000, "990 to 1010 of 2000 all print as 50 %"),
            (None, 50, "the percentage or its total is missing"),
        ],
    )
    def test_no_guess_is_made(self, percent, n, why):
        got = ma.counts_from_percent([percent], [n])
        assert got.reasons == (why,)
        assert np.isnan(got["xi"][0])

    def test_trailing_zeros_carry_information(self):
        assert ma.counts_from_percent(["10"], [500]).reasons[0] is not None
        assert ma.counts_from_percent(["10.0"], [500])["xi"][0] == 50
        assert ma.counts_from_percent([10.0], [500], digits=1)["xi"][0] == 50
        assert ma.counts_from_percent(["10.0 %"], [500])["xi"][0] == 50

    @pytest.mark.parametrize(
        ("percent", "n", "message"), [("x", 5, "not a percentage"), ("101", 5, "0 to 100"), ("5", 2.5, "n = 2.5")]
    )
    def test_what_cannot_be_is_refused(self, percent, n, message):
        with pytest.raises(DataError, match=message):
            ma.counts_from_percent([percent], [n])

    @cases("conv_2x2")
    def test_tables_from_margins_agree_with_metafor(self, case):
        x = case["data"]
        got = ma.table_from_margins(x["ni"], x["n1i"], x["n2i"], ori=x.get("ori"), ri=x.get("ri"))
        for cell, values in case["expect"].items():
            assert got[cell].tolist() == values
        assert len(got.notes) == 1

    @settings(max_examples=40)
    @given(cells=st.tuples(*[st.integers(1, 500)] * 4))
    def test_margins_and_the_odds_ratio_give_the_table_back(self, cells):
        a, b, c, d = cells
        got = ma.table_from_margins([a + b + c + d], [a + b], [a + c], ori=[a * d / (b * c)])
        assert [int(got[name][0]) for name in ("ai", "bi", "ci", "di")] == [a, b, c, d]

    def test_a_table_that_does_not_give_its_odds_ratio_back_is_named(self):
        got = ma.table_from_margins([20], [10], [3], ori=[9.0])
        assert got.notes[1] == "the rounded table does not give the printed number back: Study 1"

    @pytest.mark.parametrize(
        ("x", "error", "message"),
        [
            ({"ori": [0.0]}, DataError, "ori = 0"),
            ({"ri": [-0.9]}, DataError, "do not fit together"),
            ({}, UsageError, "ori or ri"),
            ({"ori": [1.0], "ri": [0.0]}, UsageError, "ori or ri"),
        ],
    )
    def test_margins_that_do_not_fit_are_refused(self, x, error, message):
        with pytest.raises(error, match=message):
            ma.table_from_margins([100], [48], [35], **x)


class TestGroups:
    @settings(max_examples=20)
    @given(sizes=st.lists(st.integers(2, 30), min_size=2, max_size=4), seed=st.integers(0, 10**6))
    def test_combined_groups_are_those_of_all_patients_together(self, sizes, seed):
        rng = np.random.default_rng(seed)
        arms = [rng.normal(rng.normal(5), 2, n) for n in sizes]
        got = ma.combine_groups(sizes, [arm.mean() for arm in arms], [arm.std(ddof=1) for arm in arms])
        together = np.concatenate(arms)
        assert got["ni"][0] == together.size
        assert got["mi"][0] == pytest.approx(together.mean(), rel=1e-9)
        assert got["sdi"][0] == pytest.approx(together.std(ddof=1), rel=1e-9)

    def test_a_shared_group_is_not_counted_twice(self):
        got = ma.split_shared_group([90, 40], [3, 1], events=[12, 5], slab=["Adam 2001", "Eve 2002"])
        assert got["ni"].tolist() == [30, 40]
        assert got["xi"].tolist() == [4, 5]
        assert got.notes == ("a shared group divided among comparisons: Adam 2001",)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: ma.combine_groups([5, 0], [1, 1], [1, 1]), "n = 0"),
            (lambda: ma.split_shared_group([5], 0), "parts = 0"),
            (lambda: ma.split_shared_group([5], 2, events=[6]), "events = 6"),
        ],
    )
    def test_what_cannot_be_is_refused(self, call, message):
        with pytest.raises(DataError, match=message):
            call()


class TestRescaling:
    @pytest.mark.parametrize("assuming", ["logistic", "normal"])
    def test_odds_ratios_and_mean_differences_convert_both_ways(self, assuming):
        es = ma.effect_sizes("OR", ai=[5], n1i=[40], ci=[3], n2i=[40])
        smd = ma.smd_from_odds_ratio(es, assuming)
        direct = ma.effect_sizes({"logistic": "OR2DL", "normal": "OR2DN"}[assuming], ai=[5], n1i=[40], ci=[3], n2i=[40])
        np.testing.assert_allclose([smd.yi, smd.vi], [direct.yi, direct.vi], rtol=1e-14)
        back = ma.odds_ratio_from_smd(smd, assuming)
        np.testing.assert_allclose([back.yi, back.vi], [es.yi, es.vi], rtol=1e-14)
        assert (smd.measure, back.measure, len(back.notes)) == ("SMD", "OR", 2)

    def test_other_measures_are_refused(self):
        with pytest.raises(DataError, match="effects are RR; allowed: OR"):
            ma.smd_from_odds_ratio(ma.EffectSizes.of([0.1], [0.1], measure="RR"))


def test_what_was_worked_out_prints_and_tabulates_with_its_inputs():
    found = ma.sd_from_se([1.0, None], [100, 50], slab=["a", "b"])
    lines = repr(found).splitlines()
    assert lines[0] == "Converted, 2 studies"
    assert lines[1].split() == ["a", "sdi", "10"]
    assert lines[2].split()[:2] == ["b", "none:"]
    frame = found.to_frame()
    assert frame["slab"].tolist() == ["a", "b"]
    assert frame["sdi"][0] == 10
    assert {"reason", *found.inputs} <= set(frame.columns)


def test_a_mean_in_a_tail_of_which_the_quantiles_say_nothing_is_said():
    far = ma.mean_sd_from_quantiles([3, 12], [120, 120], q1=[2, 8], q3=[30, 15], method="qe", slab=["far", "near"])
    assert "the mean lies beyond every quantile that is given, in a tail of which they say nothing: far" in far.notes
    assert far["mi"][0] > 30
    usual = ma.mean_sd_from_quantiles([3], [120], q1=[2], q3=[30])
    assert not any("beyond" in note for note in usual.notes)


def test_wans_second_term_is_left_out():
    low, middle, high = 2.0, 5.0, 20.0
    for n in (20, 2000):
        got = ma.mean_sd_from_quantiles([middle], [n], minimum=[low], maximum=[high], method="wan2014")["mi"][0]
        assert got == (low + 2 * middle + high) / 4


def test_quantiles_that_no_distribution_fits_cost_other_studies_nothing():
    """Spans of 14 orders of magnitude: the search does not end."""
    bad = {"median": 1.0, "q1": 1e-7, "q3": 1e7}
    whole = {"median": 12.0, "q1": 8.0, "q3": 15.0}
    both = {name: [bad[name], whole[name]] for name in bad}
    got = ma.mean_sd_from_quantiles(n=[50, 60], method="qe", **both)
    alone = ma.mean_sd_from_quantiles(n=[60], method="qe", **{name: [value] for name, value in whole.items()})
    assert np.isnan(got["mi"][0])
    assert (got["mi"][1], got["sdi"][1]) == (alone["mi"][0], alone["sdi"][0])
