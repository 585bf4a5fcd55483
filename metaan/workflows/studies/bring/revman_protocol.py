"""The analyses of a review of RevMan under its own methods: outcomes and protocol of the registry.

To add an effect measure: RevMan's word for it in `MEASURES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ....errors import SourceError
from ....records.label import slug, unique_id
from ....registry.model.types import is_ratio
from ....sources.revman.review import WholeReview
from ....sources.revman.rows import RevManAnalysis, RevManRow

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


def parts_of(analyses: Sequence[RevManAnalysis]) -> Iterator[RevManPart]:
    """Yield the analyses of the registry: subgroups that have a result of their own are analyses of their own."""
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


def review_entry(review: WholeReview, parts: Sequence[RevManPart], name: str) -> Entry:
    """Return what review.yaml holds."""
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
