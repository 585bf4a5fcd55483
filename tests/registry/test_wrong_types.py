"""Whatever stands behind a key: a problem with its file and line, never a traceback, never words of another library."""

import json
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel

from metaan.registry.check import problems as check_problems
from metaan.registry.check.draft import Draft, _models_in, read_document
from metaan.registry.model.review import ReviewFile
from metaan.registry.model.study import Study
from metaan.registry.text.nodes import compose

#: Every key of a study file, with a value that is right.
STUDY = """\
id: doe-2020
label: Doe 2020
acronym: X
title: A trial
role: seed
doi: 10.1000/x
pmid: "123"
pmcid: PMC123
registrations: [NCT04643678]
keywords: [a]
citation:
  {authors: [Doe J], authors_complete: true, journal: J, journal_abbreviation: J, published: 2021-02, volume: "1",
   issue: "2", pages: 1-2}
design: {kind: randomised, control: placebo, description: x}
status: {state: included, reason: x}
setting: x
population: y
screened: 100
randomised_total: 80
arms:
  - {id: drug, role: experimental, name: drug, treatment: drug, description: d, randomised: 40,
     analysed: 40}
  - {id: control, role: control, name: usual care, randomised: 40}
baseline:
  - {name: age, value: 50, unit: years, arm: drug,
     source: {document: a, place: b, quote: c, level: primary, derived: d}}
moderators:
  - {name: dose, value: 5, source: {document: a, level: primary}}
results:
  - outcome: death
    name: death
    time: day 28
    primary: true
    arms:
      drug: {events: 5, total: 40, source: {document: abstract, level: primary}}
      control: {events: 3, total: 40}
    source: {document: abstract, level: primary}
    reported:
      - {measure: OR, estimate: 1.762, ci: [0.39, 7.93], level: 0.95, interval: confidence, p: 0.712, note: x}
    note: x
    unconfirmed: false
    confirmed: {by: me, on: 2021-02-05}
  - outcome: stay
    time: day 28
    arms:
      drug: {mean: 5.1, sd: 2.0, se: 0.3, ci: [4.5, 5.7], level: 0.95, total: 40, baseline: {mean: 6, sd: 2, total: 40}}
      control: {median: 6, q1: 4, q3: 8, min: 1, max: 30, total: 40}
    values: final
    scale: {name: x, higher_is: worse}
    unit: days
    sd_from: pooled
    source: {document: abstract, level: primary}
  - outcome: bleeds
    time: day 28
    arms:
      drug: {events: 5, time: 40.5, total: 40, source: {document: abstract, level: primary}}
      control: {events: 3, time: 40}
    time_unit: person-years
    clusters: {number: 8, average_size: 10, icc: 0.02, cv: 0.5, design_effect: 1.2, icc_from: x, adjusted: false,
               source: {document: abstract, level: primary}}
    design_effect: 1.2
    adjusted: false
    source: {document: abstract, level: primary}
  - outcome: death
    time: day 90
    effect:
      measure: HR
      estimate: 0.7
      se: 0.2
      ci: [0.5, 0.9]
      level: 0.95
      interval: confidence
      o_minus_e: -2.1
      variance: 6.2
      p: 0.03
      adjusted_for: [age]
      arms: [drug, control]
      method: Cox regression
      source: {document: abstract, level: primary}
      note: x
    subgroup: {name: sex, value: women}
    source: {document: abstract, level: primary}
  - outcome: stay
    time: day 90
    paired: {n: 20, mean_difference: -1, sd: 2, se: 0.4, ci: [-2, 0], level: 0.95, t: 2.1, p: 0.04,
             source: {document: abstract, level: primary}}
    pairs: {both: 1, experimental_only: 2, control_only: 3, neither: 4, source: {document: abstract, level: primary}}
    arms:
      drug: {r: 0.2, total: 40, source: {document: abstract, level: primary}}
    correlation: 0.5
    period: first
    source: {document: abstract, level: primary}
risk_of_bias:
  - tool: RoB 2
    version: "2019"
    outcome: death
    domains: [{name: randomisation process, judgement: low, support: x}]
    overall: low
relations:
  - {kind: erratum, doi: 10.1000/z, pmid: "77", study: doe-2020, note: x}
decisions:
  - {about: concern, decision: keep, reason: x, by: me, date: 2021-02-05}
waivers:
  - {check: nobody is counted twice, at: arms, reason: x, by: me, date: 2021-02-05}
published_pools:
  - {outcome: death, name: d, measure: OR, estimate: 1, ci: [0.5, 2], level: 0.95, i2: 5, k: 2, n: 5, p: 1,
     source: {document: a, level: primary}}
published_judgements:
  - {by: others, tool: RoB 2, outcome: death, time: day 28, overall: low, note: x,
     source: {document: a, level: primary}, domains: [{name: d, judgement: low, support: x}]}
funding: x
notes: y
"""

#: Every key of review.yaml, with a value that is right.
REVIEW = """\
title: A review
name: review
question: {population: p, intervention: i, comparator: c, outcomes: [a], text: x}
eligibility: {include: [a], exclude: [b]}
authors: [A]
registration: X
dates: {started: 2021-02-05, searched: 2021-02-05, updated: 2021-02-05}
version: "1"
license: MIT
funding: x
labels: {experimental: drug, control: care}
outcomes:
  - {id: death, name: death, description: x, direction: bad, measure: OR, time: day 28, unit: u,
     importance: critical, mid: {per_1000: 10, source: x}, thresholds: {small: 1, moderate: 2, large: 3, source: x}}
  - {id: stay, name: stay, direction: bad, measure: MD, mid: {difference: 1, source: x},
     scale: {name: x, range: [0, 10], sd: 2, source: x, integers: true}}
  - {id: bleeds, name: bleeds, direction: bad, measure: IRR, mid: {ratio: 0.8, source: x}}
  - {id: pain, name: pain, direction: bad, measure: SMD, mid: {smd: 0.2, source: x}}
treatments: [{id: drug, name: drug, description: x}]
analyses:
  - id: main
    outcome: death
    title: Death
    measure: OR
    model: [common, random]
    common_method: MH
    random_method: IV
    tau2_method: DL
    ci_method: wald
    pi_method: t(k-1)
    level: 0.95
    zero_cells: {add: 0.5, to: only0}
    designs: [randomised, non-randomised]
    by: design
    pool_designs: false
    time_points: [day 28, nearest, {from: day 20, to: day 30}]
    assumed_risk: {value: 0.1, source: x, time: day 28}
    assumed_rate: {value: 5, per: 1000 person-years, source: x}
    estimates: {randomised: arms, non-randomised: effects, single-arm: arms}
    medians: qe
    assume: {correlation: 0.5}
    sd_from: pooled
    icc_from: {value: 0.02, source: x}
    convert: {OR: RR}
    control_risk: {value: 0.2, source: x}
    credible_intervals: true
    convert_units: {hours: 0.041667}
    arms: split
    compare: [drug, control]
    arm: all
    within: sex
    values: final
    assumed_risks: [{name: low, value: 0.1, source: x}]
    explore:
      leave_one_out: true
      cumulative: year
      influence: true
      small_study_tests: [{test: egger, force: true}]
      trim_and_fill: L0
      regressions: [{answers_question: true, moderators: [dose], tau2_method: REML, ci_method: hksj}]
      gosh: true
      multiverse: true
      plots: [funnel]
    bayes: {tau_prior: half-normal(0.5), mu_prior: flat, interval: shortest, priors: [DuMouchel], source: x}
    selection: {models: [stepfun, beta], steps: [0.025], alternative: less}
    plot: {sort: year, columns: [dose], style: default, lights: true}
    structure: {cluster: study, model: CHE, rho: 0.6}
certainty:
  - {outcome: main, pool: randomised, level: low, domains: [{domain: imprecision, judgement: very serious, reason: x}],
     start: high, by: [me], on: 2021-02-05, studies: 2, note: x}
waivers:
  - {check: certainty follows its domains, at: certainty, reason: x, by: me, date: 2021-02-05}
search:
  - {source: pubmed, query: x, note: y, since: 2021-02-05, accept_dropped: [z]}
screening:
  {reviewers: 2, full_text: true, blind: true, reasons: [x], highlight: {include: [a], exclude: [b]}}
services: {pubmed_url: x, ctgov_url: x, crossref_url: x, europepmc_url: x, email: x, api_key_env: X}
"""

FILES = {"doe-2020": (STUDY, Study), "review": (REVIEW, ReviewFile)}
WRONG = ("true", "1.5", "text", "[1, {a: []}]", "{a: [1]}")


def read(name: str, text: str) -> Any:
    return read_document(f"{name}.yaml", name, text.encode(), FILES[name][1])


@cache
def sound(name: str) -> Any:
    document, problems = read(name, FILES[name][0])
    assert problems == []
    return document


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([at] if at else []), *(path for key, child in inner for path in paths(child, (*at, key)))]


def written(value: Any, path: tuple[Any, ...], wrong: str) -> str:
    """Return a value as YAML, with other text at one place."""
    if not path:
        return wrong
    inner = {
        key: written(child, path[1:], wrong) if key == path[0] else json.dumps(child) for key, child in _items(value)
    }
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in inner.items()) + "}"
    return "[" + ", ".join(inner.values()) + "]"


def _items(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else enumerate(value)


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_value_behind_any_key_is_a_problem_with_file_and_line(name: str) -> None:
    plain = compose(FILES[name][0])[0].plain()  # type: ignore[union-attr]
    for path in paths(plain):
        for wrong in WRONG:
            document, problems = read(name, written(plain, path, wrong))
            review, study = (document if name == one else sound(one) for one in ("review", "doe-2020"))
            draft = Draft(review, (study,) if study else ())
            found = [*problems, *(problem for _, problem in check_problems(draft))]
            for one in found:
                assert one.line > 0, (path, wrong)
                assert one.file.endswith(".yaml")
                assert "Input should" not in one.found, (path, wrong, one)
                assert "pydantic" not in str(one), (path, wrong, one)


@pytest.mark.parametrize("name", FILES)
def test_every_key_of_every_model_is_tried(name: str) -> None:
    plain = compose(FILES[name][0])[0].plain()  # type: ignore[union-attr]
    tried = {path[-1] for path in paths(plain)}
    missing = {key for model in _all(FILES[name][1]) for key in _keys(model) if key not in tried}
    assert not missing


def _all(model: type[BaseModel]) -> set[type[BaseModel]]:
    inner = {one for field in model.model_fields.values() for one in _models_in(field.annotation)}
    return {model}.union(*map(_all, inner))


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "found"),
    [
        ("doe-2020", "published: 2021-02", "published: true", 12, "True is not a date"),
        ("doe-2020", "published: 2021-02", "published: 20.5", 12, "20.5 is not a date"),
        ("doe-2020", "screened: 100", "screened: 1000000000000", 18, "1000000000000 is too large"),
        ("review", "moderators: [dose]", "moderators: dose", 60, "'dose' is not a list"),
    ],
)
def test_some_of_them(name: str, old: str, new: str, line: int, found: str) -> None:
    text = FILES[name][0]
    assert old in text
    (one,) = read(name, text.replace(old, new))[1]
    assert (one.line, one.found) == (line, found)
