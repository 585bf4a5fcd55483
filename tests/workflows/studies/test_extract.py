"""From an abstract and from posted results to a result in a study file, and to its confirmation."""

import json
import re
import shutil
from datetime import UTC, date, datetime

import pytest

import metaan as ma
from metaan.errors import ConflictError, RegistryError, SetAsideWarning, SourceError, UsageError
from metaan.records.record import AbstractPart
from metaan.registry.load import load
from metaan.registry.store import metadata as stored
from metaan.report.sections.provenance import printed
from metaan.synthesis.analyse import Choices, analyse
from metaan.workflows.studies.accept import Wanted, accept
from metaan.workflows.studies.confirm import confirm
from metaan.workflows.studies.extract import fetch_results, propose, results_file
from metaan.workflows.versions.checking import UNSIZED, remarks
from tests.server.ctgov import CTGov
from tests.server.living import at
from tests.server.trials import RESULTS, trial

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)

STUDY = """\
# A study that awaits its numbers.
id: doe-2026
label: Doe 2026
title: A trial
registrations: [NCT99990007]
citation: {published: 2026}
design: {kind: randomised}
status: {state: awaiting data, reason: numbers are not in yet}   # for now
arms:
  - {id: drug, role: experimental, name: made-up drug, randomised: 40}
  - {id: control, role: control, name: placebo, randomised: 41}
results:
  # a form that nobody has filled in
  - outcome: infection
    name: infection
    time: day 28
    arms:
      drug: {events: , total: }
      control: {events: , total: }
    source: {document: abstract, level: primary}

funding:   # not seen
"""

ABSTRACT = [
    ("METHODS", "Patients were randomised to the made-up drug (n = 40) or placebo (n = 41)."),
    (
        "RESULTS",
        "At day 28, 3 (7.5%) patients in the drug group and 7 (17.1%) in the placebo group had died (OR 0.39, "
        "95% CI 0.09 to 1.64; p = 0.31). Ventilation: 5 and 6 patients. Infection was seen in 26% and 29%. "
        "Sepsis in 2 (5%) vs 1 (3%). The HR was 0.40 (95% CI 0.10 to 1.50).",
    ),
]


@pytest.fixture
def folder(tmp_path):
    """The anakinra review with one more study, whose abstract is stored."""
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    folder = tmp_path / "studies"
    (folder / "doe-2026.yaml").write_text(STUDY, encoding="utf-8")
    store(folder)
    return folder


def store(folder, abstract=ABSTRACT):
    parts = tuple(AbstractPart(label=label, text=text) for label, text in abstract)
    known = {"pmid": "900000001", "title": "A trial", "fetched": "2026-11-01T00:00:00Z", "url": "u", "digest": "0" * 64}
    stored.write(folder, "doe-2026", stored.Metadata(abstract=parts, **known))


def text_of(folder):
    return (folder / "doe-2026.yaml").read_text(encoding="utf-8")


def death(folder, **more):
    return accept(propose(folder, "doe-2026"), 1, Wanted("death", **more))


def test_what_the_abstract_may_say(folder):
    found = propose(folder, "doe-2026")
    death, ventilation, infection, sepsis, effect = found.proposals
    assert (death.document, death.place) == ("article abstract (PubMed 900000001)", "RESULTS")
    assert [cell.arm for cell in death.cells] == ["drug", "control"]
    assert [len(proposal.cells) for proposal in (ventilation, infection, sepsis, effect)] == [2, 2, 2, 0]
    assert ABSTRACT[1][1][death.span.start : death.span.end] == death.span.quote
    assert found.sizes == ()
    assert "NCT99990007" in found.notes[0]


def test_an_accepted_proposal_has_its_whole_provenance_and_no_confirmation(folder):
    written = death(folder)
    result = load(folder).study("doe-2026").results[0]
    assert written.result == result
    assert written.number == 1
    assert {arm: (c.events, c.total) for arm, c in result.arms.items()} == {"drug": (3, 40), "control": (7, 41)}
    assert (result.outcome, result.time, result.unconfirmed) == ("death", "day 28", True)
    span = propose(folder, "doe-2026").proposals[0].span
    assert result.source.document == "article abstract (PubMed 900000001)"
    assert result.source.place == f"RESULTS; characters {span.start} to {span.end}"
    assert result.source.quote == ABSTRACT[1][1].partition(" Ventilation")[0]
    assert result.source.level == "primary"
    assert result.source.derived.startswith("drug: the total 40 is the number randomised in arm drug")
    assert [(e.measure, e.estimate, e.ci, e.p) for e in result.reported] == [
        ("OR", 0.39, (0.09, 1.64), None),
        (None, None, None, 0.31),
    ]


def test_everything_else_of_the_file_stays_as_it_was(folder):
    death(folder)
    lines = text_of(folder).splitlines()
    kept = iter(lines)
    assert all(line in kept for line in STUDY.splitlines())
    assert lines[-1] == "funding:   # not seen"
    assert max(map(len, lines)) < 220
    assert "      document: article abstract (PubMed 900000001)" in lines


def test_what_the_words_leave_open_is_for_the_person_to_say(folder):
    found = propose(folder, "doe-2026")
    with pytest.raises(UsageError, match="--arms with drug, control"):
        accept(found, 2, Wanted("ventilation", time="day 28"))
    with pytest.raises(UsageError, match="arm 'drugs' is unknown; did you mean drug"):
        accept(found, 2, Wanted("ventilation", arms=("drugs", "control")))
    with pytest.raises(UsageError, match="--arms with drug, control"):
        accept(found, 2, Wanted("ventilation", arms=("drug", "drug")))
    written = accept(found, 2, Wanted("ventilation", arms=("control", "drug"), time="study end", name="intubation"))
    assert {arm: c.events for arm, c in written.result.arms.items()} == {"control": 5, "drug": 6}
    assert (written.result.time, written.result.name) == ("study end", "intubation")


def test_a_time_that_the_words_do_not_name_is_not_taken_from_elsewhere(folder):
    with pytest.raises(
        UsageError, match="the words of proposal 2 name no time; allowed: --time TEXT, such as 'day 28'"
    ):
        accept(propose(folder, "doe-2026"), 2, Wanted("ventilation", arms=("drug", "control")))


def test_a_percentage_gives_a_count_only_where_the_digits_tell(folder):
    found = propose(folder, "doe-2026")
    arms = ("drug", "control")
    with pytest.raises(UsageError, match=r"26%: no integer gives 26% of 40.*--totals"):
        accept(found, 3, Wanted("infection", arms=arms, time="day 28"))
    with pytest.raises(UsageError, match="no integer gives 29% of 40"):
        accept(found, 3, Wanted("infection", arms=arms, time="day 28", totals=(38, 40)))
    written = accept(found, 3, Wanted("infection", arms=arms, time="day 28", totals=(38, 41)))
    assert [(c.events, c.total) for c in written.result.arms.values()] == [(10, 38), (12, 41)]
    assert "10 is the only integer that gives 26% of 38" in written.result.source.derived


def test_of_several_counts_the_person_chooses_one_that_fits(folder):
    store(folder, [("RESULTS", "Death was seen in 50% of the drug group and in 48% of the placebo group at day 28.")])
    path = folder / "doe-2026.yaml"
    path.write_text(STUDY.replace("randomised: 40}", "randomised: 400}").replace("randomised: 41}", "randomised: 410}"))
    found = propose(folder, "doe-2026")
    with pytest.raises(UsageError, match=r"198 to 202 all give 50% of 400.*--events"):
        accept(found, 1, Wanted("death"))
    with pytest.raises(UsageError, match="203 events do not fit what is printed; allowed: 198 to 202"):
        accept(found, 1, Wanted("death", events=(203, 197)))
    with pytest.raises(UsageError, match="--events has 1 numbers; allowed: one for each group"):
        accept(found, 1, Wanted("death", events=(200,)))
    written = accept(found, 1, Wanted("death", events=(200, 197)))
    assert [(c.events, c.total) for c in written.result.arms.values()] == [(200, 400), (197, 410)]
    assert "200 was chosen: 198 to 202 all give 50% of 400" in written.result.source.derived


def test_totals_that_contradict_what_is_printed_are_refused(folder):
    found = propose(folder, "doe-2026")
    with pytest.raises(UsageError, match="a total of 39 does not fit what is printed"):
        accept(found, 1, Wanted("death", totals=(39, 41)))
    with pytest.raises(UsageError, match="a total of 50 does not fit"):
        accept(found, 4, Wanted("infection", arms=("drug", "control"), time="day 28", totals=(50, 40)))


def test_an_effect_goes_with_counts(folder):
    found = propose(folder, "doe-2026")
    written = accept(found, 1, Wanted("death", reported=(5,)))
    assert [effect.measure for effect in written.result.reported] == ["OR", None, "HR"]


def test_an_effect_can_stand_for_itself(folder):
    written = accept(propose(folder, "doe-2026"), 5, Wanted("death", time="day 28"))
    [effect] = written.result.effects
    assert (effect.measure, effect.estimate, effect.ci, written.result.arms) == ("HR", 0.4, (0.1, 1.5), {})
    store(folder, [("", "At day 28, p = 0.03.")])
    with pytest.raises(UsageError, match="an effect without its measure and its interval is no result"):
        accept(propose(folder, "doe-2026"), 1, Wanted("death"))


def test_a_printed_zero_is_written_as_it_was_printed(folder):
    accept(propose(folder, "doe-2026"), 1, Wanted("death", reported=(5,)))
    assert "estimate: 0.40, ci: [0.10, 1.50]" in " ".join(text_of(folder).replace("\n", " ").split())
    hazard = load(folder).study("doe-2026").results[0].reported[2]
    assert printed(hazard) == "HR 0.40 (95% CI 0.10 to 1.50)"


@pytest.mark.parametrize("number", [0, -1, 6])
def test_a_number_that_is_not_there(folder, number):
    with pytest.raises(UsageError, match="allowed: 1 to 5"):
        accept(propose(folder, "doe-2026"), number, Wanted("death"))


def test_nothing_is_overwritten_and_a_refusal_leaves_the_file_alone(folder):
    death(folder)
    before = text_of(folder)
    with pytest.raises(ConflictError, match="has death, day 28, already"):
        death(folder)
    with pytest.raises(UsageError, match="outcome 'deaths' is unknown; did you mean death"):
        accept(propose(folder, "doe-2026"), 1, Wanted("deaths"))
    assert text_of(folder) == before


def test_a_result_that_would_not_be_valid_is_not_written(folder):
    path = folder / "doe-2026.yaml"
    path.write_text(STUDY.replace("randomised: 41}", "analysed: 41, randomised: 41}"), encoding="utf-8")
    store(folder, [("RESULTS", "At day 28, 3/50 in the drug group and 7/41 in the placebo group had died.")])
    before = text_of(folder)
    with pytest.raises(UsageError, match=r"would not be valid, and was not changed.*a total of 50, but 40"):
        death(folder)
    assert text_of(folder) == before


def test_a_damaged_registry_is_said_first(folder):
    (folder / "doe-2026.yaml").write_text(STUDY + "nonsense: 1\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="nonsense"):
        propose(folder, "doe-2026")


def test_unconfirmed_numbers_are_not_pooled_unless_asked_and_then_marked(folder):
    death(folder)
    [plain] = analyse(load(folder), ["death"])
    assert [one.reason for one in plain.excluded if one.id == "doe-2026"] == ["its numbers are not confirmed yet"]
    [asked] = analyse(load(folder), ["death"], Choices(unconfirmed=True))
    [row] = [row for row in asked.rows if row.id == "doe-2026"]
    assert "its numbers are not confirmed yet" in row.note
    assert asked.k == plain.k + 1
    assert any("Doe 2026 is in the pool although" in warning for warning in asked.warnings)
    assert not any("Doe 2026" in warning for warning in plain.warnings)


def test_a_confirmed_result_comes_before_an_unconfirmed_one_of_the_preferred_time(folder):
    death(folder)
    confirm(folder, "doe-2026", "death", "A. Reader")
    accept(propose(folder, "doe-2026"), 2, Wanted("death", arms=("drug", "control"), time="day 27"))
    study = load(folder).study("doe-2026")
    assert [(r.time, r.unconfirmed) for r in study.results] == [("day 28", False), ("day 27", True)]
    for choices in (Choices(), Choices(unconfirmed=True)):
        [found] = analyse(load(folder), ["death"], choices)
        [row] = [row for row in found.rows if row.id == "doe-2026"]
        assert (row.result.time, row.note) == ("day 28", None)


def test_a_confirmation_says_who_and_when_and_the_study_is_pooled(folder):
    death(folder)
    confirm(folder, "doe-2026", "1", "  A.\n Reader ", run=at(NOW))
    result = load(folder).study("doe-2026").results[0]
    assert (result.unconfirmed, result.confirmed.by, result.confirmed.on) == (False, "A. Reader", date(2026, 11, 22))
    assert propose(folder, "doe-2026").unconfirmed == ()
    [found] = analyse(load(folder), ["death"])
    assert "doe-2026" in [row.id for row in found.rows]
    assert [line for line in STUDY.splitlines() if line not in text_of(folder)] == [
        "status: {state: awaiting data, reason: numbers are not in yet}   # for now"
    ]
    assert "status: {state: included, reason: its numbers are in}   # for now" in text_of(folder)


@pytest.mark.parametrize(
    ("which", "by", "message"),
    [
        ("death", " ", "--by NAME"),
        ("deaths", "A", "no unconfirmed result is called 'deaths'"),
        ("2", "A", "no unconfirmed result"),
        ("0", "A", "no unconfirmed result"),
    ],
)
def test_a_confirmation_that_is_none(folder, which, by, message):
    death(folder)
    before = text_of(folder)
    with pytest.raises(UsageError, match=message):
        confirm(folder, "doe-2026", which, by)
    assert text_of(folder) == before


def test_what_is_confirmed_or_was_read_by_a_person_needs_no_confirmation(folder):
    with pytest.raises(UsageError, match="has no unconfirmed result"):
        confirm(folder, "elmekaty-2023", "1", "A. Reader")


def test_two_results_of_one_outcome_are_told_apart_by_number(folder):
    death(folder)
    accept(propose(folder, "doe-2026"), 2, Wanted("death", arms=("drug", "control"), time="day 14"))
    with pytest.raises(UsageError, match="several results are called 'death'"):
        confirm(folder, "doe-2026", "death", "A")
    confirm(folder, "doe-2026", "2", "A")
    assert [r.unconfirmed for r in load(folder).study("doe-2026").results] == [True, False]


def test_a_review_has_no_results_to_accept(folder):
    assert any("systematic review is never pooled" in note for note in propose(folder, "barkas-2021").notes)


def test_html_of_an_abstract_is_text_and_control_characters_reach_no_file(folder):
    metadata = json.loads((folder / "metadata" / "doe-2026.json").read_text())
    text = (
        "At day 28, 3 (7.5%) in the drug <script>in</script> group and 7 (17.1%) in the placebo &lt;b&gt; group died."
    )
    metadata["abstract"] = [{"label": "RESULTS", "text": text}]
    (folder / "metadata" / "doe-2026.json").write_text(json.dumps(metadata), encoding="utf-8")
    source = death(folder).result.source
    assert source.quote == text.replace("&lt;b&gt;", "<b>")
    metadata["abstract"] = [{"label": "RES\x07ULTS", "text": text}]
    (folder / "metadata" / "doe-2026.json").write_text(json.dumps(metadata), encoding="utf-8")
    with pytest.warns(SetAsideWarning, match="a control character"):
        assert propose(folder, "doe-2026").proposals == ()


# ---- posted results


@pytest.fixture
def posted(folder):
    """The results that the local service knows, stored beside the study."""
    study = trial("NCT99990007", "A trial", updated="2026-11-01", results=RESULTS)
    with CTGov(rate=None, trials={"NCT99990007": study}) as server:
        paths = fetch_results(folder, "doe-2026", at(NOW, ctgov=server.url))
    assert paths == [results_file(folder, "NCT99990007")]
    return folder


def table(found, words):
    [number] = [i for i, p in enumerate(found.proposals, 1) if words in p.place]
    return number


def test_posted_results_are_stored_with_day_place_and_digest(posted):
    text = results_file(posted, "NCT99990007").read_text(encoding="utf-8")
    kept = json.loads(text)
    assert (kept["fetched"], kept["url"].endswith("/studies/NCT99990007")) == ("2026-11-22T12:00:05+00:00", True)
    assert len(kept["digest"]) == 64
    assert text.endswith("}\n")
    assert load(posted).study("doe-2026")


def test_the_person_names_the_groups_of_a_table(posted):
    found = propose(posted, "doe-2026")
    number = table(found, "primary outcome: Deaths")
    with pytest.raises(
        UsageError, match=r"--experimental GROUP --control GROUP, or .*; allowed: OG000 \(Made-up drug\)"
    ):
        accept(found, number, Wanted("death"))
    written = accept(found, number, Wanted("death", experimental="Made-up", control="OG001"))
    assert {arm: (c.events, c.total) for arm, c in written.result.arms.items()} == {"drug": (3, 40), "control": (7, 40)}
    assert written.result.unconfirmed
    assert written.result.source.document == "ClinicalTrials.gov NCT99990007"
    assert written.result.source.place == "primary outcome: Deaths; groups Made-up drug = drug, Nothing = control"
    assert written.result.source.quote == "Made-up drug: 3 of 40; Nothing: 7 of 40"
    assert written.result.reported[0].estimate == 0.38


def test_groups_of_the_safety_tables_are_chosen_and_not_added(posted):
    found = propose(posted, "doe-2026")
    number = table(found, "serious adverse event")
    assert [cell.group[1] for cell in found.proposal(number).cells] == ["Made-up drug", "Nothing", "All"]
    chosen = Wanted("serious-adverse-events", experimental="EG000", control="EG001", arms=("drug", "control"))
    written = accept(found, number, chosen)
    by_group = {cell.group[0]: cell.events for cell in found.proposal(number).cells}
    assert [c.events for c in written.result.arms.values()] == [by_group["EG000"], by_group["EG001"]]


@pytest.fixture
def three(posted):
    """The study with two doses of the drug, which are pooled as one."""
    path = posted / "doe-2026.yaml"
    low = "  - {id: drug, role: experimental, name: made-up drug, randomised: 40}\n"
    text = path.read_text(encoding="utf-8").replace(low, low + low.replace("drug,", "high,", 1))
    text = text.replace(", randomised: 40", "").replace(", randomised: 41", "")
    path.write_text(text.replace("      drug: {events: , total: }\n", "", 1), encoding="utf-8")
    return posted


def test_people_randomised_are_read_in_the_flow_of_participants_where_the_file_does_not_say(three):
    found = propose(three, "doe-2026").started
    assert [(one.group, one.people) for one in found] == [("Made-up drug", 40), ("Nothing", 41)]
    assert {(one.document, one.place) for one in found} == {
        ("ClinicalTrials.gov NCT99990007", "participant flow, Overall Study, STARTED")
    }


def test_people_randomised_are_not_asked_for_again(posted):
    assert propose(posted, "doe-2026").started == ()


@pytest.mark.parametrize("flow", [None, {}, {"groups": []}, {"groups": [{"id": "FG000", "title": "x"}], "periods": []}])
def test_a_flow_without_numbers_proposes_none(three, flow):
    results = {key: value for key, value in RESULTS.items() if key != "participantFlowModule"}
    results |= {"participantFlowModule": flow} if flow is not None else {}
    file = three.parent / "posted.json"
    file.write_text(json.dumps(trial("NCT99990007", "A trial", updated="2026-11-01", results=results)))
    assert propose(three, "doe-2026", results=file).started == ()


def test_any_number_of_arms_has_a_group_each(three):
    found = propose(three, "doe-2026")
    number = table(found, "serious adverse event")
    arms = (("drug", "EG000"), ("high", "EG001"), ("control", "EG002"))
    written = accept(found, number, Wanted("serious-adverse-events", groups=arms))
    assert [(arm, c.events) for arm, c in written.result.arms.items()] == [("drug", 4), ("high", 8), ("control", 11)]
    assert "Made-up drug = drug, Nothing = high, All = control" in written.result.source.place
    for wrong, words in {
        arms[:2]: "--group drug=GROUP --group high=GROUP --group control=GROUP; allowed: EG000",
        (*arms[:2], ("contrl", "EG002")): "arm 'contrl' is unknown; did you mean control",
        (*arms[:2], ("control", "EG000")): "are the same group; allowed: each of",
        (*arms[:2], ("drug", "EG002")): "which arm is which is not said",
    }.items():
        with pytest.raises(UsageError, match=words):
            accept(found, number, Wanted("death", groups=wrong))


def test_more_groups_than_arms_say_how_two_become_one(posted):
    found = propose(posted, "doe-2026")
    with pytest.raises(
        UsageError, match="3 groups and 2 arms: groups that are to be pooled as one are arms of one role"
    ):
        accept(found, table(found, "serious adverse event"), Wanted("serious-adverse-events"))


def test_a_group_that_holds_others_is_said(posted):
    found = propose(posted, "doe-2026")
    cells = found.proposal(table(found, "adverse events: death")).cells
    assert [cell.holds for cell in cells] == [(), (), ("EG000", "EG001")]


def test_a_file_of_results_may_be_given(folder, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(trial("NCT99990009", "T", updated="2026-11-01", results=RESULTS)), encoding="utf-8")
    found = propose(folder, "doe-2026", results=path)
    assert found.proposals[-1].document == "ClinicalTrials.gov NCT99990009"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"study": 3}', b"[" * 100_000, b"\xff", b"<html>"])
def test_a_file_that_is_no_study_is_named(folder, tmp_path, content):
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"results\.json"):
        propose(folder, "doe-2026", results=path)


def test_a_trial_that_is_unknown_or_cannot_be_read_leaves_no_file(folder):
    for plan in ([], ["cut off"] * 20):
        with CTGov(plan, rate=None, trials={}) as server, pytest.raises(SourceError):
            fetch_results(folder, "doe-2026", at(NOW, ctgov=server.url))
    assert not results_file(folder, "NCT99990007").exists()


def test_a_study_without_a_number_has_nothing_to_fetch(folder):
    with pytest.raises(UsageError, match="no number at ClinicalTrials"):
        fetch_results(folder, "balkhair-2021")


@pytest.mark.parametrize("number", ["../../NCT99990007", "NCT1", "", "NCT99990007/.."])
def test_a_path_in_a_number_is_refused(folder, number):
    with pytest.raises(UsageError, match="is no number"):
        results_file(folder, number)


def test_of_three_groups_in_a_sentence_one_may_be_left_out(folder):
    store(
        folder, [("", "Sepsis occurred in 2/40, 3/40 and 7/41 of the drug, comfort and placebo groups, respectively.")]
    )
    found = propose(folder, "doe-2026")
    with pytest.raises(UsageError, match=r"3 of the 2 arms.*--arms with - leaves a number out"):
        accept(found, 1, Wanted("infection", time="day 28"))
    written = accept(found, 1, Wanted("infection", time="day 28", arms=("drug", "-", "control")))
    assert [(c.events, c.total) for c in written.result.arms.values()] == [(2, 40), (7, 41)]


MEANS = "At day 28, stay was {} with the drug and {} with placebo."


@pytest.mark.parametrize(
    ("one", "other", "more", "expected"),
    [
        ("12.1 (SD 4.3)", "13.0 (SD 5.0)", {}, {"mean": 12.1, "sd": 4.3, "total": 40}),
        ("12.1 ± 0.7", "13.0 ± 0.8", {"spread": "SE"}, {"mean": 12.1, "se": 0.7, "total": 40}),
        ("11 (IQR 8-15)", "13 (IQR 9-18)", {"totals": (38, 39)}, {"median": 11, "q1": 8, "q3": 15, "total": 38}),
        ("11 (range 3-40)", "13 (range 2-50)", {}, {"median": 11, "min": 3, "max": 40, "total": 40}),
    ],
)
def test_means_and_medians_are_taken(folder, one, other, more, expected):
    store(folder, [("", MEANS.format(one, other))])
    written = accept(propose(folder, "doe-2026"), 1, Wanted("death", **more))
    assert written.result.arms["drug"].numbers == expected
    assert written.result.unconfirmed


def test_what_a_mean_lacks_is_asked_for(folder):
    store(folder, [("", MEANS.format("12.1 ± 0.7", "13.0 ± 0.8"))])
    with pytest.raises(UsageError, match="does not say what its ± is; allowed: --spread SD, or --spread SE"):
        accept(propose(folder, "doe-2026"), 1, Wanted("death"))
    store(folder, [("", MEANS.format("3.1 per 100 person-years", "4.2 per 100 person-years"))])
    with pytest.raises(UsageError, match="a rate with per 100 person-years is not what an arm can hold"):
        accept(propose(folder, "doe-2026"), 1, Wanted("death"))


RM5 = """<COCHRANE_REVIEW><STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>
<STUDY ID="D" NAME="Doe 2026" YEAR="2026"><REFERENCE TYPE="JOURNAL_ARTICLE"><AU>Doe J</AU><TI>A trial of bees</TI>
<YR>2026</YR></REFERENCE></STUDY></INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES><ANALYSES_AND_DATA>
<COMPARISON NO="1"><NAME>Drug or placebo</NAME><DICH_OUTCOME NO="1" EFFECT_MEASURE="OR"><NAME>Mortality at day 28</NAME>
<GROUP_LABEL_1>Made-up drug</GROUP_LABEL_1><GROUP_LABEL_2>Placebo</GROUP_LABEL_2>
<DICH_DATA STUDY_ID="D" EVENTS_1="3" TOTAL_1="40" EVENTS_2="7" TOTAL_2="41"/></DICH_OUTCOME></COMPARISON>
</ANALYSES_AND_DATA></COCHRANE_REVIEW>"""


def test_what_another_review_pooled_is_proposed_as_quoted_by_it(folder, tmp_path):
    file = tmp_path / "other.rm5"
    file.write_text(RM5, encoding="utf-8")
    found = propose(folder, "doe-2026", review_file=file)
    assert propose(folder, "doe-2026").proposals == found.proposals[:-1]
    assert f"only with --from {file}" in found.notes[-1]
    number = len(found.proposals)
    with pytest.raises(UsageError, match="which groups are the arms is yours to say"):
        accept(found, number, Wanted("death"))
    result = accept(found, number, Wanted("death", experimental="1", control="placebo")).result
    assert {arm: (c.events, c.total) for arm, c in result.arms.items()} == {"drug": (3, 40), "control": (7, 41)}
    assert (result.time, result.unconfirmed, result.source.level) == ("day 28", True, "secondary")
    assert result.source.document == "review in RevMan (other.rm5)"
    assert result.source.place == (
        "comparison Drug or placebo: analysis 1.1, Mortality at day 28; groups Made-up drug = drug, Placebo = control"
    )


def test_a_file_that_is_no_review_is_an_error(folder, tmp_path):
    file = tmp_path / "other.txt"
    file.write_text("hello", encoding="utf-8")
    with pytest.raises(SourceError, match="no file of RevMan"):
        propose(folder, "doe-2026", review_file=file)


def test_a_record_without_an_abstract_is_not_asked_for_again(folder):
    path = folder / "metadata" / "doe-2026.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"abstract": []}), encoding="utf-8")
    assert re.fullmatch(
        r"PubMed's record, as of \d{4}-\d\d-\d\d, has no abstract", propose(folder, "doe-2026").notes[0]
    )


def test_arms_that_do_not_report_the_outcome_are_not_named(folder):
    path = folder / "doe-2026.yaml"
    third = "arms:\n  - {id: late, role: control, name: later start}\n"
    path.write_text(text_of(folder).replace("arms:\n", third, 1), encoding="utf-8")
    found = propose(folder, "doe-2026")
    with pytest.raises(UsageError, match="those that --arms names, of each role one"):
        accept(found, 2, Wanted("ventilation", arms=("late", "control"), time="study end"))
    written = accept(found, 2, Wanted("ventilation", arms=("control", "drug"), time="study end"))
    assert sorted(written.result.arms) == ["control", "drug"]


@pytest.mark.parametrize(("number", "places"), [("", [("arms[drug].randomised", 10)]), ("40", [])])
def test_a_number_randomised_that_nobody_filled_in_is_to_be_looked_at_once_results_are_in(folder, number, places):
    path = folder / "doe-2026.yaml"
    text = path.read_text().replace("randomised: 40", f"randomised: {number}").replace(", randomised: 41", "")
    path.write_text(text)
    assert [one for one in remarks(load(folder)) if one.check == UNSIZED] == []
    path.write_text(text.replace("{events: , total: }", "{events: 1, total: 40}"))
    found = [one for one in remarks(load(folder)) if one.check == UNSIZED]
    assert [(one.where, one.line) for one in found] == places
