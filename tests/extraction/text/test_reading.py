"""Made-up sentences in the words of real abstracts: which numbers are results, and of which arm."""

import pytest

from metaan.extraction.listing import effect_text
from metaan.extraction.proposal import Passage
from metaan.extraction.text.abstract import propose, sizes
from metaan.extraction.text.mentions import expressions
from metaan.extraction.text.suggest import ReviewContext, time_in
from metaan.registry.model.study import Arm


def context(*names):
    roles = ["experimental"] * (len(names) - 1) + ["control"]
    arms = [Arm(id=f"a{i}", role=role, name=name) for i, (role, name) in enumerate(zip(roles, names))]
    return ReviewContext(expressions(arms), {}, {})


TWO = context("drugamab", "placebo")


def written(cell):
    if hasattr(cell, "spread"):
        return f"{cell.value}±{cell.bounds[0]}" if cell.bounds else f"{cell.value} {cell.spread}"
    share = "" if cell.events is None else f"{cell.events}" + (f"/{cell.total}" if cell.total else "")
    return "=".join(filter(None, (share, str(cell.percent or ""))))


def of_arms(text, known=TWO):
    found = propose([Passage("", text)], known)
    return {(cell.arm, written(cell)) for one in found for cell in (*one.cells, *one.values) if cell.arm}


def counts(text, known=TWO):
    return [written(cell) for one in propose([Passage("", text)], known) for cell in one.cells]


@pytest.mark.parametrize(
    ("text", "drug", "placebo"),
    [
        ("Response: drugamab: 71% and 86%; placebo: 52% and 64%.", "71% 86%", "52% 64%"),
        ("Response was 74 and 51% with drugamab and placebo.", "74%", "51%"),
        ("Placebo 12%, drugamab 8%.", "8%", "12%"),
        ("Relief in 73% and 79% of drugamab-treated patients, compared with 28% and 37% of placebo-treated patients.",
         "73% 79%", "28% 37%"),
        ("Pressure was 131 +/- 9 mm Hg with drugamab and 139 +/- 11 mm Hg with placebo.", "131±9", "139±11"),
        ("HbA1c was lower with drugamab than with placebo (7.1 +/- 0.2 vs. 7.9 ± 0.3%).", "7.1±0.2", "7.9±0.3"),
        ("Cmax was higher (971 ± 217 vs. 659 ± 141) with drugamab.", "971±217", "659±141"),
        ("With drugamab it fell from 8.3 ± 0.2 to 7.1 ± 0.3.", "7.1±0.3", ""),
        ("At baseline (drugamab 8.5 ± 1.8, placebo 8.7 ± 1.7) they were alike, but after drugamab it was 4.4 ± 1.2.",
         "4.4±1.2", ""),
        ("More drugamab than placebo patients were well (41 vs 19; p < 0.001).", "41", "19"),
        ("There were fewer with drugamab than with placebo: three deaths v. eight deaths (p = 0.1).", "3", "8"),
        ("Relief was seen after drugamab in 26 patients (70%) compared to 8 patients (21%) in the placebo group.",
         "26=70%", "8=21%"),
        ("Three patients on drugamab (22%) and seven on placebo (54%) were well.", "3=22%", "7=54%"),
        ("After a year 91% in both groups were alive.", "91%", "91%"),
        ("The rate was 12.3 per 100 person-years with drugamab and 20.1 per 100 person-years with placebo.",
         "12.3 per 100 person-years", "20.1 per 100 person-years"),
        ("Seventy percent of patients on drugamab and 35 per cent of those on placebo were well.", "70%", "35%"),
        ("Weight: drugamab 83.5 kg, SD=19.8; placebo 78.8 kg, SD=10.6.", "83.5±19.8", "78.8±10.6"),
        ("It was reduced to 3. 1% with drugamab and 13. 3 ± 5.0 with placebo.", "", "13.3±5.0"),
    ],
)  # fmt: skip
def test_a_number_goes_with_the_arm_that_the_words_give_it(text, drug, placebo):
    assert of_arms(text) == {("a0", one) for one in split(drug)} | {("a1", one) for one in split(placebo)}


def split(cells):
    return [cells] if "per" in cells else cells.split()


@pytest.mark.parametrize(
    "text",
    [
        "Density rose 3.3% (0.4% SEM) with drugamab.",
        "Pain improved by 29% in the drugamab group and 18% in the placebo group.",
        "The mean decrease was greater with drugamab than with placebo (37% compared with 20%).",
        "Patients received 0.5% drugamab or 0.9% saline as placebo.",
        "At baseline 45% of drugamab and 44% of placebo patients smoked.",
        "82% on drugamab took it at 1 year, 70% at 3 years.",
        "In patients with severe disease, 12% on drugamab and 30% on placebo died.",
        "The share was 21.7% to 22.5% with drugamab and 7.5% to 12.1% with placebo.",
        "In all, 40% of patients were well.",
        "The study had 80% power to show 30% with drugamab and 50% with placebo as different.",
    ],
)
def test_what_is_no_result_of_an_arm_is_given_to_none(text):
    assert of_arms(text) == set()


def test_a_change_and_a_strength_are_no_people():
    assert counts("Density rose by 3.3% and 0.5% bupivacaine was given; saline 0.9%.") == []


def test_numbers_in_words_are_whole_and_of_people():
    assert counts("Two hundred and thirty and forty patients died.") == ["230", "40"]
    assert counts("One of three doses was missed in 5 (10%) patients.") == ["5=10%"]


def test_arms_that_differ_in_dose_and_short_names():
    three = context("drugamab 2.5 mg", "drugamab 5 mg", "comparatol 50 mg")
    text = "Well were 47.6% on drugamab 5 mg, 21.3% on drugamab 2.5 mg and 17.9% on comparatol."
    assert of_arms(text, three) == {("a1", "47.6%"), ("a0", "21.3%"), ("a2", "17.9%")}
    named = "Patients received drugamab (DRG) or comparatol (CPT). Remission was reached (81% DRG, 79% CPT)."
    assert of_arms(named, context("drugamab", "comparatol")) == {("a0", "81%"), ("a1", "79%")}
    lettered = (
        "Group A (n = 20) received drugamab and Group B (n = 21) placebo. "
        "Shivering in 4 (20%) of group A and 9 (43%) of group B."
    )
    assert of_arms(lettered) == {("a0", "4=20%"), ("a1", "9=43%")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drugamab (20 mg daily; n = 61) or placebo (n = 58)", {"a0": 61, "a1": 58}),
        ("61 patients received drugamab and 58 patients received placebo.", {"a0": 61, "a1": 58}),
    ],
)
def test_sizes(text, expected):
    assert {size.arm: size.people for size in sizes([Passage("", text)], TWO)} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The odds ratio was 0.5 (95% CI 0.3 to 0.8) for death and 0.7 (95% CI 0.4 to 1.1) for stroke.",
         ["OR 0.5 (95% CI 0.3 to 0.8)", "OR 0.7 (95% CI 0.4 to 1.1)"]),
        ("HR 0.71, 95% CI 0.52 to 0.97, p = 0.03", ["HR 0.71 (95% CI 0.52 to 0.97)", "p = 0.03"]),
        ("relative hazard 0,71 (95% CI 0,52-0,97)", ["HR 0.71 (95% CI 0.52 to 0.97)"]),
        ("risk reduction 41% (95% CI 10 to 60)",
         ["RR 0.59 (95% CI 0.4 to 0.9) (printed in percent; 1 less the reduction that is printed)"]),
        ("adjusted OR, 2·42; 95% CI, 1·37 to 4·30; P<0. 05", ["OR 2.42 (95% CI 1.37 to 4.30) (adjusted)", "p <0.05"]),
        ("With 80% power to detect a hazard ratio of 0.7 (95% CI 0.5 to 0.9)", []),
    ],
)  # fmt: skip
def test_effects(text, expected):
    found = propose([Passage("", text)], TWO)
    assert [effect_text(effect) for one in found for effect in one.reported] == expected


def test_weeks_are_abbreviated():
    assert time_in("Response at wk 8") == "week 8"
