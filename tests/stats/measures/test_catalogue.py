"""Effect sizes agree with the references, whatever the measure and the options."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import DataError, UsageError
from metaan.stats.measures import correlations, matched, means, paired, proportions, rates, reliability, single_means
from metaan.stats.measures.catalogue import MEASURES, STANDARDIZED, TO, effect_sizes, scale_of
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.measures.generic import GENERICS
from metaan.stats.measures.means import bias_correction
from metaan.stats.measures.two_by_two import TABLE as TABLE_FAMILY

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "escalc.json").read_text())["cases"]
ARMS = {"ai": "ci", "bi": "di", "n1i": "n2i", "x1i": "x2i", "t1i": "t2i", "m1i": "m2i", "sd1i": "sd2i"}
SWAP = {**ARMS, **{second: first for first, second in ARMS.items()}}

TABLE = {"ai": [5], "bi": [35], "ci": [3], "di": [37]}
MEANS = {"m1i": [10.0], "sd1i": [2.0], "n1i": [20], "m2i": [9.0], "sd2i": [3.0], "n2i": [30]}
PAIRS = {"m1i": [10.0], "m2i": [9.0], "sd1i": [2.0], "sd2i": [3.0], "ri": [0.4], "ni": [25]}
RATES = {"x1i": [5], "t1i": [100.0], "x2i": [8], "t2i": [90.0]}

counts = st.integers(1, 10_000)
swapped_tables = sorted(
    c
    for c, m in MEASURES.items()
    if m.compares and m.family.cells == ("ai", "bi", "ci", "di") and m.family.uninformative
)
swapped_means = sorted(set(MEASURES) & {"MD", "SMD", "SMDH", "ROM", "VR", "CVR", "D2OR", "D2ORN"})


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["id"])
def test_agrees_with_the_reference(case):
    options = dict(case["args"])
    es = effect_sizes(options.pop("measure"), **options, **case["data"])
    want = {name: np.array(case["expect"][name], dtype=float) for name in ("yi", "vi")}
    # a variance of 0 cannot be pooled: the references keep it, here the study has a reason instead
    defined = np.isfinite(want["yi"]) & np.isfinite(want["vi"]) & (want["vi"] != 0)
    assert [reason is None for reason in es.reasons] == defined.tolist()
    for name in ("yi", "vi"):
        np.testing.assert_allclose(getattr(es, name)[defined], want[name][defined], **case["tol"])


@pytest.mark.parametrize("code", MEASURES)
def test_every_measure_has_a_reference_value(code):
    assert MEASURES[code].code == code
    assert any(case["args"]["measure"] == code and case["source"] for case in GOLDEN)


def test_every_kind_of_variance_and_correction_has_a_reference_value():
    seen = {(case["args"]["measure"], case["args"].get("vtype")) for case in GOLDEN}
    assert {(code, v) for code, m in MEASURES.items() for v in m.vtypes[1:]} <= seen


@pytest.mark.parametrize("to", TO)
def test_every_rule_for_zero_cells_has_a_reference_value(to):
    assert any(case["args"].get("to") == to for case in GOLDEN) or to == "only0"


def test_drop00_takes_out_studies_without_information_before_zeros_are_counted():
    tables = {"ai": [0, 3], "bi": [10, 7], "ci": [0, 4], "di": [12, 5]}
    es = effect_sizes("OR", to="if0all", drop00=True, **tables)
    assert es.reasons == ("no events, or only events, in both arms", None)
    assert es.yi[1] == pytest.approx(np.log(3 * 5 / (7 * 4)), rel=1e-14)
    assert effect_sizes("OR", to="if0all", **tables).yi[1] == pytest.approx(np.log(3.5 * 5.5 / (7.5 * 4.5)), rel=1e-14)
    rates = effect_sizes("IRR", x1i=[0, 3], t1i=[10, 20], x2i=[0, 5], t2i=[30, 40], to="if0all", drop00=True)
    assert rates.k == 1
    assert rates.yi[1] == pytest.approx(np.log(3 / 20) - np.log(5 / 40), rel=1e-14)


def test_measures_that_zero_cells_leave_defined_are_not_corrected_unless_asked():
    zero = {"ai": [0], "bi": [10], "ci": [2], "di": [12]}
    assert effect_sizes("AS", **zero).yi[0] == pytest.approx(-np.arcsin(np.sqrt(1 / 7)), rel=1e-14)
    assert effect_sizes("AS", add=None, **zero).yi[0] == effect_sizes("AS", **zero).yi[0]
    for add in (0.25, 0.5, 0.51):
        asked = effect_sizes("AS", add=add, **zero).yi[0]
        arms = np.arcsin(np.sqrt(add / (10 + 2 * add))), np.arcsin(np.sqrt((2 + add) / (14 + 2 * add)))
        assert asked == pytest.approx(arms[0] - arms[1], rel=1e-14)


def test_the_arrays_of_the_caller_stay_the_callers():
    yi, vi, ai = np.array([0.1, 0.2]), np.array([0.1, 0.1]), np.array([1.0, 2.0])
    es = EffectSizes(yi, vi, ("a", "b"), data={"ai": ai})
    yi[0] = vi[0] = ai[0] = 9.0
    assert (es.yi[0], es.vi[0], es.data["ai"][0]) == (0.1, 0.1, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        es.yi[0] = 1.0
    assert EffectSizes(es.yi, es.vi, es.slab).yi is es.yi


@pytest.mark.parametrize("code", ["SMD", "D2OR", "RPB"])
def test_a_p_value_of_0_is_the_reason_and_not_a_missing_mean(code):
    es = effect_sizes(code, pi=[0.0, 0.03, None], n1i=[10] * 3, n2i=[10] * 3)
    assert es.k == 1
    assert "a p value of 0" in es.reasons[0]
    assert "missing" in es.reasons[2]


@pytest.mark.parametrize("given", ["m1i", "ai", "ni"])
def test_effects_that_are_given_are_not_mixed_with_what_effects_are_computed_from(given):
    with pytest.raises(UsageError, match=f"yi beside {given}: one call takes effects that are given"):
        effect_sizes("SMD", yi=[0.1, None], vi=[0.1, None], **{given: [None, 3]})
    with pytest.raises(UsageError, match="column 'v1'"):
        effect_sizes("SMD", yi=[0.1], vi=[0.1], v1=[2])


@pytest.mark.parametrize(("given", "same"), [("LS", None)])
@pytest.mark.parametrize("code", ["PHI", "RPB", "SMD", "OR"])
def test_ls_names_the_default_variance(code, given, same):
    data = MEANS if code in ("RPB", "SMD") else TABLE
    assert effect_sizes(code, vtype=given, **data).vi == effect_sizes(code, vtype=same, **data).vi


class TestInvariants:
    @pytest.mark.parametrize("code", swapped_tables)
    @settings(max_examples=15)
    @given(cells=st.tuples(counts, counts, counts, counts))
    def test_swapping_the_arms_of_a_table_turns_the_sign(self, code, cells):
        table = {name: [x] for name, x in zip(("ai", "bi", "ci", "di"), cells)}
        _assert_turned(code, table)

    @pytest.mark.parametrize("code", swapped_means)
    @settings(max_examples=15)
    @given(
        means=st.tuples(st.floats(1, 100), st.floats(1, 100)),
        sds=st.tuples(st.floats(0.5, 50), st.floats(0.5, 50)),
        sizes=st.tuples(st.integers(3, 500), st.integers(3, 500)),
    )
    def test_swapping_the_arms_of_means_turns_the_sign(self, code, means, sds, sizes):
        (m1, m2), (s1, s2), (n1, n2) = means, sds, sizes
        _assert_turned(code, {"m1i": [m1], "sd1i": [s1], "n1i": [n1], "m2i": [m2], "sd2i": [s2], "n2i": [n2]})

    @pytest.mark.parametrize("code", ["IRR", "IRD", "IRSD"])
    @settings(max_examples=15)
    @given(events=st.tuples(counts, counts), times=st.tuples(st.floats(1, 1e5), st.floats(1, 1e5)))
    def test_swapping_the_arms_of_rates_turns_the_sign(self, code, events, times):
        _assert_turned(code, {"x1i": [events[0]], "t1i": [times[0]], "x2i": [events[1]], "t2i": [times[1]]})

    @settings(max_examples=20)
    @given(factor=st.floats(0.01, 100))
    def test_units_change_the_mean_difference_and_leave_the_rest(self, factor):
        scaled = {name: [x * factor if name[0] in "ms" else x for x in xs] for name, xs in MEANS.items()}
        np.testing.assert_allclose(effect_sizes("MD", **scaled).yi, factor * effect_sizes("MD", **MEANS).yi, rtol=1e-9)
        np.testing.assert_allclose(
            effect_sizes("MD", **scaled).vi, factor**2 * effect_sizes("MD", **MEANS).vi, rtol=1e-9
        )
        for code in ("SMD", "SMDH", "SMD1", "ROM", "VR", "CVR", "RPB", "CLESN"):
            before, after = effect_sizes(code, **MEANS), effect_sizes(code, **scaled)
            np.testing.assert_allclose([after.yi, after.vi], [before.yi, before.vi], rtol=1e-9)

    @settings(max_examples=10)
    @given(order=st.permutations(range(5)))
    def test_the_order_of_studies_does_not_matter(self, order):
        data = {"ai": [0, 3, 12, 7, 50], "bi": [10, 7, 40, 0, 50], "ci": [2, 4, 9, 5, 45], "di": [12, 5, 44, 9, 61]}
        straight = effect_sizes("OR", **data)
        mixed = effect_sizes("OR", **{name: [xs[i] for i in order] for name, xs in data.items()})
        assert mixed.yi.tolist() == straight.yi[order].tolist()
        assert mixed.vi.tolist() == straight.vi[order].tolist()

    @pytest.mark.parametrize("code", ["SMD", "SMDH", "SMD1", "SMD1H", "ROM", "VR", "CVR"])
    def test_small_sample_corrections_vanish_in_large_samples(self, code):
        large = {**MEANS, "n1i": [10**7], "n2i": [10**7]}
        with_it, without = effect_sizes(code, **large), effect_sizes(code, correct=False, **large)
        assert with_it.yi[0] == pytest.approx(without.yi[0], rel=1e-6)
        assert with_it.vi[0] == pytest.approx(without.vi[0], rel=1e-6)

    @pytest.mark.parametrize("code", ["COR", "UCOR"])
    def test_correlations_agree_in_large_samples(self, code):
        es = effect_sizes(code, ri=[0.4], ni=[10**7])
        assert es.yi[0] == pytest.approx(0.4, rel=1e-6)
        assert es.vi[0] == pytest.approx((1 - 0.16) ** 2 / 1e7, rel=1e-6)

    def test_doubling_all_counts_halves_the_variance_of_the_log_odds_ratio(self):
        doubled = effect_sizes("OR", **{name: [2 * x for x in xs] for name, xs in TABLE.items()})
        np.testing.assert_allclose(doubled.yi, effect_sizes("OR", **TABLE).yi, rtol=1e-14)
        np.testing.assert_allclose(2 * doubled.vi, effect_sizes("OR", **TABLE).vi, rtol=1e-14)

    def test_unpaired_and_uncorrelated_mean_change_have_the_same_variance(self):
        change = effect_sizes("MC", **{**PAIRS, "ri": [0.0]})
        apart = effect_sizes("MD", **{**MEANS, "n1i": [25], "n2i": [25]})
        np.testing.assert_allclose([change.yi, change.vi], [apart.yi, apart.vi], rtol=1e-14)

    def test_the_bias_correction_follows_the_recurrence_of_gamma_functions(self):
        even = [1 / np.sqrt(np.pi)]
        for m in range(2, 400, 2):
            even.append(even[-1] * m / (m - 1) * np.sqrt(m / (m + 2)))
        np.testing.assert_allclose(bias_correction(np.arange(2.0, 402, 2)), even, rtol=1e-13)
        assert bias_correction(np.array([3.0]))[0] == pytest.approx(np.sqrt(np.pi / 6), rel=1e-14)
        assert bias_correction(np.array([1e12]))[0] == pytest.approx(1 - 0.75e-12, abs=1e-15)
        assert np.isnan(bias_correction(np.array([1.0]))).all()


def _assert_turned(code, data):
    straight = effect_sizes(code, **data)
    turned = effect_sizes(code, **{SWAP[name]: xs for name, xs in data.items()})
    np.testing.assert_allclose(turned.yi, -straight.yi, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(turned.vi, straight.vi, rtol=1e-8)


class TestEdges:
    def test_counts_of_ten_millions_lose_no_digits(self):
        es = effect_sizes("OR", ai=[10**7], bi=[3 * 10**7], ci=[2 * 10**7], di=[10**7])
        assert es.yi[0] == pytest.approx(np.log(1 / 6), rel=1e-14)
        assert es.vi[0] == pytest.approx(1e-7 * (1 + 1 / 3 + 1 / 2 + 1), rel=1e-12)
        assert effect_sizes("PETO", ai=[10**7], bi=[3 * 10**7], ci=[2 * 10**7], di=[10**7]).k == 1

    @pytest.mark.parametrize(
        ("code", "data", "why"),
        [
            ("OR", {"ai": [0], "n1i": [5], "ci": [None], "n2i": [5]}, "a count is missing"),
            ("OR", {"ai": [0], "n1i": [0], "ci": [2], "n2i": [5]}, "an arm without patients"),
            (
                "PETO",
                {"ai": [0], "n1i": [5], "ci": [0], "n2i": [6], "add": 0},
                "a zero cell leaves the effect undefined",
            ),
            ("MD", {**MEANS, "sd1i": [0.0], "sd2i": [0.0]}, "a standard deviation of 0 leaves the effect undefined"),
            ("SMD", {**MEANS, "sd1i": [0.0], "sd2i": [0.0]}, "a standard deviation of 0 leaves the effect undefined"),
            ("SMD", {**MEANS, "n1i": [1], "n2i": [1]}, "too few patients for this measure"),
            (
                "SMD1",
                {**MEANS, "n2i": [2]},
                "the numbers leave the effect undefined (a mean of 0, or below 0 under a logarithm)",
            ),
            ("MD", {**MEANS, "m1i": [np.nan]}, "a mean, a standard deviation or a group size is missing"),
            (
                "ROM",
                {**MEANS, "m1i": [-1.0]},
                "the numbers leave the effect undefined (a mean of 0, or below 0 under a logarithm)",
            ),
            ("COR", {"ri": [1.0], "ni": [20]}, "a correlation of 1 or -1 leaves no sampling variance"),
            ("ZCOR", {"ri": [0.5], "ni": [3]}, "the sample is too small for this measure"),
            ("UCOR", {"ri": [0.5], "ni": [4]}, "the sample is too small for this measure"),
            ("IRR", {**RATES, "x1i": [None]}, "events or person-time are missing"),
            ("PLO", {"xi": [0], "ni": [9], "to": "none"}, "no events, or only events, leave the effect undefined"),
            ("GEN", {"yi": [None], "vi": [0.1]}, "yi or its variance is missing"),
        ],
    )
    def test_a_study_without_an_effect_has_a_reason(self, code, data, why):
        es = effect_sizes(code, **data)
        assert es.reasons == (why,)
        assert np.isnan(es.yi).all()
        assert es.k == 0

    def test_all_events_in_both_arms_say_nothing_about_a_ratio(self):
        table = {"ai": [5, 4], "bi": [0, 6], "ci": [7, 3], "di": [0, 5]}
        assert effect_sizes("RR", drop00=True, **table).k == 1
        assert effect_sizes("RD", **table).k == 2

    @pytest.mark.parametrize(
        ("code", "data", "message"),
        [
            ("OR", {"ai": [1, 7], "n1i": [5, 5], "ci": [1, 1], "n2i": [5, 5]}, r"'Study 2'.*ai = 7.*n1i"),
            ("OR", {"ai": [1], "bi": [1], "n1i": [5], "ci": [1], "n2i": [5]}, r"'Study 1'.*ai \+ bi = 2.*n1i"),
            ("OR", {**TABLE, "di": [-1]}, "'Study 1'.*di = -1"),
            ("MD", {**MEANS, "sd2i": [-1.0]}, "'Study 1'.*sd2i = -1"),
            ("MD", {**MEANS, "n2i": [0]}, "'Study 1'.*n2i = 0"),
            ("MC", {**PAIRS, "ri": [1.2]}, "'Study 1'.*ri = 1.2"),
            ("IRR", {**RATES, "t2i": [0.0]}, "'Study 1'.*t2i = 0"),
            ("PR", {"xi": [7], "ni": [5]}, "'Study 1'.*xi = 7"),
            ("COR", {"ri": [-1.01], "ni": [5]}, "'Study 1'.*ri = -1.01"),
            ("R2", {"r2i": [1.2], "ni": [50], "mi": [3]}, "'Study 1'.*r2i = 1.2"),
            ("ARAW", {"ai": [0.8], "mi": [1], "ni": [50]}, "'Study 1'.*mi = 1"),
            ("GEN", {"yi": [0.1], "vi": [0.0]}, "'Study 1'.*vi = 0"),
            ("MD", {**MEANS, "n2i": [30, 40]}, "differ in length"),
            ("OR", {**TABLE, "add": -1}, "add = -1"),
            ("OR", {**TABLE, "ai": [np.inf]}, "infinite"),
        ],
    )
    def test_what_cannot_be_is_refused_by_name(self, code, data, message):
        with pytest.raises(DataError, match=message):
            effect_sizes(code, **data)

    @pytest.mark.parametrize(
        ("code", "data", "message"),
        [
            ("smd", MEANS, "did you mean SMD"),
            ("OR", {**TABLE, "to": "only"}, "did you mean only0"),
            ("OR", {"m1i": [1]}, "column 'm1i' is unknown"),
            ("MD", {"m1i": [1.0]}, "missing: sd1i"),
            ("SMD", {**MEANS, "vtype": "XX"}, "SMD: vtype 'XX' is unknown"),
            ("OR", {**TABLE, "correct": False}, "no bias correction"),
            ("PR", {"xi": [1]}, "xi with ni or mi"),
            ("GEN", {"yi": [1.0]}, "either vi or sei"),
            ("SMD", {"ti": [1.0], "n1i": [5]}, "missing: n2i"),
        ],
    )
    def test_a_wrong_call_says_what_is_allowed(self, code, data, message):
        with pytest.raises(UsageError, match=message):
            effect_sizes(code, **data)

    def test_mixed_sources_of_cohens_d_are_noted(self):
        es = effect_sizes(
            "SMD", n1i=[20, 20, 20], n2i=[30, 30, 30],
            m1i=[10.0, None, None], m2i=[9.0, None, None], sd1i=[2.0, None, None], sd2i=[3.0, None, None],
            ti=[None, 1.3, None], pi=[None, None, -0.04],
        )  # fmt: skip
        assert es.k == 3
        assert es.yi[2] < 0
        assert es.yi[0] == effect_sizes("SMD", **MEANS).yi[0]
        assert es.notes == (
            "Cohen's d from the t statistic in 1 studies",
            "Cohen's d from the signed two-sided p value in 1 studies",
        )

    @pytest.mark.parametrize("code", STANDARDIZED)
    def test_a_standardized_difference_beyond_two_is_doubted(self, code):
        es = effect_sizes(code, slab=["Smith 2001"], **{**MEANS, "sd1i": [0.2], "sd2i": [0.3]})
        assert "standard errors given as standard deviations? Smith 2001" in es.notes[0]
        assert effect_sizes(code, **MEANS).notes == ()

    def test_notes_of_conversions_stay_with_the_result(self):
        assert effect_sizes("OR", notes=["counts from percentages"], **TABLE).notes == ("counts from percentages",)

    def test_a_measure_of_known_effects_keeps_its_scale(self):
        es = effect_sizes("OR", yi=[0.3], sei=[0.2])
        assert (es.measure, es.vi[0]) == ("OR", pytest.approx(0.04))
        assert scale_of(es.measure).is_ratio


def test_proportions_accept_the_complement():
    a, b = effect_sizes("PLO", xi=[3], ni=[20]), effect_sizes("PLO", xi=[3], mi=[17])
    assert (a.yi[0], a.vi[0]) == (b.yi[0], b.vi[0])
    assert set(a.data) == {"xi", "mi", "ni"}


@pytest.mark.parametrize("table", [(10, 5, 4, 12), (2, 8, 9, 1), (40, 3, 9, 80), (505, 87886, 499, 87892)])
def test_the_tetrachoric_correlation_gives_back_the_table(table):
    """The normal distribution that is cut in two has the cells' shares: the likelihood has no higher point."""
    from scipy.stats import multivariate_normal, norm

    a, b, c, d = table
    n = sum(table)
    r = effect_sizes("RTET", ai=[a], bi=[b], ci=[c], di=[d]).yi[0]
    cuts = norm.ppf([(a + b) / n, (a + c) / n])
    assert multivariate_normal.cdf(cuts, cov=[[1, r], [r, 1]]) == pytest.approx(a / n, rel=1e-7)


def test_the_variance_of_a_tetrachoric_correlation_is_that_of_the_delta_method():
    """Against differences: how the estimate moves when a cell's share does."""
    cells = np.array([20.0, 15.0, 9.0, 31.0])
    es = effect_sizes("RTET", **{name: [x] for name, x in zip(("ai", "bi", "ci", "di"), cells)})
    step = 1e-4
    moved = np.array([cells + step * sign * np.eye(4)[i] for i in range(4) for sign in (1, -1)])
    r = effect_sizes("RTET", **dict(zip(("ai", "bi", "ci", "di"), moved.T))).yi
    slopes = (r[::2] - r[1::2]) / (2 * step)
    assert es.vi[0] == pytest.approx(float(cells @ slopes**2), rel=1e-6)  # the share of all cells moves nothing


def test_a_zero_cell_leaves_no_tetrachoric_correlation():
    """metafor puts it at 1 or -1, with a variance between 0 and millions."""
    es = effect_sizes("RTET", ai=[0, 5], bi=[10, 8], ci=[4, 3], di=[6, 9])
    assert es.reasons == ("a zero cell leaves the effect undefined", None)


class Sampler:
    """Studies of one size from one population: yi and vi then vary together only where they are made of the same."""

    K, N = 1500, 40

    def __init__(self):
        self.rng = np.random.default_rng(20)
        self.n = np.full(self.K, float(self.N))

    def group(self, mean, sd, which):
        x = self.rng.normal(mean, sd, (self.K, self.N))
        return {f"m{which}i": x.mean(1), f"sd{which}i": x.std(1, ddof=1)}

    def table(self):
        """Rare events and a large effect, where a variance at the margins moves too."""
        events = {name: self.rng.binomial(self.N, p, self.K).astype(float) for name, p in (("ai", 0.03), ("ci", 0.25))}
        others = {"bi": self.n - events["ai"], "di": self.n - events["ci"]}
        return {**events, **others, "n1i": self.n, "n2i": self.n}

    def rates(self):
        return {"x1i": self.rng.poisson(6, self.K), "x2i": self.rng.poisson(20, self.K), "t1i": self.n, "t2i": self.n}

    def rate(self):
        return {"xi": self.rng.poisson(8, self.K), "ti": self.n}

    def proportion(self):
        return {"xi": self.rng.binomial(self.N, 0.2, self.K), "ni": self.n}

    def means(self):
        return {**self.group(9, 2.5, 1), **self.group(5, 2, 2), "n1i": self.n, "n2i": self.n}

    def mean(self):
        return {**self.group(6, 2, ""), "ni": self.n}

    def pairs(self):
        shared = self.rng.normal(size=(2, self.K, self.N))
        x, y = 6 + 3 * shared[0], 5 + 0.5 * (0.6 * shared[0] + 0.8 * shared[1])
        first, second = (values - values.mean(1, keepdims=True) for values in (x, y))
        r = (first * second).sum(1) / np.sqrt((first**2).sum(1) * (second**2).sum(1))
        sds = {"sd1i": x.std(1, ddof=1), "sd2i": y.std(1, ddof=1)}
        return {"m1i": x.mean(1), "m2i": y.mean(1), **sds, "ri": r, "ni": self.n}

    def paired_table(self):
        cells = self.rng.multinomial(self.N, [0.15, 0.35, 0.1, 0.4], self.K).astype(float)
        return dict(zip(("ai", "bi", "ci", "di"), cells.T))

    def margins(self):
        a, b, c, d = self.paired_table().values()
        phi = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
        return {"ai": a + b, "bi": c + d, "ci": a + c, "di": b + d, "ri": phi}

    def regression(self):
        x, e = self.rng.normal(size=(self.K, self.N, 2)), self.rng.normal(size=(self.K, self.N))
        y = 0.5 * x[..., 0] + 0.4 * x[..., 1] + e
        x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
        inverse = np.linalg.inv(x.mT @ x)
        beta = (inverse @ (x.mT @ y[..., None]))[..., 0]
        rest = ((y - (x @ beta[..., None])[..., 0]) ** 2).sum(1)
        t = beta[:, 0] / np.sqrt(rest / (self.N - 3) * inverse[:, 0, 0])
        return {"ti": t, "r2i": 1 - rest / (y**2).sum(1), "mi": np.full(self.K, 2.0), "ni": self.n}

    def alpha(self):
        items = self.rng.normal(size=(self.K, self.N, 1)) + self.rng.normal(size=(self.K, self.N, 5))
        share = items.var(1, ddof=1).sum(1) / items.sum(2).var(1, ddof=1)
        return {"ai": 5 / 4 * (1 - share), "mi": np.full(self.K, 5.0), "ni": self.n}


SAMPLED = {
    TABLE_FAMILY: Sampler.table,
    rates.TWO_RATES: Sampler.rates,
    rates.ONE_RATE: Sampler.rate,
    proportions.PROPORTION: Sampler.proportion,
    **dict.fromkeys((means.MEANS, means.SDS, means.SMD_DATA, means.SECOND_SD), Sampler.means),
    **dict.fromkeys((single_means.ONE_MEAN, single_means.ONE_SD), Sampler.mean),
    **dict.fromkeys((paired.CHANGE, paired.FIRST_SD, paired.CHANGE_SDS, correlations.CORRELATION), Sampler.pairs),
    matched.PAIRED_TABLE: Sampler.paired_table,
    matched.MARGINS: Sampler.margins,
    **dict.fromkeys((correlations.PARTIAL, correlations.SEMIPARTIAL, correlations.EXPLAINED), Sampler.regression),
    reliability.ALPHA: Sampler.alpha,
}


@pytest.mark.parametrize("code", sorted(set(MEASURES) - set(GENERICS)))
def test_effect_and_variance_are_tied_where_they_vary_together_without_bias(code):
    names = max((set(case["data"]) for case in GOLDEN if case["args"]["measure"] == code), key=len)
    drawn = {name: values for name, values in SAMPLED[MEASURES[code].family](Sampler()).items() if name in names}
    es = effect_sizes(code, **drawn).complete
    constant = float(np.ptp(es.sei)) < 1e-9 * float(es.sei.mean())
    together = 0.0 if constant else abs(float(np.corrcoef(es.yi, es.sei)[0, 1]))
    assert (together > 0.12) == MEASURES[code].tied, (code, together)


def test_effects_that_come_with_their_variance_are_not_tied():
    assert not any(m.tied for m in GENERICS.values())


def test_the_log_ratio_of_means_is_corrected_unless_asked_not_to():
    """metafor 3.8 has 0.3566749 for ROM and -0.3477 for CVR: escalc("ROM", m1i=10, sd1i=3, n1i=8, m2i=7, ...)."""
    data = {"m1i": [10], "sd1i": [3], "n1i": [8], "m2i": [7], "sd2i": [3], "n2i": [9]}
    bias = (9 / (8 * 100) - 9 / (9 * 49)) / 2  # Lajeunesse 2015, eq. 8
    plain = effect_sizes("ROM", correct=False, **data).yi[0]
    assert plain == pytest.approx(0.3566749439)
    assert effect_sizes("ROM", **data).yi[0] == pytest.approx(plain + bias, rel=1e-12)
    of_sds = 1 / (2 * 7) - 1 / (2 * 8)
    assert effect_sizes("CVR", **data).yi[0] == pytest.approx(-plain + of_sds - bias, rel=1e-12)
    assert -plain + of_sds == pytest.approx(-0.3477, abs=5e-5)


@pytest.mark.parametrize(
    ("code", "data", "metafor", "meta"),
    [  # each: effect and standard error
        (
            "IRD",
            {"x1i": [0], "t1i": [120], "x2i": [2], "t2i": [118]},
            (-0.0170197740113, 0.0146379072843),
            (-0.0169491525424, 0.0146379072843),
        ),
        ("PR", {"xi": [20], "ni": [20]}, (0.97619047619, 0.0332684824288), (1.0, 0.0332684824288)),
        ("PLN", {"xi": [0], "ni": [25]}, (-3.95124371858, 1.40054934277), (-3.93182563272, 1.40028008403)),
        ("PLN", {"xi": [20], "ni": [20]}, (-0.0240975515791, 0.0340799088295), (0.0, 0.0349215147885)),
    ],
)
def test_zero_cells_of_rates_and_proportions_are_corrected_as_in_metafor_and_not_as_in_meta(code, data, metafor, meta):
    """escalc of metafor 5.1-12; metainc and metaprop of meta 8.4-0, method "Inverse"."""
    es = effect_sizes(code, **data)
    assert (es.yi[0], es.sei[0]) == pytest.approx(metafor, rel=1e-10)
    assert es.yi[0] != pytest.approx(meta[0], rel=1e-3)
    if code != "PLN":
        assert es.sei[0] == pytest.approx(meta[1], rel=1e-10)
