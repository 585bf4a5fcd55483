"""Sharing the change of a number out among its causes, whatever their order.

A change with several causes is shared out by Shapley's value (Shapley 1953): the causes are put in one after the other,
and a cause's share is what the number moves by when it comes in, on average over all orders. Shares add up to the whole
change; a cause that never moves the number has none; two causes that do the same have the same.

Sets of causes are bit masks: bit ``i`` stands for cause ``i``. Where the number does not exist for some set (nothing
can be pooled), only the orders that never pass through such a set count; all of them have the same weight, so the
shares still add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import NotEstimableError

Value = Callable[[int], float | None]

EXACT_UP_TO = 10  # causes; 1024 sets
SAMPLED_ORDERS = 200
SAMPLED_VALUES = 4000  # with very many causes fewer orders are drawn, so that the time stays bounded ...
LEAST_ORDERS = 20  # ... but not fewer than these
_TRIES = 20  # orders drawn for each that is wanted


@dataclass(frozen=True, slots=True)
class Attribution:
    """A change shared out.

    Attributes
    ----------
    total
        The number with all causes less the number with none.
    shares
        One a cause, in the same unit, adding up to ``total``.
    se
        The standard error of each share where orders were sampled; None where all were counted.
    orders
        How many orders the shares are the average of.
    """

    total: float
    shares: tuple[float, ...]
    se: tuple[float, ...] | None
    orders: int


def attribute(
    value: Value, n: int, *, exact_up_to: int = EXACT_UP_TO, orders: int | None = None, seed: int = 0
) -> Attribution:
    """Share the change of a number out among ``n`` causes.

    Parameters
    ----------
    value
        The number where the causes of a bit mask are in; None where there is none. It is asked for the same mask more
        than once where orders are sampled.
    n
        The number of causes.
    exact_up_to
        With more causes, ``orders`` random orders are averaged in place of all, each beside its reverse.
    orders, seed
        Of the sample, at least 3 (default: 200, above 20 causes fewer, and never below 20); the same seed gives the
        same shares.

    Raises
    ------
    NotEstimableError
        There is no number with no cause or with all, or none in between on every order.

    References
    ----------
    Shapley 1953, "A value for n-person games"; Castro, Gomez & Tejada 2009 for the sample of orders; Mitchell, Cooper,
    Frank & Holmes 2022 for an order beside its reverse, which takes out what is linear in the place of a cause.

    Examples
    --------
    >>> both_needed = {0b00: 0.0, 0b01: 0.0, 0b10: 0.0, 0b11: 1.0}
    >>> attribute(both_needed.get, 2).shares
    (0.5, 0.5)
    """
    before, after = value(0), value((1 << n) - 1)
    if before is None or after is None:
        raise NotEstimableError(f"there is no number {'before' if before is None else 'after'} the change")
    if n <= exact_up_to:
        shares, counted = _exact(value, n)
        return Attribution(after - before, shares, None, counted)
    wanted = orders or max(LEAST_ORDERS, min(SAMPLED_ORDERS, SAMPLED_VALUES // n))
    shares, se, drawn = _sample(value, n, wanted, seed)
    return Attribution(after - before, shares, se, drawn)


def _exact(value: Value, n: int) -> tuple[tuple[float, ...], int]:
    """Count, for every set, the orders that lead to it and the orders that lead on from it."""
    values = [value(mask) for mask in range(1 << n)]
    to = _ways(values, n)
    onward = _ways(values[::-1], n)[::-1]
    if not to[-1]:
        raise NotEstimableError(_NO_ORDER)
    shares = (math.fsum(_steps(values, to, onward, 1 << i)) for i in range(n))
    return tuple(shares), to[-1]


def _ways(values: list[float | None], n: int) -> list[int]:
    """Return how many orders lead from no cause to each set without passing one that has no number."""
    ways = [1]
    for mask in range(1, 1 << n):
        came = sum(ways[mask ^ 1 << i] for i in range(n) if mask >> i & 1)
        ways.append(0 if values[mask] is None else came)
    return ways


def _steps(values: list[float | None], to: list[int], onward: list[int], bit: int) -> Iterator[float]:
    """Yield what a cause moves the number by after each set, times the share of the orders that do so."""
    for mask, before in enumerate(values):
        after = values[mask | bit]
        if not mask & bit and before is not None and after is not None:
            yield to[mask] * onward[mask | bit] / to[-1] * (after - before)


def _sample(value: Value, n: int, orders: int, seed: int) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Return the mean moves over random orders and their reverses, the standard errors, and how many orders counted."""
    rng = np.random.default_rng(seed)
    pairs: list[list[list[float]]] = []
    for _ in range(_TRIES * orders):
        order = rng.permutation(n).tolist()
        pair = [row for way in (order, order[::-1]) if (row := _moves(value, way)) is not None]
        pairs += [pair] if pair else []
        if sum(map(len, pairs)) >= orders:
            break
    if len(pairs) < 2:
        raise NotEstimableError(_NO_ORDER)
    drawn = sum(map(len, pairs))
    mean = np.array([row for pair in pairs for row in pair]).mean(axis=0)
    # An order and its reverse are not independent, the pairs are.
    off = np.array([(np.array(pair) - mean).sum(axis=0) for pair in pairs])
    se = np.sqrt((off**2).sum(axis=0) * len(pairs) / (len(pairs) - 1)) / drawn
    return tuple(mean.tolist()), tuple(se.tolist()), drawn


def _moves(value: Value, order: list[int]) -> list[float] | None:
    """Return what each cause moves the number by in one order; None where a set on the way has no number."""
    mask, before, moves = 0, value(0), [0.0] * len(order)
    for i in order:
        mask |= 1 << i
        after = value(mask)
        if before is None or after is None:
            return None
        moves[i] = after - before
        before = after
    return moves


def minimal_sets(holds: Callable[[int], bool], n: int) -> tuple[tuple[int, ...], ...]:
    """Return the smallest sets of ``n`` causes for which something holds: none contains another.

    >>> minimal_sets(lambda mask: mask in (0b001, 0b011, 0b110, 0b111), 3)
    ((0,), (1, 2))
    """
    found: list[int] = []
    for mask in sorted(range(1 << n), key=lambda mask: (mask.bit_count(), mask)):
        if not any(mask & small == small for small in found) and holds(mask):
            found.append(mask)
    return tuple(tuple(i for i in range(n) if mask >> i & 1) for mask in found)


_NO_ORDER = "whatever the order of the changes, a step in between leaves nothing that can be pooled"
