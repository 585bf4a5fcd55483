"""Writing one plot of an outcome as a file, also where the protocol does not ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError, choose, did_you_mean
from ...records.label import slug
from ...registry.model.public import BayesPlan, Explore
from ...report.drawing.fit import Paper
from ...report.language.judgements import assessments
from ...report.language.words import Arms
from ...report.plots.catalogue import PLOTS
from ...report.plots.curves import regression_on
from ...report.plots.figure import Request
from ...report.plots.standalone import standalone_sheets
from ...synthesis.analyse import PROTOCOL, Choices, analyse
from ...synthesis.dependent import refitting
from ...synthesis.exploration import explore
from ...synthesis.values import Exploration

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...report.drawing.svg import Svg
    from ...synthesis.values import Analysis, Pool


@dataclass(frozen=True, slots=True)
class Look:
    """What of an analysis a plot shows, and how; None: as the protocol says.

    Attributes
    ----------
    style
        A key of `metaan.report.forest.styles.STYLES`.
    sort
        A key of `metaan.report.forest.order.KEYS`; forest plots only.
    columns
        Names of moderators or of `metaan.report.forest.traits.TRAITS`; forest plots only.
    lights
        Whether each study has the signs of its risk of bias; forest plots only.
    pool
        The subgroup, such as ``"randomised"``; the first one (or the one over all, where there is one) unless given. A
        forest plot shows all of them unless it is given.
    moderator
        What a bubble plot regresses on.
    width
        For which width in millimetres it is laid out, with text of at least 6 points; as it comes unless given.
    height
        Of the sheets in millimetres over which a forest plot is broken; one sheet unless given.
    """

    style: str | None = None
    sort: str | None = None
    columns: tuple[str, ...] | None = None
    lights: bool | None = None
    pool: str | None = None
    moderator: str | None = None
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, slots=True)
class Plotted:
    """A plot as files, one a sheet, the pool it shows (empty: all) and the names of the others."""

    sheets: tuple[Svg, ...]
    pool: str
    others: tuple[str, ...]

    @property
    def picture(self) -> Svg:
        """The only sheet, or the first."""
        return self.sheets[0]

    @property
    def svg(self) -> str:
        """The text of its SVG file."""
        return str(self.picture)


def plot_outcome(
    review: Review, outcome: str, kind: str = "forest", look: Look = Look(), choices: Choices = PROTOCOL
) -> Plotted:
    """Draw one plot of one outcome.

    Parameters
    ----------
    review, outcome
        What `metaan.load` returned, and the id of an outcome or analysis.
    kind
        A key of `metaan.report.plots.catalogue.PLOTS`.
    look
        What it shows, and how it looks.
    choices
        What to put in place of the protocol.

    Raises
    ------
    UsageError
        The outcome, kind, pool or style is unknown, or a moderator is missing or not wanted.
    NotEstimableError
        The plot cannot be drawn of these studies; the message says why.

    Examples
    --------
    >>> import metaan as ma
    >>> drawn = plot_outcome(ma.load(ma.example("anakinra")), "death", "funnel")
    >>> drawn.pool, drawn.others, drawn.svg.count("<circle")
    ('randomised', ('non-randomised',), 5)
    """
    choose(PLOTS, kind, "kind of plot")
    _check_kind(kind, look)
    analysis = _looking(_analysis(review, outcome, choices), look)
    if look.lights and not any(map(assessments, analysis.rows)):
        raise UsageError(
            f"no study of {analysis.plan.key} has a judgement of bias to draw; risk_of_bias: in a study file holds it"
        )
    shown = choose_pool(analysis, look.pool)
    if kind == "forest" and look.pool is not None:
        analysis = replace(analysis, pools=(shown,), overall=None, subgroup_test=None)
    labels = review.info.labels
    found = Exploration() if kind == "forest" else explored(analysis, shown, kind, look.moderator)
    asked = Request(analysis, shown, found, Arms(labels.experimental, labels.control), look.moderator)
    drawn = standalone_sheets(kind, asked, look.style or analysis.plan.plot.style, Paper(look.width, look.height))
    if kind == "forest" and look.pool is None:
        return Plotted(drawn, "", ())
    return Plotted(drawn, shown.name, tuple(other.name for other in analysis.pools if other.name != shown.name))


def _analysis(review: Review, outcome: str, choices: Choices) -> Analysis:
    found = analyse(review, [outcome], choices)
    if len(found) > 1:
        names = ", ".join(analysis.plan.key for analysis in found)
        raise UsageError(f"{outcome} is pooled in {len(found)} analyses; allowed: {names}")
    return found[0]


def _looking(analysis: Analysis, look: Look) -> Analysis:
    """Return the analysis with the look in place of the protocol's."""
    changes = {name: getattr(look, name) for name in ("sort", "columns", "lights") if getattr(look, name) is not None}
    options = analysis.plan.plot.model_copy(update=changes)
    return replace(analysis, plan=analysis.plan.model_copy(update={"plot": options}))


def _check_kind(kind: str, look: Look) -> None:
    """Refuse what another kind of plot has."""
    if look.moderator is not None and kind != "bubble":
        raise UsageError(f"a {kind} plot has no moderator; allowed: with kind bubble")
    for name, what in FOREST_ONLY.items():
        if getattr(look, name) is not None and kind != "forest":
            raise UsageError(f"a {kind} plot has no {what}; allowed: with kind forest")


def choose_pool(analysis: Analysis, name: str | None) -> Pool:
    """Return the pool of a name, else the one over all studies, else the first.

    Raises
    ------
    UsageError
        There is no pool of that name.
    """
    if name is None:
        return analysis.whole or analysis.pools[0]
    pools = {pool.name: pool for pool in analysis.pools if pool.name}
    if name not in pools:
        raise UsageError(f"{analysis.plan.key} has no pool {name!r}; {did_you_mean(name, list(pools))}")
    return pools[name]


def explored(analysis: Analysis, pool: Pool, kind: str, moderator: str | None) -> Exploration:
    """Return what the protocol explored, with what the plot needs beside."""
    found = pool.exploration or Exploration()
    fit = pool.fit
    if kind not in NEEDS or fit is None:
        return found
    field, asked = NEEDS[kind]
    if kind == "bubble":
        if regression_on(found, moderator) is not None:
            return found
        asked = {"moderators": [moderator or "year"]}
    elif getattr(found, field) is not None:
        return found
    if field == "bayes":
        more = explore(Explore.model_construct(), fit, pool.rows, BayesPlan.model_validate(asked))
    else:
        wanted = Explore.model_validate({field: [asked] if kind == "bubble" else asked})
        more = explore(wanted, fit, pool.rows, refit=refitting(pool.rows, analysis.plan))
    return replace(found, **{field: getattr(more, field)}, refused=more.refused)


def default_output(review: Review, outcome: str, kind: str, pool: str | None, form: str = "svg") -> Path:
    """Return outputs/OUTCOME-KIND.FORMAT beside the studies, with the pool where one was named."""
    name = "-".join(slug(part) for part in (outcome, kind, pool or "") if part)
    return review.folder.resolve().parent / "outputs" / f"{name}.{form}"


#: What only a forest plot has: fields of `Look` and their words.
FOREST_ONLY = {
    "sort": "order of rows", "columns": "further columns", "lights": "signs of bias", "height": "sheets",
}  # fmt: skip

#: Kind of plot to the field of the registry's `Explore` that it shows, and what to ask there.
NEEDS: dict[str, tuple[str, Any]] = {
    "baujat": ("influence", True),
    "cumulative": ("cumulative", "year"),
    "leave-one-out": ("leave_one_out", True),
    "bubble": ("regressions", None),
    "gosh": ("gosh", True),
    "posterior": ("bayes", {"tau_prior": "unit-information"}),
    "heterogeneity": ("bayes", {"tau_prior": "unit-information"}),
}
