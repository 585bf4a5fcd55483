"""The PRISMA 2020 checklist: which item stands where on the page, and which only the authors can write.

Page MJ, et al. The PRISMA 2020 statement. BMJ 2021;372:n71. The topics are named in our own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...synthesis.values import Analysis

BY_AUTHORS = "to be written by the authors"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the statement."""

    # number, section, topic: as the statement has them, the topic in our own words
    number: str
    section: str
    topic: str
    anchor: str = ""  # the id of the place on the page; empty where only people can write it
    needs: str = ""  # a key of what `_facts` tells: without it the page has nothing to say there
    lacking: str = BY_AUTHORS  # what is said in that case


@dataclass(frozen=True, slots=True)
class ItemView:
    """One row of the table: a link to the place, or what is lacking."""

    number: str
    section: str
    topic: str
    href: str
    text: str


def checklist(
    review: Review, analyses: Sequence[Analysis], places: Mapping[str, str], dated: bool = False
) -> tuple[ItemView, ...]:
    """Return the checklist of a page: an item without data in the registry is said to be open.

    ``places`` has the name of the place that each anchor leads to; ``dated`` is a page that says when was searched.
    """
    facts = _facts(review, analyses) | {"dated": dated and bool(review.info.search)}
    return tuple(_view(item, facts, places) for item in ITEMS)


def _view(item: Item, facts: Mapping[str, bool], places: Mapping[str, str]) -> ItemView:
    if not item.anchor or (item.needs and not facts[item.needs]):
        return ItemView(item.number, item.section, item.topic, "", item.lacking)
    return ItemView(item.number, item.section, item.topic, f"#{item.anchor}", places[item.anchor])


def _facts(review: Review, analyses: Sequence[Analysis]) -> dict[str, bool]:
    info = review.info
    return {
        "eligibility": bool(info.eligibility.include or info.eligibility.exclude),
        "title": any(word in info.title.casefold() for word in ("systematic review", "meta-analysis")),
        "search": bool(info.search),
        "question": bool(info.question.text),
        "registration": bool(info.registration),
        "funding": bool(info.funding),
        "analyses": bool(analyses),
        "bias": any(study.risk_of_bias for study in review.studies),
        "certainty": bool(info.certainty),
    }


_NO_BIAS = "not assessed yet"

ITEMS: tuple[Item, ...] = (
    Item("1", "Title", "Named as a systematic review", "top", "title", "the title does not say so"),
    Item("2", "Abstract", "Structured abstract (PRISMA 2020 for abstracts)"),
    Item("3", "Introduction", "Rationale"),
    Item("4", "Introduction", "Objectives or questions", "question", "question"),
    Item("5", "Methods", "Eligibility criteria, and how studies were grouped", "eligibility", "eligibility"),
    Item(
        "6",
        "Methods",
        "Information sources, with the date of each last search",
        "search",
        "dated",
        "dates are not recorded",
    ),
    Item("7", "Methods", "Full search strategies", "search", "search"),
    Item("8", "Methods", "How studies were selected"),
    Item("9", "Methods", "How data were collected"),
    Item("10a", "Methods", "Outcomes for which data were sought", "results", "analyses"),
    Item("10b", "Methods", "Other variables for which data were sought", "studies"),
    Item("11", "Methods", "How risk of bias was assessed, and with which tool", "risk-of-bias", "bias", _NO_BIAS),
    Item("12", "Methods", "Effect measure of each outcome", "summary", "analyses"),
    Item("13a", "Methods", "Which studies entered each synthesis", "results", "analyses"),
    Item("13b", "Methods", "How data were prepared for synthesis", "statistics"),
    Item("13c", "Methods", "How results were tabulated or displayed", "results", "analyses"),
    Item("13d", "Methods", "How results were synthesised: models, methods, software", "statistics"),
    Item("13e", "Methods", "How causes of heterogeneity were explored", "statistics"),
    Item("13f", "Methods", "Sensitivity analyses", "statistics"),
    Item("14", "Methods", "How bias from missing results was assessed", "certainty", "analyses"),
    Item("15", "Methods", "How certainty was assessed", "certainty", "certainty", _NO_BIAS),
    Item("16a", "Results", "Search and selection, with a flow diagram", "flow"),
    Item("16b", "Results", "Studies that may seem to fit and were excluded, with reasons", "not-included"),
    Item("17", "Results", "Characteristics of each study", "studies"),
    Item("18", "Results", "Risk of bias in each study", "risk-of-bias", "bias", _NO_BIAS),
    Item("19", "Results", "Results of each study, by group and with an interval", "results", "analyses"),
    Item("20a", "Results", "For each synthesis, the studies and their risk of bias", "results", "analyses"),
    Item("20b", "Results", "Results of all syntheses, with heterogeneity", "results", "analyses"),
    Item("20c", "Results", "What was found on causes of heterogeneity", "results", "analyses"),
    Item("20d", "Results", "Results of sensitivity analyses", "results", "analyses"),
    Item("21", "Results", "Bias from missing results, for each synthesis", "certainty", "analyses"),
    Item("22", "Results", "Certainty of the evidence, for each outcome", "certainty", "certainty", _NO_BIAS),
    Item("23a", "Discussion", "Interpretation beside other evidence"),
    Item("23b", "Discussion", "Limits of the evidence"),
    Item("23c", "Discussion", "Limits of the review"),
    Item("23d", "Discussion", "Meaning for practice, policy and research"),
    Item("24a", "Other", "Registration", "registration", "registration", "no registration is recorded"),
    Item("24b", "Other", "Where the protocol is", "statistics"),
    Item("24c", "Other", "Amendments to registration or protocol"),
    Item("25", "Other", "Support, and the role of funders", "registration", "funding", "no funding is recorded"),
    Item("26", "Other", "Competing interests"),
    Item("27", "Other", "Availability of data, code and other materials", "reproducibility"),
)
