"""Tables of references under the column names of several exports."""

import pytest

from metaan.errors import SourceError
from metaan.sources.files.csv_records import parse_csv
from metaan.sources.files.tables import COLUMNS


def test_a_table_as_pubmed_saves_it():
    read = parse_csv(
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
        '31234567,"Anakinra, a trial","Doe J, Roe R.",Ann. 2021,Doe J,Ann Made Up Med,2021,2021/2/5,PMC12,,10.1000/A\n'
    )
    (record,) = read.records
    assert (record.title, record.authors, record.year) == ("Anakinra, a trial", ("Doe J", "Roe R"), 2021)
    assert (record.pmid, record.pmcid, record.doi) == ("31234567", "PMC12", "10.1000/a")
    assert record.journal == "Ann Made Up Med"
    assert record.extra["Citation"] == "Ann. 2021"


@pytest.mark.parametrize(
    "cell",
    ["Doe J; Roe RA", "Doe J, Roe RA", "Doe, J. and Roe, R. A.", "Doe, J., Roe, R.A.", "Doe, Jane; Roe, Richard A.",
     "J. Doe and R.A. Roe", "Doe, J. & Roe, R.A.", "Doe J. and Roe RA."],
)  # fmt: skip
def test_lists_of_authors_as_they_are_written(cell):
    assert parse_csv(f'title\tauthor\nA\t"{cell}"\n').records[0].authors == ("Doe J", "Roe RA")


def test_a_citation_in_the_place_of_the_journal():
    text = "Title,Author Names,Source\nA,Doe J.,Annals of Medicine (2014) 3:2 (152-160). Date of Publication: 2014\n"
    (record,) = parse_csv(text).records
    assert (record.journal, record.year, record.volume) == ("Annals of Medicine", 2014, "3")
    assert (record.issue, record.pages) == ("2", "152-160")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_delimiter_and_a_bom(delimiter):
    text = (
        "\ufeff"
        + delimiter.join(["Article Title", "Author", "Source Title", "Start Page", "End Page", "Volume"])
        + "\r\n"
    )
    text += delimiter.join(['"A ""quoted""\ntitle"', '"Doe, J.; Roe, R."', "Ann", "5", "9", "3"]) + "\r\n"
    (record,) = parse_csv(text).records
    assert (record.title, record.authors, record.pages, record.volume) == (
        'A "quoted" title',
        ("Doe J", "Roe R"),
        "5-9",
        "3",
    )


def test_rows_that_do_not_fit_are_reported_and_take_nothing_with_them():
    read = parse_csv("title,year\nA,2020\nB,2021,too,many\n,2022\n\nC,2023\n")
    assert [record.title for record in read.records] == ["A", "C"]
    assert [failure.line for failure in read.failed] == [3, 4]


def test_a_table_without_titles_is_refused():
    with pytest.raises(SourceError, match="no column of titles"):
        parse_csv("name of it,year\nA,2020\n")
    assert parse_csv("").records == ()


def test_a_cell_without_end_is_refused():
    with pytest.raises(SourceError, match="cannot be read"):
        parse_csv('title,abstract\nA,"' + "x" * ((1 << 20) + 1) + '"\n')


def test_formulas_stay_text():
    assert parse_csv('title\n"=HYPERLINK(""x"")"\n').records[0].title == '=HYPERLINK("x")'


def test_column_names_are_in_the_spelling_that_is_compared():
    assert all(name == name.lower() and name.isascii() for names in COLUMNS.values() for name in names)
