"""Nothing is taken for randomised that does not say so, however its hyphens are written."""

import pytest

from metaan.records.record import Record
from metaan.workflows.studies.design_guess import design_of

HYPHENS = "-\u2010\u2011\u2012\u2013\u2212"


@pytest.mark.parametrize("mark", [*HYPHENS, " ", "\u00a0", ""])
@pytest.mark.parametrize("before", ["non", "Quasi", "pseudo"])
def test_what_is_not_quite_randomised_is_not(before, mark):
    design, doubt = design_of(Record(title=f"A {before}{mark}randomised trial of bees"))
    assert design == "non-randomised"
    assert "until somebody has looked" in doubt


@pytest.mark.parametrize("title", ["Bees that were not randomized", "Bees, not yet randomised: a cohort"])
def test_a_title_that_denies_it(title):
    assert design_of(Record(title=title))[0] == "non-randomised"


@pytest.mark.parametrize(
    ("title", "types", "design"),
    [
        ("A randomised trial of bees", (), "randomised"),
        ("An open-label\u2010randomized trial", (), "randomised"),
        ("Zymodrug: a cluster-randomised trial", (), "randomised"),
        ("Bees", ("Randomized Controlled Trial",), "randomised"),
        ("A systematic review of randomised trials", (), "systematic review"),
        ("Bees: two case reports", (), "case series"),
        ("A randomised trial", ("Meta-Analysis",), "systematic review"),
    ],
)
def test_types_come_before_words(title, types, design):
    assert design_of(Record(title=title, publication_types=types)) == (design, "")
