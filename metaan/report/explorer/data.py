"""What the page's script needs to pool the studies another way: counts, groups, the protocol's choices and its plot.

`templates/script/` computes from it, and ``tests/browser/`` compares that with `metaan.stats`. To let the page offer
another method: write it there, and enter its code here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...preparation.kinds import KINDS, NO_SCRIPT, arms_of, kind_of
from ...stats.measures.catalogue import MEASURES, added
from ...stats.numerics.numerals import portable_values
from ...stats.pooling.intervals import quantile
from ..forest.forest import forest
from ..forest.traits import risk_of_bias
from ..language import formats, formulas, methods, words
from ..language.headings import pool_heading
from .plot import SIZES, plot_data
from .sorting import sortable

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, StudyRow
    from ..language.words import Arms

NONE = "none"
NOT_ASSESSED = "not assessed"


def explorable(analyses: Sequence[Analysis], arms: Arms) -> dict[str, Any]:
    """Return plain values ready for JSON: what can be chosen, and by an analysis' key what can be pooled another way.

    An analysis is only ``sorted`` where its numbers are no counts, or where the script lacks one of the protocol's
    methods: a page that cannot return to the protocol's result offers no way from it.
    """
    whole = {
        "sizes": SIZES,
        "formulas": formulas.SHARED,
        "choices": {name: dict(codes) for name, codes in CHOICES.items()},
        "usual": {code: MEASURES[code].add for code in OFFERED},
        "drops": {code: MEASURES[code].drops_double_zero for code in OFFERED},
        "analyses": {analysis.plan.key: _analysis(analysis, arms) for analysis in analyses if _offers(analysis)},
        "sorted": {analysis.plan.key: found for analysis in analyses if (found := _sorted(analysis, arms))},
    }
    return dict(portable_values(whole))


def protocol(analysis: Analysis) -> dict[str, str]:
    """Return what the protocol chooses, under the names of `CHOICES`."""
    plan = analysis.plan
    return {
        "measure": analysis.measure,
        "common": plan.common_method if "common" in plan.model else NONE,
        "random": plan.tau2_method if "random" in plan.model else NONE,
        "ci": plan.ci_method,
        "pi": plan.pi_method,
    }


def why_not(analysis: Analysis) -> str:
    """Say why the page offers no controls but the order for an analysis; empty where it offers all.

    >>> import metaan as ma
    >>> [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    >>> why_not(death)
    ''
    """
    if not any(row.yi is not None for row in analysis.rows):
        return ""
    instead = "Other methods are in the tables below; “metaan pool” does the rest."
    if not any(_computed(row) for row in analysis.rows):
        kind = kind_of(analysis.rows[0].data)
        return f"Studies cannot be taken out here: {(kind and kind.no_script) or NO_SCRIPT}. {instead}"
    if other := next((row for row in analysis.rows if row.enters and not _by_arms(row)), None):
        return f"Studies cannot be taken out here: {other.label} has an effect that the page cannot compute. {instead}"
    if len({row.id for row in analysis.rows}) < len(analysis.rows):
        return f"Studies cannot be taken out here: a study has several rows. {instead}"
    missing = [WANTING[name].format(code) for name, code in protocol(analysis).items() if code not in CHOICES[name]]
    if not missing:
        return ""
    what = formats.listing(missing)
    return f"Studies cannot be taken out here: the page cannot compute the protocol’s {what}. {instead}"


def _offers(analysis: Analysis) -> bool:
    return not why_not(analysis) and all(code in CHOICES[name] for name, code in protocol(analysis).items())


def _sorted(analysis: Analysis, arms: Arms) -> dict[str, Any]:
    """Return the orders of an analysis that the script cannot pool; empty where it can, or where nothing is drawn."""
    return sortable(forest(analysis, arms), analysis) if why_not(analysis) else {}


def _computed(row: StudyRow) -> bool:
    """Whether the script can pool a study: it has two arms of a kind that the script knows."""
    kind = kind_of(row.data)
    return kind is not None and bool(kind.script) and len(kind.roles(row.data)) > 1


def _by_arms(row: StudyRow) -> bool:
    """Whether the effect of a row is computed of its two arms."""
    return _computed(row) and (row.prepared is None or row.prepared.yi is None)


def _analysis(analysis: Analysis, arms: Arms) -> dict[str, Any]:
    plan = analysis.plan
    rows = [row for row in analysis.rows if _computed(row)]
    return {
        "title": words.upper_first(analysis.title),
        "protocol": protocol(analysis),
        "level": analysis.level,
        "coverage": formats.level(analysis.level),
        "z": quantile(None, analysis.level),
        "to": plan.zero_cells.to,
        "add": {code: added(code, plan.zero_cells.add) for code in OFFERED},
        "groups": list(_groups(analysis, rows)),
        "studies": [_study(row) for row in rows],
        "plot": plot_data(forest(analysis, arms), analysis, OFFERED, {row.id: i for i, row in enumerate(rows)}),
    }


def _groups(analysis: Analysis, rows: Sequence[StudyRow]) -> Iterable[dict[str, Any]]:
    """Yield the blocks of the analysis with the places of their studies."""
    for pool in analysis.results:
        ids = {id(row.result) for row in pool.rows}
        yield {
            "name": pool_heading(pool),
            "overall": pool is analysis.overall,
            "tested": analysis.subgroup_test is None or pool.name not in analysis.subgroup_test.without,
            "studies": [i for i, row in enumerate(rows) if id(row.result) in ids],
        }


def _study(row: StudyRow) -> dict[str, Any]:
    given = (value for arm in arms_of(row.data).values() for value in arm.values())
    judged = risk_of_bias(row)
    return {
        "id": row.id,
        "label": row.label,
        "design": row.design,
        "bias": judged[0] if judged else NOT_ASSESSED,
        "severity": judged[1] if judged else None,
        "year": row.study.citation.year if row.study.citation else None,
        "counts": [int(value) if value == int(value) else value for value in given],
    }


OFFERED = tuple(code for kind in KINDS.values() for code in kind.script)

_TAU2 = ("DL", "REML", "ML", "PM", "EB", "HE", "HS", "HSk", "SJ", "PMM", "DL2", "CA2")


def _words(table: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
    """Return the words for codes, each with a capital letter unless it begins with a symbol such as t."""
    found = {code: table.get(code, code) for code in codes}
    return {code: text if text[1:2] == " " else words.upper_first(text) for code, text in found.items()}


#: What the page lacks where a code of the protocol is not among the choices.
WANTING = {
    "measure": "measure {}",
    "common": "common effect by {}",
    "random": "τ² by {}",
    "ci": "confidence interval {}",
    "pi": "prediction interval {}",
}

#: What a reader can choose, each with the codes that the script has and their words.
CHOICES: dict[str, Mapping[str, str]] = {
    "measure": {code: words.upper_first(words.measure_name(code)) for code in OFFERED},
    "common": {**_words(methods.COMMON, ("MH", "IV", "Peto")), NONE: "not shown"},
    "random": {**{code: methods.TAU2.get(code, code) for code in _TAU2}, NONE: "not shown"},
    "ci": _words(methods.CI, ("wald", "t", "hksj", "hksj-adhoc", "auto")),
    "pi": _words(methods.PI, ("t(k-1)", "t(k-2)", "normal")),
}
