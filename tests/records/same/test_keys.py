"""What databases write differently is compared as the same, and only that."""

import pytest

from metaan.records.record import AbstractPart, Record
from metaan.records.same.keys import Keys, first_page, kind_of, last_page, same_journal
from metaan.records.same.names import name_words, same_person
from metaan.records.same.titles import is_about_another, numbers_of, plain_title, titles_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anakinra in COVID-19: a trial.", "ANAKINRA IN COVID-19 - A TRIAL"),
        ("[Die β-Zelle]", "Die beta-Zelle"),
        ("RETRACTED: Anakinra", "Anakinra"),
        ("Retracted article: Anakinra", "Anakinra"),
        ("Müller’s & Søren's", "Muller's and Soren's"),
        ("Crohn's disease", "Crohns disease"),
        ("Haemorrhage and tumour in paediatric centres", "Hemorrhage and tumor in pediatric centers"),
        ("A randomised analysis", "A randomized analysis"),
        ("Phase II trial, part I", "Phase 2 trial, part 1"),
        ("Three trials in 31,000 women", "3 trials in 31000 women"),
        ("TNF-&alpha; &amp; CO<sub>2</sub>", "TNF-α and CO2"),
        ("Kineret® in gout", "Kineret in gout"),
        ("Anakinra in gout [Letter]", "Anakinra in gout"),
        ("Anakinra in gout. [Review] [45 refs]", "Anakinra in gout."),
        ("Anakinra in gout (Provisional abstract)", "Anakinra in gout"),
        ("Anakinra in gout [Erratum appears in Lancet. 201", "Anakinra in gout"),
        ("[Anakinra in gout]. [German]", "Anakinra in gout"),
        ("Anakinra in gout (Retracted article. See vol. 375, pg. 445, 2010)", "Anakinra in gout"),
        (
            "Pleural catheters for malignant effusions (MPE) in adults",
            "Pleural catheters for malignant effusions in adults",
        ),
    ],
)
def test_titles_in_one_spelling(one, other):
    assert plain_title(one) == plain_title(other)


@pytest.mark.parametrize(
    "title",
    ["Erratum: Anakinra", "Correction to: Anakinra", "Retraction note: Anakinra", "Re: Anakinra", "Comment on Anakinra",
     "Author's reply", "Anakinra (vol 12, pg 345, 2020)", "Expression of concern: Anakinra", "Corrigendum",
     "Author Correction: Anakinra", "Publisher Correction: Anakinra", "Notice of retraction: Anakinra",
     "Anakinra in gout (Lancet (2009) 360, (542-544))", "Anakinra in gout: reply", "Anakinra - authors' response",
     "Letter to the editor regarding Anakinra", "Invited commentary: Anakinra", "Anakinra (Retraction of vol 3, pg 5)"],
)  # fmt: skip
def test_a_notice_about_another_publication_is_known(title):
    assert is_about_another(title)


@pytest.mark.parametrize(
    "title",
    [
        "Correction of scoliosis",
        "Re-evaluation of anakinra",
        "Response rates in trials",
        "Retraction of the eyelid",
        "Anakinra in gout (2009 to 2012)",
        "Immune response",
        "RETRACTED: Anakinra",
        "Anakinra (Retracted article. See vol. 375, pg. 445, 2010)",
    ],
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
    ("pages", "last"),
    [("123-9", "129"), ("123-129", "129"), ("123–129", "129"), ("1098-102", "1102"), ("S1-S3", ""), ("e12-e14", "")],
)
def test_the_last_page_in_full(pages, last):
    assert last_page(pages) == last


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Müller KH", "MULLER K", True),
        ("Müller KH", "Karl Mueller", True),
        ("van der Berg J", "Vanderberg JM", False),
        ("van der Berg J", "Berg J", True),
        ("Doe J Jr", "Doe J", True),
        ("García-López M", "Garcia M", True),
        ("Vishnevskii AA", "Vishnevski AA", True),
        ("Wei Li", "Li W", True),
        ("Lin W", "Li W", False),
        ("Smith J", "Jones J", False),
    ],
)
def test_authors_in_one_spelling(one, other, same):
    assert same_person(name_words(one), name_words(other)) == same


@pytest.mark.parametrize("author", ["RECOVERY Collaborative Group", "et al", "[Anonymous]", "Made-up Pharma", ""])
def test_a_group_and_nobody_are_no_person(author):
    assert not name_words(author)


@pytest.mark.parametrize(
    "text", ["(", "(comment in ", "[erratum appears ", ": reply", "(a (2009) 1 ()", " ", "\x00", "<a"]
)
def test_a_hostile_text_has_keys_like_any_other(text):
    """Each would take minutes if a pattern went through it again and again."""
    long = text * 20_000
    assert Keys.of(Record(long, (long,), journal=long, volume=long, pages=long)).year == 0


def test_an_abstract_is_known_by_how_it_begins():
    text = "Anakinra was given to forty men with a made-up disease, and they were followed for one year. " * 4

    def opening(*parts):
        return Keys.of(Record("A", abstract=tuple(AbstractPart(*part) for part in parts))).abstract

    known = opening(("BACKGROUND", text), ("METHODS", "Some."))
    assert known.startswith("anakinrawasgiven")
    assert known == opening((None, f"Background: {text}")) == opening((None, f"<b>BACKGROUND:</b> {text}"))
    assert opening((None, "No abstract.")) == ""


def test_a_title_in_two_languages_is_two():
    assert titles_of("Anakinra bei Gicht im Alter = Anakinra for gout in old age") == (
        "anakinra bei gicht im alter",
        "anakinra for gout in old age",
    )
    assert titles_of("Gout in adults. <ORIGINAL> LA GOTA EN ADULTOS") == ("gout in adults", "la gota en adultos")
    assert titles_of("Anakinra for gout in old age [Letter]") == ("anakinra for gout in old age",)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (Record("A", journal="medRxiv : the preprint server"), "preprint"),
        (Record("A", doi="10.1101/2020.05.05.20092171"), "preprint"),
        (Record("A", doi="10.1101/gad.1234"), ""),
        (Record("A", journal="https://clinicaltrials.gov/show/NCT01234567"), "registration"),
        (Record("A", publication_types=("Conference Abstract",)), "abstract"),
        (Record("A", publication_types=("Journal Article", "Published Erratum")), "notice"),
        (Record("A", publication_types=("Randomized Controlled Trial",)), "article"),
        (Record("A", publication_types=("Journal Article",)), ""),
        (Record("A"), ""),
    ],
)
def test_what_a_record_says_that_it_is(record, kind):
    assert kind_of(record) == kind


def test_parts_are_told_apart_and_hyphens_are_no_parts():
    def numbers(title):
        return numbers_of(plain_title(title))

    assert numbers("Survey of X. Part I") != numbers("Survey of X. Part II")
    assert numbers("Survey in 2019") != numbers("Survey in 2020")
    assert numbers("X-linked disease") == numbers("Xlinked disease")
    assert numbers("Beta 1-tubulin, 1987-1991") == numbers("Beta 1tubulin, 19871991")
