"""MEDLINE's tagged format: every record is there, whatever stands between them."""

import pytest

from metaan.sources.files.nbib import LINKS, parse_nbib

WHOLE = """PMID- 31234567
OWN - NLM
DP  - 2021 Feb 5
TI  - Anakinra in severe COVID-19: a made-up trial that
      goes on.
PG  - 335-339
LID - S0000-0000(21)00001-1 [pii]
LID - 10.1000/ABC.1 [doi]
AB  - BACKGROUND: Something was not known. METHODS: IL-6 was measured.
FAU - Doe, Jane Q
AU  - Doe JQ
FAU - Roe, Richard
AU  - Roe R
CN  - The Group
PT  - Journal Article
PT  - Retracted Publication
TA  - Ann Made Up Med
JT  - Annals of made-up medicine
VI  - 10
IP  - 4
MH  - Adult
MH  - *COVID-19/drug therapy
OT  - anakinra
SI  - ClinicalTrials.gov/NCT01234567
SI  - GENBANK/U12345
RIN - Ann Made Up Med. 2022;11(1):1. PMID: 39999999
PMC - PMC1234567
XYZ - kept
"""


def test_a_whole_record():
    (record,) = parse_nbib(WHOLE).records
    assert (record.pmid, record.pmcid, record.doi) == ("31234567", "PMC1234567", "10.1000/abc.1")
    assert record.title == "Anakinra in severe COVID-19: a made-up trial that goes on."
    assert record.authors == ("Doe JQ", "Roe R", "The Group")
    assert (record.year, record.published) == (2021, "2021-02-05")
    assert (record.journal, record.journal_abbreviation) == ("Annals of made-up medicine", "Ann Made Up Med")
    assert (record.volume, record.issue, record.pages) == ("10", "4", "335-339")
    assert [part.label for part in record.abstract] == ["BACKGROUND", "METHODS"]
    assert record.mesh == ("Adult", "COVID-19")
    assert record.keywords == ("anakinra",)
    assert record.registrations == ("NCT01234567",)
    assert (record.corrections[0].kind, record.corrections[0].pmid) == ("RetractionIn", "39999999")
    assert record.retracted
    assert record.extra["XYZ"] == "kept"


@pytest.mark.parametrize(
    "text",
    [
        "PMID- 1\nTI  - A\n\nPMID- 2\nTI  - B\n",
        "PMID- 1\nTI  - A\nPMID- 2\nTI  - B\n",
        "\ufeffPMID-1\r\nTI  - A\r\n\r\n\r\nPMID-2\r\nTI  -B\r\n",
        "PMC - PMC9\nPMID- 1\nTI  - A\n\nPMC - PMC8\nPMID- 2\nTI  - B",
        "PMID- 1\nTI  - A\n\nAB  - rest of A\n\nPMID- 2\nTI  - B",
        "OWN - ERIC\nTI  - A\n\nOWN - ERIC\nTI  - B",
        "1: A list\n\nPMID- 1\nTI  - A\n\n2:\n\nPMID- 2\nSO  no tag\nTI  - B",
    ],
    ids=["blank line", "none", "no blank after the tag", "PMC first", "blank inside", "no PMID", "text between"],
)
def test_both_records_are_read_in_every_dialect(text):
    read = parse_nbib(text)
    assert [record.title for record in read.records] == ["A", "B"]
    assert not read.failed


def test_a_record_that_says_nothing_is_reported():
    read = parse_nbib("PMC - 1\nTI  - \n\nPMID- 2\nTI  - B")
    assert [record.pmid for record in read.records] == ["2"]
    assert read.failed[0].line == 1


@pytest.mark.parametrize(
    ("date", "published"),
    [("2018", "2018"), ("2018 Apr", "2018-04"), ("2018 Apr 3", "2018-04-03"), ("1998 Dec-1999 Jan", "1998"),
     ("2007 Spring", "2007"), ("Winter 2007", "2007"), ("", None), ("2020/05/04", "2020-05-04")],
)  # fmt: skip
def test_dates(date, published):
    assert parse_nbib(f"PMID- 1\nDP  - {date}\n").records[0].published == published


def test_every_link_is_kept():
    text = "PMID- 1\n" + "".join(f"{tag.ljust(4)}- X. PMID: {at}\n" for at, tag in enumerate(LINKS, start=2))
    record = parse_nbib(text).records[0]
    assert {correction.kind for correction in record.corrections} == set(LINKS.values())
    assert [correction.pmid for correction in record.corrections] == [str(at + 2) for at in range(len(LINKS))]


def test_the_whole_name_serves_where_the_short_one_is_missing():
    assert parse_nbib("PMID- 1\nFAU - Doe, Jane Quincy\n").records[0].authors == ("Doe JQ",)


def test_an_abstract_without_labels_is_one_part():
    (part,) = parse_nbib("PMID- 1\nAB  - We saw that IL-6: a cytokine, rose.\n").records[0].abstract
    assert part.label is None
