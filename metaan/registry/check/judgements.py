"""Judgements of bias and certainty: the tool's own words, nothing twice, nothing lowered without a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from ...errors import Problem, did_you_mean
from ..model.appraisal import TOOLS, BiasTool, find_tool
from ..model.judgements import Level
from ..model.study import RiskOfBias, Study
from .draft import Document, Draft, Path


def bias_tools_are_known(draft: Draft) -> Iterator[Problem]:
    """The tool of a judgement is one whose domains are known."""
    for document, i, judged in _judged(draft):
        if find_tool(judged.tool, judged.version) is None:
            found = f"tool {judged.tool!r} is unknown"
            yield document.problem(("risk_of_bias", i, "tool"), found, did_you_mean(judged.tool, TOOLS))


def bias_domains_are_the_tools(draft: Draft) -> Iterator[Problem]:
    """Domains are those of the tool, each once, with judgements that the tool has."""
    for document, i, judged in _judged(draft):
        tool = find_tool(judged.tool, judged.version)
        if tool is not None:
            yield from _domains(document, i, judged, tool)


def _domains(document: Document[Study], i: int, judged: RiskOfBias, tool: BiasTool) -> Iterator[Problem]:
    seen: set[str] = set()
    for j, domain in enumerate(judged.domains):
        path: Path = ("risk_of_bias", i, "domains", j)
        name = tool.domain(domain.name)
        if name is None:
            found = f"{tool.title} has no domain {domain.name!r}"
            yield document.problem((*path, "name"), found, did_you_mean(domain.name, tool.domains))
        elif name in seen:
            yield document.problem((*path, "name"), f"{name} is here a second time", "allowed: each domain once")
        seen.add(name or "")
        yield from _judgement(document, (*path, "judgement"), domain.judgement, tool)
    if judged.overall is not None:
        yield from _judgement(document, ("risk_of_bias", i, "overall"), judged.overall, tool)


def _judgement(document: Document[Study], path: Path, text: str, tool: BiasTool) -> Iterator[Problem]:
    if tool.judgement(text) is None:
        yield document.problem(path, f"{tool.title} has no judgement {text!r}", did_you_mean(text, [*tool.judgements]))


def overall_is_no_better_than_its_domains(draft: Draft) -> Iterator[Problem]:
    """The overall judgement is at least as bad as the worst domain, as every tool here has it."""
    for document, i, judged in _judged(draft):
        tool = find_tool(judged.tool, judged.version)
        if tool is None or judged.overall is None:
            continue
        overall = tool.judgements.get(tool.judgement(judged.overall) or "")
        found = [(tool.judgements.get(tool.judgement(d.judgement) or ""), d) for d in judged.domains]
        worst = max(((rank, d.name, d.judgement) for rank, d in found if rank is not None), default=None)
        if overall is not None and worst is not None and worst[0] > overall:
            said = f"{judged.overall} overall, but {worst[2]} in {worst[1]}"
            allowed = f"allowed: {worst[2]} or worse"
            yield document.problem(("risk_of_bias", i, "overall"), said, allowed)


def bias_is_judged_once(draft: Draft) -> Iterator[Problem]:
    """A study has one judgement for each outcome and tool."""
    for document in draft.studies:
        seen = set()
        for i, judged in enumerate(document.model.risk_of_bias):
            key = (_tool_name(judged), judged.outcome)
            if key in seen:
                about = judged.outcome or "the study"
                found = f"{judged.tool} for {about} is here a second time"
                yield document.problem(("risk_of_bias", i), found, "allowed: one judgement for each outcome and tool")
            seen.add(key)


def _tool_name(judged: RiskOfBias) -> str:
    tool = find_tool(judged.tool, judged.version)
    return tool.title if tool else judged.tool


def certainty_follows_its_domains(draft: Draft) -> Iterator[Problem]:
    """The level is where the certainty began, less what its domains cost; two borderline concerns may cost one."""
    for i, judged in enumerate(draft.review.model.certainty if draft.review else ()):
        assert draft.review is not None
        costs = [COSTS[domain.judgement] for domain in judged.domains]
        low_too = () if judged.pool == "randomised" else ("low",)
        by_start = {start: _level(start, costs) for start in ([judged.start] if judged.start else ("high", *low_too))}
        borderline = bool(judged.note) and sum(cost > 0 for cost in costs) > 1
        fits = {LEVELS[max(0, at - more)] for at in by_start.values() for more in range(1 + borderline)}
        if judged.level not in fits and not draft.review.gone("certainty", i):
            start, at = next(iter(by_start.items()))
            why = ", ".join(f"{d.domain} {d.judgement}" for d in judged.domains if COSTS[d.judgement]) or "no concern"
            allowed = (
                f"allowed: {LEVELS[at]}; 'start:' where it began; for two borderline concerns a 'note:' that says so"
            )
            found = f"{judged.level}, where {start} with {why} is {LEVELS[at]}"
            yield draft.review.problem(("certainty", i, "level"), found, allowed)


def _level(start: str, costs: Sequence[int]) -> int:
    return min(len(LEVELS) - 1, max(0, LEVELS.index(start) + sum(costs)))


LEVELS: tuple[str, ...] = get_args(Level)

#: Judgement of a domain -> how many levels it takes.
COSTS = {
    "not serious": 0, "none": 0, "serious": 1, "very serious": 2, "extremely serious": 3, "suspected": 1,
    "raised": -1, "raised twice": -2,
}  # fmt: skip


def _judged(draft: Draft) -> Iterator[tuple[Document[Study], int, RiskOfBias]]:
    for document in draft.studies:
        for i, judged in enumerate(document.model.risk_of_bias):
            yield document, i, judged


def certainty_is_of_an_analysis(draft: Draft) -> Iterator[Problem]:
    """A judgement of certainty names an analysis or its outcome."""
    if draft.review is None or "analyses" in draft.review.tree.gone:
        return
    plans = draft.review.model.analyses
    known = dict.fromkeys([*(plan.key for plan in plans), *(plan.outcome for plan in plans)])
    for i, judged in enumerate(draft.review.model.certainty):
        if judged.outcome not in known and judged.outcome not in draft.review.gone("analyses"):
            found = f"no analysis of {judged.outcome!r}"
            yield draft.review.problem(("certainty", i, "outcome"), found, did_you_mean(judged.outcome, known))


def certainty_is_judged_once(draft: Draft) -> Iterator[Problem]:
    """A result has one judgement of certainty, and a domain one entry in it."""
    seen = set()
    for i, judged in enumerate(draft.review.model.certainty if draft.review else ()):
        assert draft.review is not None
        if (judged.outcome, judged.pool) in seen:
            about = " ".join(filter(None, (judged.outcome, judged.pool)))
            found = f"the certainty of {about} is here a second time"
            yield draft.review.problem(("certainty", i), found, "allowed: one judgement for each result")
        seen.add((judged.outcome, judged.pool))
        names = [domain.domain for domain in judged.domains]
        for j, name in enumerate(names):
            if name in names[:j]:
                path = ("certainty", i, "domains", j, "domain")
                yield draft.review.problem(path, f"{name} is here a second time", "allowed: each domain once")


def certainty_has_reasons(draft: Draft) -> Iterator[Problem]:
    """Whatever changes the certainty has its reason."""
    for i, judged in enumerate(draft.review.model.certainty if draft.review else ()):
        for j, domain in enumerate(judged.domains):
            if domain.judgement not in ("not serious", "none") and not domain.reason:
                assert draft.review is not None
                found = f"{domain.domain} is {domain.judgement}, without a reason"
                path = ("certainty", i, "domains", j)
                yield draft.review.problem(path, found, "allowed: 'reason:' with its words")
