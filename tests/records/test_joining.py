"""What records of one publication say together: whatever their order, and whichever were joined before."""

from dataclasses import fields, replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.records.joining import RANKS, UNITED, gained, joined
from metaan.records.record import AbstractPart, Correction, Record

ERRATUM = Correction("ErratumIn", "X", "7")
texts = st.sampled_from(["A trial", "A TRIAL", "[A trial]", "A trial.", "A Trial of anakinra", ""])
maybe = st.sampled_from
RECORDS = st.builds(
    lambda title, authors, date, journal, numbers, ids, abstract, types, numbers_of_trials, notices: Record(
        title, authors[0], authors[1], date[0], date[1], journal, None, *numbers, doi=ids[0], pmid=ids[1],
        registrations=numbers_of_trials, abstract=abstract, publication_types=types, corrections=notices, source="ris",
        title_markup=title,
    ),
    texts,
    maybe([((), True), (("Doe J",), False), (("Doe J", "Roe R"), True), (("Doe JQ", "Roe R"), True)]),
    maybe([(None, None), (2020, "2020"), (2020, "2020-12-01"), (2021, "2021-02")]),
    maybe([None, "LANCET", "Lancet", "Lancet (London, England)"]),
    maybe([(None, None, None), ("12", None, "1008"), ("12", "3", "1008-12"), ("12", "3", "1008-1012")]),
    maybe([(None, None), ("10.5555/a", None), ("10.1002/central/CN-1", "42"), (None, "42")]),
    maybe([(), (AbstractPart(None, "Short"),), (AbstractPart("AIM", "Short"), AbstractPart("END", "Longer"))]),
    maybe([(), ("JOUR",), ("Journal Article",), ("Journal Article", "Retracted Publication"), ("Review", "JOUR")]),
    maybe([(), ("NCT01234567",), ("ISRCTN12345678", "NCT01234567")]),
    maybe([(), (ERRATUM,), (Correction("RetractionIn", "Y"), ERRATUM)]),
)  # fmt: skip


@settings(max_examples=60)
@given(records=st.lists(RECORDS, min_size=2, max_size=4), cut=st.integers(1, 3))
def test_the_order_of_records_and_of_imports_makes_no_difference(records, cut):
    whole = joined(records)
    assert all(joined(order) == whole for order in permutations(records))
    first, second = records[:cut], records[cut:]
    parts = [joined(part) for part in (first, second) if part]
    assert joined(parts) == whole
    assert joined([whole, *records]) == whole  # the same export again says nothing new


@settings(max_examples=40)
@given(records=st.lists(RECORDS, min_size=2, max_size=4))
def test_nothing_that_one_record_says_is_empty_afterwards(records):
    whole = joined(records)
    for field in fields(Record):
        if any(getattr(record, field.name) not in ((), None, "", {}) for record in records):
            assert getattr(whole, field.name) not in ((), None, ""), field.name


def test_a_final_version_fills_what_an_early_one_lacks():
    early = Record("A trial", ("Doe J",), year=2020, published="2020-12-01", doi="10.5555/a", source="ris")
    final = replace(early, year=2021, published="2021-02", volume="12", pages="1-9", pmid="42", doi=None)
    whole = joined([early, final])
    assert (whole.year, whole.volume, whole.pages, whole.doi, whole.pmid) == (2021, "12", "1-9", "10.5555/a", "42")
    assert gained(early, whole) == ("year", "volume", "pages", "pmid")


def test_a_retraction_that_one_source_knows_is_not_lost():
    plain, marked = (
        Record("A", publication_types=("Journal Article", "Trial")),
        Record("A", publication_types=("Retracted Publication",)),
    )
    assert joined([plain, marked]).retracted


def test_every_field_of_a_record_has_an_order():
    ranked = {name for names in RANKS for name in names} | set(UNITED) | {"extra"}
    assert ranked == {field.name for field in fields(Record)}
