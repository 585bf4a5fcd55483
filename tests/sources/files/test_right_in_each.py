# ruff: noqa: E501 - the lines of files are as long as programs write them
"""What people's exports really hold: words for nothing, escapes, lines that look like tags, lists in one line."""

import pytest

from metaan.records.label import label_of
from metaan.sources.files.read import read_records

# One record in each format, made of: title, abstract, journal, pages, author, type.
FORMS = {
    "ris": "TY  - JOUR\nTI  - {title}\nAB  - {abstract}\nT2  - {journal}\nSP  - {pages}\nAU  - {author}\nM3  - {kind}\nER  -\n",
    "nbib": "PMID- 42\nTI  - {title}\nAB  - {abstract}\nJT  - {journal}\nPG  - {pages}\nAU  - {author}\nPT  - {kind}\n",
    "bib": "@article{{a,\n title={{{title}}},\n abstract={{{abstract}}},\n journal={{{journal}}},\n pages={{{pages}}},\n"
    " author={{{author}}},\n document_type={{{kind}}}\n}}\n",
    "csv": "Title,Abstract,Journal,Pages,Authors,Document Type\n{title},{abstract},{journal},{pages},{author},{kind}\n",
    "wos": "FN ISI Export Format\nVR 1.0\nPT J\nTI {title}\nAB {abstract}\nSO {journal}\nPS {pages}\nAU {author}\nDT {kind}\nER\n",
    "refer": "%0 Journal Article\n%T {title}\n%X {abstract}\n%J {journal}\n%P {pages}\n%A {author}\n%9 {kind}\n",
    "refworks": "RT {kind}\nT1 {title}\nAB {abstract}\nJF {journal}\nSP {pages}\nA1 {author}\n",
    "central": "ID: CN-1\nTI: {title}\nAB: {abstract}\nSO: {journal}\nPG: {pages}\nAU: {author}\nPT: {kind}\n",
    "ovid": "<1. >\nTI  - {title}\nAB  - {abstract}\nJN  - {journal}\nPG  - {pages}\nAU  - {author}\nPT  - {kind}\n",
    "csl": '[{{"title": "{title}", "abstract": "{abstract}", "container-title": "{journal}", "page": "{pages}",'
    ' "author": [{{"literal": "{author}"}}], "type": "{kind}"}}]',
    "xml": "<xml><records><record><titles><title>{title}</title><secondary-title>{journal}</secondary-title></titles>"
    "<abstract>{abstract}</abstract><pages>{pages}</pages><contributors><authors><author>{author}</author></authors>"
    "</contributors><work-type>{kind}</work-type></record></records></xml>",
}
PLAIN = {
    "title": "A trial",
    "abstract": "Words",
    "journal": "Annals",
    "pages": "1-9",
    "author": "Doe J",
    "kind": "Article",
}


def record_of(tmp_path, form, **values):
    given = PLAIN | values
    if form == "xml":
        given = {name: text.replace("&", "&amp;") for name, text in given.items()}
    path = tmp_path / f"x.{form}"
    path.write_text(FORMS[form].format(**given))
    read = read_records(path)
    assert not read.failed
    return read.records[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_word_for_nothing_is_nothing(tmp_path, form):
    for word, pages in [("[No abstract available]", "NA-NA"), ("NULL", "No Pagination Specified"), ("nan", "nan")]:
        record = record_of(tmp_path, form, abstract=word, pages=pages, journal="NA", author="[No authors listed]")
        assert (record.abstract, record.pages, record.journal, record.authors) == ((), None, None, ())


@pytest.mark.parametrize("form", FORMS)
def test_the_escapes_of_html_are_undone(tmp_path, form):
    escaped = "A &amp; B: p &lt; 0.05"
    record = record_of(
        tmp_path, form, title=escaped, abstract=escaped, journal="Health &amp; Place", author="M&uuml;ller J"
    )
    assert (record.title, record.abstract_text) == ("A & B: p < 0.05", "A & B: p < 0.05")
    assert record.title_markup == "A &amp; B: p &lt; 0.05"
    assert (record.journal, record.authors) == ("Health & Place", ("Müller J",))


@pytest.mark.parametrize("form", FORMS)
def test_a_retraction_in_a_title_or_a_type_marks_the_record(tmp_path, form):
    for title in (
        "RETRACTED: A trial",
        "Retracted article: A trial",
        "A trial (Retracted article. See vol. 1)",
        "[Retracted] A",
    ):
        record = record_of(tmp_path, form, title=title)
        assert record.retracted
        assert record.title == title
    for title in ("Retracted articles in surgery", "Retraction of: A trial", "Effect of retracted studies"):
        assert not record_of(tmp_path, form, title=title).retracted
    assert record_of(tmp_path, form, kind="Retracted Publication").retracted


def read(tmp_path, text, name="x.txt"):
    (tmp_path / name).write_text(text)
    return read_records(tmp_path / name)


def test_what_ovid_writes_behind_the_end_of_a_record_is_no_record(tmp_path):
    found = read(
        tmp_path,
        "1. \nTY  - JOUR\nT1  - A\nER  -  \nNL  - \nUR  - https://ovidsp.ovid.com/x\n\n2. \nTY  - JOUR\nT1  - B\nER  -\n"
        "NL  -\nhttps://ovidsp.ovid.com/y\n",
    )
    assert ([record.title for record in found.records], found.failed) == (["A", "B"], ())
    assert found.records[0].extra["UR"] == "https://ovidsp.ovid.com/x"


def test_a_line_of_an_abstract_that_looks_like_a_tag_is_text(tmp_path):
    text = (
        "TY  - JOUR\nTI  - A\nAB  - Words about\nTY - a code of the system\nER - another\nPT - third\nKW  - k\nER  -\n"
    )
    found = read(tmp_path, text + "TY  - JOUR\nTI  - B\nER  -\n")
    assert [record.title for record in found.records] == ["A", "B"]
    assert found.records[0].abstract_text == "Words about TY - a code of the system ER - another PT - third"
    assert found.records[0].keywords == ("k",)
    medline = read(tmp_path, "PMID- 1\nTI  - A\nAB  - Words about\n      TY - a code\nPT  - Review\n")
    assert [record.pmid for record in medline.records] == ["1"]


def test_tags_in_small_letters(tmp_path):
    found = read(tmp_path, "ty  - JOUR\nti  - A\nau  - Doe, J\npy  - 2020\ner  - \nty  - JOUR\nti  - B\ner  -\n")
    assert [(record.title, record.authors, record.year) for record in found.records] == [
        ("A", ("Doe J",), 2020),
        ("B", (), None),
    ]


@pytest.mark.parametrize(
    ("field", "doi"),
    [
        ("https://doi.org/10.1000/a https://dx.doi.org/10.1000/b", "10.1000/a"),
        ("https://doi.org/10.1000/a; https://doi.org/10.1000/a", "10.1000/a"),
        ("10.1000/a,10.1000/b", "10.1000/a"),
        ("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
         "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"),
    ],
)  # fmt: skip
def test_two_links_in_the_field_of_a_doi(tmp_path, field, doi):
    assert read(tmp_path, f"TY  - JOUR\nTI  - A\nDO  - {field}\nER  -").records[0].doi == doi


@pytest.mark.parametrize(
    ("line", "names", "complete"),
    [
        ("Doe J, Roe R, Poe E, et al.", ("Doe J", "Roe R", "Poe E"), False),
        ("Doe, J., Roe, R., Poe, E. et al", ("Doe J", "Roe R", "Poe E"), False),
        ("Doe J; Roe R and others", ("Doe J", "Roe R"), False),
        ("Doe, Jane, Jr", ("Doe J Jr",), True),
        ("de la Cruz, Juan Carlos", ("de la Cruz JC",), True),
        ("Ministry of Health and Welfare", ("Ministry of Health and Welfare",), True),
        ("Hellinger FR Jr", ("Hellinger FR Jr",), True),
        ("J.P. Doe and R. Roe", ("Doe JP", "Roe R"), True),
    ],
)
def test_several_authors_in_one_line(tmp_path, line, names, complete):
    (record,) = read(tmp_path, f"TY  - JOUR\nTI  - A\nAU  - {line}\nER  -").records
    assert (record.authors, record.authors_complete) == (names, complete)


@pytest.mark.parametrize("author", ["A S Carr", "A.S. Carr", "Carr AS", "Carr, A. S.", "Anna S. Carr"])
def test_a_study_is_called_by_the_family_name(tmp_path, author):
    (record,) = read(tmp_path, f"TY  - JOUR\nTI  - A\nAU  - {author}\nER  -").records
    assert (record.authors, label_of(record.authors, "A", 1999)) == (("Carr AS",), "Carr 1999")


@pytest.mark.parametrize(
    ("entry", "after"),
    [
        ("@article{b, title={B} year={2021}, doi={10.1000/x}}", "title"),
        ("@article{b, title={B},\n author={Doe, J}\n journal={X}}", "author"),
        ('@article{b, title="B"\n journal={X}}', "title"),
        ("@article{b, year=2020\n title={B}}", "year"),
    ],
)
def test_an_entry_that_lacks_a_comma_is_reported_and_takes_none_with_it(tmp_path, entry, after):
    found = read(tmp_path, f"@article{{a, title={{A = {{B}} c = d}}}}\n{entry}\n@article{{c, title={{C}}}}\n", "x.bib")
    assert [record.title for record in found.records] == ["A = B c = d", "C"]
    assert [(failure.line, failure.reason) for failure in found.failed] == [(2, f"a comma is missing after {after}")]


def test_fields_that_are_not_understood_are_listed_once(tmp_path):
    found = read(
        tmp_path, "TY  - JOUR\nTI  - A\nXX  - 1\nER  -\nTY  - JOUR\nTI  - B\nXX  - 2\nYY  - 3\nDB  - Embase\nER  -\n"
    )
    assert found.not_understood == ("XX", "YY")


def test_what_a_work_cites_is_not_its_own(tmp_path):
    cited = "M1  - Roe, R. (2018). A work. Ann Med, 11 https://pubmed.ncbi.nlm.nih.gov/29761836 of NCT01234567\n" * 4
    (record,) = read(tmp_path, f"TY  - JOUR\nTI  - A\nA1  - Doe J R\n{cited}ER  -\n").records
    assert (record.pmid, record.registrations, record.authors) == (None, (), ("Doe JR",))


def test_the_notice_of_an_owner_is_no_abstract(tmp_path):
    notice = "Copyright of Annals is the property of X and its content may not be copied. (Copyright applies to all Abstracts.)"
    found = read(
        tmp_path,
        f"TY  - JOUR\nTI  - A\nAB  - Short.\nAB  - {notice}\nER  -\nTY  - JOUR\nTI  - B\nAB  - {notice}\nER  -\n",
    )
    assert [record.abstract_text for record in found.records] == ["Short.", ""]
