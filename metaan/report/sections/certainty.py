"""Certainty on the page: what people judged and signed, and, apart from it, what arithmetic suggests.

A suggestion always stands with its number and its rule, and is never shown as a judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...registry.model.appraisal import LEVELS
from ...stats.numerics.numerals import exact
from ...synthesis.statement import ALL, is_about
from ..blocks import Block, Bullets, Heading, Paragraph, Table
from ..document import Strong
from ..language import formats, spread, words
from ..language.headings import pool_heading

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.public import Certainty
    from ...synthesis.certainty import Evidence, Imprecision, Inconsistency, SmallStudies
    from ...synthesis.values import Analysis, Pool


@dataclass(frozen=True, slots=True)
class DomainView:
    """One domain of a judgement."""

    name: str
    judgement: str
    reason: str
    matters: bool


@dataclass(frozen=True, slots=True)
class JudgedCertainty:
    """A signed judgement; ``stale`` says that the result has other studies now."""

    level: str
    symbols: str
    domains: tuple[DomainView, ...]
    by: str
    on: str
    stale: str
    note: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion: ``code`` is ``"none"``, ``"lower"`` or ``"unknown"``; ``text`` holds the numbers behind it."""

    domain: str
    code: str
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class CertaintyView:
    """The certainty of one result: a judgement where there is one, and the suggestions."""

    id: str
    title: str
    pool: str
    evidence: Evidence | None
    judged: JudgedCertainty | None
    suggested: tuple[Suggested, ...]

    @property
    def lower(self) -> tuple[str, ...]:
        """The domains for which a lower level is suggested."""
        return tuple(one.domain for one in self.suggested if one.code == "lower")


def certainty(analysis: Analysis, number: int, found: Evidence | None) -> CertaintyView:
    """Return what is known of the certainty of one result.

    Parameters
    ----------
    analysis, number
        The result: its place among those of the analysis.
    found
        What is computed for it; None where nothing was.
    """
    pool = analysis.results[number]
    return CertaintyView(
        id=f"certainty.{analysis.plan.key}.{number}",
        title=words.upper_first(analysis.plan.title or analysis.outcome.name),
        pool=pool_heading(pool),
        evidence=found,
        judged=None if pool.certainty is None else _judged(pool.certainty, pool),
        suggested=tuple(suggestions(found, pool, analysis)) if found else (),
    )


def misplaced(review: Review, analyses: Sequence[Analysis]) -> tuple[str, ...]:
    """Say which judgements are about no result that the protocol has."""
    results = [(analysis, pool) for analysis in analyses for pool in analysis.results]
    lost = [one for one in review.info.certainty if not any(is_about(one, *result) for result in results)]
    return tuple(
        f"A judgement of {' in '.join(filter(None, (one.outcome, one.pool)))} ({one.level}) fits no result of this "
        f"page; the results are {formats.listing(dict.fromkeys(_name(*result) for result in results))}."
        for one in lost
    )


def _name(analysis: Analysis, pool: Pool) -> str:
    name = pool.name or (ALL if len(analysis.pools) > 1 else "")
    return " in ".join(filter(None, (analysis.plan.key, name)))


def _judged(signed: Certainty, pool: Pool) -> JudgedCertainty:
    domains = (
        DomainView(d.domain, d.judgement, d.reason or "", d.judgement not in ("not serious", "none"))
        for d in signed.domains
    )
    return JudgedCertainty(
        level=signed.level,
        symbols=LEVELS[signed.level],
        domains=tuple(domains),
        by=formats.listing(signed.by),
        on=signed.on.isoformat(),
        stale=_stale(signed, pool),
        note=signed.note or "",
    )


def _stale(signed: Certainty, pool: Pool) -> str:
    if signed.studies is None or signed.studies == pool.k:
        return ""
    then = formats.plural(signed.studies, "study", "studies")
    return f"Judged with {then}; the result has {pool.k} now."


def suggestions(found: Evidence, pool: Pool, analysis: Analysis) -> Iterable[Suggested]:
    """Yield what arithmetic suggests for the certainty of one result, with the numbers behind it."""
    if found.imprecision is not None:
        yield _suggestion("imprecision", found.imprecision.levels, _imprecision(found.imprecision, analysis))
    if found.inconsistency is not None:
        yield _suggestion("inconsistency", found.inconsistency.levels, _inconsistency(found.inconsistency, pool))
    if found.small_studies is not None:
        yield _suggestion("small-study effects", found.small_studies.levels, _small_studies(found.small_studies))


def _suggestion(domain: str, levels: int | None, text: str) -> Suggested:
    code = "unknown" if levels is None else "lower" if levels else "none"
    verdict = {None: "cannot be told", 0: "no reason found", 1: "consider one level", 2: "consider two levels"}[levels]
    return Suggested(domain, code, verdict, text)


def _imprecision(found: Imprecision, analysis: Analysis) -> str:
    names = _thresholds(found.crossed, found.mid)
    at = formats.level(analysis.level)
    first = f"The {at} interval includes {names}" if found.crossed else f"The {at} interval excludes {_none(found.mid)}"
    if found.needed is None or found.risks is None:
        return f"{first}. {formats.people(found.people)} people; no optimal information size: {found.why}."
    low, high = sorted(1000 * risk for risk in found.risks)
    telling = f"to tell {_risk(low)} from {_risk(high)} per 1000, {_why_that(found.mid)}"
    enough = f"where one adequate trial needs {formats.people(found.needed)} ({telling})"
    return f"{first}. {formats.people(found.people)} people, {enough}."


def _why_that(mid: float | None) -> str:
    return "a quarter less" if mid is None else "the minimal important difference"


def _risk(per_1000: float) -> str:
    return formats.number(per_1000) if per_1000 < 10 else f"{per_1000:.0f}"


def _none(mid: float | None) -> str:
    return "no effect" if mid is None else f"both thresholds of {exact(mid)} per 1000"


def _thresholds(found: Sequence[float], mid: float | None) -> str:
    if mid is None:
        return "no effect"
    return formats.listing(f"the threshold of {formats.per_1000(x)} per 1000" for x in found)


def _inconsistency(found: Inconsistency, pool: Pool) -> str:
    if found.levels is None:
        return f"No prediction interval: {found.why}."
    i2 = f" (τ² = {formats.number(found.tau2) if found.tau2 else '0'}, I² = {formats.percent(found.i2)})"
    rough = " With so few studies it is a rough guide." if pool.k < spread.FEW_TO_PREDICT else ""
    if not found.further:
        return f"The prediction interval crosses no threshold that the confidence interval does not{i2}.{rough}"
    names = _thresholds(found.further, found.mid)
    return f"The prediction interval includes {names}, which the confidence interval does not{i2}.{rough}"


def _small_studies(found: SmallStudies) -> str:
    if found.test is None:
        return f"Not tested: {found.why}."
    planned = "" if found.planned else "; the protocol names no test"
    reading = "read as asymmetry below 0.10"
    return f"{found.test.name}, k = {found.test.k}: {formats.p_text(found.test.pval)} ({reading}{planned})."


def certainty_blocks(views: Iterable[CertaintyView], misplaced: Sequence[str]) -> Iterable[Block]:
    """Yield the signed judgements, and the suggestions apart from them."""
    views = [*views]
    judged = [(view, view.judged) for view in views if view.judged]
    yield Paragraph("" if judged else "Not assessed yet.")
    yield Bullets(tuple(misplaced))
    for view, signed in judged:
        yield Paragraph(Strong(f"{view.title}, {view.pool}: {signed.level} {signed.symbols}"))
        yield Paragraph(f"Judged by {signed.by} on {signed.on}. {signed.stale} {signed.note}")
        rows = tuple((domain.name, domain.judgement, domain.reason) for domain in signed.domains)
        yield Table(("Domain", "Judgement", "Reason"), rows)
    suggested = [view for view in views if view.suggested]
    if suggested:
        yield Heading("Suggestions for a panel")
        yield Paragraph("Computed by rule, for people to weigh: not judgements.")
        lines = tuple((v.title, v.pool, *(f"{one.verdict}: {one.text}" for one in v.suggested)) for v in suggested)
        yield Table(("Outcome", "Result", *(words.upper_first(one.domain) for one in suggested[0].suggested)), lines)
