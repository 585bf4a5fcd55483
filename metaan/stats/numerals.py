"""Numbers as text: with all their digits where the text is a key or a label, with a few where it is read."""

from __future__ import annotations


def exact(x: float) -> str:
    """Write a number so that no other number is written alike; a whole number has no point.

    >>> exact(1234567.0), exact(0.1234561), exact(1e6), exact(-0.0), exact(1e22)
    ('1234567', '0.1234561', '1000000', '0', '1e+22')
    """
    return str(int(x)) if abs(x) < 1e16 and x == int(x) else repr(float(x))
