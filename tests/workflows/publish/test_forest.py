"""Forest plots of what was pooled from arrays."""

import re
from html import unescape
from itertools import permutations

import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.registry.model.public import Outcome
from metaan.report.forest.order import KEYS
from metaan.report.forest.styles import STYLES
from metaan.report.forest.traits import TRAITS, risk_of_bias, trait
from metaan.report.language import methods, words
from metaan.stats.measures import correlations, proportions, rates, reliability, single_means
from metaan.stats.measures.catalogue import MEASURES
from metaan.stats.pooling.models import MODELS
from metaan.stats.pooling.prediction import NO_SPREAD
from metaan.workflows.publish.forest import _analysis as of_arrays

MEANS = {"m1i": [5.1, 4.2, 3.0], "sd1i": [1.1, 0.9, 1.0], "n1i": [20, 31, 12],
         "m2i": [6.0, 4.9, 3.1], "sd2i": [1.2, 1.0, 1.4], "n2i": [21, 30, 14]}  # fmt: skip


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_means_are_drawn_with_both_models() -> None:
    es = ma.effect_sizes("MD", **MEANS, slab=["A", "B", "C"])
    common, random = ma.pool(es, "common"), ma.pool(es, "random", tau2_method="REML", ci_method="hksj-adhoc")
    drawn = ma.forest_plot(random, common, outcome="pain", experimental="drug", control="placebo")
    shown = texts(drawn)
    assert {"5.1 (1.1), 20", "6.0 (1.2), 21", "63", "65", "Random effects, REML, Hartung-Knapp"} <= set(shown)
    assert "no clear difference in pain" in drawn
    alone = ma.forest_plot(common, outcome="pain", experimental="drug", control="placebo")
    assert "Pain was lower with drug than with placebo in these studies" in alone
    assert any("restricted maximum likelihood" in text for text in shown)
    assert f"{random.weights[0]:.1f}%" in shown


def test_events_and_totals_are_made_of_the_cells_of_a_table() -> None:
    es = ma.effect_sizes("RR", ai=[4, 6, 0], bi=[119, 300, 10], ci=[11, 29, 0], di=[128, 274, 12], drop00=True)
    fit = ma.mantel_haenszel("RR", ai=[4, 6], bi=[119, 300], ci=[11, 29], di=[128, 274])
    assert {"4/123", "29/303", "M-H, Fixed, 95% CI"} <= {
        *texts(ma.forest_plot(fit)), *texts(ma.forest_plot(fit, style="revman")),
    }  # fmt: skip
    assert any("Left out (no events, or only" in text for text in texts(ma.forest_plot(ma.pool(es, "common"))))


def test_any_effect_with_its_variance_can_be_drawn() -> None:
    fit = ma.pool(ma.EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.02], ["張偉 2020", "دراسة 2021", "अध्ययन 2022"]))
    shown = texts(ma.forest_plot(fit, sort="weight", direction="good", control="nothing"))
    assert [text for text in shown if text.endswith(("2020", "2021", "2022"))] == [
        "अध्ययन 2022", "張偉 2020", "دراسة 2021",
    ]  # fmt: skip
    assert "← Favours nothing" in shown


@pytest.mark.parametrize("measure", ["OR", "GEN"])
@pytest.mark.parametrize("style", STYLES)
def test_effects_from_a_millionth_to_a_million_have_their_place(measure: str, style: str) -> None:
    yi = [-13.8, 0.0, 13.8] if measure == "OR" else [1e-6, -1e6, 1e6]
    fit = ma.pool(ma.EffectSizes.of(yi, [4.0, 0.01, 1e12], measure=measure))
    svg = ma.forest_plot(fit, style=style)
    width = float(re.search(r'width="([\d.]+)"', svg)[1])
    across = [float(x) for x in re.findall(r' (?:x|x1|x2|cx)="([^"]+)"', svg)]
    assert all(-1 < x < width + 1 for x in across)
    assert svg.count('class="square study"') == 3


def test_what_does_not_belong_together_is_refused() -> None:
    es = ma.effect_sizes("MD", **MEANS)
    with pytest.raises(DataError, match="0 results"):
        ma.forest_plot()
    with pytest.raises(DataError, match="2 results"):
        ma.forest_plot(ma.pool(es), ma.pool(es))
    with pytest.raises(DataError, match="different studies"):
        ma.forest_plot(ma.pool(es, "random"), ma.pool(es.take([0, 1]), "common"))
    with pytest.raises(UsageError, match="style 'cell' is unknown"):
        ma.forest_plot(ma.pool(es), style="cell")
    with pytest.raises(UsageError, match="order 'size' is unknown"):
        ma.forest_plot(ma.pool(es), sort="size")


@pytest.mark.parametrize(
    ("code", "size", "events", "sizes", "shown"),
    [
        ("PFT", "ni", [30, 1], [400, 10], ["0.075 (", "0.10 ("]),
        ("IRFT", "ti", [90, 3], [40000, 100], ["0.00225 (", "0.030 ("]),
        ("IRFT", "ti", [0, 3, 5, 8], [2000, 100, 300, 400], ["0.00000 (", "0.030 (", "0.017 (", "0.020 ("]),
    ],
)
def test_each_study_is_drawn_at_its_own_size(code, size, events, sizes, shown) -> None:
    es = ma.effect_sizes(code, **{"xi": events, size: sizes})
    found = [text for text in texts(ma.forest_plot(ma.pool(es, "common"))) if re.match(r"[\d.]+ \(", text)]
    assert [text[: len(start)] for text, start in zip(found, shown)] == shown


def of_measure(code: str, yi: list[float]) -> str:
    fit = ma.pool(ma.EffectSizes.of(yi, [0.0004] * len(yi), measure=code), "common")
    return ma.forest_plot(fit, outcome="prevalence", experimental="drug", control="placebo")


@pytest.mark.parametrize("code", MEASURES)
def test_only_what_compares_has_sides_and_a_line_of_no_effect(code: str) -> None:
    """Where one group is measured, the axis follows the data and the words name no arm."""
    sign = -1 if code == "PLN" else 1  # the logarithm of a proportion
    svg = of_measure(code, [sign * y for y in (0.55, 0.6, 0.65)])
    null = MEASURES[code].scale.null
    ticks = re.findall(r'class="tick">([^<]*)<', svg)
    words = re.search(r"<desc[^>]*>([^<]*)", svg)[1]
    compared = MEASURES[code].compares
    assert ('class="null"' in svg) == compared
    assert ("Favours" in " ".join(texts(svg))) == compared
    assert (f"{null:g}" in ticks) == compared
    assert ("drug" in words and "placebo" in words) == compared
    assert ("effect" not in words.replace("common (fixed) effect", "")) or compared
    if not compared:
        assert re.match(
            r"3 studies. These studies measure prevalence in one group. In 3 studies: .* \d\.\d+ \(95% CI ", words
        )


def test_what_is_compared_stands_in_the_table_of_measures() -> None:
    one_group = (rates.ONE_RATE, proportions.PROPORTION, single_means.ONE_MEAN, single_means.ONE_SD, reliability.ALPHA)
    association = (correlations.CORRELATION, correlations.PARTIAL, correlations.SEMIPARTIAL, correlations.EXPLAINED)
    found = {code for code, m in MEASURES.items() if m.family in (*one_group, *association)}
    # a probability of superiority is told from 0.5, and its pool is not tested against it
    assert {code for code, m in MEASURES.items() if not m.compares} == found | {"CLESN", "CLESCN"}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("code", ["PLO", "MN", "ZCOR", "ARAW"])
def test_no_style_tests_a_single_group_against_no_effect(code: str, style: str) -> None:
    fit = ma.pool(ma.EffectSizes.of([0.55, 0.6, 0.65], [0.0004] * 3, measure=code))
    said = " ".join(texts(ma.forest_plot(fit, style=style)))
    assert not re.search("overall effect|[Ff]avou?rs", said)
    assert "0.6" in said


def test_an_axis_far_from_0_has_ticks_that_differ() -> None:
    for yi in ([1000.0, 1001.0, 1002.5], [7.0, 7.0, 7.0], [2e6, 2e6 + 1, 2e6 + 3]):
        ticks = re.findall(r'class="tick">([^<]*)<', of_measure("MN", yi))
        assert len(ticks) == len(set(ticks)) >= 2


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("models", [*((model,) for model in MODELS), *permutations(MODELS, 2)], ids=" ".join)
def test_every_model_and_every_two_are_drawn_by_name(models: tuple[str, ...], style: str) -> None:
    es = ma.effect_sizes("MD", **MEANS)
    fits = [ma.pool(es, model, tau2_method="PM", ci_method="t") for model in models]
    svg = ma.forest_plot(*fits, style=style)
    shown = texts(svg)
    assert svg.count('class="diamond') == len(fits)
    for fit in fits:
        value = ma.pool(es, fit.model, tau2_method="PM", ci_method="t").display.estimate
        assert any(text.startswith(f"{value:.1f}".replace("-", "\u2212")) for text in shown)
        assert len(fits) == 1 or fit.model in shown or STYLES[style].pooled
    if style == "default":
        footer = " ".join(shown[-6:])
        for fit in fits:
            assert methods.model_name(fit) in " ".join(shown)
            assert words.upper_first(MODELS[fit.model].words) in footer


def test_one_plot_has_one_level() -> None:
    es = ma.effect_sizes("MD", **MEANS)
    with pytest.raises(DataError, match="allowed: one for all intervals"):
        ma.forest_plot(ma.pool(es, "common", level=0.9), ma.pool(es, "random"))


def test_a_study_of_arrays_has_every_field_of_a_study() -> None:
    """Nothing is known but its numbers: every order, every column of traits and every table can ask for the rest."""
    es = ma.effect_sizes("OR", ai=[4, 6, 9], bi=[119, 300, 80], ci=[11, 29, 12], di=[128, 274, 85], slab=["B", "A", ""])
    for key in KEYS:
        assert "4/123" in texts(ma.forest_plot(ma.pool(es), sort=key))
    analysis = of_arrays({"random": ma.pool(es)}, Outcome(id="effect", name="effect", direction="bad"), None)
    for row in analysis.rows:
        for entry in (row.study, row.study.design, row.study.citation, row.study.status, row.result, row.result.source):
            assert all(hasattr(entry, name) for name in type(entry).model_fields)
        assert [trait(row, name) for name in TRAITS] == [""] * len(TRAITS)
        assert not risk_of_bias(row)
        assert row.study.design_group is None


@pytest.mark.parametrize("code", MEASURES)
def test_a_transformed_effect_has_the_name_of_what_is_shown(code: str) -> None:
    """What was pooled of it stands below: nobody takes a proportion for a logit."""
    measure = MEASURES[code]
    as_it_is = measure.scale.code.partition(",")[0] == "identity"
    assert bool(measure.via) == (not as_it_is and not measure.scale.is_ratio)
    shown = unescape(" ".join(texts(of_measure(code, [-0.3, -0.2]))))
    assert not measure.via or f"{words.upper_first(measure.name)} (95% CI)" in shown
    assert (f"Transformed for pooling: {measure.via}." in shown) == bool(measure.via)


TABLES = {"ai": [5, 6, 10, 0], "n1i": [10, 20, 10, 20], "ci": [8, 9, 10, 0], "n2i": [10, 20, 10, 22]}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("drop00", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_two_models_that_take_their_own_studies_are_drawn_with_a_row_for_each(
    style: str, drop00: bool, turned: bool
) -> None:
    """Mantel-Haenszel keeps 10/10 against 10/10 and drops double zeros; inverse variance corrects both, or none."""
    fits = [ma.mantel_haenszel("RR", **TABLES), ma.pool(ma.effect_sizes("RR", drop00=drop00, **TABLES), "random")]
    svg = ma.forest_plot(*(reversed(fits) if turned else fits), style=style)
    shown = " ".join(texts(svg))
    for label, inside in (("Study 1", True), ("Study 3", True), ("Study 4", not drop00)):
        assert (f"{label}:" in svg) == inside
    assert drop00 == ("Left out (no events, or only events, in both arms): Study 4" in shown.replace("\n", " "))
    assert svg.count('class="diamond') == 2
    assert style in ("bmj", "jama") or [f"{w:.1f}%" in shown for fit in fits for w in fit.weights] == [True] * sum(
        len(f.weights) for f in fits
    )


def test_rows_are_found_by_label_only_where_a_label_is_one_study() -> None:
    es = ma.effect_sizes("RR", drop00=True, slab=["a", "a", "b", "c"], **TABLES)
    with pytest.raises(DataError, match="two studies are called 'a'; allowed: a label of its own"):
        ma.forest_plot(ma.mantel_haenszel("RR", slab=["a", "a", "b", "c"], **TABLES), ma.pool(es))
    other = ma.effect_sizes("RR", drop00=True, **TABLES | {"ai": [4, 6, 10, 0]})
    with pytest.raises(DataError, match=r"Study 1: .* in one result, .* in the other; allowed: the same data"):
        ma.forest_plot(ma.mantel_haenszel("RR", **TABLES), ma.pool(other))


def test_three_results_are_too_many() -> None:
    es = ma.effect_sizes("MD", **MEANS)
    with pytest.raises(DataError, match="3 results; allowed: one, or two by different models"):
        ma.forest_plot(*(ma.pool(es, model) for model in ("common", "random", "birge")))


NO_EFFECT = [
    ("RD", {"ai": [1, 3, 4, 0], "n1i": [10, 20, 30, 10], "ci": [2, 5, 6, 0], "n2i": [10, 20, 30, 10]}),
    ("RR", {"ai": [5, 6, 10], "n1i": [10, 20, 10], "ci": [8, 9, 10], "n2i": [10, 20, 10]}),
    ("IRD", {"x1i": [2, 3, 0], "t1i": [10, 20, 10], "x2i": [9, 4, 0], "t2i": [10, 20, 10]}),
]


@pytest.mark.parametrize(("measure", "data"), NO_EFFECT)
def test_table_that_mantel_haenszel_pools_without_an_effect_has_a_row_and_a_weight(measure: str, data: dict) -> None:
    fit = ma.mantel_haenszel(measure, **data)
    shown = texts(ma.forest_plot(fit))
    assert shown.count("not estimable") == 1
    assert f"{fit.weights[-1]:.1f}%" in shown
    assert "nan" not in " ".join(shown)


@pytest.mark.parametrize(
    "give", [lambda es: es, lambda es: ma.subgroups(es, list("aab")), lambda es: ma.leave_one_out(ma.pool(es))]
)
def test_what_is_no_pool_is_refused_by_name(give) -> None:
    found = give(ma.effect_sizes("MD", **MEANS))
    with pytest.raises(UsageError, match=f"{type(found).__name__} is not a pooled result; allowed: what pool"):
        ma.forest_plot(found)


@pytest.mark.parametrize(("unit", "cell"), [(1e-3, "0.0051 (0.0011), 20"), (1e-7, "0.00000051 (0.00000011), 20")])
def test_means_in_small_units_keep_their_digits(unit: float, cell: str) -> None:
    data = {name: [x * unit for x in values] if name[0] in "ms" else values for name, values in MEANS.items()}
    assert cell in texts(ma.forest_plot(ma.pool(ma.effect_sizes("MD", **data))))


def test_words_about_models_know_them_all() -> None:
    assert set(methods.FOOTERS) == set(methods.SHORT) == set(MODELS) == set(NO_SPREAD) | {"random"}
    es = ma.effect_sizes("MD", **MEANS)
    for model in MODELS:
        fit = ma.pool(es, model)
        assert MODELS[model].name in repr(fit)
        assert methods.short_name(fit).startswith(methods.SHORT[model])
        assert ("tau2 = " in repr(fit)) == fit.has_tau2 == (model in ("random", "ivhet"))
        for style in ("default", "revman", "bmj"):
            line = next(text for text in texts(ma.forest_plot(fit, style=style)) if "eterogeneity: " in text)
            assert bool(re.search("[Tτ]a?u?² ?=", line)) == fit.has_tau2
