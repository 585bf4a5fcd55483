"""Judgements and suggestions stand apart, and each suggestion has its number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import metaan as ma
from metaan.registry.model.public import Certainty
from metaan.report.report import Report
from metaan.report.sections.certainty import certainty, misplaced
from metaan.report.writers.page import render
from metaan.synthesis.certainty import Evidence, Imprecision, Inconsistency, SmallStudies, evidence
from metaan.synthesis.statement import judged
from metaan.synthesis.values import Analysis
from tests.report.writers.test_page import EVIL, Page


def signed(pool: str | None, outcome: str = "death", reason: str = "few events") -> Certainty:
    domains = [
        {"domain": "risk of bias", "judgement": "not serious"},
        {"domain": "imprecision", "judgement": "very serious", "reason": reason},
    ]
    plain = {"outcome": outcome, "pool": pool, "level": "low", "domains": domains, "by": ["A. Panel", "B. Panel"]}
    return Certainty.model_validate(plain | {"on": "2026-11-01"})


def texts(found: Evidence, analysis: Analysis) -> dict[str, tuple[str, str, str]]:
    view = certainty(analysis, 0, found)
    return {one.domain: (one.code, one.verdict, one.text) for one in view.suggested}


def test_a_judgement_names_who_made_it_and_what_it_rests_on(death: Analysis) -> None:
    view = certainty(judged(death, [signed("Randomised")]), 0, None)
    assert view.judged is not None
    assert (view.judged.level, view.judged.symbols) == ("low", "⊕⊕○○")
    assert (view.judged.by, view.judged.on) == ("A. Panel and B. Panel", "2026-11-01")
    assert [(d.name, d.matters) for d in view.judged.domains] == [("risk of bias", False), ("imprecision", True)]
    assert view.judged.stale == ""


def test_a_judgement_is_about_its_own_pool_only(death: Analysis) -> None:
    views = [certainty(judged(death, [signed("non-randomised")]), i, None) for i in range(len(death.pools))]
    assert [view.judged is not None for view in views] == [False, True]


def test_a_judgement_without_a_pool_needs_a_single_result(analysis: Callable[..., Analysis], death: Analysis) -> None:
    one = analysis({"randomised": [("A", 5, 40, 9, 40), ("B", 5, 40, 3, 40)]})
    assert certainty(judged(one, [signed(None)]), 0, None).judged
    assert certainty(judged(death, [signed(None)]), 0, None).judged is None


@pytest.mark.parametrize("name", [None, "all studies", "All studies"])
def test_a_judgement_can_be_about_all_studies(death: Analysis, review: Callable[..., Any], name: str | None) -> None:
    whole = replace(death, overall=replace(death.pools[0], name="", rows=death.rows))
    assert whole.overall is not None
    about = [certainty(judged(whole, [signed(name)]), i, None).judged for i in range(len(whole.results))]
    assert [one is not None for one in about] == [False, False, True]
    made = review([whole])
    made = replace(made, info=made.info.model_copy(update={"certainty": (signed(name),)}))
    assert misplaced(made, [whole]) == ()
    [text] = misplaced(made, [death])
    assert "fits no result" in text
    made = replace(made, info=made.info.model_copy(update={"certainty": (signed("cohorts"),)}))
    [text] = misplaced(made, [whole])
    assert "death in all studies" in text


def test_a_judgement_of_no_result_is_not_dropped_in_silence(death: Analysis, review: Callable[..., Any]) -> None:
    made = review([death])
    made = replace(made, info=made.info.model_copy(update={"certainty": (signed("cohorts"), signed("randomised"))}))
    [text] = misplaced(made, [death])
    assert text.startswith("A judgement of death in cohorts (low) fits no result")
    assert text.endswith("the results are death in randomised and death in non-randomised.")
    assert text in render(Report(made, [death]))


def test_suggestions_hold_their_numbers(death: Analysis) -> None:
    found = texts(evidence(death)[0], death)
    assert found["imprecision"] == (
        "lower",
        "consider two levels",
        "The 95% interval includes OR 0.75, no effect and OR 1.25; its ends are 4.80 times apart. 809 people are 39% "
        "of the 2,090 of one adequate trial (to tell 133 from 177 per 1000, a quarter less), which counts only where "
        "the interval includes no threshold.",
    )
    assert found["inconsistency"][:2] == ("lower", "consider one level")
    assert "I² = 52%" in found["inconsistency"][2]
    assert "τ² = 0.32 is large enough to matter" in found["inconsistency"][2]
    assert found["small-study effects"] == (
        "unknown",
        "cannot be told",
        "Not tested: 4 studies, where a test needs at least 10.",
    )


def test_thresholds_are_named_by_their_side(death: Analysis) -> None:
    found = Evidence(
        (),
        Imprecision(2, "mid", "per_1000", (-10.0, 10.0), (-10.0, 10.0), 800, None, None, 1.5, "the risks are both 0"),
        Inconsistency(1, "mid", "per_1000", True, False, True, (10.0,), 0.2, 40.0, 0.05),
        SmallStudies(None, why="x"),
    )
    got = texts(found, death)
    assert got["imprecision"][1] == "consider two levels"
    assert "the threshold of 10 fewer per 1000 and the threshold of 10 more per 1000" in got["imprecision"][2]
    assert "no optimal information size: the risks are both 0" in got["imprecision"][2]
    assert (
        "includes the threshold of 10 more per 1000, which the confidence interval does not" in got["inconsistency"][2]
    )


def test_a_test_of_small_studies_says_its_p_and_whether_it_was_planned() -> None:
    [bcg] = ma.analyse(ma.load(ma.example("bcg")))
    planned = texts(evidence(bcg)[-1], bcg)["small-study effects"]
    assert planned == ("none", "no reason found", "Peters's test, k = 13: p = 0.23 (read as asymmetry below 0.10).")
    bare = replace(bcg, overall=replace(bcg.overall, exploration=None))
    assert "the protocol names no test" in texts(evidence(bare)[-1], bare)["small-study effects"][2]


def test_a_page_without_judgements_says_so_and_marks_suggestions(death: Analysis, review: Callable[..., Any]) -> None:
    page = render(Report(review([death]), [death], evidence={"death": evidence(death)}))
    section = page.split('<section id="certainty"')[1].split("</section>")[0]
    assert "<strong>Not assessed yet.</strong>" in section
    assert "not judgements" in section
    assert "⊕" not in page


def test_a_page_with_judgements_shows_them_signed_and_escaped(death: Analysis, review: Callable[..., Any]) -> None:
    made = review([death])
    about = (signed("randomised", reason=EVIL),)
    made = replace(made, info=made.info.model_copy(update={"certainty": about}))
    page = render(Report(made, [judged(death, about)], evidence={"death": evidence(death)}))
    section = page.split('<section id="certainty"')[1].split("</section>")[0]
    assert "Judged by A. Panel and B. Panel on 2026-11-01." in section
    assert "<strong>Not assessed yet.</strong>" not in section
    assert page.count("<script") == 2  # the data and the page's own
    got = Page(page)
    assert got.open == []
    assert len(set(got.ids)) == len(got.ids)
    assert {link[1:] for link in got.links if link.startswith("#")} <= set(got.ids)
