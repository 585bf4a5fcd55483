"""One data set under the rules of several programs, as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..language import formats

if TYPE_CHECKING:
    from ...stats.measures.effects import Interval
    from ...stats.robustness.explain import Explanation
    from ...stats.robustness.programs import PresetResult

HEADER = ("rules of", "k", "common effect", "k", "random effects", "prediction interval", "Q", "tau2", "I2")

NUMBER_WORDS = {
    "k_common": "k of the common effect",
    "common": "common effect",
    "common_ci": "its interval",
    "k": "k of the random effects",
    "random": "random effects",
    "random_ci": "their interval",
    "pi": "prediction interval",
    "q": "Q",
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
    return (
        result.name,
        str(result.k_common),
        _effect(result.common, result.common_ci, measure),
        str(result.k),
        _effect(result.random, result.random_ci, measure),
        "none" if result.pi is None else formats.bounds(result.pi, measure),
        formats.NOTHING if result.q is None else formats.number(result.q),
        formats.NOTHING if result.tau2 is None else formats.number(result.tau2),
        formats.NOTHING if result.i2 is None else formats.percent(result.i2),
    )


def _effect(estimate: float | None, ci: Interval | None, measure: str) -> str:
    return "not estimable" if estimate is None or ci is None else formats.effect(estimate, ci, measure)


def _gap_lines(explanation: Explanation) -> list[str]:
    if not explanation.gaps:
        return ["All programs give the same numbers on these studies."]
    numbers = _grouped(((gap.preset, gap.words), NUMBER_WORDS[gap.number]) for gap in explanation.gaps)
    programs = _grouped(((formats.listing(what), words), name) for (name, words), what in numbers.items())
    lines = (f"  {formats.listing(names)}: {what}: {words}" for (what, words), names in programs.items())
    return ["Why they differ from metaan:", *lines]


def _grouped(pairs: Iterable[tuple[tuple[str, str], str]]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
