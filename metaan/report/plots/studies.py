"""Plots of what each study does or says: Baujat, L'Abbé, bubble, drapery, GOSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ...preparation.kinds import risks
from ...stats.evidence.absolute import RISK_OF, risk_with_treatment
from ..language import formats, methods
from .figure import Curve, Figure, Key, PlotPoint, Request, Side, fixed, linear

if TYPE_CHECKING:
    from ...synthesis.values import StudyRow

STEPS = 50  # pieces of a curve


def baujat(asked: Request) -> Figure:
    """What each study adds to heterogeneity against how far it moves the pooled effect (Baujat et al. 2002)."""
    asked.needs(3, "a Baujat plot needs at least 3 studies: with 2 both move the result alike")
    if asked.found.influence is None:
        raise NotEstimableError(why_not(asked, "influence"))
    data = asked.found.influence[1]
    found = [(s, x, y) for s, x, y in zip(data.slab, data.x.tolist(), data.y.tolist()) if y == y]
    far_x, far_y = (max(row[i] for row in found) or 1.0 for i in (1, 2))
    shown = sorted(found, key=lambda row: -max(row[1] / far_x, row[2] / far_y))
    return Figure(
        id=asked.id,
        kind="baujat",
        title=f"{asked.name}: Baujat plot",
        description="Contribution of each study to heterogeneity against its influence on the pooled result.",
        x=Side(linear([x for _, x, _ in shown], 0.0), "Contribution to heterogeneity (squared Pearson residual)"),
        y=Side(linear([y for _, _, y in shown], 0.0), "Influence on the pooled result"),
        points=tuple(
            PlotPoint(x, y, s, sentence=f"{s}: heterogeneity {formats.number(x)}, influence {formats.number(y)}")
            for s, x, y in shown
        ),
        notes=("Studies at the right add most to heterogeneity, studies at the top move the result most.",),
    )


def why_not(asked: Request, field: str) -> str:
    """Return why something that a plot needs was not computed."""
    named = NEEDED[field]
    return next((one.reason for one in asked.found.refused if one.what == named), f"{named} was not asked for")


def labbe(asked: Request) -> Figure:
    """Risks in the experimental arm against risks in the control arm (L'Abbé, Detsky & O'Rourke 1987)."""
    fit = asked.fit
    rows = [row for row in asked.pool.rows if len(risks(row.data)) > 1]
    if not rows or fit.measure not in RISK_OF:
        raise NotEstimableError(f"a L'Abbé plot needs counts in two arms and one of {', '.join(RISK_OF)}")
    points = tuple(_risks(row) for row in rows)
    most = max(*(max(p.x, p.y) for p in points), 1e-6)
    top = min(1.0, 1.15 * most)
    side = fixed(0.0, top)
    curve = [(r, risk_with_treatment(fit.measure, fit.display.estimate, r)) for r in _steps(0.0, top)]
    return Figure(
        id=asked.id,
        kind="labbe",
        title=f"{asked.name}: L'Abbé plot",
        description="Risk with the treatment against risk without it, a circle a study; equal on the diagonal.",
        x=Side(side, f"Risk, {asked.arms.control}"),
        y=Side(side, f"Risk, {asked.arms.experimental}"),
        points=points,
        curves=(
            Curve(((0.0, 0.0), (top, top)), "null", "equal risks"),
            Curve(tuple(curve), "estimate", "pooled effect"),
        ),
        keys=(
            Key("dot", "study", "study; area: its weight"),
            Key("line", "estimate", methods.legend_name(fit)),
            Key("line", "null", "equal risks"),
        ),
        square=True,
    )


def _steps(lo: float, hi: float) -> list[float]:
    return [lo + (hi - lo) * i / STEPS for i in range(STEPS + 1)]


def _risks(row: StudyRow) -> PlotPoint:
    treated, control = risks(row.data).values()
    weight = row.weight_random if row.weight_random is not None else row.weight_common
    sentence = f"{row.label}: {formats.percent(100 * treated, 1)} against {formats.percent(100 * control, 1)}"
    return PlotPoint(control, treated, row.label, "study", weight, sentence)


#: Field of an `Exploration` to the words under which it is refused.
NEEDED = {
    "leave_one_out": "leave-one-out",
    "cumulative": "cumulative",
    "influence": "influence",
    "regressions": "meta-regression",
    "gosh": "GOSH",
    "bayes": "Bayesian model",
}
