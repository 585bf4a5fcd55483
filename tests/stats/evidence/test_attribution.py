"""Shares of a change: against the average over all orders written out, and against games with a known value."""

import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import NotEstimableError
from metaan.stats.evidence.attribution import attribute, minimal_sets

numbers = st.floats(-1e3, 1e3, allow_subnormal=False)


@st.composite
def games(draw, most=5, gaps=False):
    n = draw(st.integers(0, most))
    value = st.none() | numbers if gaps else numbers
    inner = draw(st.lists(value, min_size=1 << n, max_size=1 << n))
    inner[0], inner[-1] = draw(numbers), draw(numbers)
    return n, inner


def by_hand(values, n):
    """The mean move of each cause over every order that never meets a gap."""
    rows = []
    for order in permutations(range(n)):
        mask, row = 0, [0.0] * n
        for i in order:
            before, mask = values[mask], mask | 1 << i
            if values[mask] is None:
                break
            row[i] = values[mask] - before
        else:
            rows.append(row)
    return rows and [sum(column) / len(rows) for column in zip(*rows)], len(rows)


@given(games(most=7))
@settings(max_examples=50)
def test_shares_add_up_to_the_change(game):
    n, values = game
    found = attribute(values.__getitem__, n)
    assert found.total == values[-1] - values[0]
    scale = max(1.0, *map(abs, values))
    assert abs(sum(found.shares) - (found.total if n else 0.0)) <= 1e-12 * scale


@given(games(gaps=True))
@settings(max_examples=50)
def test_shares_are_the_mean_over_all_orders_that_exist(game):
    n, values = game
    expected, orders = by_hand(values, n)
    if not orders:
        with pytest.raises(NotEstimableError, match="whatever the order"):
            attribute(values.__getitem__, n)
        return
    found = attribute(values.__getitem__, n)
    assert found.orders == orders
    assert found.shares == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_glove_game():
    """One left glove, two right ones: (2/3, 1/6, 1/6) (Osborne & Rubinstein 1994, section 14.4)."""
    found = attribute(lambda mask: float(mask & 1 and mask & 0b110 > 0), 3)
    assert found.shares == pytest.approx((2 / 3, 1 / 6, 1 / 6), abs=1e-15)


def test_a_cause_that_never_moves_the_number_has_no_share():
    found = attribute(lambda mask: float((mask & 0b011).bit_count() ** 2), 3)
    assert found.shares[2] == 0.0
    assert found.shares[0] == found.shares[1] == 2.0


def test_ten_causes_are_counted_and_eleven_are_sampled():
    def value(mask):
        return float(mask.bit_count() ** 2)

    assert attribute(value, 10).se is None
    sampled = attribute(value, 11)
    assert len(sampled.se) == 11
    assert sampled.orders == 200


def test_a_sample_is_near_the_exact_shares_and_adds_up():
    def value(mask):
        return float(mask.bit_count() ** 3 + 3 * (mask & 0b111 == 0b111) + (mask >> 4))

    exact = attribute(value, 8)
    sampled = attribute(value, 8, exact_up_to=0, orders=400, seed=1)
    assert sum(sampled.shares) == pytest.approx(exact.total, rel=1e-12)
    assert all(abs(s - e) < 4.5 * se + 1e-12 for s, e, se in zip(sampled.shares, exact.shares, sampled.se))
    assert max(sampled.se) > 0


@pytest.mark.parametrize(("n", "orders"), [(12, 200), (20, 200), (50, 80), (400, 20), (2000, 20)])
def test_with_many_causes_the_sample_is_bounded_says_its_error_and_adds_up(n, orders):
    asked = 0

    def value(mask):
        nonlocal asked
        asked += 1
        return math.sqrt(1.0 + mask.bit_count()) + float((mask & 0b11) == 0b11)

    found = attribute(value, n)
    assert found.orders == orders
    assert asked <= orders * (n + 1) + 2
    assert math.fsum(found.shares) == pytest.approx(found.total, rel=1e-9)
    pull = (found.total - 1.0) / n  # causes 0 and 1 share what only both of them bring
    exact = [pull + 0.5 if i < 2 else pull for i in range(n)]
    assert max(abs(s - e) for s, e in zip(found.shares, exact)) <= 4.5 * max(found.se)


def test_what_is_the_same_in_every_order_has_no_error():
    found = attribute(lambda mask: 3.0 * (mask & 1) + 2.0 * (mask >> 1 & 1) + mask.bit_count(), 30)
    assert max(found.se) < 1e-12
    assert found.shares[:3] == pytest.approx((4.0, 3.0, 1.0))


def test_an_order_beside_its_reverse_leaves_no_error_of_what_grows_with_its_place():
    """The square of how many causes are in: a cause moves it by twice its place, and by its reverse's the rest."""
    found = attribute(lambda mask: float(mask.bit_count() ** 2), 30)
    assert max(found.se) < 1e-9
    assert found.shares == pytest.approx((30.0,) * 30)


def test_the_same_seed_gives_the_same_sample():
    def value(mask):
        return float(mask % 7)

    first, again, other = (attribute(value, 12, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_orders_that_meet_a_gap_are_drawn_again():
    """Cause 0 has to be first: every order that counts begins with it."""
    found = attribute(
        lambda mask: None if mask and not mask & 1 else float(mask.bit_count()), 6, exact_up_to=0, orders=50
    )
    assert found.orders == 50
    assert found.shares == (1.0,) * 6


@pytest.mark.parametrize(("values", "said"), [([None, 1.0], "before"), ([1.0, None], "after")])
def test_without_a_number_at_an_end_nothing_is_shared_out(values, said):
    with pytest.raises(NotEstimableError, match=f"no number {said}"):
        attribute(values.__getitem__, 1)


@pytest.mark.parametrize("exact_up_to", [0, 10])
def test_without_any_way_from_end_to_end_nothing_is_shared_out(exact_up_to):
    with pytest.raises(NotEstimableError, match="whatever the order"):
        attribute([0.0, None, None, 1.0].__getitem__, 2, exact_up_to=exact_up_to)


@given(st.integers(0, 4), st.data())
@settings(max_examples=40)
def test_minimal_sets_hold_and_nothing_inside_them_does(n, data):
    holds = data.draw(st.lists(st.booleans(), min_size=1 << n, max_size=1 << n))
    found = minimal_sets(holds.__getitem__, n)
    masks = [sum(1 << i for i in group) for group in found]
    for mask in range(1 << n):
        inside = [small for small in range(1 << n) if small & mask == small and small != mask]
        assert (mask in masks) == (holds[mask] and not any(holds[small] for small in inside))
