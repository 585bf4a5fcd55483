"""What is made to hurt is refused, or read in bounds; where a defence is against time, without it a test never ends."""

import pytest

from metaan.errors import SourceError
from metaan.sources.files.bibtex import parse_bibtex
from metaan.sources.files.csv_records import parse_csv
from metaan.sources.files.endnote_xml import parse_endnote_xml
from metaan.sources.files.nbib import parse_nbib
from metaan.sources.files.ris import parse_ris
from metaan.sources.formats import json_text, tagged, xml_guard
from metaan.sources.net.answers import UnreadableError
from metaan.sources.net.exchange import Endpoint, Exchange, Policy
from metaan.sources.net.limiter import Limiter
from metaan.sources.pubmed.xml import parse, parse_file
from metaan.sources.revman.revman import parse_references, parse_rm5
from tests.server.eutils import Eutils
from tests.server.faults import Reply

MANY = 200_000
LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)
XML_READERS = [parse, parse_file, parse_endnote_xml, parse_rm5, parse_references]


@pytest.mark.parametrize("read", XML_READERS)
@pytest.mark.parametrize(
    "body",
    [
        LAUGHS + b"]><x>&j;</x>",
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        b"<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x'> %a;]><x/>",
        b"<x>" * 101 + b"</x>" * 101,
    ],
    ids=["laughs", "a file", "an address", "depth"],
)
def test_every_reader_of_xml_refuses_bombs_and_entities(read, body):
    with pytest.raises(UnreadableError, match=r"entity|inside one another"):
        read(body)


def test_small_things_in_great_numbers_are_not_turned_into_gigabytes(monkeypatch):
    monkeypatch.setattr(xml_guard, "MOST_ELEMENTS", 1_000)
    with pytest.raises(UnreadableError, match="more than 1,000 elements"):
        parse(b"<PubmedArticleSet>" + b"<a/>" * 1_001 + b"</PubmedArticleSet>")
    monkeypatch.setattr(json_text, "MOST_VALUES", 1_000)
    with pytest.raises(UnreadableError, match="more than 1,000 values"):
        json_text.document(b'{"a": [' + b"{}," * 1_001 + b"{}]}")
    monkeypatch.setattr(tagged, "MOST_LINES", 1_000)
    for read in (parse_ris, parse_nbib):
        with pytest.raises(SourceError, match="lines found; allowed: 1,000"):
            read("a\n" * 1_001)


@pytest.mark.parametrize(
    "text",
    [
        "@article{a, title={" + "{" * MANY,
        "@article{a, title={" + "}" * MANY,
        "@" * MANY,
        '@article{a, title="' + '"' * MANY,
        "@article{a, author={" + "," * MANY + "}}",
        "@article{a, title={" + "\\" * 19_000 + "}}",
        "@article{a, title={" + "$" * 19_000 + "}}",
        "@article{a, title=" + "#" * MANY + "}",
        "@string{a = a # a}\n@string{b = a # a # b}\n@article{k, title = b # b}",
        "@article{a, crossref={b}}\n@article{b, crossref={a}}",
    ],
)
def test_bibtex_that_is_made_to_take_for_ever_does_not(text):
    read = parse_bibtex(text)
    assert len(read.records) + len(read.failed) <= MANY


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_ris, "TY  - JOUR\nAU  - " + "A." * MANY),
        (parse_ris, "TY  - JOUR\nTI  - A\nDO  - 10.1000/" + ")" * MANY),
        (parse_ris, "TY  - JOUR\nTI  - A\nSP  - " + "- " * MANY),
        (parse_ris, "TY" + " " * MANY),
        (parse_ris, "TY  - JOUR\nTI  - " + "<i>" * MANY),
        (parse_nbib, "PMID- 1\nAB  - " + ". A" * MANY),
        (parse_nbib, "PMID- 1\nAB  - " + "NCT " * MANY),
        (parse_nbib, "PMID- 1\n" + "\n" * MANY + "AB  - x"),
        (parse_csv, "title,source\nA," + "(2014) " * (MANY // 2)),
        (parse_csv, 'title,authors\nA,"' + "and " * MANY + '"'),
    ],
)
def test_no_pattern_looks_through_a_text_again_and_again(read, text):
    for record in read(text).records:
        assert len(record.mentioned_registrations) <= 1


@pytest.mark.parametrize("target", ["http://example.org/x", "https://example.org:444/x", "https://user@example.org/x"])
def test_a_redirect_never_goes_back_to_plain_http_or_elsewhere(target):
    with pytest.raises(SourceError, match="redirects to another host"):
        Exchange(Endpoint("PubMed", "https://example.org/", Limiter(1)), Policy())._redirect(
            "https://example.org/y", target
        )


def test_who_is_redirected_to_is_told_nothing(server, make_client):
    with Eutils() as other:
        server.reset([Reply(302, "text/html", b"", {"Location": f"{other.url}efetch.fcgi?x=1"})])
        with pytest.raises(SourceError, match="redirects to another host"):
            make_client(server.url, identity={"api_key": "secret"}).ask("x.fcgi", {}, lambda answer: None)
        assert other.calls == []
