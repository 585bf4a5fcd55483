"""New files of a registry, commented for a person who fills them in, and the JSON Schema for the editor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .text.edit import flow_text

if TYPE_CHECKING:
    from ..records.record import Record
    from .model.outcome import Outcome
    from .model.types import Entry

STUDY_SCHEMA = "# yaml-language-server: $schema=.schema/study.schema.json\n"
REVIEW_SCHEMA = "# yaml-language-server: $schema=.schema/review.schema.json\n"


@dataclass(frozen=True, slots=True)
class StudyForm:
    """What a new study file asks for.

    Attributes
    ----------
    outcomes
        Those outcomes of the review that become forms for the numbers; usually the ones that an analysis names.
    kind
        What the design may be; the person who reads the study says.
    experimental, control
        Names of the two arms.
    """

    outcomes: Sequence[Outcome] = ()
    kind: str = "randomised"
    experimental: str = "the treatment"
    control: str = "usual care"


BLANK = StudyForm()


def scaffold_study(study_id: str, label: str, record: Record, form: StudyForm = BLANK) -> str:
    """Return the text of a new study file: what is known filled in, the rest to fill in, status awaiting data.

    Parameters
    ----------
    study_id, label
        As in `metaan.registry.model.public.Study`; the id is the name of the file.
    record
        What is known of its publication; its registrations are taken for the study's own.
    form
        What is to be filled in.

    Examples
    --------
    >>> from ..records.record import Record
    >>> text = scaffold_study("doe-2026", "Doe 2026", Record("A trial: with a colon", doi="10.1000/x"))
    >>> print(text.splitlines()[5])
    title: "A trial: with a colon"
    """
    from .model.types import of_one_arm

    one_group = bool(form.outcomes) and all(of_one_arm(outcome.measure) for outcome in form.outcomes)
    control = "" if one_group or form.kind == "single-arm" else _CONTROL.format(name=flow_text(form.control))
    arms = _STUDY_BODY.format(
        kind=f"kind: {form.kind}".ljust(26), experimental=flow_text(form.experimental), control=control
    )
    head = STUDY_SCHEMA + _STUDY_HEAD + _identity(study_id, label, record)
    return head + _citation(record) + arms + _forms(form.outcomes) + _STUDY_TAIL


def scaffold_review(name: str) -> dict[str, str]:
    """Return the files of a new review, by path: review.yaml, one study to fill in, and the schemas for editors.

    Examples
    --------
    >>> sorted(scaffold_review("statins"))[-2:]
    ['studies/example-2026.yaml', 'studies/review.yaml']
    """
    from ..records.record import Record
    from .model.outcome import Outcome

    death = Outcome.model_validate(
        {"id": "death", "name": "death from any cause", "direction": "bad", "time": "day 28"}
    )
    example = Record("An example: replace it by your first study")
    study = scaffold_study("example-2026", "Example 2026", example, StudyForm([death]))
    return {
        "studies/review.yaml": REVIEW_SCHEMA + _REVIEW.format(title=flow_text(name), name=flow_text(_slug(name))),
        "studies/example-2026.yaml": study,
        **schema_files(),
    }


def schema_files() -> dict[str, str]:
    """Return the files of the schemas, by path."""
    return {f"studies/.schema/{kind}.schema.json": json.dumps(s, indent=2) + "\n" for kind, s in schema().items()}


def schema() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of ``review`` (review.yaml) and of ``study`` (a study file)."""
    from .model.review import ReviewFile
    from .model.study import Study
    from .model.types import Entry

    for model in _models(Entry):
        model.model_rebuild()  # until pydantic 2.13 a default of a model that waits to be built has no JSON
    return {"review": ReviewFile.model_json_schema(), "study": Study.model_json_schema()}


def _models(base: type[Entry]) -> Iterator[type[Entry]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _identity(study_id: str, label: str, record: Record) -> str:
    """What the study is known by, a line each."""
    known = {"id": study_id, "label": label, "title": record.title}
    known |= {key: getattr(record, key) for key in ("doi", "pmid", "pmcid")}
    lines = [f"{key}: {flow_text(value)}" if value else f"{key}:" for key, value in known.items()]
    lines += [f"registrations: {flow_text(list(record.registrations))}"]
    lines += [f"keywords: {flow_text(list(record.keywords))}"] if record.keywords else []
    return "\n".join(lines) + "\n"


def _forms(outcomes: Iterable[Outcome]) -> str:
    """A form for each outcome; the first is commented."""
    templates = [_FORM, _COMMENT.sub("", _FORM)]
    forms = [templates[min(i, 1)].format(**_form_words(outcome, not i)) for i, outcome in enumerate(outcomes)]
    return "results:\n" + "\n".join(forms) if forms else "results: []\n"


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.casefold())
    return "-".join(filter(None, kept.split("-")))[:60] or "review"


def _citation(record: Record) -> str:
    """The block of the citation, every key of it, empty where nothing is known."""
    authors = record.authors
    complete = record.authors_complete and bool(authors)
    lines = ["", "citation:"]
    lines += ["  authors:" if authors else "  authors: []", *(f"    - {flow_text(author)}" for author in authors)]
    lines += [f"  authors_complete: {flow_text(complete)}"]
    for key in ("journal", "journal_abbreviation", "published", "volume", "issue", "pages"):
        known = getattr(record, key)
        lines.append(f"  {key}: {flow_text(known)}" if known else f"  {key}:")
    return "\n".join(lines) + "\n"


def _numbers(outcome: Outcome, commented: bool) -> str:
    """The lines of a form that hold its numbers: what the measure of the outcome is computed from."""
    from .model.types import of_one_arm

    kind = _kind_of(outcome.measure)
    said = f"    # {_ELSE[kind]}\n" if commented and kind in _ELSE else ""
    beside = {"rates": "    time_unit: person-years\n"}.get(kind, "")
    if kind == "means" and outcome.unit:
        beside = f"    unit: {flow_text(outcome.unit)}\n"
    if kind == "effect":
        return f"{said}    effect: {{measure: {outcome.measure}, estimate: , ci: , level: 0.95}}\n"
    arms = ("experimental",) if of_one_arm(outcome.measure) else ("experimental", "control")
    keys = ", ".join(f"{key}: " for key in _ASKED[kind])
    return f"{said}{beside}    arms:\n" + "".join(f"      {arm}: {{{keys}}}\n" for arm in arms)


def _kind_of(measure: str) -> str:
    """Return the kind of data that gives a measure; effects where no numbers of arms do."""
    from .model.types import USUAL

    if measure in USUAL:
        return "counts"
    from ..stats.measures.catalogue import ONE_ARM, TWO_ARMS

    found = (kind for kind in _ASKED if measure in TWO_ARMS.get(kind, {}) or measure in ONE_ARM.get(kind, {}))
    return next(found, "effect")


def _form_words(outcome: Outcome, commented: bool) -> dict[str, str]:
    return {
        "numbers": _numbers(outcome, commented),
        "id": outcome.id,
        "name": flow_text(outcome.name),
        "time": flow_text((outcome.time or "study end").split(",")[0]),
    }


_COMMENT = re.compile(r"^ *#.*\n| +#.*$", re.MULTILINE)

_STUDY_HEAD = """\
# A study that awaits its numbers. Fill in what the publication says, with the place each number was read in; leave a
# key empty where nothing was seen, and never guess. `metaan check` says what is wrong, with the line.
"""

#: Kind of data to the keys that a form asks for; the others are in what the form says beside it.
_ASKED = {
    "counts": ("events", "total"),
    "means": ("mean", "sd", "total"),
    "rates": ("events", "time"),
    "correlations": ("r", "total"),
}
_ELSE = {
    "means": "in place of sd: se, or ci; in place of mean and sd: median with q1 and q3, or with min and max",
    "rates": "time is that of all people of the arm together",
    "effect": "with adjusted_for: [age, sex] where it is; se or p where no interval was printed",
}

_STUDY_BODY = """
design:
  {kind} # randomised, non-randomised, cluster-randomised, cross-over, quasi-randomised, single-arm,
                             # systematic review, case series, narrative review
  control:                   # if non-randomised: historical, matched, propensity-matched, concurrent ...
  description:
status:
  state: awaiting data       # ends by itself as soon as one result below is filled in; or: included, excluded
  reason: numbers are not in yet
setting:
population:

# `randomised` and `analysed` are numbers of people, to be filled in; take a key out where nobody says. Results name an
# arm by its id.
arms:
  - id: experimental
    role: experimental
    name: {experimental}
    description:
    randomised:
    analysed:
{control}
# One entry for each outcome at each time. An entry without numbers is a form that nobody has filled in yet: it is
# not read. Delete those that the study does not report.
"""

_CONTROL = """\
  - id: control
    role: control
    name: {name}
    description:
    randomised:
    analysed:
"""

_FORM = """\
  - outcome: {id}
    name: {name}  # as the authors call it
    time: {time}  # as reported, such as day 28 or in hospital
{numbers}    source:
      document: article abstract
      place:                  # such as Results, or Table 2
      quote:                  # its words
      level: primary          # secondary, where another document quotes the article
      derived:                # how an integer follows from what was printed; empty where it stands as printed
    # as the authors printed it, such as: {{measure: OR, estimate: 0.5, ci: [0.2, 1.1], level: 0.95}}
    reported: []
"""

_STUDY_TAIL = """
funding:
notes:
"""

_REVIEW = """\
#
# The review: what it asks, which outcomes it knows, and - fixed before looking at results - what is pooled and how.
# One study is one other file in this folder; `metaan add --doi ...` makes one. `metaan check` lists every mistake of
# every file with its line, `metaan pool` prints the results, `metaan report` writes the page.

title: {title}
name: {name}                 # short; names the files that commands write

question:
  population: who            # such as: adults in hospital with COVID-19
  intervention: what         # such as: anakinra, any dose and route
  comparator: against what   # such as: usual care
  outcomes:
    - death from any cause

eligibility:
  include: []
  exclude: []

authors: []
registration:                # such as a PROSPERO number
dates:
  started:                   # year-month-day
  searched:
  updated:

# The words that plots use for the two sides.
labels:
  experimental: the treatment
  control: usual care

# What was measured. `direction` says what an event means for the patient: bad (death) or good (success).
# Study files name an outcome by its id.
outcomes:
  - id: death
    name: death from any cause
    direction: bad
    measure: OR              # OR, RR or RD for counts of events
    time: day 28

# The protocol: one entry an analysis. Every key but `outcome` may be left out; what stands here is what is then used.
analyses:
  - outcome: death
    model: [common, random]  # both stand in every table
    common_method: MH        # Mantel-Haenszel (MH) or inverse variance (IV)
    tau2_method: DL          # DerSimonian-Laird
    ci_method: wald
    pi_method: t(k-1)
    level: 0.95
    designs: [randomised, non-randomised]
    by: design               # randomised and non-randomised studies are subgroups ...
    pool_designs: false      # ... and never one diamond
    time_points: [day 28, nearest, in hospital]  # in order of preference; other times are not taken

# How the sources are searched; `metaan update` asks them again.
search: []
"""
