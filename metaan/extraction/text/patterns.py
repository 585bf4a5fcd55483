"""The numbers that a text prints, found in one pass.

One expression, read from left to right: what an interval or a p value has taken is never read again as a percentage.
Every repetition in it is bounded and nothing is nested, so that the time is linear in the length of any text.
To add a kind: one alternative in `_ALTERNATIVES` and one entry in `metaan.extraction.text.pattern_reading.KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..proposal import Passage
from .number_words import DIGITS, WORDS
from .pattern_reading import KINDS, PatternMatch, second_estimate
from .vocabulary import COUNTED, PEOPLE


def find(passage: Passage) -> Iterator[PatternMatch]:
    """Yield everything found in a passage, in the order of the text.

    Examples
    --------
    >>> [found] = find(Passage("", "death in 35 (87.5%)"))
    >>> found.cells[0].events, str(found.cells[0].percent), found.cells[0].span.start
    (35, '87.5%', 9)
    """
    last: PatternMatch | None = None
    for match in _PATTERN.finditer(passage.text):
        kind = next(name for name in KINDS if match[name] is not None)
        found = KINDS[kind](passage, match)
        if found is None and kind == "header" and last is not None:
            found = second_estimate(passage, match, last)
        if found is not None:
            yield found
            last = found if found.effect is not None and found.effect.ci else None


_NUM = rf"(?:{DIGITS}|\b(?i:{WORDS})\b)"
_SPACED = r"\d{1,3}(?:\s\d{3}){1,2}(?![\d.,·])"
_SIGN = r"\s?(?:%|per\s?cent\b)"
_DECIMAL = r"\d{1,3}(?:[.·,]\d{1,4})?"
_APART = r"(?:(?<=[(<=])|(?<=\bto\s)|(?<=\band\s)|(?<=\bvs\s)|(?<=\bof\s)|(?<=\bwas\s))\d{1,2}[.·]\s\d{1,2}"
_PERCENT = rf"(?:{_APART}|{_DECIMAL}|\b(?i:{WORDS})(?=\sper)){_SIGN}"
_SIGNED = r"[-−–]?(?:[01],\d{1,3}(?!\d)|\d{1,4}(?:[.·]\d{1,4})?)"
_MEASURED = r"[-−–]?\d{1,5}(?:[.·]\s?\d{1,4})?"
_PLUS_MINUS = r"(?:±|\+\s?/\s?[-−–])"
_SPREAD = r"SD|S\.D\.|SEM?|S\.E\.M?\.?|IQR|(?i:interquartile\srange|range|standard\sdeviation|standard\serror)"
_VERSUS = r"(?:vs\.?|v\.?|versus)"
_NOT_OF_PEOPLE = (
    r"(?!\s(?:doses|times|days|weeks|months|years|hours|arms|groups|regimens|visits|sessions|studies|trials)\b)"
)
_OF = r"\s?(?:/|\bof\b|\bout\sof\b)\s?(?:the\s|a\stotal\sof\s|all\s)?"
_SOME = rf"(?:\s(?:of\s)?(?:the\s)?(?:{COUNTED})\b(?!-))?"
_START = (
    r"(?<![\w.,·/+–−-])(?<!\d\s)(?!0\d)(?<![dD]ay\s)(?<![dD]ays\s)(?<![wW]eek\s)(?<![mM]onth\s)(?<![pP]hase\s)"
    r"(?<!per\s)"
)
_INTERVAL = r"(?:CI|CrI|C\.I\.|HPD|(?i:confidence|credible|credibility|prediction))"
_TO = r"\s?%?\s?(?:-|–|—|to|,|;)\s?"
_NAMES = (
    r"(?i:odds\s?-?\s?ratio|risk\sratio|relative\srisk(?!\s(?:reduction|increase))|hazards?\sratio|relative\shazard|"
    r"(?:relative\s)?risk\sreduction|"
    r"(?:absolute\s)?risk\sdifference|difference\sin\srisk|absolute\sdifference|(?:incidence\s)?rate\sratio|"
    r"(?:standardi[sz]ed\s)?mean\sdifference)"
)
_NOT_PEOPLE = (
    r"(?!\s(?:reduction|increase|decrease|decline|power|lower|higher|greater|relative|absolute|confidence|credib|"
    r"margin|level|signific|oxygen|saturation|increment|improvement|change|chance|probability|threshold|"
    r"or\s(?:less|more|greater|lower|higher|above|below)))"
)
_NOT_AFTER = (
    r"(?<!power\sof\s)(?<!alpha\sof\s)(?<!level\sof\s)(?<!least\s)(?<!than\s)(?<!above\s)(?<!below\s)"
    r"(?<![<>≤≥]\s)(?<![<>≤≥])(?<!O2\s)(?<!I2\s)(?<!I²\s)(?<!=\s)"
)

_ALTERNATIVES = rf"""
(?P<effect>
    (?P<effect_adjusted>\ba(?=[OHR]R\b)|\b[aA]djusted\s)?
    (?<![A-Z])(?<!log\s)(?P<effect_name>{_NAMES}|(?:OR|RR|HR|RD|MD|SMD|IRR)\b)s?
    (?:\s?[(\[](?:[aA]?[A-Z]{{2,3}}|\d{{2}}\s?%\s?{_INTERVAL})[)\]])?
    (?P<effect_between>[^\d;.%()\[\]]{{0,40}}?[(\[]?)
    (?<!\w)(?P<effect_estimate>{_SIGNED})(?![\d.·]?\d)(?:\s?(?P<effect_percent>%|percentage\spoints?|percent\b))?
    (?:
        (?:\s[a-zA-Z/]{{1,12}}){{0,2}}[\s,;:(\[]{{0,4}}
        (?:(?:(?P<effect_level>\d{{2}}(?:\.\d)?)\s?%\s?)?(?P<effect_kind>{_INTERVAL})(?:\s(?i:intervals?))?
              (?:\s?[(\[](?:CI|CrI)[)\]])?[\s:,=(\[]{{0,4}}
           |(?<=[(\[]))
        (?P<effect_lo>{_SIGNED}){_TO}(?P<effect_hi>{_SIGNED})(?![\d.·]?\d)\s?%?[)\]]{{0,2}}
    )?)
|(?P<interval>
    \d{{2}}(?:[.·]\d)?\s?%\s?{_INTERVAL}(?:\s(?i:intervals?))?(?:[\s:,=(\[]{{0,4}}{_SIGNED}{_TO}{_SIGNED}\s?%?)?)
|(?P<p>
    (?<!\w)[pP](?:\s?-?\s?values?)?\s?(?P<p_relation><=|>=|[=<>≤≥])\s?
    (?P<p_value>0?[.·]\s?\d{{1,8}}|[01](?:[.·]0{{1,4}})?(?![\d.·]?\d)))
|(?P<value>
    (?<![\w.,·/)])(?P<value_x>{_MEASURED})(?![\d.·]?\d)\s?%?(?:\s[a-zA-Z/]{{1,12}}){{0,2}}\s?
    (?:{_PLUS_MINUS}\s?(?P<value_pm>\d{{1,5}}(?:[.·]\s?\d{{1,4}})?)(?!\.?\d)(?:\s?%)?
       |[(\[,]\s?(?P<value_kind>{_SPREAD})(?!\w)
        [\s,:;=±]{{0,3}}(?P<value_lo>{_SIGNED})(?:{_TO}(?P<value_hi>{_SIGNED}))?(?!\.?\d)\s?[)\]]?))
|(?P<rate>(?<![\w.,·/])(?P<rate_x>{_MEASURED})\s(?:(?:cases|events|deaths)\s)?
    (?P<rate_per>per\s1(?:,?000|00,?000|0,?000|00)\s(?:person|patient)[\s-]?(?:years?|months?|days?))\b)
|(?P<spaced>{_START}(?P<spaced_e>{_SPACED}|{DIGITS}){_SOME}{_OF}(?P<spaced_n>{_SPACED}))
|(?P<share>
    {_START}(?P<share_e>{_NUM}){_SOME}{_OF}(?P<share_n>{_NUM})(?!\s?/)(?!\s\d{{3}}(?!\d)){_NOT_OF_PEOPLE}
    (?:{_SOME}\s?[(\[]\s?(?P<share_p>{_PERCENT})[)\]]?)?)
|(?P<count>
    {_START}(?P<count_e>{_NUM}){_SOME}\s?[(\[]\s?(?P<count_p>{_PERCENT})(?!\s?{_INTERVAL})
    (?:[,;]\s?\d{{2}}\s?%\s?{_INTERVAL}[\s:,]{{0,3}}{_SIGNED}{_TO}{_SIGNED}\s?%?)?[)\]]?
    (?:{_SOME}\s(?:of|among|in|out\sof)\s(?:the\s|all\s)?(?P<count_n>{DIGITS})(?!\s?[(\[%]))?)
|(?P<part>
    {_START}(?P<part_p>{_PERCENT}){_SOME}\s?[(\[]\s?(?:[nN]\s?=\s?)?(?P<part_e>{_NUM})
    (?:{_OF}(?P<part_n>{_NUM}))?{_SOME}\s?[)\];,])
|(?P<size>(?:[(\[]\s?|(?<=[;,]\s))[nN]\s?=\s?(?P<size_n>{DIGITS})\s?[)\];,])
|(?P<header>
    (?<![\w.,·/+)])(?P<header_x>{_SIGNED})(?![\d.·]?\d)(?:\s[a-zA-Z/]{{1,12}})?\s?
    [(\[](?P<header_ci>\d{{2}}\s?%\s?{_INTERVAL}[\s:,=]{{0,3}})?(?P<header_lo>{_SIGNED})(?:{_TO}(?P<header_hi>{_SIGNED}))?[)\]])
|(?P<pair>
    {_START}(?P<pair_1>{_NUM})(?:\s(?:{PEOPLE}))?\s(?:and|or|{_VERSUS})\s(?P<pair_2>{_NUM})
    \s(?:of\s(?:the\s)?)?(?:{PEOPLE})\b(?!-)(?!\s?[(\[]\s?\d))
|(?P<versus>(?:(?<=[(\[])|(?<=:\s))(?P<versus_1>{_NUM})(?:\s(?:{PEOPLE}))?\s{_VERSUS}\s(?P<versus_2>{_NUM})
    (?=\s?[;,)\]]|\s[(\[]))
|(?P<assigned>
    {_START}(?P<assigned_n>{DIGITS})(?:\s(?:{PEOPLE}))?(?:\swere)?(?:\srandomly)?
    (?:(?:\s(?:assigned|allocated|randomi[sz]ed))?\sto|\s(?:received|given|self-administered|(?:were\s)?treated\swith))
    \s(?:receive\s)?(?:the\s)?(?=[a-zA-Z]))
|(?P<bare>
    {_START}(?P<bare_e>{_NUM}|\b[nN]o(?=\s(?:{PEOPLE})\b))\s
    (?:(?:{PEOPLE})\b(?!-)|(?:in|of|on|from|receiving|with|given|who)\s)
    |(?P<bare_none>\b(?i:none)\b))
|(?P<shared>{_START}(?P<shared_p>{_DECIMAL}(?:,\s{_DECIMAL}){{0,5}},?\s(?:and|or|{_VERSUS})\s{_DECIMAL}{_SIGN})
    (?!\s?{_INTERVAL}){_NOT_PEOPLE})
|(?P<percent>{_START}{_NOT_AFTER}(?P<percent_p>{_PERCENT})(?!\s?{_INTERVAL}){_NOT_PEOPLE})
"""

# Nothing starts inside of a word, or with another character than these: most places are left at once.
_FIRST = r"(?:(?<!\w)(?=[\dOoRrHhMmAaDdPpNnZzTtFfSsEeIi−–-])|(?=[(\[]))"
_PATTERN = re.compile(f"{_FIRST}(?:{_ALTERNATIVES})", re.VERBOSE)
