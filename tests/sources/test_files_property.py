"""What is written as a file of references is read back the same, and no garbage is lost or gets through as a crash."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaan.errors import MetaanError
from metaan.sources.files.bibtex import parse_bibtex
from metaan.sources.files.csv_records import parse_csv
from metaan.sources.files.endnote_xml import parse_endnote_xml
from metaan.sources.files.nbib import parse_nbib
from metaan.sources.files.read import FORMATS, read_records
from metaan.sources.files.ris import parse_ris
from metaan.sources.net.answers import UnreadableError

LETTERS = "abcdefghij klmnopq rstuvwxyz ABCDEFG äéñøß β治 ł–'()/+,.:"
words = st.text(LETTERS, min_size=1, max_size=60).map(lambda text: " ".join(text.split())).filter(bool)
titles = words.map(lambda text: f"T{text}z")
family = st.sampled_from(["Doe", "van der Berg", "O'Brien", "Åström", "de la Cruz", "Smith-Jones", "李"])
names = st.tuples(family, st.sampled_from(["J", "JQ", "ABC", "É"])).map(" ".join)
RECORD = st.fixed_dictionaries(
    {
        "title": titles,
        "authors": st.lists(names, max_size=4, unique=True),
        "year": st.integers(1500, 2199),
        "journal": titles,
        "volume": st.integers(1, 999).map(str),
        "issue": st.integers(1, 99).map(str),
        "pages": st.tuples(st.integers(1, 999), st.integers(1000, 9999)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
        "doi": st.text("abcdefghijkl0123456789._()-", min_size=1, max_size=20).map(lambda end: f"10.5555/a{end}z"),
        "pmid": st.integers(1, 999_999_999).map(str),
        "abstract": titles,
    }
)
RECORDS = st.lists(RECORD, min_size=1, max_size=4)


def ris(record):
    first, last = record["pages"].split("-")
    lines = ["TY  - JOUR", f"TI  - {record['title']}", *(f"AU  - {comma(name)}" for name in record["authors"])]
    lines += [f"PY  - {record['year']}", f"JF  - {record['journal']}", f"VL  - {record['volume']}"]
    lines += [f"IS  - {record['issue']}", f"SP  - {first}", f"EP  - {last}", f"DO  - {record['doi']}"]
    return "\n".join([*lines, f"PM  - {record['pmid']}", f"AB  - {record['abstract']}", "ER  - ", ""])


def nbib(record):
    lines = [f"PMID- {record['pmid']}", f"DP  - {record['year']} Feb", f"TI  - {record['title']}"]
    lines += [f"AU  - {name}" for name in record["authors"]]
    lines += [f"JT  - {record['journal']}", f"VI  - {record['volume']}", f"IP  - {record['issue']}"]
    lines += [f"PG  - {record['pages']}", f"LID - {record['doi']} [doi]", f"AB  - {record['abstract']}"]
    return "\n".join([*lines, "", ""])


def bibtex(record):
    fields = {name: record[name] for name in ("title", "year", "journal", "volume", "doi", "pmid", "abstract")}
    fields |= {"number": record["issue"], "pages": record["pages"].replace("-", "--")}
    fields |= {"author": " and ".join(map(comma, record["authors"]))}
    return "@article{key,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items()) + "\n}\n"


def table(records):
    out = io.StringIO()
    columns = ["title", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract", "authors"]
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows({**record, "authors": "; ".join(map(comma, record["authors"]))} for record in records)
    return out.getvalue()


def comma(name):
    return ", ".join(name.rsplit(" ", 1))


WRITERS = {
    "ris": lambda records: "".join(map(ris, records)),
    "nbib": lambda records: "".join(map(nbib, records)),
    "bibtex": lambda records: "".join(map(bibtex, records)),
    "csv": table,
}
PARSERS = {"ris": parse_ris, "nbib": parse_nbib, "bibtex": parse_bibtex, "csv": parse_csv}


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=30)
@given(records=RECORDS)
def test_what_is_written_is_read_back(form, records):
    read = PARSERS[form](WRITERS[form](records))
    assert read.failed == ()
    assert len(read.records) == len(records)
    for found, record in zip(read.records, records, strict=True):
        for name in ("title", "year", "journal", "volume", "issue", "pages", "doi", "pmid"):
            assert getattr(found, name) == record[name], name
        assert found.authors == tuple(record["authors"])
        assert found.abstract_text == record["abstract"]


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_and_ends_of_lines_change_nothing(tmp_path, form, ends, encoding):
    record = {
        "title": "Tälle β", "authors": ["Åström J", "李 É"], "year": 2021, "journal": "Für alle", "volume": "3",
        "issue": "1", "pages": "5-9", "doi": "10.5555/a", "pmid": "42", "abstract": "Ünd mehr",
    }  # fmt: skip
    text = WRITERS[form]([record, {**record, "title": "Two"}]).replace("\r\n", "\n").replace("\n", ends)
    path = tmp_path / "references"
    path.write_bytes(text.encode(encoding))
    read = read_records(path)
    assert [found.title for found in read.records] == ["Tälle β", "Two"]
    assert read.records[0].authors == ("Åström J", "李 É")
    assert (read.records[0].abstract_text, read.failed) == ("Ünd mehr", ())


PIECES = st.sampled_from(
    ["TY  - JOUR", "ER  -", "TI  - A", "PMID- 1", "PMID- x", "AU  - ,,,", "PY  - 99999", "@article{a,", "@", "}", "{",
     "title = {A}", "author = and and and", "title,doi,year", "a;b;c", '"', "\x00", "\x1b[2J", "SP  - -", "DO  - 10.1/",
     "\ufeff", "TY  -", "\\'", "$", "#", "pages = {--}", "<xml><records>", "<record>", "</record>", "&lt;",
     "AID - [doi]", "DP  - 0000", "LID - x [doi]", "SI  - /", "year = ", "month = 13", "crossref = {a}", "\u2028",
     "KW  - ;;;"]
)  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    garbage=st.one_of(
        st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25).map(
            lambda found: "\n".join(found).encode("utf-8", "replace")
        ),
        st.binary(max_size=80),
    )
)
def test_garbage_is_read_or_refused_in_our_own_words(form, garbage):
    try:
        read = FORMATS[form].parse(garbage)
    except (MetaanError, UnreadableError):  # `read_records` turns the second into the first, which names the file
        return
    assert all(record.title == " ".join(record.title.split()) for record in read.records)


@settings(max_examples=40)
@given(lines=st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25))
def test_no_start_of_a_tagged_record_is_lost(lines):
    text = "\n".join(lines)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for read, start in ((parse_ris(text), "TY  -"), (parse_nbib(text), "PMID-")):
        assert len(read.records) + len(read.failed) >= sum(line.startswith(start) for line in plain)


@settings(max_examples=40)
@given(records=RECORDS, cut=st.integers(0, 2_000))
def test_a_file_that_is_cut_off_loses_at_most_its_last_record(records, cut):
    for form in ("ris", "nbib"):
        whole = WRITERS[form](records)
        read = PARSERS[form](whole[: min(cut, len(whole))])
        ended = whole[: min(cut, len(whole))].count("ER  - \n" if form == "ris" else "\n\n")
        assert [record.title for record in read.records][:ended] == [record["title"] for record in records][:ended]


def test_an_export_of_endnote_without_records_is_empty():
    assert parse_endnote_xml(b"<xml><records></records></xml>").records == ()
