"""The one place where numbers become text: pages, plots and the terminal all read alike.

A minus is U+2212. `ascii_text` puts any of this into characters that every terminal shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.numerics import numerals
from ...stats.numerics.numerals import portable, up

MINUS = "\u2212"
NOTHING = "\u2013"
LEAST = 1e-9  # per 1000 people: what is less is a rounding error of the arithmetic
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_ASCII = {
    MINUS: "-",
    NOTHING: "-",
    "\u2014": "-",
    "τ²": "tau2",
    "I²": "I2",
    "H²": "H2",
    "χ²": "chi2",
    "τ": "tau",
    "×": "x",
    "·": "-",
}


def number(x: float, null: float | None = None) -> str:
    """Write a ratio or any positive quantity with two to three significant digits, with more beside no effect.

    >>> [number(x) for x in (0.0000012, 0.0421, 0.964, 2.111, 12.34, 2099.6, 3e7)]
    ['0.0000012', '0.042', '0.96', '2.11', '12.3', '2100', '3.0×10⁷']
    >>> number(0.9996), number(0.9996, null=1)
    ('1.00', '0.9996')
    """
    if not math.isfinite(x):
        return ("∞" if x > 0 else f"{MINUS}∞") if math.isinf(x) else NOTHING
    x = portable(x)
    size = abs(x)
    if size and not 5e-7 <= size < 999_999.5:
        return _scientific(x)
    text = fixed(size, _decimals(size))
    if _decimals(float(text)) < _decimals(size):
        text = fixed(size, _decimals(float(text)))
    if size >= 1000:
        text = _three_digits(size)
    return _signed(x, text) if x == null or float(text) != null else fixed(x, _decimals(size), null)


def fixed(x: float, decimals: int, null: float | None = None) -> str:
    """Write ``x`` with that many decimals, with more beside no effect; what rounds to zero carries no sign.

    >>> fixed(-0.04, 1), fixed(-2.5, 1), fixed(-0.04, 1, null=0), fixed(1e-9, 2, null=0)
    ('0.0', '−2.5', '−0.04', '1.0×10⁻⁹')
    """
    text = numerals.fixed(x, decimals, null)
    return _scientific(x) if "e" in text else text.replace("-", MINUS)


def _signed(x: float, text: str) -> str:
    return f"{MINUS}{text}" if x < 0 and any(c in text for c in "123456789") else text


def _decimals(size: float) -> int:
    """Two decimals from 0.1 on, one from 10, none from 100; two significant digits below."""
    if size >= 100 or size == 0:
        return 0 if size else 2
    if size >= 0.1:
        return 1 if size >= 10 else 2
    return 1 - math.floor(math.log10(size))


def _three_digits(size: float) -> str:
    return f"{float(f'{up(size):.{2 if size < 1e5 else 3}e}'):.0f}"


def _scientific(x: float) -> str:
    mantissa, exponent = f"{up(abs(x)):.1e}".split("e")
    return _signed(x, f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}")


def written(x: float | str) -> str:
    """Write a number of the registry as it stands in its file, with the digits that somebody printed.

    >>> written(-0.05)
    '−0.05'
    """
    return str(x).replace("-", MINUS)


def estimate(x: float | None, measure: str, ci: Interval | None = None) -> str:
    """Write an effect on the display scale; differences get the decimals that their interval deserves.

    >>> estimate(0.964, "OR"), estimate(-0.037, "RD", Interval(-0.077, 0.003))
    ('0.96', '−0.037')
    """
    return NOTHING if x is None else _writer(measure, ci)(x)


def bounds(ci: Interval | None, measure: str, of: Interval | None = None, last: str = "to") -> str:
    """Write an interval on the display scale.

    >>> bounds(Interval(0.4402, 2.1111), "OR"), bounds(Interval(-0.077, 0.003), "RD")
    ('0.44 to 2.11', '−0.077 to 0.003')
    """
    if ci is None:
        return NOTHING
    write = _writer(measure, of or ci)
    return f"{write(ci.lb)} {last} {write(ci.ub)}"


def effect(x: float | None, ci: Interval | None, measure: str) -> str:
    """Write an effect with its interval.

    >>> effect(0.963978, Interval(0.440165, 2.111145), "OR")
    '0.96 (0.44 to 2.11)'
    """
    if x is None:
        return NOTHING
    return estimate(x, measure, ci) + (f" ({bounds(ci, measure)})" if ci is not None else "")


def _writer(measure: str, ci: Interval | None) -> Callable[[float], str]:
    """Return the way numbers of a measure are written: ratios each for itself, differences with common decimals.

    Ratios have common decimals too where their bounds differ and would be written alike.
    """
    scale, width = scale_of(measure), ci.ub - ci.lb if ci is not None else 0.0
    alone = ci is None or (scale.is_ratio and number(ci.lb) != number(ci.ub))
    if alone or not (math.isfinite(width) and 1e-7 < width < 1e6):
        return partial(number, null=scale.null)
    return partial(fixed, decimals=min(8, max(0, 1 - math.floor(math.log10(width)))), null=scale.null)


def p_value(p: float | None) -> str:
    """Write a p value; rounding never moves it across 0.05.

    >>> [p_value(p) for p in (0.00004, 0.0123, 0.04998, 0.0972, 0.434, 0.997)]
    ['<0.001', '0.012', '0.04998', '0.097', '0.43', '>0.99']
    """
    if p is None:
        return NOTHING
    p = portable(p)
    if p < 0.001:
        return "<0.001"
    if p > 0.99:
        return ">0.99"
    decimals = 2 if p >= 0.0995 else 3
    while p < 0.05 <= float(fixed(p, decimals)) and decimals < 12:
        decimals += 1
    return fixed(p, decimals)


def p_text(p: float) -> str:
    """Write ``p = 0.43`` or ``p < 0.001``.

    >>> p_text(0.434), p_text(1e-9)
    ('p = 0.43', 'p < 0.001')
    """
    return " ".join(("p", *p_parts(p)))


def p_parts(p: float) -> tuple[str, str]:
    """Return the sign before the digits of a p value, and its digits.

    >>> p_parts(0.434), p_parts(1e-9)
    (('=', '0.43'), ('<', '0.001'))
    """
    text = p_value(p)
    return (text[0], text[1:]) if text[0] in "<>" else ("=", text)


def percent(x: float | None, decimals: int = 0) -> str:
    """Write a percentage given in percent.

    >>> percent(52.4588), percent(24.26, 1), percent(None)
    ('52%', '24.3%', '–')
    """
    return NOTHING if x is None else f"{fixed(x, decimals)}%"


def percent_bounds(ci: Interval) -> str:
    """Write an interval given in percent.

    >>> percent_bounds(Interval(0, 96.6))
    '0% to 97%'
    """
    return f"{percent(ci.lb)} to {percent(ci.ub)}"


def level(x: float) -> str:
    """Write a coverage.

    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    return f"{round(100 * x, 6):g}%"


def count(x: float | None) -> str:
    """Write a count; a fraction is kept where there is one.

    >>> count(405.0), count(None)
    ('405', '–')
    """
    return NOTHING if x is None else f"{x:.0f}" if abs(x) >= 1e5 or float(x).is_integer() else f"{x:g}"


def per_1000(x: float) -> str:
    """Write a difference per 1000 people in words; what is there is never rounded away.

    >>> per_1000(-37.2), per_1000(12.0), per_1000(-0.2), per_1000(0.0)
    ('37 fewer', '12 more', '0.20 fewer', '0 more or fewer')
    """
    size = portable(abs(x))
    text = fixed(size, 0) if size > 0.5 else number(size)
    return "0 more or fewer" if size < LEAST else f"{text} {'fewer' if x < 0 else 'more'}"


def listing(words: Iterable[str], last: str = "and") -> str:
    """Join words as a sentence does.

    >>> listing(["a", "b", "c"])
    'a, b and c'
    """
    *start, end = list(words) or [""]
    return f"{', '.join(start)} {last} {end}" if start else end


def plural(n: int, one: str, many: str | None = None) -> str:
    """Write a number of things.

    >>> plural(1, "study", "studies"), plural(4, "study", "studies")
    ('1 study', '4 studies')
    """
    return f"{n} {one if n == 1 else many or one + 's'}"


def people(n: int) -> str:
    """Write a number of people, its thousands apart.

    >>> people(809), people(357347)
    ('809', '357,347')
    """
    return f"{n:,}"


def ascii_text(text: str) -> str:
    """Put the signs used here into ASCII; letters of names stay as they are.

    >>> ascii_text("τ² = 0.32, −0.04")
    'tau2 = 0.32, -0.04'
    """
    for sign, plain in _ASCII.items():
        text = text.replace(sign, plain)
    return text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
