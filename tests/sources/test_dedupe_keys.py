"""What databases write differently is compared as the same, and only that."""

import pytest

from metaan.sources.dedupe_keys import Keys, family_name, first_page, is_about_another, plain_title, same_journal
from metaan.sources.record import Record


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anakinra in COVID-19: a trial.", "ANAKINRA IN COVID-19 - A TRIAL"),
        ("[Die β-Zelle]", "Die beta-Zelle"),
        ("RETRACTED: Anakinra", "Anakinra"),
        ("Retracted article: Anakinra", "Anakinra"),
        ("Müller’s & Søren's", "Muller's and Soren's"),
    ],
)
def test_titles_in_one_spelling(one, other):
    assert plain_title(one) == plain_title(other)


@pytest.mark.parametrize(
    "title",
    ["Erratum: Anakinra", "Correction to: Anakinra", "Retraction note: Anakinra", "Re: Anakinra", "Comment on Anakinra",
     "Author's reply", "Anakinra (vol 12, pg 345, 2020)", "Expression of concern: Anakinra", "Corrigendum"],
)  # fmt: skip
def test_a_notice_about_another_publication_is_known(title):
    assert is_about_another(title)


@pytest.mark.parametrize(
    "title",
    ["Correction of scoliosis", "Re-evaluation of anakinra", "Response rates in trials", "Retraction of the eyelid"],
)
def test_a_title_that_only_begins_like_a_notice_is_none(title):
    assert not is_about_another(title)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The New England Journal of Medicine", "N Engl J Med", True),
        ("Journal of Veterinary Internal Medicine", "J VET INTERN MED", True),
        ("Lancet (London, England)", "The Lancet", True),
        ("British Medical Journal", "BMJ", True),
        (
            "Proceedings of the National Academy of Sciences of the United States of America",
            "Proc Natl Acad Sci USA",
            True,
        ),
        ("Circulation", "Circulation Research", False),
        ("Nature", "Nature Medicine", False),
        ("Diabetes", "Diabetologia", False),
        ("Annals of Surgery", "Annals of Oncology", False),
        ("Journal of Physiology", "Journal of Pathology", False),
    ],
)
def test_journals_and_their_abbreviations(one, other, same):
    a, b = (Keys.of(Record("A", journal=name)) for name in (one, other))
    assert same_journal(a, b) == same_journal(b, a) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [("1008-1012", "1008-12"), ("pp. 5-9", "5"), ("e0044504", "e44504"), ("S12-S14", "s12"), ("007", "7")],
)
def test_pages_in_one_spelling(one, other):
    assert first_page(one) == first_page(other) != ""


def test_a_supplement_page_is_another_page():
    assert first_page("S12") != first_page("12")


@pytest.mark.parametrize(
    ("one", "other"), [("Müller KH", "MULLER K"), ("van der Berg J", "Vanderberg JM"), ("Doe J Jr", "Doe J")]
)
def test_authors_in_one_spelling(one, other):
    assert family_name(one) == family_name(other)


def test_parts_are_told_apart_and_hyphens_are_no_parts():
    def numbers(title):
        return Keys.of(Record(title)).numbers

    assert numbers("Survey of X. Part I") != numbers("Survey of X. Part II")
    assert numbers("Survey in 2019") != numbers("Survey in 2020")
    assert numbers("X-linked disease") == numbers("Xlinked disease")
    assert numbers("Beta 1-tubulin, 1987-1991") == numbers("Beta 1tubulin, 19871991")
