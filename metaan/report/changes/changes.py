"""What changed between two versions of a review, in words and tables.

`changes_section` is the way in; terminal, Markdown and HTML all show what it returns. In a sentence about one cause,
"from" is the result with every change but this one, "to" is the result with all of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import scale_of
from ..language import formats, words
from ..language.words import Arms
from .prisma_lsr import lsr_items
from .view import ChangedStudy, ChangesView, EditRow, PoolView, ResultRow, ShareRow
from .whatif_plot import what_if_plot
from .words import conclusion, flips, moved, nothing_moved, where

if TYPE_CHECKING:
    from ...comparison.difference import AnalysisChange, Difference, PoolChange, SeriesChange
    from ...comparison.edits import Edit, StudyChange
    from ...comparison.whatif import Snapshot
    from ...stats.evidence.attribution import Attribution

MODELS = {"random": "random effects", "common": "common (fixed) effect", "lead": "the protocol's model"}


def changes_section(difference: Difference) -> ChangesView:
    """Turn a difference into what a template shows.

    >>> import metaan as ma
    >>> from metaan.comparison.difference import compare
    >>> review = ma.load(ma.example("anakinra"))
    >>> changes_section(compare(review, review)).headlines
    ('Nothing changed between before and after.',)
    """
    labels = difference.new.info.labels
    arms = Arms(labels.experimental, labels.control)
    each = [(analysis, pool) for analysis in difference.analyses for pool in analysis.pools]
    changed = [pair for pair in each if has_changed(pair[1])]
    return ChangesView(
        title=difference.new.info.title,
        old_name=difference.old_name,
        new_name=difference.new_name,
        digests=(difference.old.digest, difference.new.digest),
        headlines=tuple(_headlines(difference, arms)),
        conclusion_changed=difference.conclusion_changed,
        summary=summary(difference.studies),
        studies=tuple(map(_study, difference.studies)),
        protocol=tuple(map(_edit, difference.protocol)),
        pools=tuple(_pool(analysis, pool, difference, arms) for analysis, pool in changed),
        silent=tuple(_silent(difference)),
        unchanged=tuple(heading(a, p) for a, p in each if not has_changed(p)),
        living=lsr_items(difference, summary(difference.studies)),
    )


def has_changed(pool: PoolChange) -> bool:
    """Say whether any result of a pool is not what it was."""
    return any(series.before != series.after for series in pool.series)


def pool_id(analysis: AnalysisChange, pool: PoolChange) -> str:
    """Return a name for a pool that can be part of an address."""
    return re.sub(r"[^\w.-]+", "-", f"{analysis.key}-{pool.name or 'all'}")


def heading(analysis: AnalysisChange, pool: PoolChange) -> str:
    """Return the name of a pool on the page: the outcome, and which studies."""
    return f"{words.upper_first(analysis.plan.title or analysis.outcome.name)} {where(pool.name)}"


def summary(studies: Sequence[StudyChange]) -> str:
    """Return how many studies changed, and how."""
    found = []
    for kind, said in KINDS.items():
        n = sum(kind in study.kinds for study in studies)
        if n:
            found.append(f"{formats.plural(n, 'study', 'studies')} {said}")
    return f"{words.upper_first(formats.listing(found))}." if found else "No study changed."


#: What happened to studies, by the kinds of `metaan.comparison.edits`.
KINDS = {
    "added": "added",
    "removed": "removed",
    "status": "with another status",
    "flagged": "flagged by PubMed",
    "confirmed": "with numbers confirmed",
    "corrected": "corrected",
    "re-rated": "with risk of bias judged anew",
    "edited": "edited without a change of data",
}


def _headlines(difference: Difference, arms: Arms) -> Iterable[str]:
    if not difference.changed:
        yield f"Nothing changed between {difference.old_name} and {difference.new_name}."
        return
    for study in difference.studies:
        if "flagged" in study.kinds and study.now is not None:
            flags = formats.listing(study.flags)
            yield f"{study.label}: PubMed now says {flags}; the study is {study.now.short}."
    for analysis in difference.analyses:
        for pool in analysis.pools:
            if pool.lead.conclusion_changed:
                was, now = (conclusion(result, arms) for result in (pool.lead.before, pool.lead.after))
                yield f"{heading(analysis, pool)}: the conclusion changed from {was} to {now}."
    if not difference.conclusion_changed:
        yield "No conclusion changed."


def _study(study: StudyChange) -> ChangedStudy:
    said = [KINDS[kind] for kind in study.kinds if kind not in ("status", "flagged")]
    if study.now is not None and study.was is None:
        said[0] = f"added ({study.now})"
    elif "status" in study.kinds:
        said.insert(0, f"{study.was} before, {study.now} now")
    return ChangedStudy(
        study.id, study.label, "; ".join((*said, *study.flags)), study.place, tuple(map(_edit, study.edits))
    )


def _silent(difference: Difference) -> Iterable[str]:
    pools = [pool for analysis in difference.analyses for pool in analysis.pools]
    told = {cause.id for pool in pools for cause in pool.causes}
    for study in difference.studies:
        if study.id not in told and set(study.kinds) & {"added", "removed", "status", "confirmed", "corrected"}:
            yield nothing_moved(study)


def _edit(edit: Edit) -> EditRow:
    return EditRow(edit.where, _plain(edit.old), _plain(edit.new), edit.old_place or "", edit.new_place or "")


def _plain(value: object) -> str:
    """Write a value of the registry as it stands there."""
    if value is None or value == []:
        return formats.NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return " ".join(f"{key} {inner}" for key, inner in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _pool(analysis: AnalysisChange, pool: PoolChange, difference: Difference, arms: Arms) -> PoolView:
    lead = pool.lead
    return PoolView(
        id=pool_id(analysis, pool),
        heading=heading(analysis, pool),
        results=tuple(dict.fromkeys(row for series in pool.series for row in _results(series, difference, arms))),
        sentences=tuple(moved(i, analysis, pool, arms) for i in range(len(pool.causes))) or _why(analysis, lead, arms),
        flips=flips(pool, arms),
        shares=tuple(_shares(pool, arms)) if len(pool.causes) > 1 else (),
        note=_note(lead) if len(pool.causes) > 1 else "",
        plot=what_if_plot(pool_id(analysis, pool), analysis, pool, difference, arms),
    )


def _why(analysis: AnalysisChange, lead: SeriesChange, arms: Arms) -> tuple[str, ...]:
    """Say why a pool has a result on one side only."""
    if analysis.change:
        return (f"This analysis was {analysis.change}: the protocol did.",)
    return (f"{words.upper_first(lead.refused)}.",) if lead.refused else ()


def _results(series: SeriesChange, difference: Difference, arms: Arms) -> Iterable[ResultRow]:
    for when, result in ((difference.old_name, series.before), (difference.new_name, series.after)):
        yield _result(series, when, result, arms)


def _result(series: SeriesChange, when: str, result: Snapshot | None, arms: Arms) -> ResultRow:
    several = result is not None and result.k > 1
    random = several and series.model != "common"
    return ResultRow(
        model=MODELS[series.model] if several else "one study, not pooled" if result else "nothing to pool",
        when=when,
        k=str(result.k) if result else "0",
        effect=effect(result),
        tau2=(formats.number(result.tau2) if result.tau2 else "0") if result and random else formats.NOTHING,
        i2=formats.percent(result.i2) if result and random else formats.NOTHING,
        prediction=formats.bounds(result.display.pi, result.measure) if result else formats.NOTHING,
        conclusion=conclusion(result, arms),
        differs=series.conclusion_changed,
    )


def effect(result: Snapshot | None) -> str:
    """Write a result with its interval."""
    return formats.effect(result.display.estimate, result.display.ci, result.measure) if result else "no result"


def _shares(pool: PoolChange, arms: Arms) -> Iterable[ShareRow]:
    lead = pool.lead
    ratio = lead.after is not None and scale_of(lead.after.measure).is_ratio
    for i, cause in enumerate(pool.causes):
        numbers = {name: share(found, i, ratio and name != "tau2") for name, found in lead.shares.items()}
        yield ShareRow(
            cause=cause.label,
            change=cause.change,
            without=effect(lead.without[i]),
            alone=effect(lead.alone[i]),
            estimate=numbers.get("estimate", formats.NOTHING),
            lower=numbers.get("lb", formats.NOTHING),
            upper=numbers.get("ub", formats.NOTHING),
            tau2=numbers.get("tau2", formats.NOTHING),
            conclusion=formats.percent(100 * lead.conclusion.shares[i]) if lead.conclusion else formats.NOTHING,
        )


def share(found: Attribution, i: int, ratio: bool) -> str:
    """Write the share of a cause: a factor for ratios, else a difference with its sign."""
    x = found.shares[i]
    if ratio:
        return f"×{formats.number(math.exp(x))}"
    return f"{'+' if x > 0 else ''}{formats.number(x)}" if abs(x) > 1e-12 else "0"


def _note(lead: SeriesChange) -> str:
    """Say how to read the shares."""
    if lead.refused:
        return f"The change of the numbers is not shared out: {lead.refused}."
    found = lead.shares["estimate"]
    adding = "multiply to" if lead.after and scale_of(lead.after.measure).is_ratio else "add up to"
    total = math.factorial(len(found.shares))
    how = "all orders" if found.orders == total else f"the {found.orders} orders with something to pool at every step,"
    how = f"a random sample of {found.orders} orders" if found.se else how
    most = (
        f"; the largest standard error of a share of the estimate is {formats.number(max(found.se))}"
        if found.se
        else ""
    )
    return (
        f"A share is what the number moves by when the change comes in, on average over {how} in "
        f"which the changes could have come (Shapley value); shares {adding} the whole change{most}."
    )
