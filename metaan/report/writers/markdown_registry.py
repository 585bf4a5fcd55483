"""The part of the Markdown report that tells what the registry holds: studies, checks, methods and sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .markdown_text import bullets, plain, table

if TYPE_CHECKING:
    from ..sections.checks import CheckRow
    from ..sections.contents import Content
    from ..sections.provenance import SourceRow
    from ..sections.studies import StudyView


def registry(said: Content) -> Iterable[str]:
    """Yield the sections after the results, in the order of the page."""
    for section in SECTIONS:
        yield from section(said)


def _changes(said: Content) -> Iterable[str]:
    changes = said.changes
    if changes is not None:
        from .changes_text import changes_entry

        yield "## Changes since the last version"
        yield plain(changes) if isinstance(changes, str) else changes_entry(changes)


def _bias(said: Content) -> Iterable[str]:
    yield "## Risk of bias"
    bias = said.bias
    yield "" if bias.groups else "Not assessed yet."
    for group in bias.groups:
        yield f"### {plain(group.title)}: {plain(group.tool)}"
        rows = [[row.label, *(": ".join(filter(None, (c.text, c.support))) for c in row.cells)] for row in group.rows]
        yield table(["Study", *(name for _, name in group.columns)], rows)
        yield plain(group.source)
    if bias.groups and bias.missing:
        yield f"Not assessed yet: {plain(', '.join(label for _, label in bias.missing))}."


def _studies(said: Content) -> Iterable[str]:
    yield "## Studies"
    yield plain(said.pubmed)
    for study in said.included:
        yield from _study(study)
    yield "## Studies that are not included"
    yield "" if said.not_included else "Every study of the registry is included."
    for study in said.not_included:
        yield from _study(study)


def _study(study: StudyView) -> Iterable[str]:
    state = f" ({study.state}): {study.reason or 'no reason'}" if study.state != "included" else ""
    yield f"### {plain(study.label + state)}"
    yield plain(study.title)
    said = [study.citation, " · ".join(link.text for link in study.links)]
    said += [f"{name}: {text}" for name, text in study.facts]
    said += [f"Arms: {'; '.join(study.arms)}"] if study.arms else []
    said += [f"Outcomes: {study.outcomes}"] if study.outcomes else []
    flag = " ".join(filter(None, (f"Retraction: {study.flag.text}.", study.standing)))
    said += [flag, *study.corrections, *study.disagreements, f"File: {study.file}"]
    yield bullets(plain(text) for text in said if text)
    yield " ".join(plain(f"{label or ''} {text.striptags()}") for label, text in study.abstract)


def _flow(said: Content) -> Iterable[str]:
    yield "## Flow of studies"
    yield bullets(plain(": ".join(filter(None, (box.text, "; ".join((*box.lines, *box.aside)))))) for box in said.flow)


def _published(said: Content) -> Iterable[str]:
    if said.published_pools:
        yield "## Published pools of reviews"
        rows = [(pool.label, pool.outcome, pool.effect, pool.i2, pool.size) for pool in said.published_pools]
        yield table(("Review", "Outcome", "Effect (interval)", "I²", "Size"), rows)


def _checks(said: Content) -> Iterable[str]:
    yield "## Checks"
    if said.waived:
        rows = [(w.label, w.check, f"{w.found} ({w.place})", w.reason, f"{w.by}, {w.on}") for w in said.waived]
        yield table(("Study", "Check", "What it found", "Why it stands", "Waived by"), rows)
    else:
        yield "No check of the registry is waived."
    if said.checks:
        yield plain(said.tally)
        yield table(("Study", "Result", "Printed", "From the counts", "Verdict"), map(_check, said.checks))


def _check(row: CheckRow) -> list[str]:
    verdict = "; ".join(filter(None, (f"{row.verdict}: {row.note}", row.waiver)))
    return [row.label, row.what, row.printed, row.recomputed, verdict]


def _methods(said: Content) -> Iterable[str]:
    info = said.review
    yield "## Methods"
    yield bullets(
        [f"Included: {plain(text)}" for text in info.eligibility.include]
        + [f"Excluded: {plain(text)}" for text in info.eligibility.exclude]
    )
    for strategy in info.search:
        yield bullets([plain(": ".join(filter(None, (f"Search of {strategy.source}", strategy.note, strategy.query))))])
    searches = [
        (run["day"], run["source"], run["since"] or "the beginning", str(run["records"])) for run in said.searches
    ]
    yield table(("Day", "Source", "From", "Records"), searches) if searches else ""
    yield bullets(map(plain, said.methods))
    yield "### References for the methods"
    yield bullets(map(plain, said.references))


def _about(said: Content) -> Iterable[str]:
    info = said.review
    yield "## Registration, funding and citation"
    told = {
        "Registration": info.registration,
        "Funding": info.funding,
        "Licence": info.license,
        "How to cite": said.cite,
    }
    yield bullets(f"{name}: {plain(text or 'not recorded')}" for name, text in told.items())
    yield "## Reproducibility"
    commit = f", git commit `{said.commit}`" if said.commit else ""
    yield f"Made by metaan {plain(said.version)} from the registry with SHA-256 `{said.digest}`{commit}."


def _checklist(said: Content) -> Iterable[str]:
    yield "## PRISMA 2020 checklist"
    rows = [(i.number, i.section, i.topic, i.text) for i in said.checklist]
    yield table(("Item", "Section", "Topic", "Where"), rows)


def _sources(said: Content) -> Iterable[str]:
    yield "## Where every number was read"
    rows = [[study.label, *_source(row)] for study, found in said.sources for row in found]
    yield table(("Study", "Number", "Value", "Registry", "Read in"), rows) if rows else ""


def _source(row: SourceRow) -> list[str]:
    source = row.source
    if source is None:
        return [row.what, row.value, f"{row.file}:{row.line}", ""]
    place = ", ".join(filter(None, (source.document, source.place))) + f" ({source.level})"
    derived = f"derived: {source.derived}" if source.derived else ""
    return [row.what, row.value, f"{row.file}:{row.line}", "; ".join(filter(None, (place, derived, source.quote)))]


SECTIONS = (
    _bias, _studies, _flow, _published, _checks, _methods, _checklist, _changes, _about, _sources,
)  # fmt: skip
