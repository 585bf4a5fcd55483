"""What comes in is known, a duplicate, or new; and new publications of one study are linked to it, never merged."""

from collections import defaultdict
from dataclasses import replace

from metaan.records.record import Correction, Record
from metaan.workflows.search.known_records import KnownRecords
from metaan.workflows.search.matching import match
from metaan.workflows.search.searching import Sighted

PAPER = Record(
    "Zymodrug against placebo in severe beriberi: a made-up randomised trial",
    ("Doe JQ", "Roe R"),
    year=2021,
    journal="Annals of Made-Up Medicine",
    volume="12",
    pages="1008-1012",
    doi="10.5555/paper",
    pmid="900001",
)
LETTER = replace(
    PAPER, title=f"Re: {PAPER.title}", authors=("Poe E",), pages="1100", doi="10.5555/letter", pmid="900002"
)
PREPRINT = replace(PAPER, journal="medRxiv", volume=None, pages=None, doi="10.1101/2020.05.05.20092171", pmid=None)
ABSTRACT = replace(PAPER, journal="Made-Up Congress", volume="3", pages="S12", year=2020, doi=None, pmid=None)
TRIAL = replace(PAPER, title="Two years after zymodrug", pages="7", doi="10.5555/later", pmid="900003")


def matched(*records, there=()):
    known = KnownRecords([], [], frozenset(name for name, _ in there), {}, {}, defaultdict(list))
    for name, record in there:
        known.put(name, record, record.registrations)
    sighted = [Sighted(record, "pubmed", record.pmid or record.doi or str(at)) for at, record in enumerate(records)]
    return match(sighted, known)


def links(found):
    return {(link.to, link.how) for candidate in found.new for link in candidate.linked}


def test_a_preprint_and_a_letter_are_linked_to_the_study_and_not_merged():
    found = matched(PREPRINT, LETTER, there=[("doe", PAPER)])
    assert len(found.new) == 2
    assert not found.known
    assert {link for link in links(found) if link[0] == "doe"} == {
        ("doe", "one is a preprint, a registration or a conference abstract of the other"),
        ("doe", "one is a notice about the other, or an answer to it"),
    }
    assert all(not candidate.questions for candidate in found.new)


def test_what_a_record_says_itself_goes_before_what_its_title_tells():
    said = replace(LETTER, corrections=(Correction("CommentOn", "Ann 2021", pmid=PAPER.pmid),))
    assert links(matched(said, there=[("doe", PAPER)])) == {("doe", "CommentOn")}


def test_a_registration_links_publications_with_nothing_else_in_common():
    known, later = (replace(record, registrations=("NCT99999999",)) for record in (PAPER, TRIAL))
    found = matched(later, there=[("doe", known)])
    assert links(found) == {("doe", "registered as NCT99999999")}


def test_a_conference_abstract_is_a_candidate_with_a_question():
    (candidate,) = matched(ABSTRACT, there=[("doe", PAPER)]).new
    assert [question.to for question in candidate.questions] == ["doe"]


def test_what_belongs_to_a_study_may_be_asked_about_for_another():
    twin = replace(PAPER, doi=None, pmid=None)
    found = matched(twin, ABSTRACT, there=[("doe", PAPER)])
    assert [*found.known.values()] == ["doe"]
    assert [question.to for candidate in found.new for question in candidate.questions] == ["doe"]
