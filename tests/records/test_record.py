import pytest

from metaan.records.record import AbstractPart, Correction, Record


def test_the_abstract_is_plain_text_too():
    parts = (AbstractPart("RESULTS", "p &lt; 0.05 in <i>E. coli</i>"), AbstractPart(None, "Nothing else."))
    assert Record("t", abstract=parts).abstract_text == "RESULTS: p < 0.05 in E. coli\nNothing else."


@pytest.mark.parametrize(
    ("record", "retracted", "concern"),
    [
        (Record("t"), False, False),
        (Record("t", corrections=(Correction("RetractionIn", "x"),)), True, False),
        (Record("t", corrections=(Correction("RetractedandRepublishedIn", "x"),)), True, False),
        (Record("t", publication_types=("Retracted Publication",)), True, False),
        (Record("t", publication_types=("retracted",), publication_type_uis=("D016441",)), True, False),
        (Record("t", corrections=(Correction("ExpressionOfConcernIn", "x"),)), False, True),
        (Record("the notice", corrections=(Correction("RetractionOf", "x"),)), False, False),
        (
            Record("t", publication_types=("Retraction of Publication",), publication_type_uis=("D016440",)),
            False,
            False,
        ),
        (Record("t", corrections=(Correction("ExpressionOfConcernFor", "x"),)), False, False),
    ],
)
def test_either_signal_flags_the_article_and_none_the_notice(record, retracted, concern):
    assert (record.retracted, record.concern) == (retracted, concern)


def test_numbers_in_the_abstract_are_a_hint():
    record = Record("A trial (NCT04643678)", abstract=(AbstractPart(None, "See NCT04364009."),))
    assert record.mentioned_registrations == ("NCT04643678", "NCT04364009")
    assert record.registrations == ()
