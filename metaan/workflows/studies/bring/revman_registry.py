"""A review of RevMan as a registry: its analyses (`revman_protocol`), its studies, and what has no place in either.

`brought` is the way in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ....errors import SourceError
from ....records.label import unique_id
from ....records.record import Record
from ....registry.model.appraisal import TOOLS, BiasTool
from ....registry.model.types import is_ratio
from ....sources.revman.review import Judgement, Kept, RevManStudy, WholeReview
from ....sources.revman.rows import COUNTS, EVENTS, TOTALS, RevManAnalysis, RevManRow
from .revman_protocol import Entry, RevManPart, parts_of, review_entry


@dataclass(frozen=True, slots=True)
class Registry:
    """The files of a registry by name, as values; its analyses; and what was not taken, with the reason."""

    files: Mapping[str, Entry]
    parts: tuple[RevManPart, ...]
    left_out: tuple[Kept, ...] = ()


@dataclass
class _Studies:
    """The studies that are being filled, by their name in RevMan."""

    entries: dict[str, Entry] = field(default_factory=dict)
    left_out: list[Kept] = field(default_factory=list)


def brought(review: WholeReview, file: str, name: str) -> Registry:
    """Return a review as the files of a registry.

    Parameters
    ----------
    review, file
        What was read, and the name of the file, for the sources of numbers.
    name
        The review's name where the file has none.

    Raises
    ------
    SourceError
        A number of the file cannot be what it says; the message says where.
    """
    if review.data.failed:
        raise SourceError("\n".join(f"{file}: {failed.text}: {failed.reason}" for failed in review.data.failed))
    parts = tuple(parts_of(review.data.analyses))
    if not parts:
        raise SourceError(f"{file}: no analysis with data; allowed: a review that has some")
    made = _Studies()
    taken: set[str] = set()
    for study in (*review.studies, *_named_by_rows_only(review)):
        made.entries[study.name] = _study(study, made, taken)
    for part in parts:
        for row in part.rows:
            _add(made, part, row, file)
    files = {"review": review_entry(review, parts, name)} | {str(e["id"]): _in_order(e) for e in made.entries.values()}
    return Registry(files, parts, tuple(made.left_out))


def _named_by_rows_only(review: WholeReview) -> Iterator[RevManStudy]:
    known = {study.name for study in review.studies}
    for row in (row for analysis in review.data.analyses for row in analysis.rows):
        if row.study not in known:
            known.add(row.study)
            yield RevManStudy(row.study, str(row.year or ""))


def _study(study: RevManStudy, made: _Studies, taken: set[str]) -> Entry:
    record = study.records[0] if study.records else Record("")
    has_year = not study.year or study.year in study.name
    label = study.name if has_year else f"{study.name} {study.year}"
    found = unique_id(label, {str(entry["id"]) for entry in made.entries.values()})
    own, shared = _identity(record, taken)
    notes = [f"{key}: {study.texts[key]}" for key in ("interventions", "outcomes", "notes") if key in study.texts]
    judged, others = _bias(study.bias)
    return {
        "id": found,
        "label": label,
        "title": record.title or label,
        **own,
        "citation": {
            "authors": list(record.authors),
            "authors_complete": record.authors_complete if record.authors else None,
            "journal": record.journal,
            "published": record.published or (study.year if re.fullmatch(r"\d{4}", study.year) else None),
            "volume": record.volume,
            "issue": record.issue,
            "pages": record.pages,
        },
        "design": {"kind": "randomised", "description": study.texts.get("methods")},
        "population": study.texts.get("participants"),
        "arms": {},
        "moderators": {},
        "results": [],
        "risk_of_bias": judged,
        "relations": [_relation(other) for other in study.records[1:]],
        "notes": "\n".join((*notes, *shared, *others)) or None,
    }


def _identity(record: Record, taken: set[str]) -> tuple[Entry, list[str]]:
    """Return the identifiers that are the study's own, and in words those that another one has already."""
    own: Entry = {"doi": record.doi, "pmid": record.pmid}
    own |= {"registrations": list(record.registrations)}
    shared = [f"{key} of another study of this review too: {own.pop(key)}" for key in ("doi", "pmid")
              if own[key] and f"{key} {own[key]}" in taken]  # fmt: skip
    again = [number for number in record.registrations if number in taken]
    shared += [f"registration of another study of this review too: {number}" for number in again]
    own["registrations"] = [number for number in record.registrations if number not in again]
    taken |= {f"{key} {own[key]}" for key in ("doi", "pmid") if own.get(key)} | set(record.registrations)
    return own, shared


def _relation(record: Record) -> Entry:
    said = (", ".join(record.authors), record.title, record.journal, record.published, record.volume, record.pages)
    note = ". ".join(filter(None, said))
    return {"kind": "secondary publication", "doi": record.doi, "pmid": record.pmid, "note": note}


def _bias(bias: Sequence[Judgement]) -> tuple[list[Entry], list[str]]:
    """Return the judgements under the domains of the tool that fits, and in words those that it has no domain for."""
    tool = max((TOOLS["RoB 1"], TOOLS["RoB 2"]), key=lambda one: sum(_domain(one, j) is not None for j in bias))
    domains, others, overall = dict[str, Entry](), list[str](), None
    for one in bias:
        domain, judgement = _domain(tool, one), tool.judgement(_JUDGEMENTS.get(one.judgement.casefold(), one.judgement))
        if domain is not None and judgement is not None and domain not in domains:
            domains[domain] = {"name": domain, "judgement": judgement, "support": one.support or None}
        elif one.domain.casefold() == "overall bias" and judgement is not None and not one.support:
            overall = judgement
        else:
            others.append(f"risk of bias: {one.domain}: {one.judgement}" + (f": {one.support}" if one.support else ""))
    judged = {"tool": tool.name, "version": tool.version, "domains": list(domains.values()), "overall": overall}
    return [judged] if domains else [], others


def _domain(tool: BiasTool, judged: Judgement) -> str | None:
    """Return the tool's word for a domain; RevMan puts the kind of bias behind it, or a question mark."""
    plain = re.sub(r"\s*\([^()]*\)$|\?$", "", judged.domain).casefold()
    return tool.domain(_DOMAINS.get(plain, plain))


def _add(made: _Studies, part: RevManPart, row: RevManRow, file: str) -> None:
    """Put the numbers of a row into its study, or say why they have no place there."""
    place = part.analysis.place + (f", subgroup {row.subgroup}" if row.subgroup else "")
    study = made.entries[row.study]
    if why := _unsound(row):
        raise SourceError(f"{file}: {place}: {row.study}: {why}")
    if why := _says_nothing(row, part.analysis.kind):
        made.left_out.append(Kept(f"{place}: {row.study}", f"{row.printed} ({why})"))
        return
    arms = _arms(study["arms"], part.analysis)
    held, derived = _data(part, row, arms)
    source = {"document": file, "place": place, "quote": row.printed, "level": "secondary", "derived": derived}
    result = {"outcome": part.id, "time": "not stated", **held, "source": source, "note": row.note or None}
    study["results"].append(result | ({"unit": part.analysis.unit} if part.analysis.unit and "effect" not in held
                                      else {}))  # fmt: skip
    if part.by and row.subgroup:
        study["moderators"][part.by] = row.subgroup


def _unsound(row: RevManRow) -> str | None:
    n = row.numbers
    for events, total in zip(EVENTS, TOTALS):
        if total in n and events in n and not 0 <= n[events] <= n[total]:
            return f"{n[events]:g} events of {n[total]:g} people; allowed: no more events than people, none below 0"
    below = [key for key in (*TOTALS, "sd1i", "sd2i", "sei", "v") if n.get(key, 0) < 0]
    return f"a number below 0; allowed: 0 and more ({row.printed})" if below else None


def _says_nothing(row: RevManRow, kind: str) -> str | None:
    """Return why a row has no effect, None where it has one."""
    n = row.numbers
    whole = COUNTS if kind == "counts" else TOTALS if kind == "means" else ()
    if any(not n[key].is_integer() for key in whole):
        return "people are whole numbers in a registry"
    if whole and not all(n[key] for key in TOTALS):
        return "an arm without people"
    if kind == "means" and not (n["sd1i"] and n["sd2i"]):
        return "a standard deviation of 0"
    if kind in ("effects", "log-rank") and not n.get("sei", 0) > 0:
        return "no standard error, or no variance"
    return None


def _arms(arms: dict[str, Entry], analysis: RevManAnalysis) -> tuple[str, str]:
    """Return the ids of the two arms of a row in its study, which gets those that it has not yet."""
    found = []
    for role in ("experimental", "control"):
        name = getattr(analysis, role) or role
        taken = {arm for arm, entry in arms.items() if entry["role"] != role}
        key = unique_id(name, taken)
        arms.setdefault(key, {"id": key, "role": role, "name": name})
        found.append(key)
    return found[0], found[1]


def _data(part: RevManPart, row: RevManRow, arms: tuple[str, str]) -> tuple[Entry, str | None]:
    n, kind = row.numbers, part.analysis.kind
    if kind == "counts":
        swapped = part.analysis.swapped
        why = "people less events: the review pools those without the event" if swapped else None
        return {"arms": _counts(n, arms, swapped)}, why
    if kind == "means":
        cells = [(_number(n[f"m{i}i"]), _number(n[f"sd{i}i"]), int(n[f"n{i}i"])) for i in (1, 2)]
        return {"arms": {arm: dict(zip(("mean", "sd", "total"), cell)) for arm, cell in zip(arms, cells)}}, None
    return _effect(part, row, arms)


def _counts(n: Mapping[str, float], arms: tuple[str, str], swapped: bool = False) -> Entry:
    cells = [(n[events], n[total]) for events, total in zip(EVENTS, TOTALS)]
    cells = [(total - events, total) for events, total in cells] if swapped else cells
    return {arm: {"events": int(events), "total": int(total)} for arm, (events, total) in zip(arms, cells)}


def _effect(part: RevManPart, row: RevManRow, arms: tuple[str, str]) -> tuple[Entry, str | None]:
    n, measure = row.numbers, part.measure
    effect: Entry = {"measure": measure}
    derived = None
    if part.analysis.kind == "log-rank" and measure != "GEN":
        effect |= {"o_minus_e": _number(n["oe"]), "variance": _number(n["v"])}
    elif is_ratio(measure):
        effect |= {"estimate": float(f"{math.exp(n['yi']):.12g}"), "se": _number(n["sei"])}
        derived = f"the exponential of {n['yi']:.12g}: the file has the logarithm"
    else:
        effect |= {"estimate": _number(n["yi"]), "se": _number(n["sei"])}
    held: Entry = {"effect": effect | {"arms": list(arms)}}
    if all(n.get(key, 0.5).is_integer() for key in COUNTS) and all(n[key] for key in TOTALS):
        held["arms"] = _counts(n, arms)
    return held, derived


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _in_order(entry: Entry) -> Entry:
    """Return a study with lists in place of what was gathered by name."""
    moderators = [{"name": name, "value": value} for name, value in entry["moderators"].items()]
    return entry | {"arms": list(entry["arms"].values()), "moderators": moderators}


#: Names of domains of 2008, without their question marks -> those of 2011.
_DOMAINS = {
    "adequate sequence generation": "random sequence generation",
    "incomplete outcome data addressed": "incomplete outcome data",
    "free of selective reporting": "selective reporting",
    "free of other bias": "other bias",
}
_JUDGEMENTS = {"yes": "low", "no": "high", "unknown": "unclear"}
