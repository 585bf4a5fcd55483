# ruff: noqa: E501 - the lines of files are as long as the databases write them
"""Tables of references as the databases save them: one record each, by what stands in its cells."""

import io

import pytest

from metaan.errors import SourceError
from metaan.records.citation import citation_parts
from metaan.sources.files.assemble import FIELDS
from metaan.sources.files.csv_records import is_table, parse_csv
from metaan.sources.files.ictrp import parse_ictrp
from metaan.sources.files.read import read_records
from metaan.sources.files.tables import COLUMNS, squeezed

DATABASES = {
    "Embase.com": (
        '"SEARCH QUERY","anakinra:ti"\n-----------\n\n'
        '"Title","Author Names","Source","Publication Year","Medline PMID","DOI","Publication Type"\n'
        '"A","Doe J., Roe R.Q.","Annals of Medicine (2014) 3:2 (152-160). Date of Publication: 2014","2014","42","10.1000/a",'
        '"Article"\n',
        {"title": "A", "authors": ("Doe J", "Roe RQ"), "journal": "Annals of Medicine", "volume": "3", "issue": "2", "pages": "152-160",
             "year": 2014, "pmid": "42", "doi": "10.1000/a", "publication_types": ("Article",)},
    ),
    "Dimensions": (
        '"About the data: Exported on Mar 19, 2020. Criteria: Text - \'title\' in full data"\n'
        "Rank,Publication ID,DOI,PMID,PMCID,Title,Source title,Anthology title,PubYear,Publication date,Volume,Issue,"
        "Pagination,Publication Type,Authors\n"
        '1,pub.1,10.1000/a,42,PMC7,A,Annals,,2020,2020-02-05,3,2,1-9,Article,"Doe, Jane; Roe, Richard"\n',
        {"title": "A", "authors": ("Doe J", "Roe R"), "journal": "Annals", "volume": "3", "issue": "2", "pages": "1-9", "year": 2020,
             "published": "2020-02-05", "pmid": "42", "pmcid": "PMC7", "doi": "10.1000/a"},
    ),
    "Springer": (
        "Item Title,Publication Title,Book Series Title,Journal Volume,Journal Issue,Item DOI,Authors,Publication Year,URL,"
        "Content Type\nA,Annals,,3,2,10.1007/a,Jane DoeRichard Q. RoeAnna McDonald,2020,http://x,Article\n",
        {"title": "A", "authors": ("Doe J", "Roe RQ", "McDonald A"), "journal": "Annals", "volume": "3", "issue": "2",
             "doi": "10.1007/a", "publication_types": ("Article",)},
    ),
    "Scopus": (
        '"Authors","Author full names","Title","Year","Source title","Volume","Issue","Art. No.","Page start","Page end",'
        '"Page count","DOI","PubMed ID","Document Type","Source"\n'
        '"Doe J.; Loewen M.A.","Doe, Jane (58975547800); Loewen, Mark A. (57190394669)","A","2024","Annals","15","1","2864",'
        '"","","","10.1000/a","42","Article","Scopus"\n',
        {"authors": ("Doe J", "Loewen MA"), "journal": "Annals", "pages": "2864", "volume": "15", "pmid": "42", "year": 2024},
    ),
    "Web of Science, Excel's columns": (
        "Publication Type\tAuthors\tArticle Title\tSource Title\tVolume\tIssue\tStart Page\tEnd Page\tArticle Number\tDOI\t"
        'Publication Year\tPubmed Id\nJ\t"Doe, J; Roe, R"\tA\tANNALS\t3\t2\t\t\te12\t10.1000/a\t2020\t42\n',
        {"authors": ("Doe J", "Roe R"), "journal": "ANNALS", "pages": "e12", "pmid": "42", "year": 2020},
    ),
    "Web of Science, tabs": (
        'PT\tAU\tTI\tSO\tVL\tIS\tBP\tEP\tAR\tDI\tPM\tPY\tDT\nJ\tDoe, J; Roe, R\t"A" and B\tANNALS\t3\t2\t1\t9\t\t10.1000/a\t42'
        "\t2020\tArticle\n",
        {"title": '"A" and B', "authors": ("Doe J", "Roe R"), "journal": "ANNALS", "pages": "1-9", "pmid": "42", "year": 2020,
             "publication_types": ("Article",)},
    ),
    "Covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,Accession Number,DOI,Ref,"
        "Covidence #,Study,Notes,Tags\n"
        'A,"Doe, J.; Roe, R.",Words,2020,Feb,Annals,3,12-Sep,101-9,123,10.1000/a,,#7,Doe 2020,,\n',
        {"year": 2020, "issue": "9-12", "pages": "101-9", "authors": ("Doe J", "Roe R"), "journal": "Annals"},
    ),
    "EBSCO": (
        "Article Title,Author,Journal Title,ISSN,Publication Date,Volume,Issue,First Page,Page Count,Accession Number,DOI,"
        'Doctype\n"A","Doe, Jane; Roe, Richard","Annals",="19326203",="4/3/2024","19","4","101","9","176","10.1000/a","Article"\n',
        {"journal": "Annals", "year": 2024, "published": "2024", "pages": "101-109", "issue": "4", "authors": ("Doe J", "Roe R")},
    ),
    "Scholar": (
        'Authors,Title,Publication,Volume,Number,Pages,Year,Publisher\n"Doe, Jane; Roe, Richard; ",A,Annals,3,2,1-9,2020,X\n',
        {"authors": ("Doe J", "Roe R"), "journal": "Annals", "issue": "2", "pages": "1-9", "year": 2020},
    ),
    "Publish or Perish": (
        "Cites,Authors,Title,Year,Source,Publisher,ArticleURL,DOI,Volume,Issue,StartPage,EndPage\n"
        '12,"J Doe, RQ Roe",A,2020,Annals,X,https://x,10.1000/a,3,2,1,9\n',
        {"authors": ("Doe J", "Roe RQ"), "journal": "Annals", "pages": "1-9"},
    ),
    "OpenAlex": (
        '"id","authorships.author.display_name","display_name","doi","ids.pmid","is_retracted","biblio.volume",'
        '"biblio.issue","biblio.first_page","biblio.last_page","primary_location.source.display_name","publication_year"\n'
        '"https://openalex.org/W1","Jane Doe|Richard Q. Roe","A","https://doi.org/10.1000/a",'
        '"https://pubmed.ncbi.nlm.nih.gov/42","True","3","2","1","9","Annals",2020\n',
        {"title": "A", "authors": ("Doe J", "Roe RQ"), "journal": "Annals", "pages": "1-9", "pmid": "42", "doi": "10.1000/a",
             "retracted": True},
    ),
    "Lens": (
        "Lens ID,Title,Date Published,Publication Year,Publication Type,Source Title,Author/s,Abstract,Volume,Issue Number,"
        "Start Page,End Page,MeSH Terms,PMID,DOI,PMCID\n"
        '000-1,A,2020-02-05,2020,journal article,Annals,Jane Doe; Richard Q. Roe,Words,3,2,1,9,Humans; Male,42,10.1000/a,7123\n',
        {"authors": ("Doe J", "Roe RQ"), "published": "2020-02-05", "issue": "2", "pages": "1-9", "pmid": "42", "pmcid": "PMC7123",
             "mesh": ("Humans", "Male"), "publication_types": ("journal article",)},
    ),
    "BVS": (
        "ID,Title,Authors,Source,Journal,Database,Type,Publication year,Volume number,Issue number,DOI\n"
        'lil-1,A,"Doe, Jane; Roe, Richard",Rev. X;72(3): 123-130, Rev. X,LILACS,article,2019,,,10.1000/a\n'.replace(
            "Rev. X;72(3): 123-130, Rev. X", '"Rev. X;72(3): 123-130, mai. 2019. tab",Rev. X'
        ),
        {"journal": "Rev. X", "volume": "72", "issue": "3", "pages": "123-130", "year": 2019},
    ),
    "PubMed": (
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
        '42,A,"Doe J, Roe RQ.","Ann Med. 2021 Feb 5;3(2):e12. doi: 10.1000/a. Epub 2020 Dec 1.",Doe J,Ann Med,2021,2020/12/3,'
        "PMC7,,10.1000/a\n",
        {"volume": "3", "issue": "2", "pages": "e12", "published": "2021-02-05", "authors": ("Doe J", "Roe RQ")},
    ),
    "CENTRAL": (
        "CENTRAL ID,Author(s),Title,Source,Year,Abstract,Volume,Issue,Pages,PubMed ID,Embase ID,CTgov ID,Publication Type,DOI\n"
        '"CN-1","Doe, J; Burkhauser, MA","A","Annals","2020","","3","2","12‐19","PUBMED 42","EMBASE 7","NCT01234567",'
        '"Journal article","10.1000/a"\n',
        {"authors": ("Doe J", "Burkhauser MA"), "journal": "Annals", "pages": "12-19", "pmid": "42",
             "registrations": ("NCT01234567",)},
    ),
    "Rayyan": (
        "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,abstract,notes,doi,keywords,pubmed_id,pmc_id\n"
        'rayyan-1,A,2020,,,Annals,,3.0,nan,NA-NA,"Doe, Jane and Roe, Richard",,[No abstract available],,NA,,42,\n',
        {"authors": ("Doe J", "Roe R"), "volume": "3", "issue": None, "pages": None, "abstract": (), "doi": None, "pmid": "42"},
    ),
    "sep= above, and German Excel": (
        "sep=;\nTitle;Authors;Year;Journal\nA;Doe J, Roe R;2020;Annals\n",
        {"title": "A", "authors": ("Doe J", "Roe R"), "journal": "Annals"},
    ),
    "ICTRP": (
        "TrialID,Last Refreshed on,Public title,Scientific title,Date registration,Source Register,Secondary ID\n"
        "JPRN-UMIN000012345,2 March 2020,In short,A,2020-02-05,JPRN,NCT01234567\n",
        {"title": "A", "registrations": ("UMIN000012345", "NCT01234567"), "year": 2020, "journal": "JPRN",
             "publication_types": ("Trial registration",)},
    ),
    "ISRCTN": (
        "ISRCTN,DOI,Public title,Scientific title,Date applied,ClinicalTrials.gov number\n"
        "ISRCTN12345678,10.1186/ISRCTN12345678,In short,A,2020-02-05,NCT01234567\n",
        {"title": "A", "registrations": ("ISRCTN12345678", "NCT01234567"), "year": 2020, "doi": "10.1186/isrctn12345678"},
    ),
    "CTIS": (
        "Trial number,Title of the trial,Overall trial status,Start date,Sponsor/Co-Sponsors\n"
        "2023-508305-24-00,A,Ongoing,2023-11-02,X\n",
        {"title": "A", "registrations": ("2023-508305-24-00",), "year": 2023},
    ),
    "ClinicalTrials.gov": (
        "NCT Number,Study Title,Study URL,Study Status,Brief Summary,Other IDs,Start Date\nNCT01234567,A,https://x,DONE,Words,,"
        "2020-02\n",
        {"title": "A", "registrations": ("NCT01234567",), "abstract_text": "Words", "published": "2020-02"},
    ),
}  # fmt: skip


MORE = {
    "an address in the place of a volume": (
        "Title,Authors,Published Year,Journal,Volume,Issue,DOI\n"
        'A,"Doe, J.",2024,Annals,,"(Doe J.) University of a Town with a Long Name, Faculty of Medicine, Town",10.1000/a\n',
        {"issue": None, "journal": "Annals"},
    ),
    "a field of another line in a DOI": (
        "key,title,doi,authors\nrayyan-1,A,10.1038/s41467-024-48400-3     LK  - https://x.org/link?id=doi:10.1038%2Fs41467,"
        '"Doe, J. and Jalil, N.-E."\n',
        {"doi": "10.1038/s41467-024-48400-3", "authors": ("Doe J", "Jalil NE")},
    ),
    "authors in lines of a cell": (
        '(internal) id,pubmed id,title,authors\n1,0,A,"Doe, J.R.\n and Roe, X.\n and Poe, E.\n"\n',
        {"authors": ("Doe JR", "Roe X", "Poe E"), "pmid": None},
    ),
    "RefWorks, tabs": (
        "Reference Type\tAuthors, Primary\tTitle Primary\tPeriodical Full\tPeriodical Abbrev\tPub Year\tVolume\tStart Page\t"
        'Other Pages\tURL\tDOI\t\nJournal Article\tvan den Hoven,null;Doe, Jane L.\t"A" and B\tAnnals\tAnn.\t2014\t25\t \tS105\t'
        "https://x.org https://pubmed.ncbi.nlm.nih.gov/32240769/\t10.1000/a\t\n",
        {
            "title": '"A" and B',
            "authors": ("van den Hoven", "Doe JL"),
            "journal": "Annals",
            "pages": "S105",
            "pmid": "32240769",
        },
    ),
    "a PMID in Zotero's field for all else": (
        'Key,Title,Author,Publication Year,Extra\nX1,A,"Doe, Jane",2020,"PMID: 42\nPMCID: PMC7 tex.x: y"\n',
        {"pmid": "42", "pmcid": "PMC7"},
    ),
    "Embase.com, a field in each row": (
        '"TITLE","A"\n"AUTHOR NAMES","Doe J.","Roe R.Q."\n"SOURCE","Annals (2014) 3:2 (152-160). Date of Publication: 2014"\n'
        '"MEDLINE PMID","42"\n"DOI","10.1000/a"\n',
        {"title": "A", "authors": ("Doe J", "Roe RQ"), "journal": "Annals", "pages": "152-160", "pmid": "42"},
    ),
    "the notice of an owner behind an abstract": (
        'Article Title,Abstract,Journal Title\nA,"Words. [ABSTRACT FROM AUTHOR] Copyright of Annals is the property of X & Co. and its '
        'content may not be copied. (Copyright applies to all Abstracts.)",Annals\n',
        {"abstract_text": "Words. [ABSTRACT FROM AUTHOR]"},
    ),
}


@pytest.mark.parametrize("case", MORE)
def test_what_stands_in_a_wrong_place_does_no_harm(tmp_path, case):
    text, expected = MORE[case]
    path = tmp_path / "export.csv"
    path.write_text(text)
    (record,) = read_records(path).records
    check(record, expected)


def check(record, expected):
    assert {name: getattr(record, name) for name in expected} == expected


@pytest.mark.parametrize("database", DATABASES)
def test_a_table_as_the_database_saves_it(tmp_path, database):
    text, expected = DATABASES[database]
    path = tmp_path / "export.txt"
    path.write_text(text, encoding="utf-8-sig")
    (record,) = read_records(path).records
    check(record, expected)
    assert is_table(text) >= 0


def test_what_no_field_holds_is_kept_under_its_own_name():
    (record,) = parse_csv(DATABASES["Scopus"][0]).records
    assert record.extra["Author full names"].startswith("Doe, Jane")
    (record,) = parse_csv(DATABASES["ISRCTN"][0]).records
    assert record.extra["Public title"] == "In short"


def test_a_quotation_mark_that_is_not_closed_is_reported():
    rows = "\n".join(f"T{n},J,2020" for n in range(5))
    read = parse_csv(f'Title,Journal,Year\nA,B,2020\n"C,B,2020\n{rows}\n')
    assert read.records[0].title == "A"
    assert "quotation mark" in read.failed[-1].reason


def test_names_repeated_between_two_exports_are_no_record():
    assert len(parse_csv("Title,Year\nA,2020\nTitle,Year\nB,2021\n").records) == 2


def test_a_workbook_is_a_table(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    import datetime

    book = openpyxl.Workbook()
    book.active.append(["an empty page"])
    sheet = book.create_sheet("references")
    for row in [
        ["SEARCH QUERY", "x"],
        ["Title", "Authors", "Year", "Issue", "Pages", "PMID", "Date"],
        ["A", "Doe J, Roe R", 2020.0, datetime.datetime(2026, 9, 12), "NULL", 42, datetime.datetime(2020, 2, 5)],
        [None, None, None, None, None, None, None],
        ["B", None, 2021, 3, "1-9", None, None],
    ]:
        sheet.append(row)
    path = tmp_path / "x.xlsx"
    book.save(path)
    first, second = read_records(path).records
    check(
        first,
        {
            "title": "A",
            "authors": ("Doe J", "Roe R"),
            "issue": "9-12",
            "pages": None,
            "pmid": "42",
            "published": "2020-02-05",
        },
    )
    check(second, {"title": "B", "issue": "3", "pages": "1-9", "year": 2021, "source": "xlsx"})
    empty = io.BytesIO()
    openpyxl.Workbook().save(empty)
    path.write_bytes(empty.getvalue())
    with pytest.raises(SourceError, match="no sheet with a column of titles"):
        read_records(path)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(SourceError, match="the workbook cannot be read"):
        read_records(path)


def test_without_openpyxl_it_says_what_to_install(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(SourceError, match=r"metaan\[tables\]"):
        read_records(path)


def test_the_xml_of_ictrp():
    body = b"""<?xml version='1.0'?><Trials_downloaded_from_ICTRP><Trial><TrialID>ChiCTR2000029765
    </TrialID><Public_title>In short</Public_title><Scientific_title>A &amp; B</Scientific_title><Acronym/>
    <Date_registration3>20200205</Date_registration3><Date_registration>05/02/2020</Date_registration>
    <Source_Register>ChiCTR</Source_Register><Condition>X</Condition></Trial><Trial><Acronym/></Trial></Trials_downloaded_from_ICTRP>"""
    read = parse_ictrp(body)
    (record,) = read.records
    check(
        record,
        {"title": "A & B", "registrations": ("ChiCTR2000029765",), "published": "2020-02-05", "journal": "ChiCTR"},
    )
    assert record.extra["Condition"] == "X"
    assert len(read.failed) == 1


def test_each_field_of_a_table_has_a_meaning():
    assert set(COLUMNS) <= set(FIELDS)
    every = [squeezed(name) for names in COLUMNS.values() for name in names]
    assert len(every) == len(set(every))


def test_each_record_of_a_table_with_a_field_in_each_row():
    one = '"TITLE","{0}"\n"AUTHOR NAMES","Doe J."\n"DOI","10.1000/{0}"\n\n'
    assert [record.title for record in parse_csv(one.format("A") + one.format("B") + one.format("C")).records] == [
        "A",
        "B",
        "C",
    ]


@pytest.mark.parametrize(
    ("citation", "parts"),
    [
        ("Journal of X (2020). Date of Publication: 2020", {"journal": "Journal of X", "date": "2020"}),
        (
            "Annals (2020) 5:Supplement 2 (S12). Date",
            {"journal": "Annals", "volume": "5", "issue": "Supplement 2", "pages": "S12"},
        ),
        (
            "medRxiv [Preprint]. 2020 May 5:2020.05.05.20092171. doi: 10.1101/2020",
            {"journal": "medRxiv", "pages": "2020.05.05.20092171"},
        ),
        ("Int J X. 2020 Jan-Feb;12 Suppl 1:S3-9.", {"journal": "Int J X", "volume": "12 Suppl 1", "pages": "S3-9"}),
        (
            "JAMA, Feb2020; 323(5): 401-402. (2p)",
            {"journal": "JAMA", "volume": "323", "issue": "5", "pages": "401-402"},
        ),
        (
            "Nature 435 (7038), 84-87, 2005",
            {"journal": "Nature", "volume": "435", "issue": "7038", "pages": "84-87", "date": "2005"},
        ),
        ("Rev Esp;94: e1-e12, 2020.", {"journal": "Rev Esp", "volume": "94", "pages": "e1-e12", "date": "2020"}),
        ("just words", {}),
    ],
)
def test_citations_in_one_field(citation, parts):
    found = citation_parts(citation)
    assert {name: found.get(name) for name in parts} == parts
    assert bool(found) == bool(parts)
