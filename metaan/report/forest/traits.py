"""What the registry knows of a study beside its results, as text for a further column of a forest plot.

Every moderator is a trait under its own name. To add another, enter it in `TRAITS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...errors import UsageError, did_you_mean
from ...stats.numerics.numerals import exact
from ..language import formats
from ..language.judgements import SIGNS, assessments, cells
from ..language.words import upper_first
from .columns import ForestColumn

if TYPE_CHECKING:
    from ...synthesis.values import StudyRow


def trait_columns(names: Iterable[str], rows: Iterable[StudyRow]) -> tuple[ForestColumn, ...]:
    """Return a column for each trait; numbers stand at its right, words at its left.

    Raises
    ------
    UsageError
        A name is neither in `TRAITS` nor a moderator of one of the studies.
    """
    shown = tuple(rows)
    moderators = list(dict.fromkeys(m.name for row in shown for m in row.study.moderators))
    known = {name.casefold(): name for name in (*TRAITS, *moderators)}
    found = []
    for name in names:
        if name.casefold() not in known:
            raise UsageError(f"no study has {name!r} for a column; {did_you_mean(name, list(known.values()))}")
        right = name in moderators and all(_is_number(trait(row, name)) for row in shown)
        found.append(ForestColumn(key(name), upper_first(name), align="end" if right else "start"))
    return tuple(found)


def key(name: str) -> str:
    """Return the key of the column of a trait."""
    return f"trait:{name.casefold()}"


def trait_cells(names: Iterable[str], row: StudyRow) -> dict[str, str]:
    """Return the text of the columns of traits; empty where the registry says nothing."""
    return {key(name): trait(row, name) for name in names}


def trait(row: StudyRow, name: str) -> str:
    """Return what the registry says of one trait."""
    known = {label.casefold(): read for label, read in TRAITS.items()}
    if name.casefold() in known:
        return known[name.casefold()](row) or ""
    values = {m.name.casefold(): m.value for m in row.study.moderators}
    value = values.get(name.casefold(), "")
    return formats.written(exact(value)) if isinstance(value, int | float) else value


def _is_number(text: str) -> bool:
    return not text or text.replace(formats.MINUS, "-", 1).replace(".", "", 1).lstrip("-").isdigit()


def risk_of_bias(row: StudyRow) -> tuple[str, int] | None:
    """Return the overall judgement and its severity (0 the best) of this outcome, else of the study."""
    for found, tool in assessments(row):
        word = tool.judgement(found.overall or "")
        if word:
            severity = tool.judgements[word]
            return word, max(s or 0 for s in tool.judgements.values()) + 1 if severity is None else severity
    return None


def _bias_text(row: StudyRow) -> str:
    """Return the overall judgement with its sign, so that a column of them can be read down."""
    overall = next((cells(*found)[-1] for found in assessments(row) if found[0].overall), None)
    return f"{SIGNS[overall.code]} {overall.text}" if overall else ""


#: Name of a column to what a study says there.
TRAITS: dict[str, Callable[[StudyRow], str | None]] = {
    "year": lambda row: str(row.study.citation.year or ""),
    "design": lambda row: row.study.design.description or row.study.design.kind,
    "control": lambda row: row.study.design.control,
    "setting": lambda row: row.study.setting,
    "population": lambda row: row.study.population,
    "time": lambda row: row.result.time,
    "registration": lambda row: ", ".join(row.study.registrations),
    "PMID": lambda row: row.study.pmid,
    "funding": lambda row: row.study.funding,
    "risk of bias": _bias_text,
}
