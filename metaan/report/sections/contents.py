"""What the report says, in whatever form it is written: views of the registry and of its analyses, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...synthesis.statement import by_importance
from ..blocks import Block, Bullets, Heading, Paragraph, Table
from ..changes.view import changes_lines
from ..document import Code
from ..language import formats, methods, words
from ..language.left_out import LeftOut, left_out
from ..language.words import Arms
from . import provenance
from .bias import bias, bias_blocks, published, published_blocks
from .certainty import certainty_blocks, misplaced
from .checklist import checklist
from .checks import check_row, checks_blocks, tally, waived
from .flow import boxes, flow_blocks
from .outcomes import answer_blocks, outcome, outcome_blocks, sheets
from .provenance import sources_blocks
from .studies import states, studies, study_blocks
from .summary import summary, summary_blocks
from .workings import Workings

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.store.numbers import SecondOpinion
    from ..report import Report
    from .checklist import ItemView
    from .studies import StudyView

DIGEST_SHOWN = 12
PREVIEW = 300  # letters of the description that others show of a link to the page


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A published pool of a review, with the link to where it was read."""

    study: str
    label: str
    outcome: str
    effect: str
    size: str
    i2: str
    href: str


class Content:
    """The views of one report, by the names that templates use; each is made when it is first asked for."""

    def __init__(self, report: Report) -> None:
        self._report, self._analyses = report, by_importance(report.analyses)
        self.review = report.review.info
        self.arms = Arms(self.review.labels.experimental, self.review.labels.control)
        self.version, self.commit, self.digest = report.stamp.version, report.stamp.commit, report.review.digest
        self.changes = report.changes
        self.changes_known = not isinstance(report.changes, str | None)
        self.searched = report.flow is not None and bool(report.flow.identified)
        self.searches = report.searches

    def named(self) -> dict[str, Any]:
        """Return all of them by name."""
        return {
            name: getattr(self, name) for name in (*vars(self), *vars(Content)) if name[0] != "_" and name != "named"
        }

    @property
    def state(self) -> str:
        """How many studies there are, and of which search and version the report is; what is missing is named."""
        if not self.digest:
            return "computed from arrays: there is no registry behind it"
        dates, ran = self.review.dates, self.searches[-1].day if self.searches else None
        searched = dates.searched.isoformat() if dates.searched else ran
        said = [self.states, f"last search {searched or 'not recorded (dates: searched in review.yaml)'}"]
        said.append(f"version {self.review.version}" if self.review.version else "no version (version in review.yaml)")
        return " · ".join([*said, *([f"updated {dates.updated.isoformat()}"] if dates.updated else [])])

    @cached_property
    def checklist(self) -> tuple[ItemView, ...]:
        """The PRISMA 2020 checklist."""
        dated = bool(self.searches or self.review.dates.searched)
        return checklist(self._report.review, self._report.analyses, PLACES, dated)

    # What each is stands in templates/README.md.
    outcomes = cached_property(lambda self: [outcome(analysis, self.arms) for analysis in self._analyses])
    summary = cached_property(lambda self: summary(self._analyses, self.arms, self._report.evidence))
    suggestions = cached_property(lambda self: [r.certainty for r in self.summary.rows if r.certainty.suggested])
    astray = cached_property(lambda self: misplaced(self._report.review, self._report.analyses))
    bias = cached_property(lambda self: bias(self._report.review))
    judged = cached_property(lambda self: sum(bool(study.risk_of_bias) for study in self._report.review.studies))
    studies = cached_property(lambda self: studies(self._report.review))
    included = cached_property(lambda self: [study for study in self.studies if study.state == "included"])
    not_included = cached_property(lambda self: [study for study in self.studies if study.state != "included"])
    states = cached_property(lambda self: states(self._report.review))
    left_out = cached_property(lambda self: left_out(self._analyses))
    settings = cached_property(lambda self: any(study.setting for study in self.included))
    fetched = cached_property(lambda self: any(study.flag.code != "unknown" for study in self.studies))
    pubmed = cached_property(lambda self: _pubmed(self.studies))
    published_pools = cached_property(lambda self: list(_published(self._report.review)))
    published_judgements = cached_property(lambda self: published(self._report.review))
    waived = cached_property(lambda self: waived(self._report.review))
    checks = cached_property(lambda self: [check_row(check) for check in self._report.checks])
    tally = cached_property(lambda self: tally(self._report.checks))
    flow = cached_property(lambda self: boxes(self._report.review, self._report.flow))
    methods = cached_property(lambda self: methods.paragraphs(self._report.analyses))
    references = cached_property(lambda self: methods.references(self._report.analyses))
    written = cached_property(lambda self: sum(bool(item.href) for item in self.checklist))
    sources = cached_property(lambda self: provenance.rows(self._report.review))
    workings = cached_property(
        lambda self: [Workings.of(one, self._report.evidence_of(one)) for one in self._report.analyses]
    )
    summed_up = cached_property(lambda self: self._summed_up())
    sheets = cached_property(lambda self: sheets(self._analyses, self.arms))
    brief = cached_property(lambda self: self._brief())
    numbers = cached_property(lambda self: second_opinion(self._report.numbers, self.digest))
    cite = cached_property(lambda self: cite(self._report.review, self.version))

    def _summed_up(self) -> str:
        """Return the first statements, of critical outcomes first, as a preview of the page shows them."""
        said = [answer.statement for outcome in self.outcomes for answer in outcome.answers]
        fits = [text for i, text in enumerate(said) if len(" ".join(said[: i + 1])) <= PREVIEW]
        return " ".join(fits) or self.state

    def _brief(self) -> tuple[str, ...]:
        """Return the methods in five lines."""
        sources = formats.listing(dict.fromkeys(strategy.source for strategy in self.review.search))
        searched = f"Searched: {sources}. " if sources else ""
        criteria = "; ".join(self.review.eligibility.include)
        taken = f"{searched}Included: {criteria.rstrip('.')}." if criteria else searched.strip()
        return tuple(line for line in (taken, *self.methods[:3], self.cite) if line)


def cite(review: Review, version: str) -> str:
    """Return how to cite the report."""
    info = review.info
    updated = info.dates.updated
    parts = [
        formats.listing(info.authors) if info.authors else "",
        info.title,
        f"Version {info.version}" if info.version else "",
        f"Updated {updated.isoformat()}" if updated else "",
        f"Computed with metaan {version}" + (f", registry {review.digest[:DIGEST_SHOWN]}" if review.digest else ""),
    ]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def second_opinion(said: SecondOpinion | None, digest: str) -> str:
    """Say what another program made of the results, and whether that was of this registry."""
    if said is None:
        return "no second program has recomputed the results yet (metaan check --numbers)"
    of = "" if said.registry == digest else ", of an earlier state of this registry"
    wrong = f", {len(said.known)} where statsmodels is known to be wrong" if said.known else ""
    found = f"{len(said.apart)} differ" if said.apart else "none differs"
    return (
        f"{said.compared} numbers recomputed by statsmodels {said.statsmodels} on {said.on.isoformat()} (metaan "
        f"{said.metaan}{of}): {found} beyond rounding{wrong}"
    )


def _pubmed(shown: Sequence[StudyView]) -> str:
    """Say for how many studies PubMed's record is there."""
    known = sum(study.flag.code != "unknown" for study in shown)
    if known == 0:
        return (
            "PubMed's records were not fetched: there are no abstracts here, and retractions and corrections were not "
            "looked up."
        )
    missing = len(shown) - known
    rest = f"; for {formats.plural(missing, 'study', 'studies')} it was not fetched" if missing else ""
    return f"PubMed's record is there for {known} of {formats.plural(len(shown), 'study', 'studies')}{rest}."


def _published(review: Review) -> Iterable[PoolRow]:
    for study in review.studies:
        for i, pool in enumerate(study.published_pools):
            low, high = map(formats.written, pool.ci)
            size = [formats.plural(pool.k, "study", "studies")] if pool.k else []
            size += [f"{pool.n} people"] if pool.n else []
            yield PoolRow(
                study=study.id,
                label=study.label,
                outcome=words.upper_first(pool.name or review.outcome(pool.outcome).name),
                effect=f"{pool.measure} {formats.written(pool.estimate)} ({low} to {high})",
                size=", ".join(size),
                i2=formats.percent(pool.i2),
                href="#" + provenance.anchor(study.id, "published_pools", i, "estimate"),
            )


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report."""

    # id, title: its anchor on the page, and its heading
    id: str
    title: str
    # Returns its blocks; a section without any is not written, but by a part of its own
    build: Callable[[Content], Iterable[Block]]
    nav: str = ""  # what the page's contents call it; empty where they do not
    part: str = ""  # its template in ``templates/parts``; where there is none the page has its blocks
    prisma: tuple[tuple[str, str], ...] = ()  # the places that items of the PRISMA checklist lead to: anchor and name

    def blocks(self, said: Content) -> tuple[Block, ...]:
        """Return its blocks, under its heading; none where it has nothing to say."""
        built = tuple(self.build(said))
        return (Heading(self.title, 2), *built) if built else ()


def head_blocks(said: Content) -> Iterable[Block]:
    """Yield what stands under the title of the report: how many studies, and of when it is."""
    yield Paragraph(said.state)


def _question_blocks(said: Content) -> Iterable[Block]:
    question = said.review.question
    yield Paragraph(question.text or "")
    asked = {"Population": question.population, "Intervention": question.intervention}
    asked |= {"Comparator": question.comparator}
    yield Bullets(tuple(f"{name}: {text}" for name, text in asked.items()))


def _studies_blocks(found: Sequence[StudyView], otherwise: str, left_out: Sequence[LeftOut] = ()) -> Iterable[Block]:
    yield Paragraph(otherwise)
    yield Bullets(tuple(str(one) for one in left_out))
    for study in found:
        yield from study_blocks(study)


def _published_blocks(said: Content) -> Iterable[Block]:
    rows = tuple((pool.label, pool.outcome, pool.effect, pool.i2, pool.size) for pool in said.published_pools)
    if rows:
        yield Table(("Review", "Outcome", "Effect (interval)", "I²", "Size"), rows)


def _methods_blocks(said: Content) -> Iterable[Block]:
    info = said.review
    included, excluded = (f"Included: {x}" for x in info.eligibility.include), info.eligibility.exclude
    yield Bullets((*included, *(f"Excluded: {text}" for text in excluded)))
    for strategy in info.search:
        yield Bullets((": ".join(filter(None, (f"Search of {strategy.source}", strategy.note, strategy.query))),))
    ran = ((run.day, run.source, run.since or "the beginning", str(run.records)) for run in said.searches)
    if rows := tuple(ran):
        yield Table(("Day", "Source", "From", "Records"), rows)
    yield Bullets(tuple(said.methods))
    yield Heading("References for the methods")
    yield Bullets(tuple(said.references))


def _checklist_blocks(said: Content) -> Iterable[Block]:
    rows = tuple((item.number, item.section, item.topic, item.text) for item in said.checklist)
    yield Table(("Item", "Section", "Topic", "Where"), rows)


def _changes_blocks(said: Content) -> Iterable[Block]:
    changes = said.changes
    if isinstance(changes, str):
        yield Paragraph(changes)
    elif changes is not None:
        yield Bullets(tuple(changes_lines(changes)))


def _about_blocks(said: Content) -> Iterable[Block]:
    info = said.review
    told = {"Registration": info.registration, "Funding": info.funding, "Licence": info.license}
    told |= {"How to cite": said.cite, "Second opinion": said.numbers}
    yield Bullets(tuple(f"{name}: {text or 'not recorded'}" for name, text in told.items()))
    yield Heading("Reproducibility", 2)
    commit = (", git commit ", Code(said.commit)) if said.commit else ()
    digest = Code(said.digest)
    yield Paragraph((f"Made by metaan {said.version} from the registry with SHA-256 ", digest, *commit, "."))


#: The sections in the order of every form of the report.
SECTIONS = (
    Section("answer", "The answer", lambda said: answer_blocks(said.outcomes, said.summary.judged), "Answer"),
    Section("about", "The question", _question_blocks, "Question", prisma=(("question", "Question"),)),
    Section("summary", "Summary of findings", lambda said: summary_blocks(said.summary, said.arms), "Summary",
            prisma=(("summary", "Summary of findings"),)),
    Section("results", "Results", lambda said: (b for one in said.outcomes for b in outcome_blocks(one)), "Results",
            prisma=(("results", "Results"),)),
    Section("certainty", "Certainty of the evidence",
            lambda said: certainty_blocks((row.certainty for row in said.summary.rows), said.astray), "Certainty",
            prisma=(("certainty", "Certainty of the evidence"),)),
    Section("risk-of-bias", "Risk of bias", lambda said: bias_blocks(said.bias), "Risk of bias", "risk_of_bias",
            (("risk-of-bias", "Risk of bias"),)),
    Section("studies", "Studies", lambda said: _studies_blocks(said.included, said.pubmed), "Studies",
            prisma=(("studies", "Studies"),)),
    Section("not-included", "Studies that are not included", lambda said: _studies_blocks(
            said.not_included, "" if said.not_included else "Every study of the registry is included.", said.left_out),
            "Not included", "not_included", (("not-included", "Not included, and why"),)),
    Section("flow", "Flow of studies", lambda said: flow_blocks(said.flow), "Flow",
            prisma=(("flow", "Flow of studies"),)),
    Section("published-pools", "Published pools of reviews", _published_blocks, "", "published_pools"),
    Section("published-judgements", "What others have judged",
            lambda said: published_blocks(said.published_judgements)),
    Section("checks", "Checks", lambda said: checks_blocks(said.waived, said.checks, said.tally), "Checks"),
    Section("methods", "Methods", _methods_blocks, "Methods", prisma=(
            ("eligibility", "Methods, eligibility"), ("search", "Methods, search"),
            ("statistics", "Methods, statistics"))),
    Section("checklist", "PRISMA 2020 checklist", _checklist_blocks, "PRISMA checklist"),
    Section("changes", "Changes since the last version", _changes_blocks, "Changes", "since"),
    Section("reproducibility", "Registration, funding and citation", _about_blocks, "Reproducibility", prisma=(
            ("registration", "Registration, funding and citation"), ("reproducibility", "Reproducibility"))),
    Section("sources", "Where every number was read", lambda said: sources_blocks(said.sources), "Sources",
            prisma=(("sources", "Where every number was read"),)),
    Section("formulas", "How every number was computed", lambda said: (), "Formulas"),
)  # fmt: skip


def sections_of(report: Report) -> tuple[Section, ...]:
    """Return the sections that a report has, in their order."""
    return tuple(section for section in SECTIONS if report.sections is None or section.id in report.sections)


#: The name of the place that each anchor of the PRISMA checklist leads to.
PLACES = {"top": "Title", **dict(place for section in SECTIONS for place in section.prisma)}
