"""Certainty on the page: what people judged and signed, and, apart from it, what arithmetic suggests.

A suggestion always stands with its number and its rule, and is never shown as a judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...registry.model.appraisal import LEVELS
from ...stats.measures.catalogue import null_of
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
    """Return what is known of the certainty of a result, by its place; ``found`` is what is computed for it, if any."""
    pool = analysis.results[number]
    return CertaintyView(
        id=f"certainty.{analysis.plan.key}.{number}",
        title=words.upper_first(analysis.title),
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
        yield _suggestion(
            "inconsistency", found.inconsistency.levels, _inconsistency(found.inconsistency, pool, analysis)
        )
    if found.small_studies is not None:
        yield _suggestion("small-study effects", found.small_studies.levels, _small_studies(found.small_studies))


def _suggestion(domain: str, levels: int | None, text: str) -> Suggested:
    code = "unknown" if levels is None else "lower" if levels else "none"
    return Suggested(domain, code, VERDICTS[levels], text)


#: Levels that are suggested to the words for it.
VERDICTS = {
    None: "cannot be told", 0: "no reason found", 1: "consider one level", 2: "consider two levels",
    3: "consider three levels",
}  # fmt: skip


def _imprecision(found: Imprecision, analysis: Analysis) -> str:
    at = formats.level(analysis.level)
    verb, names = ("includes", found.crossed) if found.crossed else ("excludes", found.thresholds)
    if not found.crossed and found.against == "no effect":
        names = found.thresholds[:1]
    first = f"The {at} interval {verb} {_named(names, found.against, found.unit, analysis)}"
    if found.ratio is not None:
        first += f"; its ends are {formats.number(found.ratio)} times apart"
    if found.needed is None:
        return f"{first}. {formats.people(found.people)} people; no optimal information size: {found.why}."
    share = formats.percent(100 * found.people / found.needed)
    size = (
        f"{formats.people(found.people)} people are {share} of the {formats.people(found.needed)} of one adequate trial"
    )
    counts = "" if not found.crossed else ", which counts only where the interval includes no threshold"
    return f"{first}. {size}{_telling(found)}{counts}."


def _telling(found: Imprecision) -> str:
    if found.risks is None:
        return ""
    low, high = sorted(1000 * risk for risk in found.risks)
    why = "the minimal important difference" if found.unit == "per_1000" else "a quarter less"
    return f" (to tell {_risk(low)} from {_risk(high)} per 1000, {why})"


def _risk(per_1000: float) -> str:
    return formats.number(per_1000) if 0 < per_1000 < 10 else f"{per_1000:.0f}"


def _named(bounds: Sequence[float], against: str, unit: str, analysis: Analysis) -> str:
    """Name thresholds in their unit; no effect by its name."""
    null = null_of(analysis.measure)
    named = ["no effect" if against == "no effect" and x == null else _bound(x, unit, analysis) for x in bounds]
    return formats.listing(named)


def _bound(x: float, unit: str, analysis: Analysis) -> str:
    if unit == "per_1000":
        return f"the threshold of {formats.per_1000(x)} per 1000"
    of = {"difference": f" {analysis.outcome.unit or ''}".rstrip(), "smd": " standard deviations"}.get(unit, "")
    return f"{analysis.measure if unit in ('', 'ratio') else 'the threshold of'} {formats.number(x)}{of}"


def _inconsistency(found: Inconsistency, pool: Pool, analysis: Analysis) -> str:
    if found.levels is None or found.pval is None:
        return f"It cannot be told: {found.why}."
    if not found.tau2:
        return f"No heterogeneity is seen: τ² = 0, {formats.p_text(found.pval)}."
    at = "no effect" if found.against == "no effect" else "the thresholds"
    said = [
        f"studies {'differ' if found.apart else 'do not differ'} beyond chance ({formats.p_text(found.pval)}"
        f", I² = {formats.percent(found.i2)})",
        f"they {'lie' if found.across else 'do not lie'} on different sides of {at}",
        f"τ² = {formats.number(found.tau2)} is {'' if found.far else 'not '}large enough to matter",
    ]
    if found.further:
        names = _named(found.further, found.against, found.unit, analysis)
        said.append(f"the prediction interval includes {names}, which the confidence interval does not")
    rough = " With so few studies it is a rough guide." if pool.k < spread.FEW_TO_PREDICT else ""
    return f"{words.upper_first('; '.join(said))}.{rough}"


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
