"""Putting the pools of one analysis under the rules of several programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ...preparation.kinds import columns_of
from ...stats.robustness.explain import explain
from ...synthesis.analyse import PROTOCOL, Choices, analyse
from ...synthesis.dependent import hangs_together

SEVERAL = "several rows of one study hang together (structure), and the rules of these programs are for one row a study"

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...stats.robustness.explain import Explanation


def explain_analysis(
    review: Review, outcome: str, choices: Choices = PROTOCOL
) -> tuple[dict[str, Explanation], dict[str, str]]:
    """Put each pool of one analysis under the rules of several programs.

    Returns
    -------
    tuple
        By the name of the pool: what was explained, and why a pool was not.
    """
    analysis, *others = analyse(review, [outcome], choices)
    analysis = next((one for one in others if one.plan.key == outcome), analysis)
    explained, refused = {}, {}
    for pool in analysis.pools:
        if hangs_together(analysis.plan):
            refused[pool.name] = SEVERAL
            continue
        columns = columns_of(analysis.measure, (row.data for row in pool.rows))
        try:
            explained[pool.name] = explain(analysis.measure, analysis.level, **columns)
        except NotEstimableError as error:
            refused[pool.name] = str(error)
    return explained, refused
