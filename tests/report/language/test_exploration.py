"""What was explored, in sentences, tables, JSON and on the page."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise

import pytest

from metaan.registry.model.public import BayesPlan, Explore, SelectionPlan
from metaan.report.language import formats, methods
from metaan.report.language.exploration import FINDINGS, ExploredFinding, Looked, findings, lines
from metaan.report.language.words import Arms
from metaan.report.plots.catalogue import PLOTS
from metaan.report.report import Report
from metaan.report.sections.exploration import FIELDS, explored
from metaan.report.sections.exploration_tables import TABLES, tables
from metaan.report.writers.exploration_json import PARTS, exploration
from metaan.report.writers.export import to_json
from metaan.report.writers.export_csv import to_csv
from metaan.report.writers.page import render
from metaan.report.writers.terminal import display_width, table
from metaan.stats.measures.effects import Interval
from metaan.synthesis.exploration import explore
from metaan.synthesis.values import Analysis, Exploration

ARMS = Arms("anakinra", "usual care")
ASKED = {
    "leave_one_out": True, "cumulative": "year", "influence": True, "multiverse": True, "gosh": True,
    "small_study_tests": [{"test": "peters"}, {"test": "harbord", "force": True}], "trim_and_fill": "R0",
    "regressions": [{"moderators": ["year"]}], "plots": ["funnel", "labbe"],
}  # fmt: skip
BELIEVED = BayesPlan(tau_prior="half-normal(0.5)", mu_prior="normal(0, 4)", priors=("half-Cauchy(0.5)", "uniform"))
SELECTED = SelectionPlan(models=("negative-exponential", "stepfun"))
FRAGILE = [("A", 2, 100, 20, 100), ("B", 15, 100, 17, 100), ("C", 14, 100, 16, 100)]


def explored_of(
    analysis: Analysis, asked: Explore, bayes: BayesPlan | None = None, selection: SelectionPlan | None = None
) -> Analysis:
    """The analysis with every pool explored as synthesis does it."""
    pools = []
    for pool in analysis.pools:
        fit = pool.fit
        rows = [_published(row, 2001 + i) for i, row in enumerate(pool.rows)]
        used, way = [row for row in rows if row.yi is not None], analysis.outcome.direction
        found = explore(asked, fit, used, bayes, selection=selection, direction=way) if fit else None
        pools.append(replace(pool, rows=tuple(rows), exploration=found))
    plan = analysis.plan.model_copy(update={"explore": asked, "bayes": bayes, "selection": selection})
    return replace(analysis, pools=tuple(pools), plan=plan)


def _published(row, year):
    citation = row.study.citation.model_copy(update={"published": str(year)})
    return replace(row, study=row.study.model_copy(update={"citation": citation}))


@pytest.fixture
def full(death: Analysis) -> Analysis:
    return explored_of(death, Explore.model_validate(ASKED), BELIEVED, SELECTED)


def said(analysis: Analysis, pool: int = 0) -> dict[str, ExploredFinding]:
    return {finding.name: finding for finding in findings(analysis.pools[pool], analysis, ARMS)}


def common_only(analysis: Analysis, asked: Explore) -> Analysis:
    """The analysis with the common effect alone: with three studies that is what decides."""
    return explored_of(
        replace(analysis, pools=(replace(analysis.pools[0], fits={"common": analysis.pools[0].common}),)), asked
    )


def test_every_field_has_words_values_and_a_place_on_the_page() -> None:
    names = {field.name for field in fields(Exploration)} - {"refused", "plots"}
    assert set(FINDINGS) == set(PARTS) == set(FIELDS) == names
    assert set(TABLES) == names - {"gosh"}


def test_leave_one_out_names_the_ends_of_its_range(full: Analysis) -> None:
    refits = full.pools[0].exploration.leave_one_out
    estimates = {fit.display.estimate: label for fit, label in zip(refits.fits, refits.slab, strict=True)}
    text = said(full)["Leave-one-out"].text
    assert f"between 0.69 (without {estimates[min(estimates)]}) and 1.32 (without {estimates[max(estimates)]})" in text
    assert text.endswith("the conclusion (no clear difference) does not hang on one study")
    assert not said(full)["Leave-one-out"].alarm


def test_a_study_that_decides_the_conclusion_is_named(analysis: Callable[..., Analysis]) -> None:
    made = common_only(analysis({"": FRAGILE}), Explore(leave_one_out=True))
    found = said(made)["Leave-one-out"]
    assert found.alarm
    assert "the conclusion (favours anakinra) hangs on one study: without A, no clear difference: 0.86" in found.text


def test_two_studies_left_out_in_turn_are_each_other(analysis: Callable[..., Analysis]) -> None:
    made = explored_of(analysis({"": FRAGILE[:2]}), Explore(leave_one_out=True))
    assert said(made)["Leave-one-out"].text == "with two studies, leaving one out leaves the other alone"


def test_cumulative_says_what_changed_last(analysis: Callable[..., Analysis]) -> None:
    made = common_only(analysis({"": [*FRAGILE[1:], FRAGILE[0]]}), Explore(cumulative="year"))
    text = said(made)["Cumulative, in order of publication"].text
    assert "changed last with A (3 of 3 studies): from no clear difference to favours anakinra" in text
    precise = common_only(analysis({"": FRAGILE}), Explore(cumulative="precision"))
    assert "Cumulative, the most precise study first" in said(precise)


def test_a_conclusion_that_never_changed(full: Analysis) -> None:
    text = next(f.text for name, f in said(full).items() if name.startswith("Cumulative"))
    assert "the conclusion (no clear difference) has been the same since the first study" in text


def test_influential_studies_are_named(full: Analysis) -> None:
    data = full.pools[0].exploration.influence[0]
    flagged = [label for label, far in zip(data.slab, data.influential, strict=True) if far]
    text = said(full)["Influence"].text
    assert flagged
    assert all(label in text for label in flagged)
    assert said(full, 1)["Influence"].text == "no study stands out from the others"


def test_the_multiverse_is_one_sentence_and_warns_where_it_does_not_hold(full: Analysis) -> None:
    assert said(full)["Multiverse"].text == "the conclusion (no clear difference) holds in 25 of 25 defensible analyses"
    assert not said(full)["Multiverse"].alarm
    other = said(full, 1)["Multiverse"]
    n, m = full.pools[1].exploration.multiverse.holds("all", -1)
    assert f"holds in {n} of {m}" in other.text
    assert other.alarm is (n < m)


def test_what_was_refused_has_its_reason_without_advice_for_programmers(full: Analysis) -> None:
    text = said(full)["Small-study test"].text
    assert text.startswith("not done (Peters's test: k = 4; with fewer than 10 studies")
    assert "force" not in text


def test_a_forced_test_says_why_it_is_not_valid(full: Analysis) -> None:
    assert "done although k = 4" in said(full)["Harbord's test"].text


def test_what_was_not_explored_is_not_spoken_of(death: Analysis) -> None:
    assert findings(death.pools[0], death, ARMS) == ()
    assert list(lines(death, ARMS)) == []
    assert explored(death, ARMS) == ()
    assert exploration(death.pools[0]) is None


def test_designs_that_are_pooled_together_are_one_more_choice_of_the_multiverse(death: Analysis) -> None:
    whole = death.pools[0]
    rows = [replace(row, design="non-randomised" if i < 2 else "randomised") for i, row in enumerate(whole.rows)]
    made = explored_of(replace(death, pools=(replace(whole, rows=tuple(rows)),)), Explore(multiverse=True))
    [pool] = made.pools
    universes = pool.exploration.multiverse.universes
    assert {universe.group for universe in universes} == {"all", "randomised", "non-randomised"}
    assert f"of {len(universes)} defensible analyses" in said(made)["Multiverse"].text
    [shown] = tables("multiverse", Looked(made, pool, pool.exploration, ARMS))
    assert shown.headers[0].text == "Design"
    assert [line.cells[0] for line in shown.lines] == [universe.group for universe in universes]


def test_tables_hold_the_numbers(full: Analysis) -> None:
    pool = full.pools[0]
    looked = Looked(full, pool, pool.exploration, ARMS)
    [left_out] = tables("leave_one_out", looked)
    assert [line.cells[0] for line in left_out.lines] == [*pool.exploration.leave_one_out.slab, "All studies"]
    assert left_out.lines[-1].cells[2] == "0.96 (0.44 to 2.11)"
    [universes] = tables("multiverse", looked)
    assert len(universes.lines) == 25
    [influence] = tables("influence", looked)
    assert [line.flagged for line in influence.lines] == pool.exploration.influence[0].influential.tolist()
    for name in TABLES:
        for one in tables(name, looked):
            assert {len(line.cells) for line in one.lines} == {len(one.headers)}
            assert not any("nan" in cell or "inf" in cell for line in one.lines for cell in line.cells)


def test_the_terminal_says_it_after_the_table(full: Analysis) -> None:
    text = table(full, ARMS, width=80)
    assert text.index("Sensitivity and influence, randomised trials") > text.index("OR (95% CI)")
    assert "- Multiverse: the conclusion (no clear difference) holds in 25 of 25 defensible analyses." in " ".join(
        text.split()
    )
    assert max(map(display_width, text.splitlines())) <= 80
    assert "Sensitivity" not in table(
        replace(full, pools=tuple(replace(p, exploration=None) for p in full.pools)), ARMS
    )


def test_json_holds_plain_values(full: Analysis) -> None:
    [got] = json.loads(json.dumps(to_json([full]), allow_nan=False))["analyses"]
    assert got["exploration"] is None
    found = got["subgroups"][0]["exploration"]
    assert set(found) == {*PARTS, "refused"}
    pool = full.pools[0]
    first = pool.exploration.leave_one_out.fits[0].display
    assert found["leave_one_out"][0]["estimate"] == pytest.approx(first.estimate, rel=1e-11)
    assert found["leave_one_out"][0]["ci"] == pytest.approx(list(first.ci), rel=1e-11)
    assert len(found["multiverse"]["universes"]) == 25
    assert found["gosh"]["subsets"] == 15
    assert found["influence"][0]["influential"] in (True, False)
    assert found["refused"][0]["what"] == "small-study test"


def test_the_page_has_sentences_plots_and_tables(full: Analysis, review: Callable[..., object]) -> None:
    page = render(Report(review([full]), [full]))
    assert page.count("Sensitivity and influence</summary>") == 1
    assert page.count('class="findings"') == 2
    part = page[page.index("Sensitivity and influence") :]
    for kind in ("funnel", "labbe", "baujat", "bubble", "gosh", "posterior", "heterogeneity"):
        assert part.count(f'class="chart {kind}"') == 2
    assert part.count('class="forest refits"') == 4
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert page.count("<table") == page.count("<caption")
    headings = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert render(Report(review([full]), [full])) == page


def test_a_plot_that_cannot_be_drawn_is_named_with_the_reason(analysis: Callable[..., Analysis]) -> None:
    made = explored_of(analysis({"": FRAGILE[:2]}), Explore(influence=True, plots=("funnel",)))
    [one] = explored(made, ARMS)
    refused = {finding.name: finding.text for finding in one.findings}
    assert refused["Baujat plot"].startswith("not drawn (k = 2; a Baujat plot needs at least 3 studies")
    assert refused["Funnel plot with contours"].startswith("not drawn (k = 2; a funnel plot needs")
    assert [part.title for part in one.parts] == [": ".join(FIELDS["influence"])]


def test_a_bayesian_model_is_one_sentence(full: Analysis) -> None:
    model = full.pools[0].exploration.bayes.fit
    found = said(full)["Bayesian model"]
    ci = [f"{model.display(x):.2f}" for x in model.mu.ci]
    assert f"the odds ratio is {model.display(model.mu.median):.2f} ({ci[0]} to {ci[1]})" in found.text
    assert "τ half-normal(0.5), mean normal(0, 4)" in found.text
    assert f"the probability of benefit is {100 * model.mu.cdf(0.0):.1f}%" in found.text
    assert found.text.endswith("the conclusion (no clear difference) is the same under all 2 other priors")
    assert not found.alarm
    assert said(full)["Predictive checks"].text == "the data are what priors and model expect"


def test_a_selection_model_is_one_sentence_and_one_row(full: Analysis) -> None:
    fit, stepped = full.pools[0].exploration.selection
    assert fit.alternative == "less"  # fewer deaths are what benefits patients
    found = said(full)["Selection model (negative-exponential)"]
    assert found.text.startswith("were studies with significant smaller effects likelier to be seen: ")
    assert f"{fit.display.estimate:.2f}" in found.text
    assert "the conclusion stands" in found.text
    assert f"{stepped.display.estimate:.2f}" in said(full)["Selection model (step function)"].text
    [shown] = tables("selection", Looked(full, full.pools[0], full.pools[0].exploration, ARMS))
    assert [line.cells[0] for line in shown.lines] == ["The protocol's result", "negative-exponential", "step function"]
    [got] = [one for one in csv.DictReader(io.StringIO(to_csv([full]))) if one["kind"] == "selection"][:1]
    assert float(got["estimate"]) == pytest.approx(fit.display.estimate)


def test_a_prior_that_turns_the_conclusion_is_named(full: Analysis) -> None:
    turning = BayesPlan(tau_prior="half-normal(0.01)", priors=("half-normal(5)", "log-normal(3, 0.1)"))
    found = said(explored_of(full, Explore(), turning), 1)["Bayesian model"]
    assert found.alarm
    assert "depends on the prior: under log-normal(3, 0.1), no clear difference" in found.text


def test_surprising_data_are_said(full: Analysis) -> None:
    far = BayesPlan(tau_prior="half-normal(0.01)", mu_prior="normal(3, 0.1)", priors=("uniform",))
    found = said(explored_of(full, Explore(), far))["Predictive checks"]
    assert found.alarm
    assert "the prior of the mean against the data: the data are surprising" in found.text


def test_a_bayesian_model_stands_in_every_table(full: Analysis, review: Callable[..., object]) -> None:
    fit = full.pools[0].exploration.bayes.fit
    row = formats.effect(fit.display(fit.mu.median), Interval(*map(fit.display, fit.mu.ci)), "OR")
    [line] = [line for line in table(full, ARMS, width=120).splitlines() if "Bayes, τ half-normal(0.5)" in line][:1]
    assert row in line
    page = render(Report(review([full]), [full]))
    in_models = re.findall(r'>Bayes, τ half-normal\(0\.5\)</th><td class="n" data-label="Effect">', page)
    assert len(in_models) == 2
    [got, *_] = [one for one in csv.DictReader(io.StringIO(to_csv([full]))) if one["kind"] == "bayes"]
    assert float(got["ci_lb"]) == pytest.approx(fit.display(fit.mu.ci.lb), rel=1e-8)
    [shown] = tables("bayes", Looked(full, full.pools[0], full.pools[0].exploration, ARMS))
    assert [line.cells[0] for line in shown.lines] == [
        "The protocol's result", "Bayes, τ half-normal(0.5), mean normal(0, 4)", "Other prior: half-Cauchy(0.5)",
        "Other prior: uniform",
    ]  # fmt: skip


def test_the_methods_name_the_priors(full: Analysis) -> None:
    text = " ".join(methods.paragraphs([full]))
    assert "with the prior half-normal(0.5) for τ and the prior normal(0, 4) for the mean" in text
    assert any("bayesmeta R package" in work for work in methods.references([full]))


def test_the_plots_of_the_protocol_are_kinds() -> None:
    annotation = str(Explore.model_fields["plots"].annotation)
    assert set(re.findall(r"'(\w+)'", annotation)) <= set(PLOTS)
