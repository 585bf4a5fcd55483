import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import DataError
from metaan.stats.evidence.agreement import cohen_kappa


def judged(table):
    """Turn a square table of counts into two lists of judgements."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return tuple(zip(*pairs))


def test_kappa_by_hand():
    found = cohen_kappa(*judged([[20, 5], [10, 15]]))
    assert (found.observed, found.expected, found.n) == (0.7, 0.5, 50)
    assert found.kappa == pytest.approx(0.4, rel=1e-12)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(max_examples=30)
def test_kappa_is_that_of_statsmodels(table):
    from statsmodels.stats.inter_rater import cohens_kappa

    table[0][0] += 1
    table[1][2] += 1  # chance leaves room
    ours = cohen_kappa(*judged(table)).kappa
    assert ours == pytest.approx(cohens_kappa(table).kappa, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    "table", [[[40, 9], [6, 45]], [[90, 3], [5, 2]], [[0, 7], [5, 1]], [[3, 1, 2], [0, 9, 4], [1, 1, 5]]]
)
def test_its_error_and_interval_are_those_of_statsmodels(table):
    from statsmodels.stats.inter_rater import cohens_kappa

    ours, theirs = cohen_kappa(*judged(table)), cohens_kappa(table)
    assert ours.se == pytest.approx(theirs.std_kappa, rel=1e-10)
    assert ours.ci.lb == pytest.approx(max(-1, theirs.kappa_low), rel=1e-10)
    assert ours.ci.ub == pytest.approx(theirs.kappa_upp, rel=1e-10)


def test_prevalence_and_bias_by_hand():
    """Byrt, Bishop and Carlin 1993: (a - d) / n, (b - c) / n, and 2 times the observed agreement minus 1."""
    found = cohen_kappa(*judged([[80, 10], [5, 5]]))
    assert (found.prevalence, found.bias, found.pabak) == pytest.approx((0.75, 0.05, 0.7))
    three = cohen_kappa(*judged([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    assert (three.prevalence, three.bias, three.pabak) == (None, None, None)


def test_an_interval_needs_some_agreement_and_some_difference():
    for table, words in (([[3, 0], [0, 4]], "never differ"), ([[0, 3], [4, 0]], "always differ")):
        found = cohen_kappa(*judged(table))
        assert (found.ci, found.se) == (None, None)
        assert words in found.ci_reason


def test_kappa_needs_judgements_and_room():
    found = cohen_kappa("iii", "iii")
    assert found.kappa is None
    assert found.reason == "both said the same of everything"
    with pytest.raises(DataError, match="equally many"):
        cohen_kappa("ii", "i")
    with pytest.raises(DataError, match="at least one"):
        cohen_kappa("", "")
