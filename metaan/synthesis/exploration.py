"""What the protocol asks for beside the pooled result: leave-one-out, cumulative, influence, small-study tests,
regression, multiverse.

To add one: a field in the registry's `Explore`, a function here that returns its result, and an entry in `STEPS`.
A step that a pool cannot answer is refused with the reason, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import MetaanError, NotEstimableError
from ..preparation.kinds import columns_of
from ..stats.measures.catalogue import scale_of
from .selection import moderator
from .values import Exploration, Refusal, StudyRow

if TYPE_CHECKING:
    from ..registry.model.public import BayesPlan, Explore, SelectionPlan
    from ..stats.pooling.result import Pooled
    from ..stats.regression.result import MetaRegression
    from ..stats.robustness.gosh_result import Gosh
    from ..stats.robustness.influence import Baujat, Influence
    from ..stats.robustness.multiverse import Multiverse
    from ..stats.robustness.sequence import Refit
    from ..stats.robustness.sequence_result import Refits
    from ..stats.selection.result import SelectionModel
    from ..stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from ..stats.small_studies.trimfill import TrimAndFill

Step = Callable[["Explore", "Pooled", Sequence[StudyRow]], Any]


def explore(
    asked: Explore,
    fit: Pooled,
    rows: Sequence[StudyRow],
    bayes: BayesPlan | None = None,
    refit: Refit | None = None,
    selection: SelectionPlan | None = None,
    direction: str | None = None,
) -> Exploration:
    """Do what was asked with one pool.

    Parameters
    ----------
    asked
        The protocol's ``explore:`` block.
    fit
        The pooled result that is explored.
    rows
        The studies of its pool, with their weights; those that it pools are in the order of ``fit.effects``.
    bayes
        The protocol's ``bayes:`` block.
    selection, direction
        The protocol's ``selection:`` block, and which change of the outcome is ``"good"`` or ``"bad"``.
    refit
        How to pool some of the rows again, where rows of a study hang together.

    Returns
    -------
    Exploration
        What could be done, and for the rest why not.
    """
    found: dict[str, Any] = {}
    refused: list[Refusal] = []
    for name, (words, step) in STEPS.items():
        wanted = getattr(asked, name)
        if wanted is None or wanted is False:
            continue
        for item in wanted if isinstance(wanted, tuple) else [wanted]:
            try:
                if name == "leave_one_out" and refit is not None:
                    found[name] = _without_each(fit, rows, refit)
                    continue
                _refuse_dependent(fit)
                result = step(asked, fit, rows) if item is True else step(item, fit, rows)
            except MetaanError as error:
                refused.append(Refusal(words, error.reason, str(error)))
            else:
                found[name] = (*found.get(name, ()), result) if isinstance(wanted, tuple) else result
    if bayes is not None:
        from .belief import believed

        try:
            _refuse_dependent(fit)
            found["bayes"] = believed(bayes, fit)
        except MetaanError as error:
            refused.append(Refusal(BAYES, error.reason, str(error)))
    if selection is not None:
        found["selection"], gone = selected(selection, fit, direction)
        refused += gone
    return Exploration(**found, refused=tuple(refused), plots=tuple(asked.plots))


def selected(
    asked: SelectionPlan, fit: Pooled, direction: str | None
) -> tuple[tuple[SelectionModel, ...], tuple[Refusal, ...]]:
    """Fit what the protocol's ``selection:`` block asks for; return the models, and why the others are not fitted.

    An outcome without a direction has selection by significance on either side.
    """
    from ..stats.selection.selection_model import selection_model

    alternative = asked.alternative or FAVOURED.get(direction or "", "two.sided")
    fits, refused = [], []
    for kind in asked.models:
        try:
            _refuse_dependent(fit)
            if scale_of(fit.measure, fit.effects.data).null is None:
                raise NotEstimableError("this measure compares nothing, so no study is significant")
            steps = asked.steps if kind == "stepfun" and asked.steps else None
            fits.append(selection_model(fit, kind, steps, alternative, level=fit.level))
        except MetaanError as error:
            refused.append(Refusal(f"{SELECTION}, {kind}", error.reason, str(error)))
    return tuple(fits), tuple(refused)


def _refuse_dependent(fit: Pooled) -> None:
    """Refuse what would take every row of a study as a study of its own."""
    from ..stats.dependent.pooled import DEPENDENT

    if fit.method in DEPENDENT:
        raise NotEstimableError(
            "several rows of one study hang together, and this takes each row as a study of its own",
            "an analysis without structure:, with one result a study",
        )


def _pooled(fit: Pooled, rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Return the studies of a result."""
    return [row for row in rows if getattr(row, f"weight_{fit.model}") is not None]


def _leave_one_out(_: object, fit: Pooled, rows: Sequence[StudyRow]) -> Refits:
    from ..stats.robustness.sequence import leave_one_out

    labels = [row.study.label for row in _pooled(fit, rows)]
    several = len({row.id for row in _pooled(fit, rows)}) < len(labels)
    return leave_one_out(fit, studies=labels if several else ())


def _without_each(fit: Pooled, rows: Sequence[StudyRow], refit: Refit) -> Refits:
    """Leave out all rows of each study in turn."""
    from ..stats.robustness.sequence import leave_one_out

    return leave_one_out(fit, refit, studies=[row.study.label for row in _pooled(fit, rows)])


def _cumulative(order: Any, fit: Pooled, rows: Sequence[StudyRow]) -> Refits:
    from ..stats.robustness.sequence import cumulative

    if order == "precision":
        return cumulative(fit, "precision")
    return cumulative(fit, [_published(row) for row in _pooled(fit, rows)])


def _published(row: StudyRow) -> float:
    """Return the date of publication as one number; a missing month or day counts as the start of the year or month."""
    parts = (row.study.citation.published or "9999").split("-")
    return float(sum(int(part) / unit for part, unit in zip(parts, (1, 100, 10000))))


def _influence(_: object, fit: Pooled, rows: Sequence[StudyRow]) -> tuple[Influence, Baujat]:
    from ..stats.robustness.influence import baujat, influence

    return influence(fit), baujat(fit)


def _small_study_test(test: Any, fit: Pooled, rows: Sequence[StudyRow]) -> SmallStudyTest:
    from ..stats.small_studies.tests_of_asymmetry import small_study_test

    return small_study_test(fit, test.test, force=test.force)


def _trim_and_fill(estimator: Any, fit: Pooled, rows: Sequence[StudyRow]) -> TrimAndFill:
    from ..stats.small_studies.trimfill import trim_and_fill

    return trim_and_fill(fit, estimator)


def _regression(asked: Any, fit: Pooled, rows: Sequence[StudyRow]) -> MetaRegression:
    from ..stats.regression.fit_regression import meta_regression

    mods = {name: [_moderator(row, name) for row in _pooled(fit, rows)] for name in asked.moderators}
    return meta_regression(fit.effects, mods, tau2_method=asked.tau2_method, ci_method=asked.ci_method, level=fit.level)


def _moderator(row: StudyRow, name: str) -> float | str:
    value = moderator(row.study, name)
    if value is None:
        raise NotEstimableError(
            f"{row.label} has no moderator {name!r}; allowed: year, design, or an entry in its file"
        )
    return value


def _gosh(_: object, fit: Pooled, rows: Sequence[StudyRow]) -> Gosh:
    from ..stats.robustness.gosh import gosh

    return gosh(fit.effects)


def _multiverse(_: object, fit: Pooled, rows: Sequence[StudyRow]) -> Multiverse:
    """Give it every table: a study without events says nothing about a ratio, and something about a difference."""
    from ..stats.robustness.multiverse import multiverse

    return multiverse(groups=_by_design(rows), level=fit.level, **columns_of(fit.measure, (row.data for row in rows)))


def _by_design(rows: Sequence[StudyRow]) -> dict[str, list[bool]]:
    """Return which studies to pool: all, and where designs were pooled together also each design by itself."""
    designs = dict.fromkeys(row.design for row in rows)
    apart = {name: [row.design == name for row in rows] for name in designs} if len(designs) > 1 else {}
    return {"all": [True] * len(rows), **apart}


#: The words of what the protocol's ``bayes:`` block asks for.
BAYES = "Bayesian model"

#: The words of what the protocol's ``selection:`` block asks for.
SELECTION = "selection model"

#: Direction of an outcome to the side that benefits patients, which selection favours unless it is overridden.
FAVOURED = {"good": "greater", "bad": "less"}

#: Field of the registry's `Explore` to its words and its function.
STEPS: dict[str, tuple[str, Step]] = {
    "leave_one_out": ("leave-one-out", _leave_one_out),
    "cumulative": ("cumulative", _cumulative),
    "influence": ("influence", _influence),
    "small_study_tests": ("small-study test", _small_study_test),
    "trim_and_fill": ("trim and fill", _trim_and_fill),
    "regressions": ("meta-regression", _regression),
    "gosh": ("GOSH", _gosh),
    "multiverse": ("multiverse", _multiverse),
}
