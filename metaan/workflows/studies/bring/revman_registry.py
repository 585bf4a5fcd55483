"""A review of RevMan as a registry: its analyses under its own methods, its studies, and what has no place in either.

To add an effect measure: RevMan's word for it in `MEASURES`. `brought` is the way in.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....errors import SourceError
from ....records.label import slug, unique_id
from ....records.record import Record
from ....registry.model.appraisal import TOOLS, BiasTool
from ....registry.model.types import is_ratio
from ....sources.revman.review import Judgement, Kept, RevManStudy, WholeReview
from ....sources.revman.rows import COUNTS, EVENTS, TOTALS, RevManAnalysis, RevManRow

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RevManPart:
    """One analysis of the registry: one of the file, or one of its subgroups that has a result of its own.

    Attributes
    ----------
    id, name
        Of the outcome.
    analysis, measure
        Whose rows it has, and the measure as registries call it.
    subgroup
        Whose rows alone it has; None for all.
    by
        The moderator that names the subgroups of its studies; None without.
    """

    id: str
    name: str
    analysis: RevManAnalysis
    measure: str
    subgroup: str | None = None
    by: str | None = None

    @property
    def rows(self) -> tuple[RevManRow, ...]:
        """Its rows."""
        return tuple(row for row in self.analysis.rows if self.subgroup in (None, row.subgroup))

    @property
    def pooled(self) -> bool:
        """Whether the review has a result of it."""
        return self.analysis.totals != "NO"


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
    parts = tuple(_parts(review.data.analyses))
    if not parts:
        raise SourceError(f"{file}: no analysis with data; allowed: a review that has some")
    made = _Studies()
    taken: set[str] = set()
    for study in (*review.studies, *_named_by_rows_only(review)):
        made.entries[study.name] = _study(study, made, taken)
    for part in parts:
        for row in part.rows:
            _add(made, part, row, file)
    files = {"review": _review(review, parts, name)} | {str(e["id"]): _in_order(e) for e in made.entries.values()}
    return Registry(files, parts, tuple(made.left_out))


def _named_by_rows_only(review: WholeReview) -> Iterator[RevManStudy]:
    known = {study.name for study in review.studies}
    for row in (row for analysis in review.data.analyses for row in analysis.rows):
        if row.study not in known:
            known.add(row.study)
            yield RevManStudy(row.study, str(row.year or ""))


# --- analyses


def _parts(analyses: Sequence[RevManAnalysis]) -> Iterator[RevManPart]:
    taken: set[str] = set()
    groupings: dict[str, dict[str, str]] = {}
    for analysis in analyses:
        measure = measure_of(analysis)
        subgroups = list(dict.fromkeys(row.subgroup for row in analysis.rows))
        apart = subgroups != [""] and (analysis.totals == "SUB" or _repeated(analysis))
        for subgroup in subgroups if apart else [None] if subgroups else []:
            name = f"{analysis.name}: {subgroup}" if subgroup else analysis.name
            taken.add(found := unique_id(name or f"analysis {analysis.number}", taken))
            by = _moderator(analysis, groupings) if not apart and subgroups != [""] else None
            yield RevManPart(found, name or f"analysis {analysis.number}", analysis, measure, subgroup, by)


def _repeated(analysis: RevManAnalysis) -> bool:
    """Say whether a study stands in several subgroups: these are no traits of studies then."""
    return any(number > 1 for number in Counter(row.study for row in analysis.rows).values())


def _moderator(analysis: RevManAnalysis, groupings: dict[str, dict[str, str]]) -> str:
    """Return the name of the moderator that holds the subgroups: one for all analyses that group studies alike."""
    own = {row.study: row.subgroup for row in analysis.rows if row.subgroup}
    for name, known in groupings.items():
        same = set(own.values()) <= set(known.values()) or set(known.values()) <= set(own.values())
        if same and all(known.get(study, value) == value for study, value in own.items()):
            known |= own
            return name
    groupings[name := f"subgroup in {analysis.number}"] = own
    return name


def measure_of(analysis: RevManAnalysis) -> str:
    """Return the measure as registries call it; GEN for effects on the scale on which they are given."""
    said = " ".join(analysis.measure.casefold().replace("_", " ").split())
    measure = MEASURES.get(said)
    if analysis.kind == "log-rank":
        return measure if measure in ("HR", "OR", "PETO") else "GEN"
    if analysis.kind == "effects":
        return measure if (measure and is_ratio(measure) == (analysis.log is not False)) or measure in _PLAIN else "GEN"
    if measure is None:
        found = f"{analysis.place}: effect measure {analysis.measure!r} is not known for {analysis.kind}"
        raise SourceError(f"{found}; allowed: {', '.join(MEASURES)}")
    return measure


def _review(review: WholeReview, parts: Sequence[RevManPart], name: str) -> Entry:
    analyses = [part.analysis for part in parts]
    sides = [
        list(dict.fromkeys(getattr(analysis, side) or side for analysis in analyses))
        for side in ("experimental", "control")
    ]
    return {
        "title": review.title or name,
        "name": slug(name) or "review",
        "question": {
            "population": review.population or "not stated in the file",
            "intervention": "; ".join(sides[0]),
            "comparator": "; ".join(sides[1]),
        },
        "authors": list(review.authors),
        "dates": {"searched": review.searched or None},
        "labels": {side: words[0] for side, words in zip(("experimental", "control"), sides) if len(words) == 1},
        "outcomes": [_outcome(part) for part in parts],
        "analyses": [_plan(part, parts) for part in parts if part.pooled],
    }


def _outcome(part: RevManPart) -> Entry:
    found = {"id": part.id, "name": part.name, "direction": _direction(part.analysis), "measure": part.measure}
    return found | {"unit": part.analysis.unit or None, "description": f"{part.analysis.place}"}


def _direction(analysis: RevManAnalysis) -> str:
    """Return what more of an outcome is: the plot's left side, where effects are small, favours one of the two arms."""
    left = analysis.favours[0].casefold()
    control, experimental = analysis.control.casefold() or "control", analysis.experimental.casefold()
    return "good" if control in left and not (experimental and experimental in left) else "bad"


def _plan(part: RevManPart, parts: Sequence[RevManPart]) -> Entry:
    analysis = part.analysis
    several = len({one.analysis.comparison for one in parts}) > 1 and analysis.comparison
    return {
        "outcome": part.id,
        "title": f"{analysis.comparison}: {part.name}" if several else None,
        "model": ["random" if analysis.random else "common"],
        "common_method": _METHODS.get(analysis.method.upper(), "IV") if analysis.kind == "counts" else "IV",
        "tau2_method": "DL",
        "ci_method": "wald",
        "level": analysis.level,
        "estimates": "effects-first" if analysis.kind in ("effects", "log-rank") else None,
        "by": part.by or "none",
    }


# --- studies


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


#: RevMan's words for effect measures, in small letters with blanks -> the code of the measure.
MEASURES = {
    "or": "OR", "odds ratio": "OR", "rr": "RR", "risk ratio": "RR", "rd": "RD", "risk difference": "RD",
    "peto or": "PETO", "peto odds ratio": "PETO", "md": "MD", "mean difference": "MD", "wmd": "MD", "smd": "SMD",
    "std. mean difference": "SMD", "standardized mean difference": "SMD", "standardised mean difference": "SMD",
    "hr": "HR", "hazard ratio": "HR", "rate ratio": "IRR", "irr": "IRR", "ratio of means": "ROM",
}  # fmt: skip

#: Measures whose effects are never logarithms.
_PLAIN = ("MD", "SMD", "RD")

_METHODS = {"MH": "MH", "IV": "IV", "PETO": "PETO", "MANTEL-HAENSZEL": "MH", "INVERSE VARIANCE": "IV"}

#: Names of domains of 2008, without their question marks -> those of 2011.
_DOMAINS = {
    "adequate sequence generation": "random sequence generation",
    "incomplete outcome data addressed": "incomplete outcome data",
    "free of selective reporting": "selective reporting",
    "free of other bias": "other bias",
}
_JUDGEMENTS = {"yes": "low", "no": "high", "unknown": "unclear"}
