"""Which sheets a table of the registry has, and what stands in their columns.

A line of `_SHEETS` is ``title: path | note``; ``*`` in a path stands for the arms of a result, ``#`` for the domains of
a judgement: such columns come in numbered groups. Of what kind a value is, and what is allowed, the JSON Schema says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ...registry.scaffold import schema

Path = tuple[str | int, ...]
Kind = Literal["text", "date", "list", "number", "whole", "yes or no", "number or text"]

FIRST = 2  # columns before the groups of arms: outcome and time
ARM, DOMAIN = "*", "#"  # places of a path that a group of columns fills
REVIEW_FILE = "review"
DATES = ("on", "date", "published")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    path
        Where its values stand below an item; empty for the key of an arm.
    group
        The number of its group, from 1; 0 for a column outside of all groups.
    """

    title: str
    path: Path
    note: str
    kind: Kind = "text"
    allowed: tuple[str, ...] = ()
    group: int = 0

    @property
    def heading(self) -> str:
        """The title with the number of the group."""
        return f"{self.title} {self.group}" if self.group else self.title


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """One sheet: a row an item of a list of each file.

    Attributes
    ----------
    items
        The list; empty where a row is a file.
    holds
        Keys that an arm has (one of them) in a result of this sheet; or keys of the result, where there are no arms.
    inner
        A list below an item, each of which has a row: the effects of a result, what was reported of it.
    number
        The title of the column that numbers the items, from 1.
    """

    name: str
    items: str
    columns: tuple[Column, ...]
    holds: tuple[str, ...] = ()
    inner: str = ""
    number: str = ""

    @property
    def of_review(self) -> bool:
        """Whether its items stand in review.yaml."""
        return self.name == "certainty"

    @property
    def marker(self) -> str:
        """What its groups of columns stand for; empty without groups."""
        return next((str(part) for column in self.columns for part in column.path if part in (ARM, DOMAIN)), "")

    def wide(self, groups: int) -> tuple[Column, ...]:
        """Return the columns with as many groups as are needed, those of a group side by side."""
        alone = [column for column in self.columns if self.marker not in column.path or not self.marker]
        inside = [column for column in self.columns if column not in alone]
        numbered = [_in_group(column, group) for group in range(1, groups + 1) for column in inside]
        keys = {group: _in_group(_ARM_KEY, group) for group in range(1, groups + 1)} if self.marker == ARM else {}
        groups_first = FIRST if self.marker == ARM else len(alone)
        side_by_side = (column for group in range(1, groups + 1) for column in _group(keys, numbered, group))
        return (*alone[:groups_first], *side_by_side, *alone[groups_first:])


_ARM_KEY = Column("arm", (), "the id of the arm, as in the sheet arms")


def _in_group(column: Column, group: int) -> Column:
    return Column(column.title, column.path, column.note, column.kind, column.allowed, group)


def _group(keys: Mapping[int, Column], numbered: list[Column], group: int) -> list[Column]:
    key = [keys[group]] if group in keys else []
    return [*key, *(column for column in numbered if column.group == group)]


@cache
def sheets() -> dict[str, SheetLayout]:
    """Return the sheets by their names, in their order."""
    known = schema()
    return {head.partition(" ")[0]: _sheet(head, body, known) for head, body in _SHEETS.items()}


def _sheet(head: str, body: str, known: Mapping[str, Any]) -> SheetLayout:
    name, *options = head.split(" ")
    said = dict(option.split("=") for option in options)
    items, inner = said.get("items", ""), said.get("inner", "")
    root = known["review" if name == "certainty" else "study"]
    columns = tuple(_column(line, (items,) if items else (), root) for line in filter(str.strip, body.splitlines()))
    holds = tuple(said.get("holds", "").split(",")) if "holds" in said else ()
    number = {"results": "result"}.get(items, "no") if items else ""
    return SheetLayout(name, items, columns, holds, inner, number)


def _column(line: str, at: Path, root: Mapping[str, Any]) -> Column:
    title, _, rest = line.strip().partition(": ")
    place, _, note = rest.partition(" | ")
    path: Path = tuple(int(part) if part.isdecimal() else part for part in place.strip().split("."))
    found = list(_schemas(root, root, (*at, *path)))
    allowed = tuple(dict.fromkeys(str(word) for one in found for word in one.get("enum", [one.get("const")]) if word))
    return Column(title, path, note.strip(), _kind(path, found), allowed)


def _kind(path: Path, found: list[Mapping[str, Any]]) -> Kind:
    types = {one.get("type") for one in found} - {"null"}
    if path[-1] in DATES:
        return "date"
    for name, kind in _KINDS.items():
        if types == set(name.split()):
            return kind
    return "text"


def _schemas(root: Mapping[str, Any], node: Mapping[str, Any], path: Path) -> list[Mapping[str, Any]]:
    """Return every schema that a value at a path can have; of arms, and of one effect or several, all of them."""
    if "$ref" in node:
        return _schemas(root, root["$defs"][node["$ref"].rpartition("/")[2]], path)
    if choices := [*node.get("anyOf", ()), *node.get("oneOf", ())]:
        return [one for choice in choices for one in _schemas(root, choice, path)]
    if not path:
        return [node]
    if node.get("type") == "array":
        rest = path[1:] if isinstance(path[0], int) or path[0] == DOMAIN else path
        inner = node.get("items", {}) or next(iter(node.get("prefixItems", [{}])))
        return _schemas(root, inner, rest)
    if node.get("type") == "object" and path[0] == ARM:
        return _schemas(root, node.get("additionalProperties", {}), path[1:])
    below = node.get("properties", {}).get(path[0])
    return _schemas(root, below, path[1:]) if below else []


#: Types of JSON Schema -> the kind of a column.
_KINDS: dict[str, Kind] = {
    "integer": "whole",
    "number": "number",
    "number integer": "number",
    "boolean": "yes or no",
    "array": "list",
    "number string": "number or text",
}

_OF_RESULT = """
outcome: outcome | the id of an outcome of review.yaml
time: time | such as day 28, or in hospital
name: name | as the authors call it
primary: primary | whether it is the study's primary result
unit: unit | of means
time unit: time_unit | of rates, such as person-years
values: values | what means are of
scale: scale.name | the instrument
higher is: scale.higher_is | on that instrument
correlation: correlation | of the two values of one person
period: period | first: arms hold the first period of a cross-over trial
adjusted: adjusted | the numbers allow for clusters already
design effect: design_effect | by which counts are divided
clusters: clusters.number | how many were randomised
cluster size: clusters.average_size | people in a cluster, on average
ICC: clusters.icc | intracluster correlation
cluster CV: clusters.cv | of the sizes of clusters
cluster design effect: clusters.design_effect | as it was printed
ICC from: clusters.icc_from | whose correlation is borrowed
clusters adjusted: clusters.adjusted | the paper's numbers allow for clusters
subgroup of people: subgroup.name | where the result is not of all people, such as sex
subgroup value: subgroup.value | such as women
SD from: sd_from | whose standard deviation is borrowed: a study's id, or pooled
document: source.document | what the numbers were read in
place: source.place | such as Table 2, page 5
quote: source.quote | its words
level of source: source.level | primary: the article, its abstract or its trial record
derived: source.derived | how the numbers follow from what was printed
note: note | about the result
unconfirmed: unconfirmed | a machine proposed the numbers and nobody has confirmed them
confirmed by: confirmed.by | who compared the numbers with their place
confirmed on: confirmed.on | year-month-day
"""

_SHEETS: dict[str, str] = {
    "studies": """
id: id | the name of the file, such as doe-2021
label: label | as plots name it, such as Doe 2021
acronym: acronym | such as SAVE-MORE
title: title | of the main publication
role: role | of the document among others
DOI: doi | such as 10.1000/xyz
PMID: pmid | of PubMed
PMCID: pmcid | of PubMed Central
registrations: registrations | several: with semicolons between
keywords: keywords | several: with semicolons between
authors: citation.authors | several: with semicolons between
authors complete: citation.authors_complete | no: there are more than are listed
journal: citation.journal | its name
journal abbreviation: citation.journal_abbreviation | as in MEDLINE
published: citation.published | year, year-month or year-month-day
volume: citation.volume | of the journal
issue: citation.issue | of the volume
pages: citation.pages | such as 9-12; format the column as text
design: design.kind | how the study was done
control: design.control | of a non-randomised study, such as historical
design notes: design.description | in words
status: status.state | whether it takes part
status reason: status.reason | why
setting: setting | where, and in which country
population: population | who
screened: screened | people
randomised total: randomised_total | people
funding: funding | who paid
notes: notes | about the study
""",
    "arms items=arms": """
id: id | by which results name it
role: role | of the arm
name: name | in words
treatment: treatment | the id of a treatment of review.yaml
description: description | in words
randomised: randomised | people
analysed: analysed | people
""",
    "counts items=results holds=events": f"""{_OF_RESULT}
events: arms.*.events | people with the event
total: arms.*.total | people
""",
    "means items=results holds=mean,median": f"""{_OF_RESULT}
mean: arms.*.mean | of the arm
SD: arms.*.sd | standard deviation
SE: arms.*.se | standard error, where no standard deviation was printed
lower: arms.*.ci.0 | of the interval of the mean
upper: arms.*.ci.1 | of the interval of the mean
level: arms.*.level | of the interval; 0.95 where it is empty
median: arms.*.median | of the arm
Q1: arms.*.q1 | lower quartile
Q3: arms.*.q3 | upper quartile
min: arms.*.min | the lowest value
max: arms.*.max | the highest value
total: arms.*.total | people
before: arms.*.baseline.mean | mean before the treatment
SD before: arms.*.baseline.sd | standard deviation before the treatment
total before: arms.*.baseline.total | people before the treatment
""",
    "rates items=results holds=time": f"""{_OF_RESULT}
events: arms.*.events | of all people, each of whom can have several
time at risk: arms.*.time | in the unit of the column time unit
total: arms.*.total | people
""",
    "correlations items=results holds=r": f"""{_OF_RESULT}
r: arms.*.r | the correlation
total: arms.*.total | people
""",
    "effects items=results holds=effect inner=effect": f"""{_OF_RESULT}
measure: effect.measure | such as HR, OR, RR, MD
estimate: effect.estimate | as printed, not its logarithm
lower: effect.ci.0 | of the interval
upper: effect.ci.1 | of the interval
level: effect.level | of the interval; 0.95 where it is empty
interval: effect.interval | of which kind
SE: effect.se | on the scale of the analysis: of the logarithm, for ratios
O - E: effect.o_minus_e | observed less expected events
variance: effect.variance | of O - E
p: effect.p | two-sided; a bound in words, such as <0.001
adjusted for: effect.adjusted_for | several: with semicolons between
compared: effect.arms | two ids of arms, the first against the second
method: effect.method | such as Cox regression
effect document: effect.source.document | where it is not that of the result
effect place: effect.source.place | where it is not that of the result
effect note: effect.note | about the effect
""",
    "paired items=results holds=paired,pairs": f"""{_OF_RESULT}
n: paired.n | people, or pairs
mean difference: paired.mean_difference | within people
SD: paired.sd | of the differences
SE: paired.se | of their mean
lower: paired.ci.0 | of the interval
upper: paired.ci.1 | of the interval
level: paired.level | of the interval; 0.95 where it is empty
t: paired.t | of the paired test
p: paired.p | of the paired test
both: pairs.both | pairs with events in both
experimental only: pairs.experimental_only | pairs with the event under the treatment alone
control only: pairs.control_only | pairs with the event under the control alone
neither: pairs.neither | pairs without events
""",
    "reported items=results inner=reported": """
measure: reported.measure | as the authors printed it: checked, never pooled
estimate: reported.estimate | as printed
lower: reported.ci.0 | of the interval
upper: reported.ci.1 | of the interval
level: reported.level | of the interval; 0.95 where it is empty
interval: reported.interval | of which kind
p: reported.p | as printed; a bound in words, such as <0.001
note: reported.note | about it
""",
    "baseline items=baseline": """
name: name | what was measured at the start
value: value | of all people, or of one arm
unit: unit | of the value
arm: arm | the id of the arm; empty: all people
document: source.document | what it was read in
place: source.place | such as Table 1
quote: source.quote | its words
level of source: source.level | primary: the article, its abstract or its trial record
derived: source.derived | how it follows from what was printed
""",
    "moderators items=moderators": """
name: name | of the trait, the same in all studies
value: value | a number, or a word
document: source.document | what it was read in
place: source.place | such as Table 1
quote: source.quote | its words
level of source: source.level | primary: the article, its abstract or its trial record
derived: source.derived | how it follows from what was printed
""",
    "risk-of-bias items=risk_of_bias": """
tool: tool | such as RoB 2 or ROBINS-I
version: version | of the tool
outcome: outcome | the id of an outcome; empty: of the study
overall: overall | as judged
domain: domains.#.name | of the tool
judgement: domains.#.judgement | in the words of the tool
support: domains.#.support | why
""",
    "relations items=relations": """
kind: kind | what it is to the study
DOI: doi | of the other publication
PMID: pmid | of the other publication
other study: study | the id of a study of the review
note: note | about it
""",
    "published-pools items=published_pools": """
outcome: outcome | the id of an outcome of review.yaml
name: name | as the review calls it
measure: measure | such as OR
estimate: estimate | as printed
lower: ci.0 | of the interval
upper: ci.1 | of the interval
level: level | of the interval; 0.95 where it is empty
I2: i2 | in percent
k: k | studies
n: n | people
p: p | as printed
document: source.document | what it was read in
place: source.place | such as Figure 2
quote: source.quote | its words
level of source: source.level | primary: the review itself
derived: source.derived | how it follows from what was printed
""",
    "certainty items=certainty": """
outcome: outcome | the id of an analysis, or of an outcome
pool: pool | the subgroup that was judged
level: level | of certainty
start: start | where it began
by: by | who judged; several: with semicolons between
on: on | year-month-day
studies: studies | how many there were
note: note | about it
domain: domains.#.domain | of GRADE
judgement: domains.#.judgement | of the domain
reason: domains.#.reason | why
""",
}

#: What a study file or review.yaml can hold and no sheet has -> why.
NOT_IN_TABLES = {
    "results.arms.source": "where one arm was read is written in the file; the result's own source is a column",
    "results.clusters.source": "where the correlation was read is written in the file",
    "results.paired.source": "the result's own source is a column",
    "results.pairs.source": "the result's own source is a column",
    "results.effect.source": "document and place are columns; quote, level and derivation are written in the file",
    "published_judgements": "what others have judged is read once, and written in the file",
    "decisions": "who decided about a retraction signs it in the file",
    "waivers": "who waives a check signs it in the file",
}
