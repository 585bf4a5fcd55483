from collections.abc import Callable
from dataclasses import replace

from metaan.report.drawing.svg import svg
from metaan.report.forest.forest import forest
from metaan.report.language import cautions, designs, methods, spread, words
from metaan.report.language.answers import answers
from metaan.report.language.words import Arms
from metaan.stats.measures.effects import EffectSizes, Interval
from metaan.stats.pooling.pool import pool as pooled
from metaan.synthesis.values import Absolute, Analysis

ARMS = Arms("anakinra", "usual care")


def test_the_designs_disagree_about_death(death: Analysis) -> None:
    text = str(designs.disagreement(death, ARMS))
    assert "Randomised and non-randomised evidence disagree about death from any cause" in text
    assert "0.96 (0.44 to 2.11) in the randomised trials (no clear difference)" in text
    assert "0.42 (0.27 to 0.65) in the non-randomised studies (favours anakinra)" in text
    assert "not confirmed by the randomised trials" in text
    assert not designs.agreement(death, ARMS)


def test_the_answer_is_relative_and_absolute(death: Analysis) -> None:
    trials, cohorts = answers(death, ARMS)
    assert trials.verdict == "unclear"
    unclear = "These studies show no clear difference in death from any cause, judged against no effect."
    assert trials.statement == unclear
    assert str(trials.text).startswith(f"{unclear} In 4 randomised trials (809 people): odds ratio 0.96")
    assert (
        "odds ratio 0.96 (95% CI 0.44 to 2.11; random effects); 5 fewer per 1000 people (82 fewer to 127 more)"
        in str(trials.text)
    )
    assert cohorts.verdict == "experimental"
    assert "less frequent with anakinra than with usual care in these studies" in cohorts.statement
    assert cohorts.mark == "favours anakinra"


def test_a_good_outcome_turns_the_side_that_is_favoured(analysis: Callable[..., Analysis]) -> None:
    rows = [("A", 90, 100, 50, 100), ("B", 80, 100, 45, 100)]
    [better] = answers(analysis({"randomised": rows}, direction="good"), ARMS)
    assert "more frequent with anakinra than with usual care in these studies" in better.statement
    assert better.mark == "favours anakinra"


def test_one_study_is_not_pooled(analysis: Callable[..., Analysis]) -> None:
    [answer] = answers(analysis({"randomised": [("Kharazmi 2022", 3, 15, 10, 15)]}), ARMS)
    assert "In the only randomised trial (30 people): odds ratio 0.13" in str(answer.text)
    assert "one study, not pooled" in str(answer.text)


def test_no_study_is_said(analysis: Callable[..., Analysis]) -> None:
    [answer] = answers(analysis({"": []}), ARMS)
    assert answer.verdict == "nothing"
    assert str(answer.text) == "No study reports this outcome."


def test_a_conclusion_that_hangs_on_the_method_is_said(death: Analysis) -> None:
    pool = death.pools[0]
    differing = replace(pool, sensitivity=tuple(replace(s, differs=True) for s in pool.sensitivity))
    text = cautions.sensitivity_differs(differing, 0, death, ARMS)
    assert str(text).startswith("The conclusion depends on the method: random effects, REML, Hartung-Knapp gives 0.9")
    assert not cautions.sensitivity_differs(pool, 0, death, ARMS)
    [answer] = answers(replace(death, pools=(differing,)), ARMS)
    assert (answer.verdict, answer.mark) == ("depends", "depends on the method")
    assert "depends on the method of pooling" in answer.statement


def test_models_that_differ_are_said(death: Analysis) -> None:
    trials, cohorts = death.pools
    mixed = replace(trials, fits={**trials.fits, "common": cohorts.common})
    text = cautions.models_differ(mixed, death, ARMS)
    assert text is not None
    assert "favours anakinra under a common (fixed) effect, no clear difference under random effects" in text


def test_heterogeneity_has_its_intervals(death: Analysis) -> None:
    text = spread.numbers(death.pools[0])
    assert text is not None
    assert text.startswith("τ² = 0.32 (95% CI 0 to 9.")
    assert "I² = 52% (0% to 97%); Q = 6.31, df = 3, p = 0.097" in text


def test_the_prediction_interval_names_its_convention(death: Analysis) -> None:
    text = str(spread.prediction(death.pools[0], 0, death))
    assert "between 0.11 and 8.80 (95% prediction interval, t distribution with k − 1 = 3 degrees of freedom)" in text
    assert text.endswith("it is only a rough guide.")


def test_two_studies_predict_nothing(analysis: Callable[..., Analysis]) -> None:
    two = analysis({"randomised": [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})
    assert (
        str(spread.prediction(two.pools[0], 0, two))
        == "No prediction interval: k = 2; a prediction interval needs at least 3 studies."
    )


def test_the_methods_cite_what_was_used(death: Analysis) -> None:
    cited = " ".join(methods.references([death]))
    for name in ("Mantel N", "Robins J", "DerSimonian R", "Viechtbauer W", "Hartung J", "Higgins JPT"):
        assert name in cited
    assert "Paule" not in cited
    assert methods.footer(death).startswith("Common (fixed) effect: Mantel-Haenszel. Random effects: inverse variance")


def test_every_code_of_a_method_has_words() -> None:
    from metaan.stats.pooling.pool import CI_METHODS
    from metaan.stats.pooling.tau2 import TAU2_METHODS

    assert set(TAU2_METHODS) <= set(methods.TAU2)
    assert set(CI_METHODS) <= set(methods.CI)


def test_a_pool_of_both_designs_is_told(death: Analysis) -> None:
    trials, cohorts = death.pools
    pool = replace(trials, name="", rows=(*trials.rows, *cohorts.rows[:1]))
    assert cautions.mixed(pool) == "This pool mixes designs: 4 randomised trials and 1 non-randomised study."
    assert cautions.mixed(trials) is None


def test_what_favours_an_arm_is_not_rounded_to_no_effect(analysis: Callable[..., Analysis]) -> None:
    """RR of 346 against 400 of 200,000: 0.865, upper bound exp(-0.14503 + 1.95996 x 0.0733) = 0.9987; by hand."""
    [answer] = answers(analysis({"randomised": [("A", 346, 200_000, 400, 200_000)]}, measure="RR"), ARMS)
    assert answer.verdict == "experimental"
    assert "to 0.999;" in str(answer.text)
    small = Absolute(0.002, "protocol", -0.27, Interval(-0.5, -0.0024))
    assert words.per_1000(small) == "0.27 fewer per 1000 people (0.50 fewer to 0.0024 fewer)"


SAME = {"randomised": [("A", 4, 100, 8, 100), ("B", 8, 200, 16, 200), ("C", 12, 300, 24, 300)]}


def test_a_result_without_an_interval_says_so_wherever_it_stands(analysis: Callable[..., Analysis]) -> None:
    made = analysis(SAME, "RR")
    [pool] = made.pools
    assert pool.random is not None
    es = EffectSizes(pool.random.effects.yi, pool.random.effects.vi, pool.random.effects.slab, "RR")
    without = pooled(es, ci_method="hksj")
    made = replace(made, pools=(replace(pool, fits={**pool.fits, "random": without}, absolute=None, sensitivity=()),))
    [answer] = answers(made, ARMS)
    assert answer.statement == "No interval can be given for the effect of anakinra on death from any cause."
    assert "risk ratio 0.50 (no interval;" in str(answer.text)
    assert (answer.verdict, answer.mark) == ("no interval", "no interval can be given")
    said = cautions.cautions(made.pools[0], 0, made, ARMS)
    assert len(said) == 1
    assert "undefined where all effects are identical" in str(said[0])
    assert "No prediction interval: undefined where all effects" in str(spread.prediction(made.pools[0], 0, made))
    plot = forest(made, ARMS)
    assert [row.cells["effect"] for row in plot.rows if row.mark and row.mark.role == "random"] == ["0.50"]
    assert "NaN" not in svg(plot)


def test_the_answer_counts_the_studies_of_its_own_result(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"randomised": [("A", 5, 10, 8, 10), ("B", 6, 20, 9, 20), ("C", 10, 10, 10, 10)]}, "RR")
    [pool] = made.pools
    assert pool.common is not None
    weights = pool.common.weights.tolist()
    rows = tuple(replace(row, weight_common=weight) for row, weight in zip(pool.rows, weights, strict=True))
    pool = replace(pool, rows=rows)
    made = replace(made, pools=(pool,))
    [both] = answers(made, ARMS)
    assert "In 2 randomised trials (60 people): " in str(both.text)
    alone = replace(made, pools=(replace(pool, fits={"common": pool.fits["common"]}),))
    [table] = answers(alone, ARMS)
    assert "In 3 randomised trials (80 people): " in str(table.text)
    assert (len(alone.pools[0].answering), alone.pools[0].people) == (3, 80)
