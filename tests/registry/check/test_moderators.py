"""What subgroups are by exists, and one thing is spelt in one way."""

from typing import Any

import pytest

from metaan.errors import RegistryError
from metaan.registry.load import load
from metaan.synthesis.analyse import analyse
from tests.registry.conftest import REVIEW, STUDY


def found(folder: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(RegistryError) as caught:
        load(folder)
    return [(p.where, p.found, p.allowed) for p in caught.value.problems]


def doubted(folder: Any) -> list[tuple[str, str, str]]:
    return [(p.where, p.found, p.allowed) for p in load(folder).doubts]


def by(text: str) -> str:
    return REVIEW.replace("{outcome: death,", f"{{outcome: death, {text},")


def second(moderators: str, **changes: str) -> str:
    other = STUDY.replace("doe-2020", "roe-2021").replace("10.1000/x", "10.1000/y").replace('"123"', '"124"')
    for old, new in ({"events: 5, total: 40": "events: 6, total: 40"} | changes).items():
        other = other.replace(old, new)
    return other + f"moderators: {moderators}\n"


SEVERE = "[{name: severity, value: Severe}]"


@pytest.mark.parametrize(
    ("text", "look", "where"),
    [
        ("by: sevrity", found, "by"),
        ("explore: {regressions: [{moderators: [year, sevrity]}]}", doubted, "explore.regressions[1].moderators[2]"),
    ],
)
def test_a_moderator_that_no_study_has(project: Any, text: str, look: Any, where: str) -> None:
    folder = project.write(STUDY + f"moderators: {SEVERE}\n", by(text))
    ((at, said, allowed),) = look(folder)
    assert (at, said) == (f"analyses[death].{where}", "no study has a moderator 'sevrity'")
    assert allowed.startswith("did you mean severity? allowed: none, design, year, severity")


@pytest.mark.parametrize(
    ("moderators", "where", "said"),
    [
        ("[{name: severity, value: severe}]", "moderators[1].value", "'severe' here, 'Severe' elsewhere"),
        ("[{name: severity, value: ' SEVERE '}]", "moderators[1].value", "'SEVERE' here, 'Severe' elsewhere"),
        ("[{name: Severity, value: Severe}]", "moderators[1].name", "'Severity' here, 'severity' elsewhere"),
        ("[{name: severity, value: Severe}, {name: severity, value: mild}]", "moderators[2]", "a second time"),
    ],
)
def test_two_spellings_are_not_two_groups(project: Any, moderators: str, where: str, said: str) -> None:
    folder = project.write(STUDY + f"moderators: {SEVERE}\n", by("by: severity"), roe_2021=second(moderators))
    ((at, what, _),) = doubted(folder)
    assert at == where
    assert said in what


@pytest.mark.parametrize("text", ["by: none", "by: null", "by: ~"])
def test_none_is_no_subgroups_and_pools_no_designs(project: Any, text: str) -> None:
    cohort = second("[]", **{"kind: randomised}": "kind: non-randomised, control: matched}"})
    folder = project.write(review=by(text), roe_2021=cohort)
    (death,) = analyse(load(folder))
    assert [pool.name for pool in death.pools] == ["randomised", "non-randomised"]
    assert death.overall is None
    (death,) = analyse(load(project.write(review=by(text + ", pool_designs: true"), roe_2021=cohort)))
    assert [(pool.name, pool.k) for pool in death.pools] == [("", 2)]
    assert [row.study.id for row in death.rows] == ["doe-2020", "roe-2021"]


def test_an_empty_by_is_as_good_as_absent(project: Any) -> None:
    folder = project.write(review=REVIEW.replace("{outcome: death,", "{outcome: death, by: ,"))
    assert load(folder).info.analyses[0].by == "design"


REGISTERED = "registrations: [NCT04643678]\n"
WAIVED = "waivers: [{{check: {}, reason: two trials of one platform, by: A, date: 2026-11-01}}]\n"


@pytest.mark.parametrize(
    ("first", "other", "check", "where", "said"),
    [
        (STUDY + REGISTERED, second("[]") + REGISTERED.replace("NCT", "nct"), "a registration is of one study",
         "registrations[1]", "NCT04643678 is also that of doe-2020"),
        (STUDY, second("[]", **{"events: 6, total: 40": "events: 5, total: 40"}), "numbers stand under one id",
         "results[death].arms", "the counts of doe-2020, at the same time"),
        (STUDY, second("[]", **{"events: 6, total: 40": "events: 5, total: 40", "day 28": "4 weeks"}),
         "numbers stand under one id", "results[death].arms", "the counts of doe-2020, at the same time"),
    ],
)  # fmt: skip
def test_one_trial_under_two_ids(project: Any, first: str, other: str, check: str, where: str, said: str) -> None:
    ((at, what, allowed),) = doubted(project.write(first, roe_2021=other))
    assert (at, what) == (where, said)
    assert "a waiver with the reason; first: " in allowed
    waived = load(project.write(first, roe_2021=other + WAIVED.format(check)))
    assert (waived.waived[0].check, waived.doubts) == (check, ())
    excluded = other.replace("{state: included}", "{state: excluded, reason: the same trial}")
    assert len(load(project.write(first, roe_2021=excluded)).studies) == 2


@pytest.mark.parametrize(
    ("plan", "where", "said"),
    [
        ("ci_method: KR", "analyses[death].ci_method", "KR with tau2_method DL"),
        ("ci_method: PL, tau2_method: PM", "analyses[death].ci_method", "PL with tau2_method PM"),
        ("structure: {}, ci_method: hksj", "analyses[death].ci_method", "ci_method hksj beside structure: CHE"),
        (
            "structure: {model: three-level}, tau2_method: PM",
            "analyses[death].tau2_method",
            "tau2_method PM beside structure: three-level",
        ),
        (
            "structure: {}, common_method: PETO",
            "analyses[death].common_method",
            "common_method PETO beside structure: CHE",
        ),
    ],
)
def test_a_protocol_that_cannot_be_pooled_is_refused_by_check(project: Any, plan: str, where: str, said: str) -> None:
    ((at, what, _),) = found(project.write(review=by(plan)))
    assert (at, what) == (where, said)
