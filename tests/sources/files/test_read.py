"""A file is read by what is in it, not by what it is called."""

import io
from pathlib import Path

import openpyxl
import pytest

import metaan as ma
from metaan.errors import SourceError, UsageError
from metaan.sources.files.read import FORMATS, read_records


def workbook(*cells):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for cell in cells:
        book.active.append([cell])
    book.save(out)
    return out.getvalue()


CONTENT = {
    "ris": b"\xef\xbb\xbfTY  - JOUR\nTI  - A\nER  -\n",
    "nbib": b"\nPMID- 12\nTI  - A\n",
    "bibtex": b"% made by hand\n@article{a, title={A}}",
    "csv": b"Authors;Title;Year\nDoe J;A;2020\n",
    "pubmed": b"<?xml version='1.0'?><PubmedArticle><MedlineCitation><PMID>12</PMID><Article>"
    b"<ArticleTitle>A</ArticleTitle></Article></MedlineCitation></PubmedArticle>",
    "revman": b"<?xml version='1.0'?><COCHRANE_REVIEW><STUDY NAME='Doe'><REFERENCE><TI>A</TI></REFERENCE></STUDY>"
    b"</COCHRANE_REVIEW>",
    "ictrp": b"<?xml version='1.0'?><Trials_downloaded_from_ICTRP><Trial><Public_title>A</Public_title></Trial>"
    b"</Trials_downloaded_from_ICTRP>",
    "xlsx": workbook("Title", "A"),
    "csl": b'[{"title": "A"}]',
    "ovid": b"<1. >\r\nTI  - A\r\n",
    "wos": b"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI A\nER\n\nEF\n",
    "refer": b"%0 Journal Article\n%T A\n",
    "refworks": b"RT Journal Article\nT1 A\n",
    "central": b"Record #1 of 1\nID: CN-1\nTI: A\n",
    "endnote": b"<?xml version='1.0'?><xml><records><record><titles><title>A</title></titles></record></records></xml>",
}


def test_every_format_has_an_example():
    assert set(CONTENT) == set(FORMATS)


def test_every_format_stands_in_the_documentation_with_what_it_lacks():
    page = (Path(__file__).parents[3] / "docs" / "living.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("\n") if line.startswith("| ")]
    for entry in FORMATS.values():
        assert any(row.startswith(f"| {entry.name}") for row in rows), entry.name
        assert entry.lacks


@pytest.mark.parametrize("name", CONTENT)
def test_the_format_is_known_by_the_content(tmp_path, name):
    path = tmp_path / "references.txt"
    path.write_bytes(CONTENT[name])
    got = ma.read_records(path)
    assert ([record.title for record in got.records], got.failed) == (["A"], ())
    assert ma.read_records(str(path), format=name).records == got.records


def test_a_title_in_a_code_page_is_read(tmp_path):
    path = tmp_path / "old.ris"
    path.write_bytes("TY  - JOUR\nTI  - Müller\nER  -\n".encode("cp1252"))
    assert ma.read_records(path).records[0].title == "Müller"


def test_what_cannot_be_read_says_why_and_which_file(tmp_path):
    path = tmp_path / "x.ris"
    with pytest.raises(SourceError, match=r"x\.ris: No such file"):
        ma.read_records(path)
    path.write_bytes(b"  \n")
    with pytest.raises(SourceError, match="empty"):
        ma.read_records(path)
    path.write_bytes(b"just some words\n")
    with pytest.raises(SourceError, match=r"allowed: PubMed XML, EndNote XML, .*RIS, NBIB"):
        ma.read_records(path)
    with pytest.raises(UsageError, match="did you mean ris"):
        ma.read_records(path, format="riss")
    path.write_bytes(b"<PubmedArticleSet><cut")
    with pytest.raises(SourceError, match=r"x\.ris: .*cut off"):
        ma.read_records(path)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("AB  - Registered: ClinicalTrials.gov NCT01234567.", ("NCT01234567",)),
        ("KW  - ISRCTN12345678", ("ISRCTN12345678",)),
        ("AB  - Of NCT01234567 and NCT01234568.", ()),
        ("AB  - Of NCT01234567.\nM3  - Review", ()),
        ("AB  - Of NCT01234567.\nCN  - NCT01234569", ("NCT01234569",)),
    ],
)
def test_the_one_registration_that_a_text_mentions_is_its_own(tmp_path, text, numbers):
    path = tmp_path / "x.ris"
    path.write_text(f"TY  - JOUR\nTI  - A\n{text}\nER  -\n")
    (record,) = read_records(path).records
    assert record.registrations == numbers
    assert ("registration" in record.extra) == (len(numbers) == 1 and "CN" not in text)


def test_a_record_of_pubmed_without_a_pmid_takes_no_other_with_it(tmp_path):
    path = tmp_path / "x.xml"
    one = b"<PubmedArticle><MedlineCitation>%s<Article><ArticleTitle>A</ArticleTitle></Article></MedlineCitation>"
    one += b"</PubmedArticle>\n"
    path.write_bytes(b"<PubmedArticleSet>\n" + one % b"" + one % b"<PMID>5</PMID>" + b"<Other>x</Other>\n"
                     b"<DeleteCitation><PMID>6</PMID></DeleteCitation></PubmedArticleSet>")  # fmt: skip
    read = read_records(path)
    assert [record.pmid for record in read.records] == ["5"]
    assert [(failure.line, failure.text) for failure in read.failed] == [(2, "A"), (4, "x")]


@pytest.mark.parametrize("megabytes", [51, 100, 100_000])
def test_a_file_without_end_is_refused(tmp_path, megabytes):
    path = tmp_path / "large.ris"
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    with pytest.raises(SourceError, match=f"{megabytes} MB found"):
        ma.read_records(path)
