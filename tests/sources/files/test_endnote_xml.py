"""EndNote's XML."""

import pytest

from metaan.sources.files.endnote_xml import parse_endnote_xml
from metaan.sources.net.answers import UnreadableError

RECORD = """<record><database name="x.enl">x.enl</database><ref-type name="Journal Article">17</ref-type>
<contributors><authors><author><style face="normal">Doe, Jane</style></author><author>The Group</author></authors>
</contributors>
<titles><title><style>Anakinra in </style><style face="italic">severe</style><style> COVID-19 &amp; more</style></title>
<secondary-title>Ann Made Up Med</secondary-title></titles>
<periodical><full-title>Annals of Made-Up Medicine</full-title></periodical>
<pages>100 - 109</pages><volume>12</volume><number>3</number><dates><year><style>2021</style></year></dates>
<keywords><keyword>anakinra</keyword><keyword>*COVID-19</keyword></keywords><abstract><style>Something.</style></abstract>
<accession-num>31234567</accession-num><remote-database-name>Medline</remote-database-name><custom2>PMC1234567</custom2>
<electronic-resource-num>10.1000/ABC.1</electronic-resource-num><isbn>0000-0000</isbn>
<notes>Registered: NCT01234567</notes></record>"""


def wrap(*records):
    return f"<?xml version='1.0' encoding='UTF-8'?><xml><records>{''.join(records)}</records></xml>".encode()


def test_a_whole_record():
    (record,) = parse_endnote_xml(wrap(RECORD)).records
    assert record.title == "Anakinra in severe COVID-19 & more"
    assert record.authors == ("Doe J", "The Group")
    assert (record.year, record.journal, record.volume, record.issue, record.pages) == (
        2021, "Annals of Made-Up Medicine", "12", "3", "100-109",
    )  # fmt: skip
    assert (record.doi, record.pmid, record.pmcid) == ("10.1000/abc.1", "31234567", "PMC1234567")
    assert record.registrations == ("NCT01234567",)
    assert record.keywords == ("anakinra", "COVID-19")
    assert record.publication_types == ("Journal Article",)
    assert record.extra["isbn"] == "0000-0000"


def test_an_accession_number_of_another_database_is_no_pmid():
    other = RECORD.replace("Medline", "Embase")
    assert parse_endnote_xml(wrap(other)).records[0].pmid is None


def test_the_doi_of_a_link_serves_where_there_is_no_other():
    urls = "<urls><related-urls><url>https://doi.org/10.1000/x</url></related-urls></urls>"
    link = f"<record><titles><title>A</title></titles>{urls}</record>"
    assert parse_endnote_xml(wrap(link)).records[0].doi == "10.1000/x"


def test_a_record_that_says_nothing_is_reported_by_its_place():
    read = parse_endnote_xml(wrap(RECORD, "<record><rec-number>2</rec-number></record>"))
    assert (len(read.records), read.failed[0].line) == (1, 2)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (wrap(RECORD)[:-20], "cut off"),
        (b"<xml><other/></xml>", "EndNote records"),
        (b"<!DOCTYPE x [<!ENTITY a 'aa'>]><xml><records/></xml>", "entity"),
    ],
)
def test_what_is_broken_or_hostile_is_refused(body, why):
    with pytest.raises(UnreadableError, match=why):
        parse_endnote_xml(body)
