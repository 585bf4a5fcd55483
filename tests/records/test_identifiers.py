import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.records.identifiers import (
    doi_in_link,
    find_registrations,
    normalise_doi,
    normalise_pmid,
    normalise_registration,
    written_pmid,
)


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1371/journal.pone.0269065", "10.1371/journal.pone.0269065"),
        ("https://doi.org/10.1016/S2213-2600(20)30556-7", "10.1016/s2213-2600(20)30556-7"),
        ("http://dx.doi.org/10.5555/A.B", "10.5555/a.b"),
        ("doi: 10.5555/a.", "10.5555/a"),
        ("DOI:https://doi.org/10.5555/a", "10.5555/a"),
        ("10.5555/a%2Fb", "10.5555/a/b"),
        ("(see 10.5555/a)", None),
        ("10.5555/(a)", "10.5555/(a)"),
        ("10.5555/a)", "10.5555/a"),
        ("<10.5555/a>", "10.5555/a"),
        ("10.5555/a [doi]", "10.5555/a"),
        ("doi:10.5555/a. Epub 2020 Feb 5", "10.5555/a"),
        (
            "10.1002/(SICI)1097(1998)17:15&lt;1623::AID&gt;3.0.CO;2-S",
            "10.1002/(sici)1097(1998)17:15<1623::aid>3.0.co;2-s",
        ),
        ("10.1002/(SICI)1097(1998)17:15<1623::AID>3.0.CO;2-S", "10.1002/(sici)1097(1998)17:15<1623::aid>3.0.co;2-s"),
        ("10.5555", None),
        ("10.5555/" + ")" * 100_000, None),
        ("10.5555/" + "x" * 600, None),
        ("", None),
        (None, None),
    ],
)
def test_one_spelling_for_every_way_to_write_a_doi(text, doi):
    assert normalise_doi(text) == doi


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_normalising_a_doi_twice_changes_nothing(text):
    once = normalise_doi(f"10.5555/{text.replace('%', '')}")
    assert once is None or normalise_doi(once) == once


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("35925914", "35925914"),
        (35925914, "35925914"),
        (" PMID: 012345 ", "12345"),
        ("https://pubmed.ncbi.nlm.nih.gov/35925914/", "35925914"),
        ("42.9", None),
        (-5, None),
        ("1,2", None),
        ("1234567890", None),
        ("٣٤", None),
        ("0", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_pmid_is_taken_for_one(text, pmid):
    assert normalise_pmid(text) == pmid


def test_registrations_are_found_in_prose():
    text = (
        "ClinicalTrials.gov NCT 0464 3678; ISRCTN-74727214, EudraCT: 2020-001246-18 (ChiCTR2000030058), XNCT01234567."
    )
    assert find_registrations(text) == ("NCT04643678", "ISRCTN74727214", "2020-001246-18", "ChiCTR2000030058")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("NCT: 04643678, NCT number 04643679", ("NCT04643678", "NCT04643679")),
        ("NCT‐04643678 and ISRCTN number: 74727214", ("NCT04643678", "ISRCTN74727214")),
        ("(EudraCT number 2020–001246–18)", ("2020-001246-18",)),
        ("EUCTR2020-001246-18-DE; CTIS 2022-501234-12-00", ("2020-001246-18", "2022-501234-12-00")),
        ("IRCT20200101012345N1 or IRCT138811042323N1", ("IRCT20200101012345N1", "IRCT138811042323N1")),
        ("CTRI/2020/05/025012, ChiCTR-IOR-16008888", ("CTRI/2020/05/025012", "ChiCTR-IOR-16008888")),
        ("JapicCTI-123456; JPRN-UMIN000012345; jRCT1031200196",
         ("JapicCTI-123456", "UMIN000012345", "jRCT1031200196")),
        ("NL-OMON12345 NTR5012 PACTR202001234567890", ("NL-OMON12345", "NTR5012", "PACTR202001234567890")),
        ("TCTR20200101001, RBR-6g5xvb, KCT0001234", ("TCTR20200101001", "RBR-6G5XVB", "KCT0001234")),
        ("DRKS00021238 ACTRN12620000417976", ("DRKS00021238", "ACTRN12620000417976")),
        ("call 2020-12-18, grant 1999-001246-18", ()),
    ],
)  # fmt: skip
def test_every_registry_has_its_numbers_found(text, numbers):
    assert find_registrations(text) == numbers


@pytest.mark.parametrize(
    ("link", "doi"),
    [
        ("https://doi.org/10.5555/A", "10.5555/a"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/art.1/abstract", "10.1002/art.1"),
        ("https://journals.example/doi/pdf/10.5555/a.pdf?download=true#page=2", "10.5555/a"),
        ("https://example.org/2010.1234/a", None),
        ("none", None),
    ],
)
def test_the_doi_in_a_link(link, doi):
    assert doi_in_link(link) == doi


def test_a_pmid_in_a_file_may_have_a_version_and_in_a_request_never():
    assert [written_pmid(text) for text in ("42.2", "42.0", "42v1", "PMID: 42", "42.123", None)] == [
        "42", "42", "42", "42", None, None
    ]  # fmt: skip
    assert normalise_pmid("42.2") is None


def test_a_registration_keeps_its_registrys_letters():
    assert normalise_registration("jrcts031200196") == "jRCTS031200196"
    assert normalise_registration("2020-001246-18") == "2020-001246-18"
    assert normalise_registration("something 12") == "SOMETHING12"
