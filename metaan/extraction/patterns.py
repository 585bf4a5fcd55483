"""The numbers that a text prints, found in one pass.

One expression, read from left to right: what an interval or a p value has taken is never read again as a percentage.
Every repetition in it is bounded and nothing is nested, so that the time is linear in the length of any text.
To add a kind: one alternative in `_ALTERNATIVES` and one entry in `_KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from .proposal import Cell, Effect, Passage
from .rounding import percent_of


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found: counts, an effect, or the size of a group; ``bare`` counts mean something in pairs only."""

    start: int
    end: int
    cells: tuple[Cell, ...] = ()
    effect: Effect | None = None
    size: int | None = None
    bare: bool = False


def find(passage: Passage) -> Iterator[Found]:
    """Yield everything found in a passage, in the order of the text.

    Examples
    --------
    >>> [found] = find(Passage("", "death in 35 (87.5%)"))
    >>> found.cells[0].events, str(found.cells[0].percent), found.cells[0].span.start
    (35, '87.5%', 9)
    """
    for match in _PATTERN.finditer(passage.text):
        kind = next(name for name in _KINDS if match[name] is not None)
        if (found := _KINDS[kind](passage, match)) is not None:
            yield found


def _cell(passage: Passage, match: re.Match[str], kind: str) -> Cell | None:
    """Return the numbers of one group, None where they contradict each other in kind."""
    events, total, percent = (match.groupdict().get(f"{kind}_{part}") for part in ("e", "n", "p"))
    cell = Cell(
        printed=match[kind],
        events=None if events is None else whole(events),
        total=None if total is None else whole(total),
        percent=None if percent is None else percent_of(percent),
        span=passage.span(*match.span(kind)),
    )
    if (percent and cell.percent is None) or (cell.total is not None and not 0 <= (cell.events or 0) <= cell.total):
        return None
    return cell


def _counts(kind: str) -> Callable[[Passage, re.Match[str]], Found | None]:
    def read(passage: Passage, match: re.Match[str]) -> Found | None:
        cell = _cell(passage, match, kind)
        return Found(*match.span(), cells=(cell,)) if cell else None

    return read


def _pair(passage: Passage, match: re.Match[str]) -> Found:
    cells = [
        Cell(match[name], events=whole(match[name]), span=passage.span(*match.span(name)))
        for name in ("pair_1", "pair_2")
    ]
    return Found(*match.span(), cells=tuple(cells))


def _bare(passage: Passage, match: re.Match[str]) -> Found | None:
    events = whole(match["bare_e"])
    if 1900 <= events <= 2100 and "," not in match["bare_e"]:  # a year
        return None
    return Found(
        *match.span(), cells=(Cell(match["bare_e"], events, span=passage.span(*match.span("bare_e"))),), bare=True
    )


def _size(passage: Passage, match: re.Match[str]) -> Found:
    return Found(*match.span(), size=whole(match["size_n"]))


def _p(passage: Passage, match: re.Match[str]) -> Found:
    digits = match["p_value"].replace("·", ".")
    relation = {"<=": "≤", ">=": "≥"}.get(match["p_relation"], match["p_relation"])
    p = float(digits) if relation == "=" else f"{relation}{digits if digits[0] != '.' else '0' + digits}"
    return Found(*match.span(), effect=Effect(passage.span(*match.span()), p=p))


def _effect(passage: Passage, match: re.Match[str]) -> Found | None:
    """Return an effect; without an interval only where an equals sign says that this is its value."""
    name = match["effect_name"].casefold().replace("-", " ")
    bounds = [match["effect_lo"], match["effect_hi"]]
    if None in bounds and "=" not in match["effect_between"]:
        return None
    measure = MEASURE_NAMES[" ".join(name.split())]
    percent = bool(match["effect_percent"]) and measure == "RD"
    ci = None if None in bounds else (_number(bounds[0], percent), _number(bounds[1], percent))
    effect = Effect(
        passage.span(*match.span()),
        measure=measure,
        estimate=_number(match["effect_estimate"], percent),
        ci=ci,
        level=float(Decimal(match["effect_level"]) / 100) if match["effect_level"] else 0.95,
        interval="credible" if (match["effect_kind"] or "").casefold().startswith("cr") else "confidence",
        note=_effect_note(match, percent, ci is not None),
    )
    return Found(*match.span(), effect=effect)


def _effect_note(match: re.Match[str], percent: bool, has_ci: bool) -> str | None:
    notes = ["printed in percent"] if percent else []
    notes += ["adjusted"] if match["effect_adjusted"] else []
    notes += ["the level of the interval is not printed"] if has_ci and not match["effect_level"] else []
    return "; ".join(notes) or None


def _nothing(passage: Passage, match: re.Match[str]) -> None:
    """What is only there to be passed over: the level of an interval is no percentage of people."""


def _number(text: str, percent: bool) -> float:
    """Return a printed number; one in percent as a proportion."""
    number = Decimal(text.replace("·", ".").translate(_MINUS))
    return float(number / 100 if percent else number)


def whole(text: str) -> int:
    """Return a printed whole number: digits, with or without commas at the thousands, or a word up to twenty.

    >>> whole("1,024"), whole("Nine")
    (1024, 9)
    """
    return NUMBER_WORDS[text.casefold()] if text[:1].isalpha() else int(text.replace(",", ""))


NUMBER_WORDS = {
    "none": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip

MEASURE_NAMES = {
    "or": "OR", "odds ratio": "OR", "rr": "RR", "risk ratio": "RR", "relative risk": "RR", "hr": "HR",
    "hazard ratio": "HR", "rd": "RD", "risk difference": "RD", "difference in risk": "RD", "absolute difference": "RD",
    "absolute risk difference": "RD", "md": "MD", "mean difference": "MD",
}  # fmt: skip

PEOPLE = (
    "patients|participants|subjects|people|persons|individuals|adults|children|infants|neonates|women|men|cases|deaths|"
    "events|patient|participant|subject|person|death|died"
)

_MINUS = str.maketrans("−–", "--")
_INT = r"(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,7})(?![.,·]?\d)"
_WORD = "|".join(NUMBER_WORDS)
_PERCENT = r"\d{1,3}(?:[.·,]\d{1,4})?\s?%"
_SIGNED = r"[-−–]?\d{1,4}(?:[.·]\d{1,4})?"
_OF = r"\s?(?:/|\bof\b|\bout\sof\b)\s?(?:the\s|a\stotal\sof\s|all\s)?"
_SOME = rf"(?:\s(?:of\s)?(?:the\s)?(?:{PEOPLE})\b)?"
_START = r"(?<![\w.,·/+–−-])(?<![dD]ay\s)(?<![dD]ays\s)(?<![wW]eek\s)(?<![mM]onth\s)(?<![pP]hase\s)"
_INTERVAL = r"(?:CI|CrI|C\.I\.|HPD|(?i:confidence|credible|credibility|prediction))"
_NAMES = (
    r"(?i:odds\s?-?\s?ratio|risk\sratio|relative\srisk|hazards?\sratio|(?:absolute\s)?risk\sdifference|"
    r"difference\sin\srisk|absolute\sdifference|mean\sdifference)"
)

_ALTERNATIVES = rf"""
(?P<effect>
    (?P<effect_adjusted>\ba(?=[OHR]R\b)|\b[aA]djusted\s)?
    (?<![A-Z])(?P<effect_name>{_NAMES}|(?:OR|RR|HR|RD|MD)\b)s?
    (?:\s?[(\[](?:[aA]?[A-Z]{{2}}|\d{{2}}\s?%\s?{_INTERVAL})[)\]])?
    (?P<effect_between>[^\d;.%()\[\]]{{0,40}}?[(\[]?)
    (?<!\w)(?P<effect_estimate>{_SIGNED})(?![\d.·]?\d)\s?(?P<effect_percent>%|percentage\spoints?|percent\b)?
    (?:
        [\s,;:(\[]{{0,4}}
        (?:(?P<effect_level>\d{{2}}(?:\.\d)?)\s?%\s?(?P<effect_kind>{_INTERVAL})(?:\s(?i:intervals?))?[\s:,=(\[]{{0,4}}
           |(?<=[(\[]))
        (?P<effect_lo>{_SIGNED})\s?%?\s?(?:-|–|—|to|,|;)\s?(?P<effect_hi>{_SIGNED})(?![\d.·]?\d)\s?%?[)\]]{{0,2}}
    )?)
|(?P<interval>\d{{2}}(?:[.·]\d)?\s?%\s?{_INTERVAL})
|(?P<p>
    (?<!\w)[pP](?:\s?-?\s?values?)?\s?(?P<p_relation><=|>=|[=<>≤≥])\s?
    (?P<p_value>0?[.·]\d{{1,8}}|[01](?:[.·]0{{1,4}})?(?![\d.·]?\d)))
|(?P<share>
    {_START}(?P<share_e>{_INT}){_SOME}{_OF}(?P<share_n>{_INT})(?!\s?/)
    (?:{_SOME}\s?[(\[]\s?(?P<share_p>{_PERCENT})[)\]]?)?)
|(?P<count>
    {_START}(?P<count_e>{_INT}){_SOME}\s?[(\[]\s?(?P<count_p>{_PERCENT})(?!\s?{_INTERVAL})[)\]]?)
|(?P<part>
    {_START}(?P<part_p>{_PERCENT}){_SOME}\s?[(\[]\s?(?:[nN]\s?=\s?)?(?P<part_e>{_INT})
    (?:{_OF}(?P<part_n>{_INT}))?{_SOME}\s?[)\];,])
|(?P<size>[(\[]\s?[nN]\s?=\s?(?P<size_n>{_INT})\s?[)\];,])
|(?P<pair>
    {_START}(?P<pair_1>{_INT}|\b(?i:{_WORD})\b)\s(?:and|vs\.?|versus|or)\s
    (?P<pair_2>{_INT}|\b(?i:{_WORD})\b)\s(?:of\s(?:the\s)?)?(?:{PEOPLE})\b)
|(?P<bare>
    {_START}(?P<bare_e>{_INT}|\b(?i:{_WORD})\b)\s
    (?:(?:{PEOPLE})\b|(?:in|of|on|from|receiving|with|given|who)\s))
|(?P<percent>{_START}(?<!I2\s)(?<!I²\s)(?<!=\s)(?P<percent_p>{_PERCENT})(?!\s?{_INTERVAL}))
"""

# Nothing starts inside of a word, or with another character than these: most places are left at once.
_FIRST = r"(?:(?<!\w)(?=[\dOoRrHhMmAaDdPpNnZzTtFfSsEe])|(?=[(\[]))"
_PATTERN = re.compile(f"{_FIRST}(?:{_ALTERNATIVES})", re.VERBOSE)

_KINDS: dict[str, Callable[[Passage, re.Match[str]], Found | None]] = {
    "effect": _effect,
    "interval": _nothing,
    "p": _p,
    "share": _counts("share"),
    "count": _counts("count"),
    "part": _counts("part"),
    "size": _size,
    "pair": _pair,
    "bare": _bare,
    "percent": _counts("percent"),
}
