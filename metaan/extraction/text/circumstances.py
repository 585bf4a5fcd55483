"""Under which circumstances a number is printed: what is no share of people, and what is no result of one arm.

To add a circumstance: its words, in the expression of the question that they answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .vocabulary import PLANNED

_BACK, _AHEAD = 110, 60  # characters that are looked at on the two sides of a number


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Whether a number can be a share of people, and whether it can be the result of one arm."""

    people: bool
    result: bool


def circumstances(text: str, sentence: tuple[int, int], spans: Sequence[tuple[int, int]]) -> Iterator[Circumstance]:
    """Yield what each number of a sentence can be; one goes on as the one before it does.

    Parameters
    ----------
    text, sentence
        The text, and where the sentence starts and ends.
    spans
        Where each number starts and ends, in the order of the text.

    Examples
    --------
    >>> text = "Density rose by 3.3% and by 4%, and 12% of the patients died."
    >>> spans = [(text.index(one), text.index(one) + len(one)) for one in ("3.3%", "4%", "12%")]
    >>> [one.people for one in circumstances(text, (0, len(text)), spans)]
    [False, False, True]
    """
    start, end = sentence
    some = bool(_SOME_OF_THEM.match(text, start, min(end, start + _BACK)))
    alike = bool(_ALIKE.search(text, start, min(end, start + 2 * _BACK)))
    at, changed, first, aside = start, False, False, False
    for number, stop in spans:
        between = text[max(at, number - 2 * _BACK) : number]
        after = text[stop : min(end, stop + _AHEAD)]
        if _NEW_CLAUSE.search(between):
            changed = alike = False
        if rate := _RATE.search(between):
            changed, between = False, between[rate.end() :] if not _BASELINE.search(between) else between
        changed = (changed or _is_change(between, after)) and not _OF_PEOPLE.match(after)
        joined = at > start and len(between) <= _SERIES and not _LATER.search(between)
        said = _BASELINE.search(_NO_BASELINE.sub("", between)) is not None
        first = said or bool(_BASELINE_AFTER.match(after)) or (first and (joined or alike))
        of_no_result = _TAKEN.match(after) or _NO_RESULT.search(between)
        aside = bool(of_no_result) or (aside and len(between) <= _SERIES)
        yield Circumstance(not (changed or _is_strength(between, after)), not (some or first or aside))
        suffix = _BASELINE_AFTER.match(after)
        at = stop + (suffix.end() if suffix else 0)
        first = first and suffix is None


def is_size(text: str, end: int) -> bool:
    """Say whether the people that were just counted are said to be there, not to have had something."""
    return bool(_THERE.match(text, end))


def _is_change(before: str, after: str) -> bool:
    alone = not _CONTRASTED.match(after) and not _CONTRAST_BEFORE.search(before)
    return bool(
        _CHANGED_BEFORE.search(before) or _CHANGED_AFTER.match(after) or (alone and _CHANGED_VERB.search(before))
    )


def _is_strength(before: str, after: str) -> bool:
    return bool(_STRENGTH_BEFORE.search(before) or _STRENGTH_AFTER.match(after))


_CHANGED = (
    r"(?:decreas|increas|reduc|improv|declin|r[oi]se|fell|fall|dropp?|gain|lower|higher|greater|less|more|differ|chang|"
    r"better|worse|prolong|shorten|lengthen)\w{0,6}"
)
_CHANGED_BEFORE = re.compile(
    rf"\b{_CHANGED}(?:\s[\w()-]{{1,16}}){{0,6}}?\s(?:by|of|to|was|were|from)\s(?:about\s|a\s|an\s|only\s)?$"
    rf"|\b{_CHANGED}\b[^.;]{{0,120}}\sby\s$|\b(?:mean|median|average|percent(?:age)?|%)\s(?:\w{{1,14}}\s){{0,2}}?{_CHANGED}\b|\b(?:fell|rose)\s(?:by\s)?$",
    re.IGNORECASE,
)
_CHANGED_AFTER = re.compile(
    rf"\s(?:\w{{1,12}}\s)?(?:{_CHANGED})\b|\s(?:larger|smaller|as\s(?:effective|potent)|above|below)\b", re.IGNORECASE
)
_CHANGED_VERB = re.compile(r"\b(?:decreased|increased|reduced|improved|declined|lowered)\s(?!by\s)[^.;()]{0,90}\(?$")
_CONTRASTED = re.compile(r"[)\s]{0,2}(?:vs?\.?|versus|compared|in\s[^.;()]{0,60}(?:and|vs\.?|versus|compared)\b)")
_CONTRAST_BEFORE = re.compile(
    r"\b(?:vs?\.?|versus|compared\s(?:with|to)|patients|subjects|deaths?|mortality)\s[^.;]{0,60}$"
)
_RATE = re.compile(
    r"\b(?:rates?|proportions?|incidences?|prevalence|risk|mortality|percentages?\sof|numbers?\sof)\b", re.IGNORECASE
)
_STRENGTH_BEFORE = re.compile(
    r"(?:\b(?:bioavailability|recovery|clearance|efficiency|power|sensitivity|specificity|alpha|inflation|saline|dextrose|"
    r"glucose|lidocaine|bupivacaine|ropivacaine|isoflurane|oxygen|oxide|solution|cream|gel|ointment|drops|FiO2|HbA1c|"
    r"h[a]?ematocrit|coefficient\sof\svariation|CV),?\s(?:(?:of|was|at|were|=)\s){0,2}|[>≥<≤]\s?(?:or\s)?/?\s?=?\s?)$",
    re.IGNORECASE,
)
_STRENGTH_AFTER = re.compile(
    r"\s(?:solution|saline|cream|gel|ointment|oxygen|nitrous|dextrose|glucose|bupivacaine|ropivacaine|lidocaine|power|"
    r"alcohol|ethanol|chance|probability|fat|carbohydrates?|protein|confidence|upper|lower|of\s(?:their|the|all\s)?\s?"
    r"(?:dose|time|energy|variance|variation|baseline|predicted|control\svalue|total\senergy|normal|(?:baseline\s|body\s)"
    r"?weight|HbA1c|AUC))\b",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"\s(?:of\s)?(?:the\s|all\s|these\s|those\s)?(?:[\w-]{1,16}\s){0,2}?(?:patients|subjects|participants|people|women|men|"
    r"children|adults|individuals|cases|eyes|recipients)\b",
    re.IGNORECASE,
)
_NEW_CLAUSE = re.compile(r"[;)]\s|,\s?(?:but|whereas|while|and\sthe)\s|\)\.\s")
_SERIES = 45  # characters between two numbers of one series
_LATER = re.compile(
    r"[;:]\s|\.\s|\b(?:last|after|final|end|weeks?|months?|days?|years?|post\w{0,12}|later|to)\b", re.IGNORECASE
)
_BASELINE = re.compile(
    r"\b(?:at\s(?:baseline|entry|the\s(?:beginning|start)|enrol|admission|inclusion)|baseline|initially|initial\s"
    r"(?:values?|levels?|mean)|before\s(?:treatment|therapy|and)|pre-?(?:treatment|operative(?:ly)?|dose)|characteristics|"
    r"(?:mean|median)\sage|aged?|time\s0|demographic\w{0,2})\b|^\s?before\s",
    re.IGNORECASE,
)
_NO_BASELINE = re.compile(
    r"\b(?:from|to|with|versus|vs\.?|for|than|of|below|above|their)\s(?:the\s|their\s)?(?:baseline|initial)",
    re.IGNORECASE,
)
_BASELINE_AFTER = re.compile(
    r"\s?(?:[\w/%.]{1,8}\s?)?[(\[]?\s?(?:at\s)?(?:baseline|before|the\sbeginning|entry)\b|\s(?:\w{1,8}\s)?at\s(?:the\s)?"
    r"(?:baseline|beginning|entry|start)\b",
    re.IGNORECASE,
)
_ALIKE = re.compile(
    r"\b(?:similar|comparable|matched|no\s(?:significant\s)?differences?|did\snot\sdiffer|not\sdifferent)\b",
    re.IGNORECASE,
)
_SOME_OF_THEM = re.compile(
    r"\s?(?:Overall,\s|However,\s)?(?:In|Among|For|Of)\s(?:the\s)?(?:\w{1,14}\s){0,2}?(?:patients|those|subjects|"
    r"participants|people|women|men|children|adults|survivors|responders)\s(?:with|who|whose|at|aged|without|having|"
    r"undergoing|(?:taking|receiving)\slong)\b(?![^,]{0,40}\s(?:taking|receiving|given|treated|assigned)\b)"
    r"|\s?In\s(?:a|the)\s\w{0,14}\s?sub-?group",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\s(?:[\w-]{1,14}\s){0,4}?(?:took\s(?:it|the|their|all)|adher\w{1,4}|compli\w{1,4}|persist\w{0,4}\s(?:with|on))\b",
    re.IGNORECASE,
)
_NO_RESULT = re.compile(rf"\b(?:adherence\b|compliance\b|{PLANNED})", re.IGNORECASE)
_THERE = re.compile(
    r"\s?(?:(?:\w{1,14}\s){0,3}?(?:were|was|had\sbeen)\s(?:then\s)?(?:randomi[sz]ed|randomly|assigned|allocated|enrolled|"
    r"included|recruited|studied|eligible|entered|treated|given|evaluated|analy[sz]ed|screened|available)|"
    r"(?:\w{1,14}\s){0,2}?(?:received|entered|underwent|participated|completed|took|self-administered|treated|enrolled))\b",
    re.IGNORECASE,
)
