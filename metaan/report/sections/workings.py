"""How every computed number of a page came about: value, formula in words, inputs; a row of the appendix a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...preparation.kinds import cells, kind_of, kind_of_measure
from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.pooling.result import Pooled
from ..language import exploration, formats, formulas, methods, spread, words
from ..language.anchors import anchor, fits
from ..language.headings import pool_heading
from .exploration import FIELDS

if TYPE_CHECKING:
    from ...synthesis.certainty import Evidence
    from ...synthesis.risks import RiskEffect
    from ...synthesis.values import Analysis, Pool, StudyRow

MANY = 40  # from here on inputs are not listed one by one


Listed = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Working:
    """One computed number: what it is, its value, the formula in words, and what went into it.

    ``listed`` is a line for each study that went in: its name and its numbers.
    """

    anchor: str
    what: str
    value: str
    formula: str
    inputs: str
    listed: Listed = ()


@dataclass(frozen=True, slots=True)
class Workings:
    """The computed numbers of one analysis, under its title."""

    title: str
    rows: tuple[Working, ...]

    @classmethod
    def of(cls, analysis: Analysis, evidence: Sequence[Evidence] = ()) -> Workings:
        """Collect them; without the evidence those per 1000 people are left out."""
        return cls(words.upper_first(analysis.title), workings(analysis, evidence))


def workings(analysis: Analysis, evidence: Sequence[Evidence] = ()) -> tuple[Working, ...]:
    """Return the rows of one analysis: its studies, its pools, its subgroups."""
    made: list[Working] = []
    for pool in analysis.pools:
        for row in pool.rows:
            made += _study(row, pool, analysis)
    for i, pool in enumerate(analysis.results):
        made += _pool(pool, i, analysis)
        made += _risks(evidence[i].risks if i < len(evidence) else (), i, analysis)
        made += _absolute(pool, i, analysis)
        made += _explored(pool, i, analysis)
        made += _bayes(pool, i, analysis)
    return (*made, *_subgroups(analysis))


def _study(row: StudyRow, pool: Pool, analysis: Analysis) -> Iterable[Working]:
    if not row.enters:
        return
    key, measure = analysis.plan.key, analysis.measure
    held = cells(row.data) or row.data
    table = ", ".join(f"{name} = {formats.count(value)}" for name, value in held.items())
    zero = f"; {row.note}" if row.note else ""
    if row.yi is not None and row.vi is not None:
        value = formats.effect(row.estimate, row.ci, measure)
        inputs = f"{table}{zero}; y = {row.yi:.6g}, v = {row.vi:.6g}"
        yield _made((key, "study", row.row, "effect"), row.label, value, formulas.EFFECT.get(measure, measure), inputs)
    yield from _conversions(row, key)
    for role, fit in pool.fits.items():
        if (weight := getattr(row, f"weight_{role}")) is not None:
            dependent = fit.method in formulas.DEPENDENT
            how = formulas.of_weight(fit.method if role == "common" or dependent else "random", measure)
            tau2 = "" if fit.tau2 is None else f", τ² = {fit.tau2:.6g}"
            what = f"{row.label}: weight, {role} effect{'s' * (role == 'random')}"
            yield _made(
                (key, "study", row.row, f"weight_{role}"), what, formats.percent(weight, 1), how, f"{table}{tau2}"
            )


def _conversions(row: StudyRow, key: str) -> Iterable[Working]:
    """Yield each step from what was printed to what is pooled."""
    for i, one in enumerate(row.prepared.converted if row.prepared else ()):
        what = f"{row.label}{f', {one.arm}' if one.arm else ''}: converted"
        yield _made((key, "study", row.row, f"converted{i}"), what, _named(one.target), str(one), _named(one.source))


def _named(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in numbers.items()) or "–"


def _made(
    place: tuple[str | int, ...], what: str, value: str, formula: str, inputs: str, listed: Listed = ()
) -> Working:
    key, *path = place
    return Working(
        anchor(str(key), *path), what, value, words.upper_first(formula) + ".", words.upper_first(inputs) + ".", listed
    )


def _pool(pool: Pool, i: int, analysis: Analysis) -> Iterable[Working]:
    key, name = analysis.plan.key, pool_heading(pool)
    used = [row for row in pool.rows if row.yi is not None]
    answering = pool.answering
    people = f"{formats.people(pool.people)} people{_totals(answering, analysis.measure)}"
    yield _made((key, "block", i, "people"), f"{name}: people", people, formulas.OTHER["people"], _people(answering))
    studies = formats.plural(pool.studies, "study", "studies")
    yield _made((key, "block", i, "studies"), f"{name}: studies", studies, formulas.OTHER["studies"], _names(answering))
    for role, fit in fits(pool):
        yield from _fit(fit, ("block", i, role), f"{name}: {methods.model_name(fit)}", _effects(used, fit), analysis)
    if line := spread.numbers(pool):
        formula = formulas.of_q(pool.fit) + ("" if pool.tau2_ci is None else f"; {formulas.OTHER['q-profile']}")
        yield _made((key, "block", i, "q"), f"{name}: heterogeneity", line, formula, *_effects(used, pool.fit))


def _names(rows: Sequence[StudyRow]) -> str:
    return formats.listing(row.label for row in rows) if 0 < len(rows) < MANY else f"{len(rows)} studies"


def _people(rows: Sequence[StudyRow]) -> str:
    """Write what the arms of each study hold."""
    if len(rows) >= MANY:
        return f"the {len(rows)} studies of the pool"
    return "; ".join(f"{row.label} {written}" for row in rows if (written := _arms(row.data))) or "none"


def _totals(rows: Sequence[StudyRow], measure: str) -> str:
    """Write what both arms hold together, where all of it adds up over studies."""
    kind = kind_of_measure(measure)
    if kind is None or kind.sums < len(kind.fields) or not rows or not all(kind.roles(row.data) for row in rows):
        return ""
    names = [name for columns in kind.roles(rows[0].data).values() for name in columns]
    return f": {_arms({name: sum(row.data[name] for row in rows) for name in names})}"


def _arms(data: Mapping[str, float]) -> str:
    kind = kind_of(data)
    arms = kind.arms(data).values() if kind else ()
    return " and ".join(kind.shape.format(*map(formats.count, arm.values())) for arm in arms if kind)


def _effects(rows: Sequence[StudyRow], fit: Pooled | None) -> tuple[str, Listed]:
    """Say of which studies y and v went into a result, and list them."""
    k = fit.k if fit else len(rows)
    if fit is None or k >= MANY:
        return f"effect y and variance v of {k} studies, in the rows of the studies above", ()
    named = zip(fit.effects.slab, fit.effects.yi.tolist(), fit.effects.vi.tolist())
    each = ((label, f"y = {y:.6g}", f"v = {v:.6g}") if v == v else (label,) for label, y, v in named)
    return f"effect y and variance v of {formats.plural(k, 'study', 'studies')}", tuple(each)


def _fit(
    fit: Pooled, path: tuple[str | int, ...], name: str, given: tuple[str, Listed], analysis: Analysis
) -> Iterable[Working]:
    inputs, listed = given
    key, shown, random = analysis.plan.key, fit.display, fit.has_tau2
    mean = formulas.of_mean(fit)
    back = "; shown are the exponentials" if scale_of(fit.measure).is_ratio else ""
    error = "" if fit.se is None else f", standard error = {fit.se:.6g}"
    known = f"estimate = {fit.estimate:.6g}{error}"
    tau2 = "" if fit.tau2 is None else f"; τ² = {fit.tau2:.6g}"
    effect = formats.effect(shown.estimate, shown.ci, fit.measure)
    formula = f"{mean}. Interval: {formulas.of_interval(fit.ci_method)}{back}"
    yield _made((key, *path, "effect"), name, effect, formula, f"{known}{tau2}; {inputs}", listed)
    tails = formulas.of_p(fit)
    yield _made((key, *path, "p"), f"{name}: p", formats.p_value(fit.pval), tails, known)
    if not random or fit.tau2 is None:
        return
    value = formats.number(fit.tau2) if fit.tau2 else "0"
    yield _made((key, *path, "tau2"), f"{name}: τ²", value, formulas.of_tau2_of(fit), inputs, listed)
    i2 = formulas.of_i2(fit)
    yield _made(
        (key, *path, "i2"), f"{name}: I²", formats.percent(fit.i2), i2, f"τ² = {fit.tau2:.6g}; {inputs}", listed
    )
    if shown.pi is not None:
        value, how = formats.bounds(shown.pi, fit.measure), formulas.of_prediction(fit.pi_method) + back
        yield _made(
            (key, *path, "prediction"), f"{name}: prediction interval", value, how, f"{known}{tau2}; k = {fit.k}"
        )


def _risks(risks: Sequence[RiskEffect], i: int, analysis: Analysis) -> Iterable[Working]:
    key, measure = analysis.plan.key, analysis.measure
    for j, risk in enumerate(risks):
        name = f"{risk.name or 'assumed'} risk"
        source, place = f"r = {risk.risk:.6g} ({risk.source})", ("block", i, "risk", j)
        given = f"{source}; the relative effect with its interval, in the row of the result above"
        per = f"{1000 * risk.risk:.4g}"
        yield _made((key, *place, "assumed"), f"Per 1000 at the {name}", per, formulas.OTHER["assumed"], source)
        treated = formulas.OTHER.get(f"treated {measure}", "the assumed risk changed by the effect, 1000 times")
        yield _made(
            (key, *place, "treated"), f"Per 1000 with treatment, {name}", f"{1000 * risk.treated:.4g}", treated, given
        )
        less = formats.per_1000(risk.difference)
        yield _made(
            (key, *place, "difference"), f"Difference per 1000, {name}", less, formulas.OTHER["difference"], given
        )
        if risk.pi is not None:
            text = f"{formats.per_1000(risk.pi.lb)} to {formats.per_1000(risk.pi.ub)}"
            how = formulas.OTHER["prediction"]
            yield _made((key, *place, "prediction"), f"In a new setting, {name}", text, how, given)


def _absolute(pool: Pool, i: int, analysis: Analysis) -> Iterable[Working]:
    """Yield what the sentences say per 1000 people, which the table may say of other assumed risks."""
    got = pool.absolute
    if got is None:
        return
    per = f"r = {got.assumed_risk:.6g} ({got.source})"
    given = f"{per}; the relative effect with its interval, in the row of the result above"
    formula = f"{formulas.OTHER.get(f'treated {analysis.measure}', 'the assumed risk changed by the effect')}; "
    name, how = f"{pool_heading(pool)}: per 1000 people", formula + formulas.OTHER["difference"]
    yield _made((analysis.plan.key, "block", i, "absolute"), name, words.per_1000(got), how, given)


def _explored(pool: Pool, i: int, analysis: Analysis) -> Iterable[Working]:
    if pool.exploration is None:
        return
    given = _effects([row for row in pool.rows if row.yi is not None], pool.fit)
    for field, (what, _) in FIELDS.items():
        if getattr(pool.exploration, field):
            path = (analysis.plan.key, "block", i, "explored", field)
            yield _made(path, what, "each cell of the table", formulas.EXPLORED[field], *given)


def _bayes(pool: Pool, i: int, analysis: Analysis) -> Iterable[Working]:
    """Yield the numbers of the Bayesian model that stand beside those of the other models."""
    found = pool.exploration.bayes if pool.exploration else None
    if found is None:
        return
    fit, name = found.fit, f"{pool_heading(pool)}: {methods.bayes_name(found.fit)}"
    given = f"{exploration.priors(fit)}; {_effects([row for row in pool.rows if row.yi is not None], pool.fit)}"
    ci, pi = (Interval(*map(fit.display, one)) for one in (fit.mu.ci, fit.prediction.ci))
    effect = formats.effect(fit.display(fit.mu.median), ci, fit.measure)
    how = formulas.EXPLORED["bayes"]
    for part, what, value, formula in (
        ("effect", "", effect, f"median and {fit.interval} credible interval of μ: {how}"),
        ("tau2", ": τ²", formats.number(fit.tau.median**2), f"the posterior median of τ, squared: {how}"),
        ("i2", ": I²", formats.percent(fit.i2), f"{formulas.OTHER['i2 random']}, at the posterior median of τ"),
        ("prediction", ": a new study", formats.bounds(pi, fit.measure), f"credible interval of a new study: {how}"),
    ):
        yield _made((analysis.plan.key, "block", i, "bayes", part), name + what, value, formula, given)


def _subgroups(analysis: Analysis) -> Iterable[Working]:
    line = spread.subgroups(analysis.subgroup_test)
    if line:
        given = "the result of each group and its standard error, in the rows above"
        key = analysis.plan.key
        yield _made((key, "subgroups"), "Subgroup differences", line, formulas.OTHER["subgroups"], given)
