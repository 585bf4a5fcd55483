import hashlib

import pytest

from metaan.errors import SourceError
from metaan.sources.formats import xml_guard
from metaan.sources.net.answers import UnreadableError
from metaan.sources.pubmed.xml import parse
from tests.server.papers import FOOT, HEAD, PAPERS, Paper, article_set


def one(xml):
    return parse(HEAD + xml.encode() + FOOT)[0].record


def article(inside="", citation="", data="", pmid="1"):
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>{inside}</Article>{citation}'
        f"</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def test_a_full_record():
    record = parse(article_set([PAPERS["900000001"]]))[0].record
    assert record.title == "A made-up trial of nothing against IL-1b in Apis mellifera <script>alert(1)</script>."
    assert record.title_markup == (
        "A made-up trial of nothing against IL-1<sub>b</sub> in <i>Apis mellifera</i> "
        "&lt;script&gt;alert(1)&lt;/script&gt;."
    )
    assert record.authors == ("Ångström Å", "O'Nobody QR", "The Nobody Group")
    assert not record.authors_complete
    assert (record.year, record.published) == (2024, "2024-02-05")
    assert (record.journal, record.journal_abbreviation) == ("Journal of Made-up Trials", "J Made-up Trials")
    assert (record.volume, record.issue, record.pages) == ("1", "2", "3-14")
    assert (record.pmid, record.doi) == ("900000001", "10.5555/metaan.1")
    assert [(part.label, part.text) for part in record.abstract] == [
        ("BACKGROUND", "Nothing &amp; <b>less</b>."),
        ("RESULTS", "p &lt; 0.05 (NCT99999991)."),
    ]
    assert record.registrations == ("NCT99999991",)
    assert record.mesh == ("Bees", "Honey")
    assert record.publication_types == ("Journal Article", "Randomized Controlled Trial")


def test_identifiers_of_cited_papers_are_not_the_records():
    cited = (
        '<ArticleIdList><ArticleId IdType="pubmed">1</ArticleId></ArticleIdList>'
        "<ReferenceList><Reference><ArticleIdList>"
        '<ArticleId IdType="doi">10.5555/cited</ArticleId><ArticleId IdType="pmc">PMC5</ArticleId></ArticleIdList>'
        "</Reference></ReferenceList>"
    )
    record = one(article("<ArticleTitle>t</ArticleTitle>", data=cited))
    assert (record.pmid, record.doi, record.pmcid) == ("1", None, None)


@pytest.mark.parametrize(
    ("date", "year", "published"),
    [
        ("<Year>2021</Year><Month>Feb</Month><Day>5</Day>", 2021, "2021-02-05"),
        ("<Year>2021</Year><Month>02</Month>", 2021, "2021-02"),
        ("<Year>2021</Year><Season>Winter</Season>", 2021, "2021"),
        ("<Year>2021</Year><Month>Lent</Month><Day>5</Day>", 2021, "2021"),
        ("<Year>2021</Year><Month>13</Month>", 2021, "2021"),
        ("<Year>2021</Year><Month>1</Month><Day>40</Day>", 2021, "2021-01"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", 1998, "1998"),
        ("<MedlineDate>Winter 2019</MedlineDate>", 2019, "2019"),
        ("<MedlineDate>sometime</MedlineDate>", None, None),
        ("", None, None),
    ],
)
def test_dates_are_as_precise_as_they_are(date, year, published):
    record = one(article(f"<Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal>"))
    assert (record.year, record.published) == (year, published)


def test_the_electronic_date_stands_in_and_is_kept_beside():
    online = '<ArticleDate DateType="Electronic"><Year>2020</Year><Month>12</Month><Day>05</Day></ArticleDate>'
    assert one(article(online)).published == "2020-12-05"
    printed = "<Journal><JournalIssue><PubDate><Year>2021</Year></PubDate></JournalIssue></Journal>"
    record = one(article(printed + online))
    assert (record.published, record.extra["electronic"]) == ("2021", "2020-12-05")


@pytest.mark.parametrize(
    ("authors", "names", "complete"),
    [
        ("", (), True),
        ("<AuthorList/>", (), True),
        (
            '<AuthorList CompleteYN="N"><Author><LastName>Doe</LastName><Initials>J</Initials>'
            "<Suffix>Jr</Suffix></Author></AuthorList>",
            ("Doe J Jr",),
            False,
        ),
        ("<AuthorList><Author><ForeName>Cher</ForeName></Author></AuthorList>", ("Cher",), True),
        ("<AuthorList><Author><CollectiveName>The  Group</CollectiveName></Author></AuthorList>", ("The Group",), True),
        ('<AuthorList><Author ValidYN="N"><LastName>Wrong</LastName></Author></AuthorList>', (), True),
        ("<InvestigatorList><Investigator><LastName>Not</LastName></Investigator></InvestigatorList>", (), True),
    ],
)
def test_authors(authors, names, complete):
    record = one(article(authors))
    assert (record.authors, record.authors_complete) == (names, complete)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("<Pagination><MedlinePgn>1008-12</MedlinePgn></Pagination>", "1008-12"),
        ("<Pagination><StartPage>5</StartPage><EndPage>9</EndPage></Pagination>", "5-9"),
        ("<Pagination><StartPage>e5</StartPage></Pagination>", "e5"),
        ('<ELocationID EIdType="pii">1098703</ELocationID>', "1098703"),
        ("", None),
    ],
)
def test_pages(pages, expected):
    assert one(article(pages)).pages == expected


def test_a_doi_that_is_struck_out_is_none():
    struck = '<ELocationID EIdType="doi" ValidYN="N">10.5555/wrong</ELocationID>'
    ids = '<ArticleIdList><ArticleId IdType="doi">10.5555/RIGHT</ArticleId></ArticleIdList>'
    assert one(article(struck, data=ids)).doi == "10.5555/right"
    assert one(article(struck, data=ids.replace("RIGHT", "WRONG"))).doi is None
    right = '<ELocationID EIdType="doi" ValidYN="Y">10.5555/Right</ELocationID>'
    assert one(article(struck + right, data=ids.replace("RIGHT", "WRONG"))).doi == "10.5555/right"


def test_markup_inside_a_title_is_read_to_its_end():
    formula = "<mml:math xmlns:mml='m'><mml:mi>x</mml:mi></mml:math>"
    record = one(article(f"<ArticleTitle>A <i>B <u>c</u></i> {formula} d\n &amp; e</ArticleTitle>"))
    assert record.title == "A B c x d & e"
    assert record.title_markup == "A <i>B c</i> x d &amp; e"


def test_an_empty_title_gives_way_to_the_original_one():
    assert one(article("<ArticleTitle/><VernacularTitle>Étude</VernacularTitle>")).title == "Étude"


@pytest.mark.parametrize("title", ["[Not Available].", "Not Available", "[In Process Citation]"])
def test_a_title_that_is_not_available_gives_way_to_the_original_one(title):
    there = f"<ArticleTitle>{title}</ArticleTitle>"
    assert one(article(f"{there}<VernacularTitle>Étude</VernacularTitle>")).title == "Étude"
    assert one(article(there)).title == title


def test_translations_and_rights_are_no_part_of_an_abstract():
    found = (
        '<Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">a <sup>2</sup></AbstractText><AbstractText/>'
        "<CopyrightInformation>Copyright 2024</CopyrightInformation></Abstract>"
    )
    other = '<OtherAbstract Type="Publisher" Language="spa"><AbstractText>otro</AbstractText></OtherAbstract>'
    record = one(article(found, citation=other))
    assert [(part.label, part.text) for part in record.abstract] == [("AIM", "a <sup>2</sup>")]


def test_books_are_records():
    found = parse(article_set([PAPERS["900000004"]]))
    assert [entry.record.title for entry in found] == ["A made-up chapter"]
    assert (found[0].record.journal, found[0].record.year) == ("Made-up Books", 2020)
    assert found[0].record.extra["book"] == "NBK0"


def test_deleted_records_are_not_records():
    assert parse(HEAD + b"<DeleteCitation><PMID>5</PMID></DeleteCitation>" + FOOT) == ()


def test_the_digest_is_that_of_the_bytes_of_the_record_alone():
    papers = [PAPERS["900000001"], PAPERS["900000002"]]
    first, second = parse(article_set(papers))
    assert first.digest == hashlib.sha256(papers[0].xml()).hexdigest()
    assert parse(article_set(papers[::-1])) == (second, first)


def test_links_are_kept_and_citations_are_not():
    links = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="Cites"><RefSource>x</RefSource></CommentsCorrections>'
        '<CommentsCorrections RefType="ErratumIn"><RefSource>J. 2021</RefSource><PMID Version="1">7</PMID>'
        "<Note>n</Note></CommentsCorrections></CommentsCorrectionsList>"
    )
    (link,) = one(article(citation=links)).corrections
    assert (link.kind, link.source, link.pmid, link.note) == ("ErratumIn", "J. 2021", "7", "n")


def test_a_record_with_nothing_is_thin_not_broken():
    record = one("<PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle>")
    assert (record.title, record.authors, record.year, record.abstract) == ("", (), None, ())


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><PubmedArticleSet>&c;</PubmedArticleSet>'
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BOMB, "entity"),
        (BOMB.decode().encode("utf-16"), "entity"),
        (b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&f;</PubmedArticleSet>', "entity"),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]><PubmedArticleSet/>', "entity"),
        (HEAD + b"<a>" * 5_000 + b"</a>" * 5_000 + FOOT, "inside one another"),
        (HEAD + b"<a>" * 500_000, "inside one another"),
        (HEAD, "cut off or garbled"),
        (HEAD + b"\x00" + FOOT, "cut off or garbled"),
        (HEAD + b"\xff\xfe" + FOOT, "cut off or garbled"),
        (HEAD + b"&nbsp;" + FOOT, "cut off or garbled"),
        (b"", "cut off or garbled"),
        (b"<eLinkResult/>", "eLinkResult came"),
        (HEAD + article(pmid="").encode() + FOOT, "nothing for a PMID"),
        (HEAD + article(pmid="12a").encode() + FOOT, "12a for a PMID"),
        (b'<?xml version="1.0" encoding="no-such"?><PubmedArticleSet/>', "cut off or garbled"),
    ],
)
def test_what_is_not_sound_is_not_read(body, words):
    with pytest.raises(UnreadableError, match=words):
        parse(body)


def test_an_old_expat_is_not_trusted(monkeypatch):
    monkeypatch.setattr(xml_guard, "version_info", (2, 2, 10))
    with pytest.raises(SourceError, match="too old"):
        parse(HEAD + FOOT)


def test_control_characters_and_html_in_text_are_harmless():
    title = "a&#x85;b&#x9;<i>c</i>&lt;img src=x onerror=alert(1)&gt;&#x202e;d"
    record = one(article(f"<ArticleTitle>{title}</ArticleTitle>"))
    assert record.title == "a b c<img src=x onerror=alert(1)>d"
    assert record.title_markup == "a b <i>c</i>&lt;img src=x onerror=alert(1)&gt;d"


def test_a_title_of_a_megabyte_is_read():
    assert len(parse(article_set([Paper("1", "<i>x</i> " * 100_000)]))[0].record.title) == 199_999
