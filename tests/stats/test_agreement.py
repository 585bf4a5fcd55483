import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import DataError
from metaan.stats.agreement import cohen_kappa


def judged(table):
    """Turn a square table of counts into two lists of judgements."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return tuple(zip(*pairs))


def test_kappa_by_hand():
    found = cohen_kappa(*judged([[20, 5], [10, 15]]))
    assert (found.observed, found.expected, found.n) == (0.7, 0.5, 50)
    assert found.kappa == pytest.approx(0.4, rel=1e-12)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_kappa_is_that_of_statsmodels(table):
    from statsmodels.stats.inter_rater import cohens_kappa

    table[0][0] += 1
    table[1][2] += 1  # chance leaves room
    ours = cohen_kappa(*judged(table)).kappa
    assert ours == pytest.approx(cohens_kappa(table).kappa, rel=1e-10, abs=1e-12)


def test_kappa_needs_judgements_and_room():
    found = cohen_kappa("iii", "iii")
    assert found.kappa is None
    assert found.reason == "both said the same of everything"
    with pytest.raises(DataError, match="equally many"):
        cohen_kappa("ii", "i")
    with pytest.raises(DataError, match="at least one"):
        cohen_kappa("", "")
