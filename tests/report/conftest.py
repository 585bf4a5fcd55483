"""Analyses made by hand: what synthesis would return, without a registry on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
import pytest

from metaan.errors import NotEstimableError
from metaan.registry.flags import Flag, flag_of
from metaan.registry.model.public import Outcome, Plan, ReviewFile, Study
from metaan.registry.store.metadata import Metadata
from metaan.registry.store.runs import Notice
from metaan.registry.waivers import Waived
from metaan.stats.measures.catalogue import effect_sizes, scale_of
from metaan.stats.measures.effects import EffectSizes, Interval
from metaan.stats.pooling.intervals import mean_interval
from metaan.stats.pooling.pool import pool
from metaan.stats.pooling.result import Pooled
from metaan.stats.tables.stratified import mantel_haenszel
from metaan.synthesis.values import Absolute, Analysis, Pool, PublishedReference, Sensitivity, StudyRow, SubgroupTest

Counts = tuple[str, int, int, int, int]
DEATH: dict[str, list[Counts]] = {
    "randomised": [
        ("Audemard-Verger 2022", 9, 37, 3, 34),
        ("SAVE-MORE 2021", 13, 405, 13, 189),
        ("CORIMUNO-ANA-1 2021", 16, 59, 15, 55),
        ("NCT04362111 2021", 4, 15, 4, 15),
    ],
    "non-randomised": [
        ("Balkhair 2021", 13, 45, 11, 24),
        ("SAVE 2021", 15, 130, 29, 130),
        ("Franzetti 2021", 14, 56, 29, 56),
        ("Segala 2023", 4, 56, 6, 49),
    ],
}


def study(label: str, number: int, kind: str = "randomised", counts: Counts | None = None, **changes: object) -> Study:
    """A study with one result, or a review without any."""
    source = {"document": "article abstract", "place": "Results", "level": "primary"}
    arms = [
        {"id": "anakinra", "role": "experimental", "name": "anakinra"},
        {"id": "control", "role": "control", "name": "usual care"},
    ]
    results = []
    if counts is not None:
        events = {
            "anakinra": {"events": counts[1], "total": counts[2]},
            "control": {"events": counts[3], "total": counts[4]},
        }
        results = [{"outcome": "death", "name": "death", "time": "day 28", "arms": events, "source": source}]
    plain = {
        "id": f"study-{number}",
        "label": label,
        "title": f"The trial of {label}",
        "design": {"kind": kind, "control": "matched" if kind == "non-randomised" else None},
        "status": {"state": "included"},
        "citation": {"published": "2021"},
        "arms": arms if counts is not None else [],
        "results": results,
    }
    return Study.model_validate(plain | changes)


def make_pool(name: str, rows: Sequence[Counts], measure: str = "OR", level: float = 0.95) -> Pool:
    """Pool counts as the protocol's defaults do."""
    if not rows:
        return Pool(name, (), reason="no study reports this outcome")
    table = np.array([row[1:] for row in rows], dtype=float)
    columns = dict(zip(("ai", "n1i", "ci", "n2i"), table.T, strict=True))
    es = effect_sizes(measure, slab=[row[0] for row in rows], drop00=measure != "RD", **columns)
    if es.k < 2:
        return Pool(name, _rows(name, rows, es, None, None), reason="one study with an effect size")
    return _pooled(name, rows, es, columns, level)


def _pooled(
    name: str, rows: Sequence[Counts], es: EffectSizes, columns: Mapping[str, np.ndarray], level: float
) -> Pool:
    common = _common(es, columns, level)
    random = pool(es, "random", level=level)
    other = pool(es, "random", tau2_method="REML", ci_method="hksj-adhoc", level=level)
    differs = (random.ci.ub < 0) != (other.ci.ub < 0)
    return Pool(
        name,
        _rows(name, rows, es, None if common is None else common.weights, random.weights),
        {model: fit for model, fit in (("common", common), ("random", random)) if fit is not None},
        random.tau2_ci(),
        (Sensitivity("random effects, REML, hksj-adhoc", other, differs),),
        Absolute(0.2, "median of the control arms", -5.2, Interval(-82.0, 127.4)),
    )


def _common(es: EffectSizes, columns: Mapping[str, np.ndarray], level: float) -> Pooled | None:
    try:
        return mantel_haenszel(es.measure, level=level, slab=es.slab, **columns)
    except NotEstimableError:
        return None


def _rows(name: str, rows: Sequence[Counts], es: EffectSizes, common: object, random: object) -> tuple[StudyRow, ...]:
    back = scale_of(es.measure).to_display
    at = {int(i): j for j, i in enumerate(np.flatnonzero(es.estimable))}
    made = []
    for i, row in enumerate(rows):
        data = dict(zip(("ai", "n1i", "ci", "n2i"), map(float, row[1:]), strict=True))
        kind = name if name in ("randomised", "non-randomised") else "randomised"
        made_of = study(row[0], crc32(repr((name, i, row)).encode()), kind, row)
        one = StudyRow(made_of, made_of.results[0], kind, data, note=es.reasons[i])
        if i in at:
            ci = mean_interval(float(es.yi[i]), float(es.sei[i]), None, 0.95)
            shown = Interval(back(ci.lb), back(ci.ub))
            one = replace(one, yi=float(es.yi[i]), vi=float(es.vi[i]), estimate=back(float(es.yi[i])), ci=shown)
        if i in at and common is not None:
            one = replace(one, weight_common=float(common[at[i]]))
        if i in at and random is not None:
            one = replace(one, weight_random=float(random[at[i]]))
        made.append(one)
    return tuple(made)


def make_analysis(
    pools: Mapping[str, Sequence[Counts]] = DEATH, measure: str = "OR", direction: str = "bad", **changes: object
) -> Analysis:
    outcome = Outcome.model_validate({"id": "death", "name": "Death from any cause", "direction": direction})
    made = tuple(make_pool(name, rows, measure) for name, rows in pools.items())
    test = SubgroupTest("design", {"common": (5.1, 1, 0.024), "random": (3.3, 1, 0.069)}) if len(made) > 1 else None
    analysis = Analysis(
        outcome, Plan.model_validate({"outcome": "death", "measure": measure}), measure, 0.95, made,
        by="design", subgroup_test=test,
    )  # fmt: skip
    return replace(analysis, **changes)


def make_reference() -> PublishedReference:
    source = {"document": "article abstract", "level": "primary"}
    pool = {"outcome": "death", "measure": "OR", "estimate": 0.32, "ci": [0.23, 0.45], "k": 9, "n": 1119}
    status = {"state": "excluded", "reason": "a systematic review is never pooled"}
    review = study("Barkas 2021", 77, "systematic review", status=status, published_pools=[pool | {"source": source}])
    return PublishedReference(review, review.published_pools[0])


@dataclass(frozen=True)
class MadeReview:
    """A review in memory, with what the report asks of one."""

    info: ReviewFile
    studies: tuple[Study, ...]
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    digest: str = "0" * 64
    waived: tuple[Waived, ...] = ()
    notices: tuple[Notice, ...] = ()

    def outcome(self, name: str) -> Outcome:
        return next(outcome for outcome in self.info.outcomes if outcome.id == name)

    def study(self, name: str) -> Study:
        return next(study for study in self.studies if study.id == name)

    def flag(self, study: Study) -> Flag | None:
        return flag_of(study, self.metadata.get(study.id), self.notices)

    def file(self, study_id: str) -> str:
        return f"studies/{study_id}.yaml"

    def line(self, study_id: str, *path: str | int) -> int:
        return 1 + len(path)


def make_review(analyses: Sequence[Analysis], **changes: object) -> MadeReview:
    """Return a review that holds the studies of some analyses and the reviews beside them."""
    info = {
        "title": "Anakinra in COVID-19",
        "question": {"population": "adults", "intervention": "anakinra", "comparator": "usual care"},
        "labels": {"experimental": "anakinra", "control": "usual care"},
        "outcomes": [{"id": "death", "name": "death from any cause", "direction": "bad"}],
        "search": [{"source": "pubmed", "query": 'anakinra AND "COVID-19"', "since": "2020-01-01"}],
        "eligibility": {"include": ["adults"], "exclude": ["case series"]},
    }
    found = {row.id: row.study for analysis in analyses for row in analysis.rows}
    found |= {r.study.id: r.study for analysis in analyses for r in analysis.references}
    review = MadeReview(ReviewFile.model_validate(info), tuple(found[key] for key in sorted(found)))
    return replace(review, **changes)


def make_metadata(**changes: object) -> Metadata:
    plain = {
        "pmid": "1",
        "title": "T",
        "fetched": "2026-11-20T10:00:00Z",
        "url": "https://example.org",
        "digest": "0" * 64,
    }
    return Metadata.model_validate(plain | changes)


@pytest.fixture
def analysis() -> Callable[..., Analysis]:
    return make_analysis


@pytest.fixture(scope="session")
def make() -> Callable[..., Analysis]:
    """The same as `analysis`, for fixtures that live longer than a test."""
    return make_analysis


@pytest.fixture(scope="session")
def make_whole() -> Callable[..., MadeReview]:
    """The same as `review`, for fixtures that live longer than a test."""
    return make_review


@pytest.fixture
def review() -> Callable[..., MadeReview]:
    return make_review


@pytest.fixture
def metadata() -> Callable[..., Metadata]:
    return make_metadata


@pytest.fixture
def death() -> Analysis:
    """The two designs that disagree, with a published pool beside them."""
    return make_analysis(references=(make_reference(),))
