"""A report of results that were pooled from arrays, or from a frame, where there is no registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import DataError, UsageError, choose
from ...records.label import slug
from ...registry.load import Review
from ...registry.model.public import ReviewFile
from ...report.report import Report
from ...report.writers.catalogue import WRITERS
from ...stats.pooling.result import Pooled
from ...synthesis.certainty import evidence
from ...synthesis.risks import absolute
from ...synthesis.values import Analysis
from ..outputs import format_of, write_output
from .forest import analysis_of

Found = Pooled | Sequence[Pooled]


def report(
    found: Found | Mapping[str, Found],
    path: str | Path,
    *,
    title: str | None = None,
    outcome: str = "effect",
    arms: tuple[str, str] = ("experimental", "control"),
    population: str = "the people of these studies",
    direction: str = "bad",
    form: str | None = None,
) -> Path:
    """Write a page of what was pooled: the answer, the plots, the methods, and how each number was computed.

    Parameters
    ----------
    found
        A pooled result; two of the same studies by different models; or these by the name of their outcome.
    path
        The file to write, whole or not at all.
    title, outcome
        What the page, and what was measured, is called; names of outcomes in ``found`` are their own.
    arms, population
        What the two arms are called, and who was studied.
    direction
        Whether more of the outcomes is ``"good"`` or ``"bad"``.
    form
        A key of `metaan.report.writers.catalogue.WRITERS` that needs no registry; None: as the file's name ends, HTML
        where it has no ending.

    Raises
    ------
    UsageError
        Something else than pooled results; a format of citations, which need a registry; or there is no such folder.
    DataError
        Two results of one model, or of different studies.

    Examples
    --------
    >>> import metaan as ma, tempfile
    >>> es = ma.effect_sizes("MD", m1i=[5.1, 4.2], sd1i=[1.1, 0.9], n1i=[20, 31], m2i=[6.0, 4.9], sd2i=[1.2, 1.0],
    ...                      n2i=[21, 30], slab=["A 2019", "B 2021"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = ma.report(ma.pool(es), f"{folder}/pain.html", outcome="pain", arms=("drug", "placebo"))
    ...     written.name, written.read_text(encoding="utf-8").count("<h2")
    ('pain.html', 6)
    """
    form = format_of(Path(path), form, OF_ARRAYS, "html")
    writer = WRITERS[choose(OF_ARRAYS, form, "format of a report of arrays")]
    analyses = tuple(_analyses(found if isinstance(found, Mapping) else {outcome: found}, direction))
    names = {"experimental": arms[0], "control": arms[1]}
    question = {"population": population, "intervention": arms[0], "comparator": arms[1]}
    about = ReviewFile.model_validate(
        {"title": title or _title(analyses), "question": question, "labels": names, "outcomes": [_BARE]}
    ).model_copy(update={"outcomes": tuple(one.outcome for one in analyses)})
    review = Review(Path(), about, (), {}, "", {})
    seen = {one.plan.key: evidence(one) for one in analyses}
    made = writer.write(Report(review, analyses, seen, sections=SHOWN))
    if not Path(path).parent.is_dir():
        raise UsageError(f"there is no folder {Path(path).parent}; allowed: one that is there")
    return write_output(Path(path), made, Path(path).parent)


def _analyses(found: Mapping[str, Found], direction: str) -> Iterable[Analysis]:
    if not found:
        raise DataError("no result; allowed: at least one")
    taken: dict[str, str] = {}
    for name, fits in found.items():
        each = [fits] if isinstance(fits, Pooled) else fits
        if isinstance(each, str) or not isinstance(each, Sequence):
            what = type(fits).__name__
            raise UsageError(f"{what} is no pooled result; allowed: what pool, mantel_haenszel, peto or glmm give")
        key = slug(name) or "effect"
        if key in taken:
            raise UsageError(f"outcomes {taken[key]!r} and {name!r} have one name; allowed: different ones")
        taken[key] = name
        yield _whole(analysis_of(each, name, direction), key)


def _whole(analysis: Analysis, key: str) -> Analysis:
    """Return an analysis with the heterogeneity and the effect per 1000 people that a page shows, under its own id."""
    [pool] = analysis.pools
    between = [fit for fit in pool.fits.values() if fit.has_tau2 and fit.k > 1]
    if between:
        pool = replace(pool, tau2_ci=between[-1].tau2_ci("PL" if between[-1].method == "GLMM" else "QP"))
    pool = replace(pool, absolute=absolute(pool, analysis.plan, analysis.measure))
    plan = analysis.plan.model_copy(update={"outcome": key})
    return replace(analysis, plan=plan, outcome=analysis.outcome.model_copy(update={"id": key}), pools=(pool,))


def _title(analyses: Sequence[Analysis]) -> str:
    names = "; ".join(one.outcome.name for one in analyses)
    return f"{names[:1].upper()}{names[1:]}"


#: What is asked of a review before its outcomes are known.
_BARE = {"id": "effect", "name": "effect", "direction": "bad"}

#: The sections that say something where there is no registry.
SHOWN = ("answer", "summary", "results", "certainty", "methods", "formulas")

#: The formats that need no registry.
OF_ARRAYS = {form: form for form, writer in WRITERS.items() if "results" in writer.can}
