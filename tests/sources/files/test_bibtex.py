import pytest

from metaan.errors import SourceError
from metaan.sources.files.bibtex import parse_bibtex, read_bibtex
from metaan.sources.files.latex import to_text


def one(text):
    read = parse_bibtex(text)
    assert read.failed == ()
    (record,) = read.records
    return record


def test_a_full_entry():
    record = one(r"""
@string{jmt = "Journal of Made-up Trials"}
@Article{nobody2024,
  Author = {Nobody, Jane Q. and {\AA}ngstr{\"o}m, {\"O}rjan and {The Nobody Group}
            and van der Berg, Jr, Ada and others},
  title = {{A} made-up trial of {$\alpha$}-nothing: 5\% \& \emph{more}},
  journal = jmt # " (Suppl)",
  year = 2024, month = feb, volume = {1}, number = "2", pages = {3--14},
  doi = {https://doi.org/10.5555/a\_b--c}, pmid = {900000001}, pmcid = {123},
  keywords = {bees; honey, wax}, abstract = {Registered as NCT99999991.}, note = {ISRCTN12345678},
}""")
    assert record.authors == ("Nobody JQ", "Ångström Ö", "The Nobody Group", "van der Berg A Jr")
    assert not record.authors_complete
    assert record.title == "A made-up trial of α-nothing: 5% & more"
    assert record.title_markup == "A made-up trial of α-nothing: 5% &amp; more"
    assert record.journal == "Journal of Made-up Trials (Suppl)"
    assert (record.year, record.published, record.volume, record.issue, record.pages) == (
        2024,
        "2024-02",
        "1",
        "2",
        "3-14",
    )
    assert (record.doi, record.pmid, record.pmcid) == ("10.5555/a_b--c", "900000001", "PMC123")
    assert record.keywords == ("bees", "honey", "wax")
    assert (record.registrations, record.mentioned_registrations) == (("ISRCTN12345678",), ("NCT99999991",))
    assert record.extra["key"] == "nobody2024"
    assert record.extra["line"] == "3"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jane Q. Doe", "Doe JQ"),
        ("Doe, J Q", "Doe JQ"),
        ("Doe, JQ", "Doe JQ"),
        ("Doe, Jean-Marc", "Doe JM"),
        ("Ludwig van Beethoven", "van Beethoven L"),
        ("de la Cruz, Ana", "de la Cruz A"),
        ("Plato", "Plato"),
        ("{World Health Organization}", "World Health Organization"),
        ("{Barnes and Noble}", "Barnes and Noble"),
    ],
)
def test_names(name, shown):
    assert one(f"@misc{{a, author = {{{name}}}}}").authors == (shown,)


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("year = {2021}", "2021"),
        ("year = 2021, month = dec", "2021-12"),
        ("year = 2021, month = {3}", "2021-03"),
        ("year = 2021, month = {someday}", "2021"),
        ("date = {2021-02-05}", "2021-02-05"),
        ("date = {2021-02/2021-05}", "2021-02"),
        ("year = {in press}", None),
        ("year = {c. 1998}", "1998"),
        ("title = {x}", None),
    ],
)
def test_dates(fields, published):
    assert one(f"@article{{a, {fields}}}").published == published


def test_what_fails_is_reported_and_takes_nothing_with_it():
    read = parse_bibtex("@article{a, title={First}}\n\n@article{b, title={Broken\n\n@article{c, title={Third}}\n")
    assert [record.title for record in read.records] == ["First", "Third"]
    (failure,) = read.failed
    assert failure.line == 3
    assert "@article{b" in failure.text
    assert str(failure).startswith("line 3: ")


def test_double_keys_and_fields_lose_nothing():
    read = parse_bibtex(
        "@article{a, title={One}}\n@article{a, title={Two}}\n@article{b, title={X}, title={Y}, year=1999}"
    )
    assert [(record.title, record.year) for record in read.records] == [("One", None), ("Two", None), ("X", 1999)]
    assert read.failed == ()


def test_a_crossref_lends_what_is_missing():
    read = parse_bibtex("@inbook{a, title={Chapter}, crossref={B}}\n@book{b, title={Book}, year=2001, volume=3}")
    assert (read.records[0].journal, read.records[0].year, read.records[0].volume) == ("Book", 2001, "3")
    assert read.records[0].title == "Chapter"


def test_a_crossref_to_itself_ends():
    assert one("@book{a, title={Book}, crossref={a}}").title == "Book"


def test_an_unknown_macro_stays_as_it_is():
    assert one("@article{a, journal = nejm, title={T}}").journal == "nejm"


@pytest.mark.parametrize(
    "title", [r"\href{x", r"\verb", r"a { b", "$" * 9, r"\input{/etc/passwd}", r"\\" * 400, "{" * 400]
)
def test_latex_that_cannot_be_decoded_costs_only_its_decoding(title):
    assert "root:" not in to_text(title)


def test_html_in_an_export_is_text_but_for_four_tags():
    record = one("@article{a, title={<i>E. coli</i> &amp; <script>x</script> it&apos;s}}")
    assert record.title_markup == "<i>E. coli</i> &amp; &lt;script&gt;x&lt;/script&gt; it's"


def test_a_pmid_stands_in_several_places():
    assert one("@misc{a, eprint={123}, eprinttype={pubmed}}").pmid == "123"
    assert one("@misc{a, note={PMID: 123}}").pmid == "123"
    assert one("@misc{a, eprint={1234.5678}, eprinttype={arxiv}}").pmid is None


def test_files_of_several_encodings(tmp_path):
    text = "@article{a, author = {Müller, Jörg}}"
    for number, raw in enumerate(
        (text.encode(), text.encode("cp1252"), text.encode("utf-8-sig"), text.encode("utf-16"))
    ):
        file = tmp_path / f"{number}.bib"
        file.write_bytes(raw)
        assert read_bibtex(file).records[0].authors == ("Müller J",)


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    with pytest.raises(SourceError, match=r"none\.bib: No such file"):
        read_bibtex(tmp_path / "none.bib")
    file = tmp_path / "large.bib"
    file.write_text("x" * 100)
    monkeypatch.setattr("metaan.sources.formats.encoding.LARGEST", 50)
    with pytest.raises(SourceError, match="allowed"):
        read_bibtex(file)


@pytest.mark.parametrize(
    "text", ["", "no entry", "@comment{x}", "@string{a = 1}", "% only a remark", "@", "@@@{{{", "\x00"]
)
def test_a_file_without_entries_has_no_records(text):
    assert parse_bibtex(text).records == ()


@pytest.mark.parametrize(
    "fields",
    [
        "author={" + "a," * 100_000 + "}",
        "author={" + "a and " * 50_000 + "b}",
        "title={" + "{" * 50_000 + "}" * 50_000 + "}",
        "journal=" + "a # " * 50_000 + "b",
        "doi={10.5555/" + ")" * 100_000 + "}",
        "doi={" + "doi:" * 50_000 + "}",
    ],
)
def test_large_and_odd_fields_are_read_in_one_pass(fields):
    assert len(parse_bibtex(f"@article{{a, {fields}}}").records) == 1


def test_a_macro_that_is_defined_twice_is_no_failure():
    read = parse_bibtex('@string{j = "One"}\n@string{j = "Two"}\n@article{a, journal = j}')
    assert (read.failed, read.records[0].journal) == ((), "One")
