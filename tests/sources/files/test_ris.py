"""RIS in the dialects of the databases: every start is a record or a reported failure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.sources.files.ris import parse_ris


def one(text):
    read = parse_ris(text)
    assert not read.failed
    (record,) = read.records
    return record


def test_a_whole_record():
    record = one(
        "TY  - JOUR\nTI  - Anakinra in <i>severe</i> COVID-19: β & more\nAU  - Doe, Jane Q.\n"
        "AU  - van der Berg, Jan-Marc\nPY  - 2021\nDA  - 2021/02/05/\n"
        "JF  - Annals of Made-Up Medicine\nJA  - Ann. Made-Up Med.\nVL  - 12\nIS  - 3\n"
        "SP  - 100\nEP  - 109\nDO  - https://doi.org/10.1000/ABC.1\nAB  - First line\nand the second.\nKW  - anakinra\n"
        "KW  - *COVID-19\nM3  - Article\nC3  - PUBMED 31234567\nCN  - ClinicalTrials.gov(NCT01234567)\n"
        "XX  - kept\nER  -\n"
    )
    assert record.title == "Anakinra in severe COVID-19: β & more"
    assert record.title_markup == "Anakinra in <i>severe</i> COVID-19: β &amp; more"
    assert record.authors == ("Doe JQ", "van der Berg JM")
    assert (record.year, record.published) == (2021, "2021-02-05")
    assert (record.journal, record.journal_abbreviation) == ("Annals of Made-Up Medicine", "Ann. Made-Up Med.")
    assert (record.volume, record.issue, record.pages) == ("12", "3", "100-109")
    assert (record.doi, record.pmid) == ("10.1000/abc.1", "31234567")
    assert record.registrations == ("NCT01234567",)
    assert record.abstract_text == "First line and the second."
    assert record.keywords == ("anakinra", "COVID-19")
    assert record.publication_types == ("JOUR", "Article")
    assert record.extra["XX"] == "kept"


@pytest.mark.parametrize(
    "text",
    [
        "TY  - JOUR\nTI  - A\nER  - \n\nTY  - JOUR\nTI  - B\nER  - \n",
        "TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  -",
        "TY - JOUR\nTI - A\nER -\nTY - JOUR\nTI - B\nER -",
        "\ufeffTY  - JOUR\r\nTI  - A\r\nER  -\r\nTY  - JOUR\r\nTI  - B\r\nER  -\r\n",
        "TY  - JOUR\rTI  - A\rER  -\r\r\rTY  - JOUR\rTI  - B\rER",
        "Record #1 of 2\nProvider: X\nTY  - JOUR\nTI  - A\nER  -\n2.\nTY  - JOUR\nTI  - B\nER  -\nend of file",
        "TI  - A\nER  -\nTY  - JOUR\nTI  - B\nER  -",
    ],
    ids=["plain", "never closed", "one blank", "BOM and CRLF", "old Mac", "text between", "first without TY"],
)
def test_both_records_are_read_in_every_dialect(text):
    assert [record.title for record in parse_ris(text).records] == ["A", "B"]


def test_a_start_that_says_nothing_is_reported_with_its_line():
    read = parse_ris("TY  - GEN\nN1  - Reference Type: Generic\nER  -\nTY  - JOUR\nTI  - A\nER  -")
    assert (len(read.records), [failure.line for failure in read.failed]) == (1, [1])
    assert "no title" in read.failed[0].reason
    assert "Reference Type" in read.failed[0].text


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(["TY  - JOUR", "TI  - A", "ER  -", "", "text", "AB  - x", "TY  -", "1. "]), max_size=30)
)
def test_no_start_is_lost(lines):
    read = parse_ris("\n".join(lines))
    assert len(read.records) + len(read.failed) >= sum(line.startswith("TY") for line in lines)
    assert sum(line.startswith("TI") for line in lines) >= len([r for r in read.records if r.title])


@pytest.mark.parametrize(
    ("fields", "doi"),
    [
        ("DO  - doi: 10.1000/a.1.\nDO  - 10.1000/second", "10.1000/a.1"),
        ("UR  - http://example.org\nUR  - https://doi.org/10.1000/b%2F2", "10.1000/b/2"),
        ("M3  - doi: 10.1000/c", "10.1000/c"),
        ("N1  - doi: 10.1000/d", "10.1000/d"),
        ("N1  - References: Roe, R., doi: 10.1000/cited", None),
        ("UR  - https://onlinelibrary.wiley.com/doi/abs/10.1000/e/full?x=1", "10.1000/e"),
        ("DO  - none", None),
    ],
)
def test_the_doi_is_the_records_own(fields, doi):
    assert one(f"TY  - JOUR\nTI  - A\n{fields}\nER  -").doi == doi


@pytest.mark.parametrize(
    ("fields", "pmid"),
    [
        ("AN  - 31234567\nDP  - NLM", "31234567"),
        ("AN  - 31234567\nDB  - Medline", "31234567"),
        ("AN  - 31234567\nDB  - CINAHL", None),
        ("U2  - L31234567\nDB  - Embase\nC5  - 3123", "3123"),
        ("C2  - 3123\nDB  - Scopus", "3123"),
        ("N1  - PMID: 42", "42"),
        ("N1  - References: Roe R. A title that goes on for long enough. PMID: 42", None),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/77/", "77"),
    ],
)
def test_an_accession_number_is_a_pmid_only_where_the_database_is_pubmed(fields, pmid):
    assert one(f"TY  - JOUR\nTI  - A\n{fields}\nER  -").pmid == pmid


@pytest.mark.parametrize(
    ("fields", "pages"),
    [
        ("SP  - 1008\nEP  - 12", "1008-12"),
        ("SP  - 1008-1012\nEP  - 1012", "1008-1012"),
        ("SP  - 7\nEP  - 7", "7"),
        ("SP  - S12–S14", "S12-S14"),
        ("C7  - e123", "e123"),
        ("EP  - 9", "9"),
        ("SP  - pp. 12 – 15", "12-15"),
        ("SP  - ", None),
    ],
)
def test_pages(fields, pages):
    assert one(f"TY  - JOUR\nTI  - A\n{fields}\nER  -").pages == pages


@pytest.mark.parametrize(
    ("fields", "published"),
    [("PY  - 2020//", "2020"), ("Y1  - 2019/7/2\nPY  - 2019", "2019-07-02"), ("PY  - 2020\nDA  - 2021/05", "2020"),
     ("PY  - Spring", None), ("DA  - 12 May 2018", "2018"), ("Y2  - 2022/01/01", None)],
)  # fmt: skip
def test_dates(fields, published):
    assert one(f"TY  - JOUR\nTI  - A\n{fields}\nER  -").published == published


def test_keywords_and_authors_on_lines_of_their_own():
    record = one("TY  - JOUR\nTI  - A\nAU  - Doe, J; Roe, R\nAU  - et al.\nKW  - One\nTwo\nThree; Four\nER  -")
    assert record.authors == ("Doe J", "Roe R")
    assert not record.authors_complete
    assert record.keywords == ("One", "Two", "Three", "Four")


def test_a_book_without_a_journal_keeps_its_title():
    record = one("TY  - BOOK\nBT  - The whole book\nA2  - Editor, E\nER  -")
    assert (record.title, record.journal, record.extra["A2"]) == ("The whole book", None, "Editor, E")


def test_the_longer_abstract_is_taken_and_markup_is_harmless():
    record = one("TY  - JOUR\nTI  - <script>x</script>A\nN2  - short\nAB  - the longer one\nER  -")
    assert record.abstract_text == "the longer one"
    assert "<script>" not in record.title_markup
