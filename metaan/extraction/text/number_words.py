"""Whole numbers as a text prints them: digits with or without marks at the thousands, or words up to 999."""

from __future__ import annotations

import re

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

_SIMPLE = {word: i for i, word in enumerate(UNITS)} | {word: 10 * i for i, word in enumerate(TENS, 2)}
_SIMPLE |= {"none": 0, "no": 0}
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_BELOW_100 = rf"(?:(?:{'|'.join(TENS)})(?:[\s-](?:{'|'.join(UNITS[1:10])}))?|{_UNIT})"
_HUNDRED = rf"(?:{'|'.join(UNITS[1:10])})[\s-]hundred(?:[\s-](?:and[\s-])?{_BELOW_100})?"

#: An expression that finds a number in words; it gives nothing back, so that no number is read as two.
WORDS = rf"(?>{_HUNDRED}|{_BELOW_100}|none)"

#: An expression that finds a number in digits; a space at the thousands needs three digits behind it.
DIGITS = r"(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,3}(?:[\u00a0\u2009\u202f]\d{3}){1,2}|\d{1,7})(?![.,·]?\d)"


def whole(text: str) -> int:
    """Return a printed whole number.

    >>> whole("1,024"), whole("1 024"), whole("Nine"), whole("thirty-two"), whole("one hundred and five"), whole("No")
    (1024, 1024, 9, 32, 105, 0)
    """
    if not text[:1].isalpha():
        return int(re.sub(r"[,\s]", "", text))
    hundreds, _, rest = text.casefold().replace("-", " ").rpartition(" hundred")
    words = [word for word in re.split(r"[\s-]", rest) if word not in ("", "and")]
    return (100 * _SIMPLE[hundreds] if hundreds else 0) + sum(_SIMPLE[word] for word in words)
