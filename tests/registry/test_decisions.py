"""Signed decisions: how they are written, which one stands, and that the status follows."""

import pytest

from metaan.errors import RegistryError
from metaan.records.record import Correction
from metaan.registry.flags import flag_of
from metaan.registry.load import load
from metaan.registry.store.metadata import Metadata
from metaan.registry.store.runs import Notice

KEEP = "{about: concern, decision: keep with caution, reason: the counts were checked, by: A. Reader, date: 2026-11-20}"
EXCLUDE = "{about: retraction, decision: exclude, reason: fabricated, by: A. Reader, date: 2026-11-21}"
OUT = "status: {state: excluded, reason: retracted}"


def with_decisions(project, *decisions, status="status: {state: included}"):
    text = project.study.replace("status: {state: included}", status)
    return project.write(text + "decisions:\n" + "".join(f"  - {line}\n" for line in decisions))


def found(folder):
    with pytest.raises(RegistryError) as error:
        load(folder)
    return [(p.where, p.found, p.allowed) for p in error.value.problems]


def test_a_decision_is_about_one_thing(project):
    study = load(with_decisions(project, KEEP)).study("doe-2020")
    assert study.decision("retraction") is None
    assert (
        str(study.decision("concern"))
        == "keep with caution, decided by A. Reader on 2026-11-20: the counts were checked"
    )


CONCERNS = (
    Correction(kind="ExpressionOfConcernIn", source="A. 2026", pmid="11"),
    Correction(kind="ExpressionOfConcernIn", source="B. 2026 doi: 10.1000/b", pmid="12"),
)


@pytest.mark.parametrize(
    ("told", "notices", "answered"),
    [
        ({}, [], True),  # of before days were kept
        ({"11": "2026-11-19", "12": "2026-11-20"}, [], True),
        ({"11": "2026-11-19", "12": "2026-11-21"}, [], False),
        ({"11": "2026-11-19"}, [{"doi": "10.1000/c", "first": "2026-11-21"}], False),
        ({"11": "2026-11-19", "12": "2026-11-21"}, [{"doi": "10.1000/b", "first": "2026-11-18"}], True),  # one text
        ({"12": "2026-11-19"}, [{"doi": "10.1000/b", "first": "2026-11-21"}], True),
        ({"11": "2026-11-21", "12": "2026-11-21"}, [], True),  # they came together: it can be about nothing else
    ],
)
def test_a_decision_answers_the_notices_of_before_it(project, told, notices, answered):
    study = load(with_decisions(project, KEEP)).study("doe-2020")
    known = Metadata(
        pmid="1", fetched="2026-11-01", url="x", digest="0" * 64, corrections=CONCERNS, concern=True, told=told
    )
    about = {"study": study.id, "kind": "expression_of_concern", "severity": "concern", "by": "Crossref"}
    flag = flag_of(study, known, [Notice(**about, **notice) for notice in notices])
    assert (flag.answer(study) is not None) is answered


def test_the_latest_decision_stands_wherever_it_is_written(project):
    later = KEEP.replace("2026-11-20", "2026-11-22").replace("keep with caution", "keep")
    study = load(with_decisions(project, later, KEEP)).study("doe-2020")
    assert study.decision("concern").decision == "keep"


@pytest.mark.parametrize("key", ["by", "date", "reason", "decision", "about"])
def test_every_part_is_needed(project, key):
    parts = [part for part in KEEP.strip("{}").split(", ") if not part.startswith(f"{key}:")]
    where = "decisions[concern]" if key != "about" else "decisions[1]"
    assert found(with_decisions(project, "{" + ", ".join(parts) + "}")) == [
        (where, f"{key!r} is missing", "it is required here")
    ]


def test_a_day_is_a_day(project):
    [(where, said, _)] = found(with_decisions(project, KEEP.replace("2026-11-20", "last week")))
    assert (where, said) == ("decisions[concern].date", "last week is not a day")


def test_a_decision_to_exclude_goes_with_the_status(project):
    [(where, said, allowed)] = found(with_decisions(project, EXCLUDE))
    assert where == "decisions[retraction].decision"
    assert said == "A. Reader decided to exclude on 2026-11-21, but the study is included"
    assert "state: excluded" in allowed
    assert load(with_decisions(project, EXCLUDE, status=OUT)).study("doe-2020").status.state == "excluded"


def test_a_later_decision_to_keep_takes_the_exclusion_back(project):
    later = EXCLUDE.replace("exclude", "keep").replace("2026-11-21", "2026-11-22")
    assert load(with_decisions(project, EXCLUDE, later)).study("doe-2020").status.state == "included"


def test_two_decisions_of_one_day_do_not_both_stand(project):
    [(where, said, _)] = found(with_decisions(project, KEEP, KEEP.replace("with caution", "")))
    assert where == "decisions[concern]"
    assert said == "a second decision about the concern on 2026-11-20"


def test_a_notice_is_named_by_what_it_is_about():
    links = (
        Correction(kind="RetractionIn", source="J. 2026;1:9", pmid="99"),
        Correction(kind="ErratumIn", source="J. 2025;1:1"),
        Correction(kind="CommentIn", source="J. 2025;1:2"),
    )
    record = Metadata(pmid="1", title="t", corrections=links, fetched="2026", url="u", digest="0" * 64)
    assert record.notice("retraction") == "J. 2026;1:9, PMID 99"
    assert record.notice("correction") == "J. 2025;1:1"
    assert record.notice("concern") == ""
