# ruff: noqa: E501 - the lines of files are as long as the databases write them
"""Formats of tagged lines beside RIS and MEDLINE's: every field at its place, no record lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SourceError
from metaan.sources.files.assemble import FIELDS
from metaan.sources.files.csl_json import NAMES, parse_csl_json
from metaan.sources.files.dialects import DIALECTS
from metaan.sources.files.ovid import TAGS, parse_ovid
from metaan.sources.files.read import read_records

WHOLE = {
    "title": "Anakinra & more in severe COVID-19", "authors": ("Doe JQ", "van der Berg JM"), "year": 2021,
    "journal": "Annals of Made-Up Medicine", "volume": "12", "issue": "3", "pages": "100-109", "doi": "10.1000/abc.1",
    "pmid": "31234567", "abstract_text": "First line and the second.",
}  # fmt: skip
TEXTS = {
    "wos": "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Doe, JQ\n   van der Berg, JM\nAF Doe, Jane Q.\n"
    "   van der Berg, Jan-Marc\nTI Anakinra & more in severe\n   COVID-19\nSO Annals of Made-Up Medicine\nVL 12\nIS 3\n"
    "BP 100\nEP 109\nDI 10.1000/abc.1\nPM 31234567\nPY 2021\nPD FEB 5\nDT Article; Early Access\nDE one; two\n   words\n"
    "AB First line\n   and the second.\nUT WOS:1\nER\n\nPT J\nTI B\nER\n\nEF\n",
    "refer": "%0 Journal Article\n%A Doe, Jane Q.\n%A van der Berg, Jan-Marc\n%T Anakinra &amp; more in severe COVID-19\n"
    "%J Annals of Made-Up Medicine\n%V 12\n%N 3\n%P 100-109\n%D 2021\n%R doi:10.1000/abc.1\n%M 31234567\n%~ PubMed\n"
    "%X First line\nand the second.\n%K one\ntwo words\n%@ 1234-5678\n\n%0 Journal Article\n%T B\n",
    "refworks": "RT Journal Article\nSR Electronic\nID 1\nA1 Doe,Jane Q.\nA1 van der Berg,Jan-Marc\n"
    "T1 Anakinra & more in severe COVID-19\nJF Annals of Made-Up Medicine\nVO 12\nIS 3\nSP 100\nOP 109\nYR 2021\n"
    "DO 10.1000/abc.1\nNO PMID: 31234567\nAB First line and the second.\nK1 one\nK1 two words\n\nRT Journal Article\nT1 B\n",
    "central": "Record #1 of 2\nID: CN-01234567\nAU: Doe JQ\nAU: van der Berg JM\nTI: Anakinra & more in severe COVID-19\n"
    "SO: Annals of Made-Up Medicine\nYR: 2021\nVL: 12\nNO: 3\nPG: 100‐109\nPM: PUBMED 31234567\nXR: EMBASE 123456\n"
    "PT: Journal article\nDOI: 10.1000/abc.1\nAB: First line\nand the second.\nKY: one; two words\n"
    "US: https://www.cochranelibrary.com/central/doi/10.1002/central/CN-01234567/full\n\nRecord #2 of 2\nID: CN-2\nTI: B\n",
    "ovid": "<1. >\nVN  - Ovid Technologies\nDB  - Ovid MEDLINE(R)\nUI  - 31234567\nAU  - Doe JQ\nAU  - van der Berg JM\n"
    "FA  - Doe, Jane Q\nTI  - Anakinra &amp; more in severe COVID-19\n"
    "SO  - Annals of Made-Up Medicine. 12(3):100-109, 2021 Feb 05.\nDO  - https://dx.doi.org/10.1000/abc.1\n"
    "PT  - Journal Article. Randomized Controlled Trial.\nAB  - First line\n      and the second.\nXX  - kept\n\n<2. >\nTI  - B\n",
    "csl": '[{"type": "article-journal", "title": "Anakinra &amp; more in severe COVID-19", "author": [{"family": "Doe",'
    '"given": "Jane Q."}, {"non-dropping-particle": "van der", "family": "Berg", "given": "Jan-Marc"}], "issued": '
    '{"date-parts": [["2021", 2, 5]]}, "container-title": "Annals of Made-Up Medicine", "volume": "12", "issue": 3, '
    '"page": "100-109", "DOI": "10.1000/abc.1", "note": "PMID: 31234567\\nPMCID: PMC7", "abstract": '
    '"First line and the second.", "keyword": "one, two words", "archive": "kept"}, {"title": "B"}]',
}  # fmt: skip


@pytest.mark.parametrize("form", TEXTS)
def test_a_whole_record_and_the_one_after_it(tmp_path, form):
    path = tmp_path / "export.txt"
    path.write_text(TEXTS[form], encoding="utf-8-sig")
    read = read_records(path)
    assert read.failed == ()
    assert [record.title for record in read.records] == [WHOLE["title"], "B"]
    record = read.records[0]
    assert {name: getattr(record, name) for name in WHOLE} == WHOLE
    assert record.source == form


def test_what_is_not_understood_is_kept():
    assert parse_ovid(TEXTS["ovid"]).records[0].extra["xx"] == "kept"
    assert DIALECTS["wos"].parse(TEXTS["wos"]).records[0].extra["UT"] == "WOS:1"
    assert DIALECTS["refer"].parse(TEXTS["refer"]).records[0].extra["%@"] == "1234-5678"
    assert parse_csl_json(TEXTS["csl"].encode()).records[0].extra["archive"] == "kept"


def test_keywords_and_types():
    wos = DIALECTS["wos"].parse(TEXTS["wos"]).records[0]
    assert (wos.keywords, wos.publication_types) == (("one", "two words"), ("Article", "Early Access"))
    assert parse_ovid(TEXTS["ovid"]).records[0].publication_types == ("Journal Article", "Randomized Controlled Trial")


@pytest.mark.parametrize(
    ("source", "journal", "volume", "issue", "pages", "year"),
    [
        ("Lancet. 395(10223):514-523, 2020 02 15.", "Lancet", "395", "10223", "514-523", 2020),
        ("Lancet. Neurology. 12(1 Suppl):s5-9, 2019 Mar.", "Lancet. Neurology", "12", "1 Suppl", "s5-9", 2019),
        ("Annals of X. 46 (2) (pp 152-160), 2014. Date of Publication: March 2014.", "Annals of X", "46", "2", "152-160", 2014),
        ("BMC Y. Conference: 2nd Meeting. Spain. 12 (Supplement 3) (no pagination), 2018. Date of Publication: 2018.",
         "BMC Y", "12", "Supplement 3", None, 2018),
        ("X. 12 (1) (no pagination), 2020. Article Number: e12. Date of Publication: 2020.", "X", "12", "1", "e12", 2020),
        ("Journal of Z. Vol.28(2), Apr 2015, pp. 103-106.", "Journal of Z", "28", "2", "103-106", 2015),
        ("Journal of Z. Vol 28(2) April 2015, 103-106.", "Journal of Z", "28", "2", "103-106", 2015),
        ("Nursing Science Quarterly.   28(2):103-106, April 2015.", "Nursing Science Quarterly", "28", "2", "103-106", 2015),
        ("Journal of Y. ", "Journal of Y", None, None, None, None),
        ("Lancet. , 2020 Feb 1.", "Lancet", None, None, None, 2020),
        ("PLoS ONE [Electronic Resource]. 15(3):e0230000, 2020.", "PLoS ONE", "15", "3", "e0230000", 2020),
        ("Journal of X. Vol.13 2021, ArtID 12.", "Journal of X", "13", None, "12", 2021),
        ("Cochrane Database of Systematic Reviews. 3:CD001234, 2020 03 01.", "Cochrane Database of Systematic Reviews", "3",
         None, "CD001234", 2020),
    ],
)  # fmt: skip
def test_the_citations_of_ovid(source, journal, volume, issue, pages, year):
    (record,) = parse_ovid(f"<1. >\nTI  - A\nSO  - {source}\n").records
    assert (record.journal, record.volume, record.issue, record.pages, record.year) == (
        journal,
        volume,
        issue,
        pages,
        year,
    )


def test_ovid_with_labels_in_words():
    text = (
        "<8>\nAccession Number\n  0001-99.\nAuthor\n  Verbeek, Jan MD *;  van Vugt, Arie MD, PhD +;  Roe, Richard Q. 1\n"
        "Title\n  A title.[Article]\nSource\n  Annals.   8(6):1048-1064, September 2015.\nAbstract\n  One.\n\n  Two.\n"
        "Author Keywords\n  one;  two.\nDOI Number\n  10.1000/a\nNLM Journal Code\n  b92\n<9>\nTitle\n  B\n"
    )
    first, second = parse_ovid(text).records
    assert (first.title, first.authors) == ("A title", ("Verbeek J", "van Vugt A", "Roe RQ"))
    assert (first.doi, first.pages, first.publication_types) == ("10.1000/a", "1048-1064", ("Article",))
    assert (first.abstract_text, first.extra["nlm journal code"], second.title) == ("One. Two.", "b92", "B")


def test_a_record_of_embase_has_no_pmid_of_its_number():
    text = "<1. >\nDB  - Embase\nUI  - 621381829\nTI  - A\n<2. >\nDB  - Ovid MEDLINE(R) and Embase\nUI  - 62138182\nTI  - B\n"
    assert [record.pmid for record in parse_ovid(text).records] == [None, None]


def test_a_trial_in_central_has_its_number():
    text = "Record #1 of 1\nID: CN-3\nAU: NCT01234567\nTI: A\nYR: 2020\nPT: Trial registry record\n"
    (record,) = DIALECTS["central"].parse(text).records
    assert (record.authors, record.registrations) == ((), ("NCT01234567",))


@settings(max_examples=40)
@given(lines=st.lists(st.sampled_from(["PT J", "TI A", "AU Doe, J", "   more", "", "ER", "%0 Book", "%T A", "%A X", "RT Book",
                                       "T1 A", "ID: CN-1", "TI: A", "<1. >", "TI  - A", "words"]), max_size=25))  # fmt: skip
def test_no_start_is_lost(lines):
    text = "\n".join(lines)
    for parse, start in [*((one.parse, {"wos": "PT", "refer": "%0", "refworks": "RT", "central": "ID:"}[name])
                           for name, one in DIALECTS.items()), (parse_ovid, "<1")]:  # fmt: skip
        read = parse(text)
        assert len(read.records) + len(read.failed) >= sum(line.startswith(start) for line in lines)


def test_every_table_of_tags_knows_its_fields():
    for tags in (TAGS, NAMES, *(one.tags for one in DIALECTS.values())):
        assert set(tags) - {"medline_id"} <= set(FIELDS)


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("%0 Journal Article\n%T A\n%M 31234567\n%W NLM\n", "31234567"),
        ("%0 Journal Article\n%T A\n%M 621381829\n%W Embase\n", None),
        ("%0 Journal Article\n%T A\n%U https://www.ncbi.nlm.nih.gov/pubmed/31234567\n", "31234567"),
        ("RT Journal Article\nT1 A\nAN 31234567\nDS PubMed\n", "31234567"),
        ("RT Journal Article\nT1 A\nAN 31234567\nDS CINAHL\nER\n\nRT Book\nT1 B\n", None),
        ("<1. >\nDB  - Embase\nTI  - A\nPM  - 31234567 [http://www.ncbi.nlm.nih.gov/pubmed/?term=31234567]\n", "31234567"),
        ("TY  - JOUR\nTI  - A\nU1  - 31234567[pmid]\nER  -\n", "31234567"),
        ("TY  - JOUR\nTI  - A\nN1  - Accession Number: 136. Language: English. Entry Date: 2020. PMID: NLM31234567.\nER  -\n",
         "31234567"),
    ],
)  # fmt: skip
def test_a_number_is_a_pmid_where_its_database_is_pubmed(tmp_path, text, pmid):
    path = tmp_path / "x.txt"
    path.write_text(text)
    assert read_records(path).records[0].pmid == pmid


def test_the_json_of_services_is_read_by_their_readers(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(
        '{"studies": [{"protocolSection": {"identificationModule": {"nctId": "NCT01234567", "briefTitle": "A"}}}, 3]}'
    )
    read = read_records(path)
    assert [(one.title, one.registrations) for one in read.records] == [("A", ("NCT01234567",))]
    assert len(read.failed) == 1
    path.write_text(
        '{"resultList": {"result": [{"id": "42", "source": "MED", "pmid": "42", "title": "B", "authorString": "Doe J."}]}}'
    )
    assert read_records(path).records[0].pmid == "42"
    path.write_text('{"message": {"items": [{"title": ["C"], "DOI": "10.1000/c", "container-title": ["Annals"]}]}}')
    assert read_records(path).records[0].journal == "Annals"


def test_a_workbook_of_before_2007_is_named(tmp_path):
    path = tmp_path / "savedrecs.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(SourceError, match=r"before 2007; save it as \.xlsx or CSV"):
        read_records(path)
