"""A wide table as people have it, a row a study, as a new review: which column is what is guessed, shown and confirmed.

To add a word for a column: its entry in `_FIELDS` (numbers of an arm), `_EFFECTS` or `_TRAITS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....errors import SourceError, UsageError, did_you_mean
from ....records.label import slug, unique_id
from ....registry.scaffold import REVIEW_SCHEMA, STUDY_SCHEMA, schema_files
from ....registry.text.block import block_text
from ...spreadsheets.cells import Raw, Unread, read
from ...spreadsheets.files import CellGrid, letters, read_grids
from .started import NewReview, checked

MOST_ABOVE = 10  # rows above the headings
SIDES = {"1": "experimental", "2": "control"}


@dataclass(frozen=True, slots=True)
class WideTable:
    """The rows of a table, and what each of its columns is taken for.

    Attributes
    ----------
    rows
        Those below the headings that have something, each with its number in the file.
    meant
        Heading -> a field such as ``events 1``, ``moderator``, or empty: left out.
    """

    path: Path
    sheet: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Raw, ...]], ...]
    meant: Mapping[str, str]

    def described(self) -> Iterator[str]:
        """Yield the mapping, a line a column."""
        width = max(map(len, self.headings))
        yield f"{self.path}, {self.sheet}: {len(self.rows)} rows; columns are taken for"
        for heading in self.headings:
            yield f"  {heading:{width}}  {_WORDS.get(self.meant[heading], self.meant[heading]) or 'nothing: left out'}"


def read_wide(path: Path, said: Mapping[str, str] | None = None) -> WideTable:
    """Read the first sheet that has headings which say something, and guess what its columns are.

    Parameters
    ----------
    path
        XLSX or CSV.
    said
        Heading -> field, for those that are not to be guessed; ``-`` leaves a column out.

    Raises
    ------
    SourceError
        It is no table with studies and numbers.
    UsageError
        ``said`` names a column or a field that is not there.
    """
    for grid in read_grids(path):
        found = _with_headings(grid)
        if found is None:
            continue
        top, headings = found
        meant = _settled(headings, said or {})
        numbered = enumerate(grid.rows[top:], top + 1)
        rows = tuple((at, tuple(row[: len(headings)])) for at, row in numbered if any(c not in (None, "") for c in row))
        table = WideTable(path, grid.name, headings, rows, meant)
        _refuse_without_numbers(table)
        return table
    raise SourceError(f"{path}: no row of headings; allowed: {_NEEDED}")


def _with_headings(grid: CellGrid) -> tuple[int, tuple[str, ...]] | None:
    """Return where the rows begin, and the headings: two rows of them where a merged one names the groups."""
    scores = [sum(_is_known(" ".join(str(cell or "").split())) for cell in row) for row in grid.rows[:MOST_ABOVE]]
    if not any(scores):
        return None
    at = scores.index(max(scores))
    own = [" ".join(str(cell or "").split()) for cell in grid.rows[at]]
    while own and not own[-1]:
        own.pop()
    above = _filled(grid.rows[at - 1], len(own)) if at and len(set(own)) < len(own) else [""] * len(own)
    named = [
        f"{group} {name}".strip() if own.count(name) > 1 else name or f"column {letters(i)}"
        for i, (group, name) in enumerate(zip(above, own))
    ]
    twice = [name for name in named if named.count(name) > 1]
    if twice:
        raise SourceError(f"{grid.file}, {grid.name}: two columns {twice[0]!r}; allowed: a name each")
    return at + 1, tuple(named)


def _is_known(heading: str) -> bool:
    """Say whether a heading, or that of a column below the name of its group, says what it is."""
    return bool(_guess(heading)) or heading.casefold() in _FIELDS


def _filled(row: Sequence[Raw], width: int) -> list[str]:
    """Return a row in which a merged cell stands over all its columns."""
    filled: list[str] = []
    for cell in [*row, *[None] * width][:width]:
        text = " ".join(str(cell or "").split())
        filled.append(text or (filled[-1] if filled else ""))
    return filled


def _settled(headings: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    fold = {heading.casefold(): heading for heading in headings}
    own: dict[str, str] = {}
    for name, what in said.items():
        if name.casefold() not in fold:
            raise UsageError(f"there is no column {name!r}; {did_you_mean(name, headings)}")
        if what not in (*ALL_FIELDS, "-"):
            raise UsageError(f"{what!r} is no field; {did_you_mean(what, [*ALL_FIELDS, '-'])}")
        own[fold[name.casefold()]] = "" if what == "-" else what
    meant, taken = dict[str, str](), set(own.values())
    for heading in headings:
        guess = own[heading] if heading in own else _guess(heading) or "moderator"
        repeated = heading not in own and guess != "moderator" and guess in taken
        meant[heading] = "moderator" if repeated else guess
        taken.add(guess)
    return meant


def _guess(heading: str) -> str:
    """Return the field of a heading, empty where it is none.

    >>> [_guess(name) for name in ("e1", "n2", "Treatment events", "sd.c", "HR", "95% CI lower", "Author", "latitude")]
    ['events 1', 'total 2', 'events 1', 'sd 2', 'HR', 'lower', 'study', '']
    """
    text = heading.casefold().strip()
    if text in _METAFOR:
        return _METAFOR[text]
    words = re.findall(r"[a-z]+|\d+", re.sub(r"\b9[059] ?%?(?= ?ci)|\(.*?\)", " ", text))
    whole = " ".join(words)
    for table in (_TRAITS, _EFFECTS):
        if whole in table:
            return table[whole]
    for at in (-1, 0):
        side = _SIDES.get(words[at]) if len(words) > 1 else None
        rest = " ".join(words[:-1] if at else words[1:])
        if side and rest in _FIELDS:
            return f"{_FIELDS[rest]} {side}"
    return ""


def _refuse_without_numbers(table: WideTable) -> None:
    fields = set(table.meant.values())
    enough = [set(needed) for needed in _ENOUGH]
    if not table.rows or "study" not in fields or not any(needed <= fields for needed in enough):
        lines = "\n".join(table.described())
        raise SourceError(f"{lines}\n{table.path}: not enough for a review; allowed: {_NEEDED} (--map COLUMN=FIELD)")


@dataclass
class _Made:
    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def start_from_wide(table: WideTable, name: str) -> NewReview:
    """Return the files of a new review that is made of a table.

    Raises
    ------
    SourceError
        A cell cannot be what its column is taken for, or the numbers cannot be right: each with its cell and study.
    """
    made = _Made()
    labels: dict[str, str] = {}
    for number, row in table.rows:
        _take(table, number, dict(zip(table.headings, row)), made, labels)
    if made.faults:
        raise SourceError("\n".join(f"{table.path}: {fault}" for fault in made.faults))
    head = REVIEW_SCHEMA + _NOTE.format(file=table.path.name)
    files = {"studies/review.yaml": head + block_text(_review(made, name))}
    files |= {f"studies/{key}.yaml": STUDY_SCHEMA + block_text(study) for key, study in made.studies.items()}
    checked(files, table.path)
    waiting = sum(not study["results"] for study in made.studies.values())
    said = [f"{len(made.studies)} studies, {len(made.outcomes)} outcomes", *ASSUMED]
    said += [f"{waiting} studies without numbers await data"] if waiting else []
    return NewReview({**files, **schema_files()}, tuple(said))


def _take(table: WideTable, number: int, cells: Mapping[str, Raw], made: _Made, labels: dict[str, str]) -> None:
    """Make a study, or a further result of one, of a row."""
    values = dict(_values(table, number, cells, made))
    label = " ".join(str(values[key]) for key in ("study", "year") if values.get(key))
    if not values.get("study"):
        made.faults.append(f"{table.sheet}, row {number}: no study is named; allowed: a name in each row")
        return
    known = label in labels
    key = labels.setdefault(label, unique_id(label, made.studies))
    study = made.studies.setdefault(key, _study(key, label, values))
    for heading, raw in cells.items():
        if table.meant[heading] == "moderator" and not known and (value := read(raw, "number or text")) is not None:
            trait = str(raw) if isinstance(value, Unread) else value
            study["moderators"].append({"name": heading, "value": trait})
    held = _numbers(values)
    if held is None:
        if numbers := [what for what in values if what not in _TRAITS.values()]:
            told = f"{table.sheet}, row {number} of {label}: {', '.join(numbers)} are no result"
            made.faults.append(f"{told}; allowed: {_NEEDED}, or none of them")
        return
    outcome = _outcome(values, held, made)
    source = {"document": table.path.name, "place": f"{table.sheet}, row {number}", "level": "secondary"}
    derived = held.pop("derived", None)
    study["results"].append(
        {"outcome": outcome, "time": str(values.get("time") or "not stated"), **held, "source": source | _if(derived)}
    )
    study["status"] = {"state": "included"}


def _if(derived: object) -> dict[str, object]:
    return {"derived": derived} if derived else {}


def _values(table: WideTable, number: int, cells: Mapping[str, Raw], made: _Made) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a row; what cannot be read is a fault with its cell."""
    for i, (heading, raw) in enumerate(cells.items()):
        what = table.meant[heading]
        if not what or what == "moderator":
            continue
        base = what.rpartition(" ")[0] or what
        kind = "whole" if base in _WHOLE else "text" if what in _TRAITS.values() and what != "year" else "number"
        value = read(raw, kind)  # type: ignore[arg-type]
        if isinstance(value, Unread):
            cell = f"{table.sheet}!{letters(i)}{number} ({heading})"
            made.faults.append(f"{cell}: {value.found}; {value.allowed}")
        elif value is not None:
            yield what, int(value) if what == "year" else value


def _study(key: str, label: str, values: Mapping[str, Any]) -> dict[str, Any]:
    said = {"id": key, "label": label, "title": str(values.get("title") or label)}
    said |= {name: str(values[name]) for name in ("doi", "pmid") if values.get(name)}
    year = {"published": str(values["year"])} if values.get("year") else None
    arms = [{"id": side, "role": side, "name": f"the {side} group"} for side in SIDES.values()]
    status = {"state": "awaiting data", "reason": "the table has no numbers of it"}
    design = {"kind": str(values.get("design") or "randomised").casefold()}
    return {**said, "citation": year, "design": design, "status": status, "arms": arms, "moderators": [], "results": []}


def _numbers(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a result holds: numbers of both arms, else an effect; None where the row has neither."""
    arms, derived = dict[str, dict[str, Any]](), []
    for number, side in SIDES.items():
        arm = {name: values[f"{name} {number}"] for name in ARM_KEYS if f"{name} {number}" in values}
        others = values.get(f"others {number}")
        if others is not None and "events" in arm and "total" not in arm:
            arm["total"] = arm["events"] + others
            derived.append(f"total of the {side} group: {arm['events']} with and {others} without the event")
        if "total" in arm and (arm.keys() & {"events", "mean", "median"}):
            arms[side] = arm
    held: dict[str, Any] = {"arms": arms, "derived": "; ".join(derived)} if len(arms) == len(SIDES) else {}
    effect = _effect(values)
    return (held | ({"effect": effect} if effect else {})) or None


def _effect(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an effect with what says how precise it is; None without."""
    measure = next((name for name in MEASURES if name in values), None)
    se = math.sqrt(values["variance"]) if values.get("variance", 0) > 0 else values.get("se")
    ci = [values["lower"], values["upper"]] if {"lower", "upper"} <= values.keys() else None
    if measure is None or not (se or ci):
        return None
    return {"measure": measure, "estimate": values[measure], "se": se, "ci": ci}


def _outcome(values: Mapping[str, Any], held: Mapping[str, Any], made: _Made) -> str:
    """Return the id of the outcome of a row, which is new or there."""
    name = str(values.get("outcome") or "the outcome")
    key = slug(name) or f"outcome-{len(made.outcomes) + 1}"
    arm = next(iter(held["arms"].values())) if "arms" in held else {}
    measure = "OR" if "events" in arm else "MD" if arm else held["effect"]["measure"]
    made.outcomes.setdefault(key, {"id": key, "name": name, "direction": "bad", "measure": measure})
    return key


def _review(made: _Made, name: str) -> dict[str, Any]:
    plans = [
        {
            "outcome": key,
            "common_method": "MH" if outcome["measure"] == "OR" else "IV",
            "tau2_method": "REML",
            "ci_method": "auto",
        }
        for key, outcome in made.outcomes.items()
    ]
    outcomes = list(made.outcomes.values()) or [
        {"id": "the-outcome", "name": "the outcome", "direction": "bad", "measure": "OR"}
    ]
    return {
        "title": name,
        "name": slug(name) or "review",
        "question": {"population": "to be written", "intervention": "to be written", "comparator": "to be written"},
        "outcomes": outcomes,
        "analyses": plans,
    }


ARM_KEYS = ("events", "mean", "sd", "se", "median", "q1", "q3", "min", "max", "total")
MEASURES = ("HR", "OR", "RR", "RD", "IRR", "MD", "SMD", "GEN")
ASSUMED = (
    "taken as given, to be looked at in the files: every study is randomised where no column says its design, an event",
    "or a higher value is bad for the patient, the time is not stated; the numbers are secondary, from the table",
)
_WHOLE = ("events", "others", "total")
_NOTE = "#\n# Made of {file}: question, outcomes and directions are to be looked at.\n\n"
_NEEDED = (
    "a column of studies or authors, and of two groups e1, n1, e2, n2 or m1, sd1, n1, m2, sd2, n2, or HR, lower, upper"
)
_ENOUGH = (
    ("events 1", "total 1", "events 2", "total 2"),
    ("events 1", "others 1", "events 2", "others 2"),
    ("mean 1", "total 1", "mean 2", "total 2"),
    ("median 1", "total 1", "median 2", "total 2"),
    *((measure, *spread) for measure in MEASURES for spread in (("lower", "upper"), ("se",), ("variance",))),
)
_SIDES = {
    **dict.fromkeys("1 e t exp experimental treat treated treatment intervention tx active drug".split(), "1"),  # noqa: SIM905
    **dict.fromkeys("2 c ctrl control controls placebo comparator pbo comparison".split(), "2"),  # noqa: SIM905
}
_FIELDS = {
    **dict.fromkeys(("e", "event", "events", "ev", "deaths", "cases", "responders", "r", "x"), "events"),
    **dict.fromkeys(("n", "total", "size", "sample size", "patients", "participants", "group n"), "total"),
    **dict.fromkeys(("m", "mean", "means", "avg", "average"), "mean"),
    **dict.fromkeys(("sd", "s", "std", "std dev", "stdev", "standard deviation"), "sd"),
    **dict.fromkeys(("se", "sem", "standard error"), "se"),
    **dict.fromkeys(("median", "med"), "median"),
    **{name: name for name in ("min", "max")},
    **dict.fromkeys(("others", "no events", "non events", "nonevents"), "others"),
}
_EFFECTS = {
    **{name.casefold(): name for name in MEASURES},
    "hazard ratio": "HR",
    "odds ratio": "OR",
    "risk ratio": "RR",
    "relative risk": "RR",
    "mean difference": "MD",
    **dict.fromkeys(("effect", "estimate", "es", "te"), "GEN"),
    **dict.fromkeys(("lower", "low", "lb", "ll", "lcl", "ci lower", "lower ci", "lower bound", "ci low"), "lower"),
    **dict.fromkeys(("upper", "high", "ub", "ul", "ucl", "ci upper", "upper ci", "upper bound", "ci high"), "upper"),
    **dict.fromkeys(("se", "sete", "standard error"), "se"),
    **dict.fromkeys(("variance", "var"), "variance"),
}
_TRAITS = {
    **dict.fromkeys(("study", "author", "authors", "first author", "trial", "slab", "studlab", "study id"), "study"),
    **dict.fromkeys(("year", "publication year", "published"), "year"),
    **{name: name for name in ("title", "doi", "pmid", "design", "outcome")},
    **dict.fromkeys(("time", "time point", "timepoint", "follow up"), "time"),
}
_METAFOR = {
    "ai": "events 1", "bi": "others 1", "ci": "events 2", "di": "others 2", "n1i": "total 1", "n2i": "total 2",
    "m1i": "mean 1", "sd1i": "sd 1", "m2i": "mean 2", "sd2i": "sd 2", "yi": "GEN", "vi": "variance", "sei": "se",
}  # fmt: skip

#: Every field that a column can be taken for.
ALL_FIELDS = (
    *dict.fromkeys(_TRAITS.values()),
    *(f"{name} {side}" for side in SIDES for name in dict.fromkeys((*ARM_KEYS, "others"))),
    *dict.fromkeys(_EFFECTS.values()),
    "moderator",
)
_WORDS = {"moderator": "a trait of the study (moderator)", "others": "people without the event"}
_WORDS |= {f"{name} {key}": f"{name} of the {side} group" for key, side in SIDES.items() for name in ARM_KEYS}
_WORDS |= {f"others {key}": f"people without the event in the {side} group" for key, side in SIDES.items()}
_WORDS |= {name: f"effect: {name}, as printed" for name in MEASURES} | {"GEN": "effect on the scale of the analysis"}
