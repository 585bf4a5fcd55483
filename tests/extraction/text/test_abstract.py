"""Sentences, written by hand or as abstracts print them, and what is to be read in them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.extraction.listing import reading_of
from metaan.extraction.proposal import Passage
from metaan.extraction.text import abstract
from metaan.extraction.text.suggest import context_of

ELMEKATY = (
    "Out 327 patients screened for eligibility, 80 patients were recruited for the study. The mean age was 49.9 years "
    "(SD = 11.7), with male predominance at 82.5% (n = 66). The primary outcome was not statistically different "
    "(87.5% (n = 35) in anakinra group vs. 92.5% (n = 37) in SOC group, p = 0.712; OR = 1.762 (95%CI: 0.39-7.93). The "
    "majority of reported adverse events were mild in severity and not related to the study treatment. Elevated "
    "aspartate aminotransferase was the only significant adverse event which was not associated with discontinuation "
    "of therapy."
)


def proposals(text, context, place="Results"):
    return abstract.propose([Passage(place, text)], context)


def counts(proposal, context):
    return {cell.arm: reading_of(cell, context).counts for cell in proposal.cells}


def test_the_seed_trial_as_its_abstract_prints_it(context):
    age, men, primary = proposals(ELMEKATY, context)
    assert [(value.value, value.spread, value.bounds) for value in age.values] == [(49.9, "SD", (11.7,))]
    assert [(cell.events, str(cell.percent), cell.arm) for cell in men.cells] == [(66, "82.5%", None)]
    assert counts(primary, context) == {"anakinra": (35, 40), "control": (37, 40)}
    assert [cell.because for cell in primary.cells] == ["named after the number"] * 2
    p, effect = primary.reported
    assert p.p == 0.712
    assert (effect.measure, effect.estimate, effect.ci) == ("OR", 1.762, (0.39, 7.93))
    assert primary.quote.startswith("The primary outcome was not")
    assert primary.quote.endswith("7.93).")
    assert ELMEKATY[primary.span.start : primary.span.end] == primary.span.quote


@pytest.mark.parametrize(
    ("study", "sentence", "outcome", "time", "events", "totals"),
    [
        ("audemard-verger-2022", "At day 14, 26 (70.3%) patients in the anakinra group and 31 (91.2%) in the control "
         "group were alive without ventilation.", "ventilation", "day 14", [26, 31], [37, 34]),
        ("audemard-verger-2022", "At day 28, 9 and 3 patients had died.", "death", "day 28", [9, 3], [37, 34]),
        ("audemard-verger-2022", "Serious adverse events occurred in 19 and 18 patients.",
         "serious-adverse-events", None, [19, 18], [37, 34]),
        ("balkhair-2021", "In-hospital death occurred in 13 (29%) of anakinra and 11 (46%) of controls, p=0.082.",
         "death", "in hospital", [13, 11], [45, 24]),
        ("balkhair-2021", "25 (63%) and 6 (27%) were weaned from oxygen.", "oxygen-weaning", None, [25, 6], [40, 22]),
        ("kyriazopoulou-2021-save-more", "The 28-day mortality was 13 (3.2%) against 13 (6.9%).",
         "death", "day 28", [13, 13], [405, 189]),
        ("kyriazopoulou-2021-save-more", "Severe respiratory failure: 86 (21.2%) against 62 (32.8%).",
         "severe-respiratory-failure", None, [86, 62], [405, 189]),
        ("corimuno-ana-1-2021", "Death by day 90 was 27% with anakinra and 27% with usual care.",
         "death", "day 90", [16, 15], [59, 55]),
        ("corimuno-ana-1-2021", "Ventilation or death by D14: 47% against 51%.",
         "ventilation-or-death", "day 14", [28, 28], [59, 55]),
        ("kharazmi-2022", "Invasive mechanical ventilation was 20.0% vs 66.7%, p = 0.010.",
         "ventilation", None, [3, 10], [15, 15]),
        ("kyriazopoulou-2021-save", "Deaths at day 30 were 11.5% against 22.3%; HR 0.49 (95% CI 0.25-0.97).",
         "death", "day 30", [15, 29], [130, 130]),
        ("nct04362111-2021", "Four of 15 and four of 15 died; four and two patients had an infection.",
         "infection", None, [4, 2], [15, 15]),
    ],
)  # fmt: skip
def test_what_abstracts_print_gives_the_counts_of_the_registry(review, study, sentence, outcome, time, events, totals):
    context = context_of(review.study(study), review.info.outcomes)
    found = proposals(sentence, context)[-1]
    cells = [replace(cell, arm=cell.arm or arm) for cell, arm in zip(found.cells, context.arms)]  # as --arms says
    readings = [reading_of(cell, context) for cell in cells]
    assert [reading.counts for reading in readings] == list(zip(events, totals))
    assert outcome in found.outcomes
    assert found.time == time


@pytest.mark.parametrize(
    ("sentence", "expected", "because"),
    [
        ("35 (87.5%) in the anakinra group, 37 (92.5%) in the control group", ["anakinra", "control"], "after"),
        ("37 (92.5%) with placebo and 35 (87.5%) with anakinra", ["control", "anakinra"], "after"),
        ("anakinra: 35 (87.5%), standard of care: 37 (92.5%)", ["anakinra", "control"], "before"),
        ("in the control and anakinra groups 37 (92.5%) and 35 (87.5%) were well", ["control", "anakinra"], "order"),
        ("35 (87.5%) versus 37 (92.5%) were well", [None, None], ""),
        ("compared with control, anakinra gave 35 (87.5%) versus 37 (92.5%)", ["anakinra", "control"], "order"),
        ("anakinra vs. control: 35 (87.5%) versus 37 (92.5%)", ["anakinra", "control"], "order"),
        ("nine patients in the anakinra group and three in the SOC group died", ["anakinra", "control"], "after"),
    ],
)
def test_arms_are_suggested_with_the_reason(context, sentence, expected, because):
    [found] = proposals(sentence, context)
    assert [cell.arm for cell in found.cells] == expected
    assert all(because in cell.because for cell in found.cells)


def test_each_effect_stands_with_the_counts_before_it_and_alone_where_there_are_none(context):
    text = "Death 9 (22.5%) vs 3 (7.5%), p = 0.1; ventilation 5 (12.5%) vs 6 (15%), p = 0.9. The HR was 0.5 (0.2-0.9)."
    first, second, alone = proposals(text, context)
    assert [effect.p for effect in first.reported] == [0.1]
    assert [effect.p for effect in second.reported] == [0.9]
    assert (alone.kind, alone.cells, alone.reported[0].measure) == ("effect", (), "HR")


def test_groups_are_not_compared_across_sentences_or_where_they_are_printed_differently(context):
    found = proposals("Of these 35 (87.5%) were well. Later 37 (92.5%) were. Then 5/40 and 12.5% died.", context)
    assert [len(proposal.cells) for proposal in found] == [1, 1, 1]


def test_full_stops_of_abbreviations_end_no_sentence(context):
    [found] = proposals("Death in 9 (22.5%) vs. 3 (7.5%) people, cf. Doe et al. 2020.", context)
    assert [cell.events for cell in found.cells] == [9, 3]


def test_the_time_of_a_sentence_before_is_told_apart_from_one_that_is_named(context):
    first, second = proposals("At day 14, 9 and 3 patients died. 5 and 4 patients were ventilated.", context)
    assert (first.time, first.earlier_time) == ("day 14", None)
    assert (second.time, second.earlier_time) == (None, "day 14")


def test_three_arms_are_compared_together(review, context):
    study = review.study("elmekaty-2023")
    third = study.arms[0].model_copy(update={"id": "high", "name": "high dose"})
    wider = context_of(study.model_copy(update={"arms": (*study.arms, third)}), review.info.outcomes)
    [found] = proposals("9 (22.5%), 8 (20%) and 3 (7.5%) people died", wider)
    assert [cell.events for cell in found.cells] == [9, 8, 3]


def test_sizes_of_arms_are_read_where_the_study_file_has_none(review):
    study = review.study("elmekaty-2023")
    arms = tuple(arm.model_copy(update={"randomised": None}) for arm in study.arms)
    context = context_of(study.model_copy(update={"arms": arms}), review.info.outcomes)
    text = "Assigned to anakinra (n = 59) or usual care (n = 55). Death: 27% with anakinra, 27% with usual care."
    passages = [Passage("", text)]
    sizes = abstract.sizes(passages, context)
    assert [(size.arm, size.people) for size in sizes] == [("anakinra", 59), ("control", 55)]
    known = abstract.with_sizes(context, sizes)
    [found] = abstract.propose(passages, known)
    assert counts(found, known) == {"anakinra": (16, 59), "control": (15, 55)}
    assert "abstract" in reading_of(found.cells[0], known).derived


def test_two_sizes_of_one_arm_are_none_and_the_study_file_comes_first(review, context):
    study = review.study("elmekaty-2023")
    arms = tuple(arm.model_copy(update={"randomised": None}) for arm in study.arms)
    bare = context_of(study.model_copy(update={"arms": arms}), review.info.outcomes)
    twice = [Passage("", "anakinra (n = 59), later anakinra (n = 58)")]
    assert abstract.sizes(twice, bare) == ()
    assert abstract.sizes([Passage("", "anakinra (n = 59)")], context) == ()


pieces = st.sampled_from(
    ["35 (87.5%)", "37 (92.5%)", " vs. ", " and ", "9 and 3 patients died", "27%", ". The ", "OR 0.5 (0.2-0.9)",
     "p < 0.01", " anakinra ", " placebo ", "day 28", "(n = 40)", "5/40", "\u00a0", "\x1b[2J", "<b>", "É. A", ", "]
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(pieces, max_size=30).map("".join))
def test_every_proposal_quotes_its_text_exactly(context, text):
    for found in proposals(text, context):
        assert text[found.span.start : found.span.end] == found.span.quote
        assert found.quote in text
        for cell in found.cells:
            assert text[cell.span.start : cell.span.end] == cell.span.quote == cell.printed
            assert found.span.start <= cell.span.start < cell.span.end <= found.span.end
        for effect in found.reported:
            assert text[effect.span.start : effect.span.end] == effect.span.quote
