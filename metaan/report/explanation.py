"""One data set under the rules of several programs, as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import formats

if TYPE_CHECKING:
    from ..stats.explain import Explanation, Gap, PresetResult

HEADER = ("rules of", "common effect", "random effects", "prediction interval", "tau2", "I2")

NUMBER_WORDS = {
    "common": "common effect",
    "common_ci": "its interval",
    "random": "random effects",
    "random_ci": "their interval",
    "pi": "prediction interval",
    "tau2": "tau2",
    "i2": "I2",
}


def explanation_table(explanation: Explanation) -> str:
    """Return the programs side by side, and under them the rule behind each gap from our own numbers."""
    rows = [HEADER, *(_row(result, explanation.measure) for result in explanation.results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([*lines, "", *_gap_lines(explanation)])


def _row(result: PresetResult, measure: str) -> tuple[str, ...]:
    common = "not estimable" if result.common is None else formats.effect(result.common, result.common_ci, measure)
    return (
        result.name,
        common,
        formats.effect(result.random, result.random_ci, measure),
        "none" if result.pi is None else formats.bounds(result.pi, measure),
        formats.number(result.tau2),
        formats.percent(result.i2),
    )


def _gap_lines(explanation: Explanation) -> list[str]:
    if not explanation.gaps:
        return ["All programs give the same numbers on these studies."]
    return ["Why they differ from metaan:", *(line for name in _names(explanation) for line in _of(explanation, name))]


def _names(explanation: Explanation) -> list[str]:
    return list(dict.fromkeys(gap.preset for gap in explanation.gaps))


def _of(explanation: Explanation, name: str) -> list[str]:
    """Return one line for each set of rules of a program, with the numbers that it explains."""
    gaps = [gap for gap in explanation.gaps if gap.preset == name]
    by_rules: dict[tuple[str, ...], list[Gap]] = {}
    for gap in gaps:
        by_rules.setdefault(gap.rules, []).append(gap)
    return [f"  {name}: {formats.listing(_numbers(members))}: {members[0].words}" for members in by_rules.values()]


def _numbers(gaps: Sequence[Gap]) -> list[str]:
    return [NUMBER_WORDS[gap.number] for gap in gaps]
