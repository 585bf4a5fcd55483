"""What each kind of printed number is read as; the expression that finds them is in `patterns`, beside this file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from ...registry.text.scalars import Written
from ...stats.numerics.numerals import as_printed
from ..proposal import Effect, Passage, ProposedCell, Value
from ..rounding import Percent, fits, percent_of
from .number_words import whole
from .vocabulary import PLANNED


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """One thing found: counts, an effect, a mean or median, or the size of a group.

    ``bare`` counts mean something in pairs only; of a ``size`` with ``to`` the group is named right behind it.
    """

    start: int
    end: int
    cells: tuple[ProposedCell, ...] = ()
    effect: Effect | None = None
    size: int | None = None
    bare: bool = False
    value: Value | None = None
    to: bool = False


def _cell(passage: Passage, match: re.Match[str], kind: str) -> ProposedCell | None:
    """Return the numbers of one group, None where they contradict each other in kind."""
    events, total, percent = (match.groupdict().get(f"{kind}_{part}") for part in ("e", "n", "p"))
    cell = ProposedCell(
        printed=match[kind],
        events=None if events is None else whole(events),
        total=None if total is None else whole(total),
        percent=None if percent is None else _percent(percent),
        span=passage.span(*match.span(kind)),
    )
    if (percent and cell.percent is None) or (cell.total is not None and not 0 <= (cell.events or 0) <= cell.total):
        return None
    if kind == "count" and cell.total and cell.percent and not fits(cell.events or 0, cell.total, cell.percent):
        return replace(cell, total=None)  # "5 (12%) of 71": not the people that the percentage is of
    return cell


def _counts(kind: str) -> Callable[[Passage, re.Match[str]], PatternMatch | None]:
    def read(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
        cell = _cell(passage, match, kind)
        return PatternMatch(*match.span(), cells=(cell,)) if cell else None

    return read


def _percent(text: str) -> Percent | None:
    """Return a printed percentage, also in words and with a space that a scan put behind the decimal point."""
    number = re.sub(r"(?:%|per\s?cent)$|(?<=[.·,])\s", "", text.strip()).strip()
    return percent_of(f"{whole(number)}" if number[:1].isalpha() else number)


def _pair(kind: str) -> Callable[[Passage, re.Match[str]], PatternMatch | None]:
    def read(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
        names = (f"{kind}_1", f"{kind}_2")
        cells = [ProposedCell(match[n], events=whole(match[n]), span=passage.span(*match.span(n))) for n in names]
        return PatternMatch(*match.span(), cells=tuple(cells))

    return read


def _shared(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
    """Return the groups of ``62.9, 65.7 and 66.6%``, which share a sign."""
    first = match.start("shared_p")
    cells = []
    for one in _ONE_PERCENT.finditer(match["shared_p"]):
        percent = percent_of(one[0].strip())
        if percent is None:
            return None
        span = passage.span(first + one.start(), first + one.end())
        cells.append(ProposedCell(span.quote, percent=percent, span=span))
    return PatternMatch(*match.span(), cells=tuple(cells))


def _bare(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
    name = "bare_e" if match["bare_e"] else "bare_none"
    events = whole(match[name])
    if 1900 <= events <= 2100 and "," not in match[name]:  # a year
        return None
    return PatternMatch(
        *match.span(), cells=(ProposedCell(match[name], events, span=passage.span(*match.span(name))),), bare=True
    )


def _size(passage: Passage, match: re.Match[str]) -> PatternMatch:
    return PatternMatch(*match.span(), size=whole(match["size_n"]))


def _assigned(passage: Passage, match: re.Match[str]) -> PatternMatch:
    return PatternMatch(*match.span(), size=whole(match["assigned_n"]), to=True)


def _value(passage: Passage, match: re.Match[str]) -> PatternMatch:
    """Return a mean or median that says what stands beside it."""
    kind = (match["value_kind"] or _plus_minus(passage.text)).casefold().replace(".", "")
    name = "SE" if kind.endswith("error") else _SPREADS.get(kind[:2].upper(), "±")
    bounds = [number for part in ("pm", "lo", "hi") if (number := match[f"value_{part}"]) is not None]
    return _value_of(passage, match, match["value_x"], name, bounds)


def _rate(passage: Passage, match: re.Match[str]) -> PatternMatch:
    """Return a rate; what it is a rate per stands where a mean has its spread."""
    return _value_of(passage, match, match["rate_x"], match["rate_per"], [], "rate")


def _plus_minus(text: str) -> str:
    """Return what a text says of its ±, where it says one thing: ``mean ± SEM``."""
    said = {match[1].casefold().replace(".", "")[:2] for match in _SAID_OF_PLUS_MINUS.finditer(text[:_LONGEST])}
    return said.pop() if len(said) == 1 else "±"


def second_estimate(passage: Passage, match: re.Match[str], last: PatternMatch) -> PatternMatch | None:
    """Return the second of two estimates under one name: ``OR 0.5 (0.3-0.8) and 0.7 (0.4-1.1)``."""
    between = passage.text[last.end : match.start()]
    if match["header_hi"] is None or last.effect is None or len(between) > _NEXT or "." in between:
        return None
    lo, hi = (_number(match[f"header_{end}"], False) for end in ("lo", "hi"))
    estimate = _number(match["header_x"], False)
    if not lo <= estimate <= hi:
        return None
    effect = replace(last.effect, span=passage.span(*match.span()), estimate=estimate, ci=(lo, hi), p=None)
    return PatternMatch(*match.span(), effect=effect)


def _header(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
    """Return a number with others in brackets behind ``mean (SD)`` or ``median (IQR)`` in the same sentence."""
    before = passage.text[max(0, match.start() - 160) : match.start()].rpartition(". ")[2]
    said = list(_HEADER.finditer(before))
    if not said or match["header_ci"] or bool(said[-1]["mean"]) == (match["header_hi"] is not None):
        return None
    bounds = [number for part in ("lo", "hi") if (number := match[f"header_{part}"]) is not None]
    name = "SD" if said[-1]["mean"] else _SPREADS[said[-1]["spread"][:2].upper()]
    return _value_of(passage, match, match["header_x"], name, bounds)


def _value_of(
    passage: Passage, match: re.Match[str], x: str, name: str, bounds: list[str], statistic: str = ""
) -> PatternMatch:
    numbers = tuple(_number(bound, False) for bound in bounds)
    before = passage.text[max(0, match.start() - _NEXT) : match.start()].casefold()
    median = name in ("IQR", "range") or before.rfind("median") > before.rfind("mean")
    value = Value(match[0], _number(x, False), name, numbers, passage.span(*match.span()))
    value = replace(value, statistic=statistic or ("median" if median else "mean"))
    return PatternMatch(*match.span(), value=value)


def _p(passage: Passage, match: re.Match[str]) -> PatternMatch:
    digits = re.sub(r"\s", "", match["p_value"]).replace("·", ".")
    relation = {"<=": "≤", ">=": "≥"}.get(match["p_relation"], match["p_relation"])
    p = Written(digits) if relation == "=" else f"{relation}{digits if digits[0] != '.' else '0' + digits}"
    return PatternMatch(*match.span(), effect=Effect(passage.span(*match.span()), p=p))


def _effect(passage: Passage, match: re.Match[str]) -> PatternMatch | None:
    """Return an effect; without an interval only where an equals sign says that this is its value."""
    name = match["effect_name"].casefold().replace("-", " ")
    bounds = [match["effect_lo"], match["effect_hi"]]
    if _PLANNED.search(passage.text, max(0, match.start() - _NEXT), match.start()):
        return None
    if None in bounds and "=" not in match["effect_between"]:
        return None
    measure = MEASURE_NAMES[" ".join(name.split())]
    reduction = name.endswith("reduction")
    if reduction and not match["effect_percent"]:
        return None
    percent = bool(match["effect_percent"]) and (measure == "RD" or reduction)
    ci = None if None in bounds else (_number(bounds[0], percent), _number(bounds[1], percent))
    estimate = _number(match["effect_estimate"], percent)
    if reduction:
        estimate, ci = _remaining(estimate), ci and (_remaining(ci[1]), _remaining(ci[0]))
    effect = Effect(
        passage.span(*match.span()),
        measure=measure,
        estimate=estimate,
        ci=ci,
        level=float(Decimal(match["effect_level"]) / 100) if match["effect_level"] else 0.95,
        interval="credible" if (match["effect_kind"] or "").casefold().startswith("cr") else "confidence",
        note=_effect_note(match, percent, ci is not None),
    )
    return PatternMatch(*match.span(), effect=effect)


def _effect_note(match: re.Match[str], percent: bool, has_ci: bool) -> str | None:
    notes = ["printed in percent"] if percent else []
    notes += ["1 less the reduction that is printed"] if match["effect_name"].casefold().endswith("reduction") else []
    notes += ["adjusted"] if match["effect_adjusted"] else []
    notes += ["the level of the interval is not printed"] if has_ci and not match["effect_level"] else []
    return "; ".join(notes) or None


def _nothing(passage: Passage, match: re.Match[str]) -> None:
    """What is only there to be passed over: the level of an interval is no percentage of people."""


def _remaining(reduction: float) -> float:
    """Return the ratio that a reduction leaves."""
    return Written(f"{1 - as_printed(str(reduction)):f}")


def _number(text: str, percent: bool) -> float:
    """Return a printed number; one in percent as a proportion."""
    number = as_printed(re.sub(r"\s", "", text).replace(",", "."))
    return Written(f"{number / 100 if percent else number:f}")


MEASURE_NAMES = {
    "or": "OR", "odds ratio": "OR", "rr": "RR", "risk ratio": "RR", "relative risk": "RR", "hr": "HR",
    "hazard ratio": "HR", "hazards ratio": "HR", "relative hazard": "HR", "risk reduction": "RR",
    "relative risk reduction": "RR", "rd": "RD", "risk difference": "RD", "difference in risk": "RD",
    "absolute difference": "RD",
    "absolute risk difference": "RD", "md": "MD", "mean difference": "MD", "smd": "SMD",
    "standardized mean difference": "SMD", "standardised mean difference": "SMD", "irr": "IRR", "rate ratio": "IRR",
    "incidence rate ratio": "IRR",
}  # fmt: skip

_HEADER = re.compile(
    r"(?P<mean>\bmeans?(?:\svalues?)?\s?[(\[,]?\s?[±\s]{0,3}(?:SD|standard\sdeviation)\b)"
    r"|\bmedians?\s?[(\[,]\s?(?P<spread>IQR|interquartile|range)",
    re.IGNORECASE,
)
_PLANNED = re.compile(rf"\b(?:{PLANNED})[^.;]{{0,60}}$", re.IGNORECASE)
_SAID_OF_PLUS_MINUS = re.compile(
    r"(?:±|\+\s?/\s?[-−–])\s?(?:the\s|1\s)?(S\.?D\.?|S\.?E\.?|standard\s(?:deviation|error))", re.IGNORECASE
)
_ONE_PERCENT = re.compile(r"\d{1,3}(?:[.·,]\d{1,4})?(?:\s?%)?")
_LONGEST = 20_000  # characters in which a text is asked what its ± is
_NEXT = 60  # characters between two estimates under one name
_SPREADS = {"SD": "SD", "ST": "SD", "SE": "SE", "IQ": "IQR", "IN": "IQR", "RA": "range"}
KINDS: dict[str, Callable[[Passage, re.Match[str]], PatternMatch | None]] = {
    "effect": _effect,
    "interval": _nothing,
    "p": _p,
    "value": _value,
    "rate": _rate,
    "spaced": _counts("spaced"),
    "share": _counts("share"),
    "count": _counts("count"),
    "part": _counts("part"),
    "size": _size,
    "header": _header,
    "pair": _pair("pair"),
    "versus": _pair("versus"),
    "assigned": _assigned,
    "bare": _bare,
    "shared": _shared,
    "percent": _counts("percent"),
}
