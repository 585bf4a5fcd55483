"""The traffic lights of a forest plot: what people judged of each study's bias, a column for each domain.

Tools have different domains, so a column is a number (D1, D2, ...) and the notes name it for each tool in the plot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..language import formats
from ..language.judgements import OVERALL, SIGNS, assessments, cells, headings
from .columns import ForestColumn

if TYPE_CHECKING:
    from ...registry.model.appraisal import BiasTool
    from ...registry.model.public import RiskOfBias
    from ...synthesis.values import StudyRow

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Light:
    """One sign: what it is about, its words, and its ``code`` (a key of `metaan.report.language.judgements.SIGNS`)."""

    about: str
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Lights:
    """The lights of one plot: its columns, those of each study by its id, the key and the notes.

    ``key`` holds code and words of each sign that is used, from best to worst.
    """

    columns: tuple[ForestColumn, ...] = ()
    studies: Mapping[str, Mapping[str, Light]] = field(default_factory=dict)
    key: Key = ()
    notes: tuple[str, ...] = ()

    def of(self, study: str) -> Mapping[str, Light]:
        """Return the lights of a study by column; empty where nothing is judged."""
        return self.studies.get(study, {})

    def sentence(self, study: str) -> str:
        """Return what is judged of a study in all; empty in a plot without lights."""
        overall = self.of(study).get(_name(OVERALL[0]))
        return f"; risk of bias {overall.text if overall else 'not judged'}" if self.columns else ""


#: The lights of a plot without any.
NONE = Lights()


def lights(rows: Iterable[StudyRow]) -> Lights:
    """Return the lights of studies; nothing where none of them has a judgement."""
    judged = {row.id: found[0] for row in rows if (found := assessments(row))}
    if not judged:
        return NONE
    tools = {tool.title: tool for _, tool in judged.values()}
    longest = max((len(tool.domains) for one, tool in judged.values() if one.domains), default=0)
    studies = {study: _study(*found) for study, found in judged.items()}
    names = (*(f"D{i}" for i in range(1, longest + 1)), OVERALL[0])
    return Lights(
        tuple(ForestColumn(_name(name), name, "Risk of bias", "middle", light=True) for name in names),
        studies,
        tuple(_key(light for row in studies.values() for light in row.values())),
        tuple(_note(tool) for tool in tools.values()) if longest else (),
    )


def _study(judged: RiskOfBias, tool: BiasTool) -> dict[str, Light]:
    """Return the lights by column; without any domain judged there is the overall judgement alone."""
    found = zip(headings(tool), cells(judged, tool), strict=True)
    return {
        _name(short): Light(about if short == OVERALL[0] else f"{short} {about}", cell.text, cell.code)
        for (short, about), cell in found
        if judged.domains or short == OVERALL[0]
    }


def _key(drawn: Iterable[Light]) -> Iterable[tuple[str, str]]:
    """Yield code and words of each sign; tools have different words for one, such as high and serious."""
    words: dict[str, set[str]] = {}
    for light in drawn:
        words.setdefault(light.code, set()).add(light.text)
    return ((code, formats.listing(sorted(words[code]), "or")) for code in SIGNS if code in words)


def _name(short: str) -> str:
    return f"bias:{short}"


def _note(tool: BiasTool) -> str:
    domains = ", ".join(f"D{i} {name}" for i, name in enumerate(tool.domains, 1))
    return f"Risk of bias by {tool.title}: {domains}, {OVERALL[0]} overall."
