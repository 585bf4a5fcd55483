"""What keeps a result from being taken at its face value, one sentence for each reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...synthesis.statement import decides
from ..document import Number, Text
from . import formats
from .anchors import anchor
from .methods import model_name
from .words import Arms, design_name, lower_first, mark

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool


def cautions(pool: Pool, i: int, analysis: Analysis, arms: Arms) -> tuple[Text, ...]:
    """Return what keeps a result from being taken at its face value."""
    first = map(Text.of, filter(None, (mixed(pool), models_differ(pool, analysis, arms))))
    differing = sensitivity_differs(pool, i, analysis, arms)
    return (*first, *([differing] if differing else []), *map(Text.of, noted(pool)))


def noted(pool: Pool) -> Iterable[str]:
    """Yield what the protocol's results say of themselves."""
    for fit in pool.fits.values():
        yield from (f"{model_name(fit)}: {note}." for note in fit.notes)


def mixed(pool: Pool) -> str | None:
    """Say that one pool holds both designs."""
    designs = [row.design for row in pool.rows if row.yi is not None]
    if len(set(designs)) < 2:
        return None
    each = [
        f"{designs.count(d)} {design_name(d, designs.count(d))}" for d in dict.fromkeys(sorted(designs, reverse=True))
    ]
    return f"This pool mixes designs: {formats.listing(each)}."


def models_differ(pool: Pool, analysis: Analysis, arms: Arms) -> str | None:
    """Say that the common-effect and the random-effects result lead to different conclusions."""
    if pool.common is None or pool.random is None or pool.common.ci is None or pool.random.ci is None:
        return None
    pair = [analysis.favoured(f.display.ci) for f in (pool.common, pool.random)]
    if pair[0] == pair[1]:
        return None
    common, random = (mark(code, arms) for code in pair)
    return (
        f"The two models lead to different conclusions: {common} under a common (fixed) effect, "
        f"{random} under random effects."
    )


def sensitivity_differs(pool: Pool, i: int, analysis: Analysis, arms: Arms) -> Text:
    """Say which other methods lead to another conclusion than the protocol's; empty where none does."""
    by_result: dict[tuple[str, str], tuple[Number, list[str]]] = {}
    for j, s in enumerate(pool.sensitivity):
        if decides(s, pool):
            shown = s.fit.display
            place = anchor(analysis.plan.key, "block", i, f"other{j}", "effect")
            number = Number(formats.effect(shown.estimate, shown.ci, analysis.measure), shown.estimate, place)
            said = mark(analysis.favoured(shown.ci), arms)
            by_result.setdefault((number.text, said), (number, []))[1].append(lower_first(model_name(s.fit)))
    parts: list[str | Number] = []
    for (_, said), (number, names) in by_result.items():
        verb = "gives" if len(names) == 1 else "give"
        parts += [f"{'; ' if parts else ''}{formats.listing(names)} {verb} ", number, f", {said}"]
    return Text.of("The conclusion depends on the method: ", *parts, ".") if parts else Text()
