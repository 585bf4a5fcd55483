"""What a page shows of one study: its citation, links, people, flags and abstract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...registry.model.study import DESIGNS
from ..blocks import Block, Bullets, Heading, Paragraph
from ..language import formats, words
from .markup import inline

if TYPE_CHECKING:
    from ...registry.flags import Flag
    from ...registry.load import Review
    from ...registry.model.public import Relation, RiskOfBias, Study
    from ...registry.store.metadata import Metadata

MOST_AUTHORS = 6
ORDER = ("included", "awaiting data", "excluded")
REGISTRY_URLS = {
    "NCT": "https://clinicaltrials.gov/study/{}",
    "ISRCTN": "https://www.isrctn.com/{}",
}


@dataclass(frozen=True, slots=True)
class SiteLink:
    """A link to another site; pages never load anything from it."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class FlagView:
    """What is known about a retraction: ``code`` is ``"bad"``, ``"none"`` or ``"unknown"``."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class StudyView:
    """One study as the templates see it; ``facts`` are pairs of a word and a text."""

    id: str
    label: str
    title: str
    kind: str
    state: str
    reason: str
    citation: str
    setting: str
    links: tuple[SiteLink, ...]
    facts: tuple[tuple[str, str], ...]
    arms: tuple[str, ...]
    people: str
    outcomes: str
    flag: FlagView
    standing: str
    corrections: tuple[str, ...]
    disagreements: tuple[str, ...]
    abstract: tuple[tuple[str, Markup], ...]
    mesh: str
    file: str


def studies(review: Review) -> tuple[StudyView, ...]:
    """Return every study of a review, those that are included first, each kind in the order of its years."""
    ordered = sorted(
        review.studies, key=lambda s: (ORDER.index(s.status.state), _kind(s), s.citation.published or "9999", s.label)
    )
    return tuple(_view(study, review.metadata.get(study.id), review) for study in ordered)


def _kind(study: Study) -> int:
    return DESIGNS.index(study.design.kind)


def _view(study: Study, metadata: Metadata | None, review: Review) -> StudyView:
    return StudyView(
        id=study.id,
        label=study.label,
        title=study.title,
        kind=study.design.kind,
        state=study.status.state,
        reason=study.status.reason or "",
        citation=citation(study, metadata),
        setting=study.setting or "",
        links=tuple(_links(study, metadata)),
        facts=tuple(_facts(study)),
        arms=tuple(f"{arm.name}: {arm.description}" if arm.description else arm.name for arm in study.arms),
        people=_people(study),
        outcomes=_outcomes(study, review),
        flag=flag(metadata, review.flag(study)),
        standing=_standing(study, review.flag(study)),
        corrections=tuple(_corrections(study, metadata)),
        disagreements=tuple(disagreements(study, metadata)) if metadata else (),
        abstract=_abstract(metadata),
        mesh="; ".join(metadata.mesh) if metadata else "",
        file=review.file(study.id),
    )


def citation(study: Study, metadata: Metadata | None) -> str:
    """Write a study's publication as a reference list does; PubMed fills what the registry leaves empty."""
    given = study.citation
    names = _authors(given.authors, given.authors_complete)
    if metadata and not given.authors_complete and metadata.authors:
        names = _authors(metadata.authors, metadata.authors_complete)

    def first(key: str) -> str:
        return getattr(given, key) or (getattr(metadata, key) if metadata else None) or ""

    volume, issue, pages = first("volume"), first("issue"), first("pages").rstrip("-")
    place = volume + (f"({issue})" if issue else "") + (f":{pages}" if pages else "")
    when = ";".join(filter(None, (first("published")[:4], place)))
    journal = first("journal_abbreviation") or first("journal")
    named = [part for part in (names, journal) if part]
    return " ".join(f"{part.rstrip('.')}." for part in (*named, when) if part) if named else ""


def _authors(names: Sequence[str], complete: bool) -> str:
    named = [name for name in names if name.strip(". ").lower() != "et al"]
    if not named:
        return ""
    return ", ".join(named[:MOST_AUTHORS]) + ("" if complete and len(named) <= MOST_AUTHORS else ", et al")


def _links(study: Study, metadata: Metadata | None) -> Iterable[SiteLink]:
    if study.doi:
        yield SiteLink(f"doi:{study.doi}", f"https://doi.org/{_path(study.doi)}")
    pmid = study.pmid or (metadata.pmid if metadata else None)
    if pmid:
        yield SiteLink(f"PubMed {pmid}", f"https://pubmed.ncbi.nlm.nih.gov/{_path(pmid)}/")
    if study.pmcid:
        yield SiteLink(study.pmcid, f"https://pmc.ncbi.nlm.nih.gov/articles/{_path(study.pmcid)}/")
    found = metadata.registrations if metadata else []
    for number in dict.fromkeys([*study.registrations, *found]):
        url = next((url for prefix, url in REGISTRY_URLS.items() if number.startswith(prefix)), "")
        yield SiteLink(number, url.format(_path(number)) if url else "")


def _path(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="/")


def _facts(study: Study) -> Iterable[tuple[str, str]]:
    design = study.design.kind + (f", {study.design.control} control" if study.design.control else "")
    yield "Design", f"{design}; {study.design.description}" if study.design.description else design
    for name, value in (
        ("Setting", study.setting),
        ("Population", study.population),
        ("Funding", study.funding),
        ("Notes", study.notes),
    ):
        if value:
            yield name, value
    for moderator in study.moderators:
        trait = moderator.value if isinstance(moderator.value, str) else formats.count(moderator.value)
        yield words.upper_first(moderator.name), trait
    for judged in study.risk_of_bias:
        yield _bias(judged)


def _bias(judged: RiskOfBias) -> tuple[str, str]:
    """Write a judgement of bias with its tool, its reasons being in the table of all; nothing where nobody judged."""
    tool = " ".join(filter(None, (judged.tool, judged.version)))
    each = [f"{d.name}: {d.judgement}" for d in judged.domains]
    overall = [f"overall: {judged.overall}"] if judged.overall else []
    about = f", {judged.outcome}" if judged.outcome else ""
    return "Risk of bias", f"{tool}{about}. {'; '.join([*overall, *each])}"


def _people(study: Study) -> str:
    counts = [arm.analysed if arm.analysed is not None else arm.randomised for arm in study.arms]
    known = [count for count in counts if count is not None]
    if known and len(known) == len(counts):
        return " / ".join(map(str, known))
    return str(study.randomised_total) if study.randomised_total else ""


def _outcomes(study: Study, review: Review) -> str:
    names = dict.fromkeys(review.outcome(result.outcome).name for result in study.results)
    return ", ".join(names)


def flag(metadata: Metadata | None, found: Flag | None = None) -> FlagView:
    """Say what PubMed, or ``found`` another service, said about a retraction, never more than was looked up."""
    if found is not None and found.by != "PubMed":
        what = "RETRACTED" if found.about == "retraction" else "Expression of concern"
        return FlagView("bad", f"{what} ({', '.join(filter(None, (found.by, found.notice)))})")
    if metadata is None:
        return FlagView("unknown", "not fetched")
    day = (metadata.checked or metadata.fetched)[:10]
    as_of = f"PubMed, as of {day}"
    if metadata.retracted:
        return FlagView("bad", f"RETRACTED ({as_of})")
    if metadata.concern:
        return FlagView("bad", f"Expression of concern ({as_of})")
    return FlagView("none", f"no flag found as of {day} (PubMed)")


def _standing(study: Study, against: Flag | None) -> str:
    """Say what became of a study that is retracted or questioned, and who decided it; empty for every other."""
    if against is None:
        return ""
    decided = against.answer(study)
    if decided is None:
        return "It is still among the included studies; no signed decision stands about it."
    out = decided.decision == "exclude"
    return f"It is {'in no result' if out else 'still among the included studies'} ({str(decided).rstrip('.')})."


def _corrections(study: Study, metadata: Metadata | None) -> Iterable[str]:
    for relation in study.relations:
        yield _relation(relation)
    for correction in metadata.corrections if metadata else ():
        number = f", PubMed {correction.pmid}" if correction.pmid else ""
        note = f" ({correction.note})" if correction.note else ""
        yield f"{_spaced(correction.kind)}: {correction.source or ''}{number}{note}"


def _relation(relation: Relation) -> str:
    ids = [relation.study or "", relation.doi and f"doi:{relation.doi}", relation.pmid and f"PubMed {relation.pmid}"]
    text = ", ".join(filter(None, ids))
    return ": ".join(filter(None, (relation.kind, text))) + (f" ({relation.note})" if relation.note else "")


def _spaced(kind: str) -> str:
    """Write PubMed's ``ExpressionOfConcernIn`` in words."""
    return " ".join("".join(f" {char.lower()}" if char.isupper() else char for char in kind).split())


def disagreements(study: Study, metadata: Metadata) -> Iterable[str]:
    """Say where PubMed and the registry differ in title, year or DOI; neither is overwritten."""
    pairs = (
        ("title", study.title, inline(metadata.title or "").striptags()),
        ("year", study.citation.published and study.citation.published[:4], str(metadata.year or "")),
        ("DOI", study.doi, metadata.doi),
    )
    for name, ours, theirs in pairs:
        if ours and theirs and _folded(ours) != _folded(theirs):
            yield f"{name}: the registry has \u201c{ours}\u201d, PubMed has \u201c{theirs}\u201d"


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _abstract(metadata: Metadata | None) -> tuple[tuple[str, Markup], ...]:
    return tuple((part.label or "", inline(part.text)) for part in metadata.abstract) if metadata else ()


def states(review: Review) -> str:
    """Return how many studies are in each state."""
    found = [study.status.state for study in review.studies]
    order = [state for state in ORDER if state in found]
    each = [formats.plural(found.count(state), "study", "studies") + f" {state}" for state in order]
    return formats.listing(each)


def study_blocks(study: StudyView) -> Iterable[Block]:
    """Yield what is shown of one study."""
    state = f" ({study.state}): {study.reason or 'no reason'}" if study.state != "included" else ""
    yield Heading(study.label + state)
    yield Paragraph(study.title)
    said = [study.citation, " · ".join(link.text for link in study.links)]
    said += [f"{name}: {text}" for name, text in study.facts]
    said += [f"Arms: {'; '.join(study.arms)}"] if study.arms else []
    said += [f"Outcomes: {study.outcomes}"] if study.outcomes else []
    flag = " ".join(filter(None, (f"Retraction: {study.flag.text}.", study.standing)))
    said += [flag, *study.corrections, *study.disagreements, f"File: {study.file}"]
    yield Bullets(tuple(text for text in said if text))
    yield Paragraph(" ".join(f"{label or ''} {text.striptags()}" for label, text in study.abstract))
