from pathlib import Path
from typing import Any

import pytest

from metaan.errors import Problem, RegistryError, UsageError
from metaan.registry.load import load
from metaan.registry.text import raw as raw_files

POOL = """\
published_pools:
  - {outcome: death, measure: OR, estimate: 0.5, ci: [0.3, 0.9], source: {document: abstract, level: primary}}
"""


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(RegistryError) as caught:
        load(folder)
    return caught.value.problems


def without_results(study: str) -> str:
    return study.split("results:")[0]


def test_a_sound_registry_loads(project: Any) -> None:
    review = load(project.write())
    assert [study.id for study in review.studies] == ["doe-2020"]
    assert review.study("doe-2020").results[0].arms["drug"].events == 5
    assert review.outcome("death").direction == "bad"
    assert review.measure(review.info.analyses[0]) == "OR"
    assert review.line("doe-2020", "results", 0, "arms", "control", "events") == 17
    assert review.line("review", "analyses", 0) == 7
    assert review.file("doe-2020") == "studies/doe-2020.yaml"
    assert review.metadata == {}


def test_an_unknown_id_lists_what_is_known(project: Any) -> None:
    review = load(project.write())
    with pytest.raises(UsageError, match="did you mean doe-2020"):
        review.study("doe-2021")
    with pytest.raises(UsageError, match="did you mean death"):
        review.outcome("deaths")


# What is replaced in the study, by what; then the line, the place, what was found and what is allowed.
MISTAKES = {
    "events above n": ("events: 5,", "events: 41,", 16, "arms.drug.events", "41 events among 40", "0 to 40"),
    "negative count": ("events: 5,", "events: -5,", 16, "arms.drug.events", "-5 is too small", "0 or more"),
    "count in quotes": ("events: 5,", "events: '5',", 16, "drug.events", "'5' is not a whole number", "whole numbers"),
    "broken count": ("events: 5,", "events: 5.5,", 16, "drug.events", "5.5 is not a whole number", "whole numbers"),
    "count missing": ("events: 5, ", "", 16, "arms.drug", "'events' is missing", "required"),
    "count empty": ("events: 5,", "events: ,", 16, "arms.drug", "'events' has no value", "required"),
    "nobody in an arm": ("total: 40}\n      c", "total: 0}\n      c", 16, "drug.total", "0 is too small", "1 or more"),
    "total above randomised": (
        "total: 40}\n      c", "total: 41}\n      c", 16, "drug.total", "40 were random", "up to 40"),
    "arm missing": (
        "      control: {events: 3, total: 40}\n", "", 15, "[death].arms", "'control' is missing", "one control arm"),
    "arm unknown": ("      drug: {e", "      drg: {e", 16, "arms.drg", "'drg' is unknown", "did you mean drug"),
    "no control arm": ("role: control", "role: experimental", 8, "arms", "no arm has the role control", "one of each"),
    "role unknown": ("role: control", "role: controll", 10, "[control].role", "'controll'", "did you mean control"),
    "outcome unknown": ("outcome: death", "outcome: deth", 12, "outcome", "'deth' is unknown", "did you mean death"),
    "key unknown": ("label:", "lable:", 2, "", "key 'lable' is unknown", "did you mean label"),
    "key unknown deep down": ("level: pri", "levl: pri", 18, "source", "key 'levl' is unknown", "did you mean level"),
    "key unknown and empty": ("label:", "lable:\nlabel:", 2, "", "key 'lable' is unknown", "did you mean label"),
    "key unknown and empty deep down": ("level: pri", "levl: , level: pri", 18, "source", "'levl'", "mean level"),
    "key twice": ("label: Doe 2020", "label: Doe 2020\nlabel: Doe", 3, "", "'label' is here a second time", "line 2"),
    "word unknown": ("kind: randomised", "kind: randomized", 6, "kind", "'randomized'", "did you mean randomised"),
    "id leaves the folder": ("id: doe-2020", "id: ../doe", 1, "id", "'../doe' is not an id", "hyphens"),
    "id of another file": ("id: doe-2020", "id: doe-2021", 1, "id", "'doe-2021' in a file of another", "doe-2020"),
    "doi": ("10.1000/x", "x", 4, "doi", "x is not a DOI", "10."),
    "pmid with leading zero": ('"123"', "0123", 5, "pmid", "0123 is not a PubMed id", "the first not 0"),
    "interval reversed": ("[0.39, 7.93]", "[7.93, 0.39]", 20, "reported[1].ci", "reversed", "[lower, upper]"),
    "estimate outside": ("1.762", "8", 20, "estimate", "8 lies outside its interval", "0.39 to 7.93"),
    "ratio of 0": ("estimate: 1.762, ci: [0.39, 7.93]", "estimate: 0", 20, "estimate", "OR = 0", "above 0"),
    "log of a ratio": ("[0.39, 7.93]", "[-0.94, 7.93]", 20, "ci", "bound of -0.94", "not the log"),
    "interval of one": ("[0.39, 7.93]", "[0.39]", 20, "ci", "is not an interval", "[lower, upper]"),
    "level in percent": ("level: 0.95", "level: 95", 20, "level", "95 is too large", "below 1"),
    "p above 1": ("p: 0.712", "p: 712", 20, "reported[1].p", "712 is not a p value", "0 to 1"),
    "measure unknown": ("{measure: OR", "{measure: Or", 20, "measure", "Or is unknown", "did you mean OR"),
    "kind of control": (
        "kind: randomised", "kind: non-randomised", 6, "design", "kind of control is not", "historical"),
    "no reason": ("state: included", "state: excluded", 7, "status", "excluded, without a reason", "reason"),
    "text where a list is": ("results:", "keywords: x\nresults:", 11, "keywords", "'x' is not a list", "a list"),
    "list where text is": ("title: A trial", "title: [A]", 3, "title", "a list is not text", "quotes"),
    "truth where text is": ("title: A trial", "title: true", 3, "title", "true is not text", "quotes"),
    "text where keys are": (
        "design: {kind: randomised}", "design: trial", 6, "design", "'trial' stands where", "key: value"),
    "title empty": ("title: A trial", "title:", 3, "", "'title' has no value", "required"),
    "related study": ("results:", "relations: [{kind: comment, study: x}]\nresults:", 11, "study", "'x'", "doe-2020"),
    "baseline arm": (
        "results:",
        "baseline: [{name: age, value: 5, arm: x, source: {document: d, level: primary}}]\nresults:",
        11, "baseline[1].arm", "arm 'x' is unknown", "drug, control",
    ),
    "analysed above randomised": (
        "usual care, randomised: 40", "usual care, randomised: 40, analysed: 41",
        10, "arms[control].analysed", "41 analysed of 40", "up to 40",
    ),
    "arm id twice": ("id: control", "id: drug", 10, "arms[drug].id", "'drug' is here a second time", "of its own"),
    "pools of a trial": ("results:", POOL + "results:", 11, "published_pools", "'randomised'", "systematic review"),
    "a tab": ("    time:", "\ttime:", 14, "", "a tab", "spaces"),
    "not YAML": ("title: A trial", "title: 'A trial", 20, "", "not YAML", "quotes"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_has_its_message(project: Any, mistake: str) -> None:
    old, new, line, place, found, allowed = MISTAKES[mistake]
    assert project.study.count(old) == 1
    all_found = problems(project.write(project.study.replace(old, new)))
    at_line = [p for p in all_found if found in p.found]
    assert len(at_line) == 1, all_found
    assert at_line[0].file.endswith("doe-2020.yaml")
    assert place in at_line[0].where
    assert allowed in at_line[0].allowed
    if mistake != "not YAML":
        assert at_line[0].line == line


ONLY_ONE = set(MISTAKES) - {"key unknown", "key unknown deep down", "arm unknown", "arm id twice", "related study"}


@pytest.mark.parametrize("mistake", sorted(ONLY_ONE))
def test_one_mistake_is_one_problem(project: Any, mistake: str) -> None:
    old, new, *_ = MISTAKES[mistake]
    assert len(problems(project.write(project.study.replace(old, new)))) == 1


def test_all_mistakes_of_all_files_come_in_one_run(project: Any) -> None:
    first = project.study.replace("kind: randomised", "kind: randomized").replace("events: 5,", "events: 50,")
    second = "id: roe-2021\nlable: x\n"
    found = problems(project.write(first, project.review.replace("outcome: death", "outcome: deth"), roe_2021=second))
    text = "\n".join(map(str, found))
    for part in (
        "doe-2020.yaml:6: design.kind: 'randomized' is unknown; did you mean randomised?",
        "doe-2020.yaml:16: results[death].arms.drug.events: 50 events among 40 people; allowed: 0 to 40",
        "review.yaml:7: analyses[death].outcome: outcome 'deth' is unknown"
        if "analyses[death]" in text
        else "review.yaml:7: analyses[deth].outcome: outcome 'deth' is unknown",
        "roe-2021.yaml:2: key 'lable' is unknown; did you mean label?",
    ):
        assert part in text
    assert [p.file for p in found] == sorted(p.file for p in found)


REVIEW_MISTAKES = {
    "plan names an outcome": ("{outcome: death,", "{outcome: deth,", "outcome 'deth' is unknown", "did you mean death"),
    "plan names a measure": ("{outcome: death,", "{outcome: death, measure: ODDS,", "measure ODDS is unknown", "OR"),
    "plan names an estimator that needs weights": (
        "{outcome: death,",
        "{outcome: death, tau2_method: GENQ,",
        "GENQ",
        "allowed: DL",
    ),
    "plan names an estimator": ("{outcome: death,", "{outcome: death, tau2_method: Reml,", "Reml", "did you mean REML"),
    "plan names an interval": ("{outcome: death,", "{outcome: death, ci_method: Wald,", "Wald", "did you mean wald"),
    "plan names a rule": ("{outcome: death,", "{outcome: death, zero_cells: {to: only},", "to only", "only0"),
    "plan has a level": ("{outcome: death,", "{outcome: death, level: 95,", "95 is too large", "below 1"),
    "two analyses of a name": ("analyses:", "analyses:\n  - {outcome: death}", "a second analysis", "id"),
    "nearest to nothing": ("[day 28, nearest]", "[nearest, day 28]", "no day to be near to", "after a day"),
    "outcome twice": ("{id: success,", "{id: death,", "'death' is here a second time", "of its own"),
    "measure of an outcome": ("bad, measure: OR", "bad, measure: Or", "measure Or is unknown", "did you mean OR"),
    "a day": ("title: A review", "title: A review\ndates: {searched: 2021}", "2021 is not a day", "year-month-day"),
    "key unknown": ("title:", "titel:", "key 'titel' is unknown", "did you mean title"),
}


@pytest.mark.parametrize("mistake", REVIEW_MISTAKES)
def test_each_mistake_of_the_protocol_has_its_message(project: Any, mistake: str) -> None:
    old, new, found, allowed = REVIEW_MISTAKES[mistake]
    all_found = problems(project.write(review=project.review.replace(old, new)))
    match = [p for p in all_found if found in p.found]
    assert len(match) == 1, all_found
    assert match[0].file.endswith("review.yaml")
    assert allowed in match[0].allowed


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("doi", "doi: 10.1000/x", "doi: https://doi.org/10.1000/X"),
        ("pmid", 'pmid: "123"', "pmid: 123"),
        ("pmcid", "pmcid: PMC77", "pmcid: pmc77"),
    ],
)
def test_two_studies_with_one_identity(project: Any, key: str, first: str, second: str) -> None:
    head = "\n".join(line for line in project.study.splitlines() if not line.startswith(("doi:", "pmid:"))) + "\n"
    other = head.replace("id: doe-2020", "id: roe-2021") + second + "\n"
    (problem,) = problems(project.write(head + first + "\n", roe_2021=other))
    assert f"is also the {key} of doe-2020" in problem.found
    assert "doe-2020.yaml:" in problem.allowed
    assert problem.file.endswith("roe-2021.yaml")
    assert problem.line == other.count("\n")


def test_two_files_with_one_id(project: Any) -> None:
    other = project.study.replace("10.1000/x", "10.1000/y").replace('"123"', '"456"')
    found = problems(project.write(zoe_2021=other))
    assert {p.file.rsplit("/")[-1] for p in found} == {"zoe-2021.yaml"}
    assert any("doe-2020 is also the id of doe-2020" in p.found for p in found)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "the file is empty"),
        (b"id: caf\xe9", "byte 0xE9 is not UTF-8"),
        (b"- a\n- b\n", "a list stands where keys are needed"),
        (b"only words\n", "'only words' stands where keys are needed"),
        (b"a: &a [x]\nb: [*a, *a]\n", "an anchor or alias"),
        (b"#" * (raw_files.MAX_BYTES + 1), "bytes"),
    ],
)
def test_a_file_that_is_no_study(project: Any, raw: bytes, found: str) -> None:
    folder = project.write()
    (folder / "roe-2021.yaml").write_bytes(raw)
    (problem,) = problems(folder)
    assert found in problem.found
    assert problem.file.endswith("roe-2021.yaml")
    assert problem.allowed


def test_a_review_is_never_pooled(project: Any) -> None:
    study = project.study.replace("kind: randomised", "kind: systematic review")
    found = [p.found for p in problems(project.write(study))]
    assert found == ["a systematic review is never pooled with studies", "results of arms in a systematic review"]


def test_a_systematic_review_with_pools_is_sound(project: Any) -> None:
    study = project.study.replace("kind: randomised", "kind: systematic review")
    study = without_results(study).replace("state: included", "state: excluded, reason: r") + POOL
    assert load(project.write(study)).studies[0].published_pools[0].estimate == 0.5


def test_a_pool_with_an_unknown_outcome(project: Any) -> None:
    study = project.study.replace("kind: randomised", "kind: systematic review")
    study = without_results(study).replace("state: included", "state: excluded, reason: r")
    (problem,) = problems(project.write(study + POOL.replace("outcome: death", "outcome: deaths")))
    assert "outcome 'deaths' is unknown" in problem.found


def test_folders_without_a_review(tmp_path: Path, project: Any) -> None:
    (problem,) = problems(tmp_path / "nowhere")
    assert problem.found == "there is no such folder"
    folder = project.write()
    (folder / "review.yaml").unlink()
    (problem,) = problems(folder)
    assert (problem.file, problem.found) == (str(folder / "review.yaml"), "there is no such file")


def test_a_file_that_cannot_be_read(project: Any) -> None:
    folder = project.write()
    (folder / "roe-2021.yaml").symlink_to("nowhere")
    (problem,) = problems(folder)
    assert problem.file.endswith("roe-2021.yaml")
    assert "cannot be read" in problem.found


def test_a_review_without_studies_is_sound(project: Any) -> None:
    folder = project.write()
    (folder / "doe-2020.yaml").unlink()
    assert load(folder).studies == ()


def test_hidden_files_and_folders_are_not_read_but_yml_is_refused(project: Any) -> None:
    folder = project.write()
    (folder / ".hidden.yaml").write_text("no")
    (folder / "sub.yaml").mkdir()
    (folder / "notes.txt").write_text("no")
    load(folder)
    (folder / "x.yml").write_text("a: 1")
    (problem,) = problems(folder)
    assert "ending in .yml" in problem.found


@pytest.mark.parametrize("place", ["trials/jones-2021.yaml", "trials/2021/jones-2021.yml"])
def test_a_study_in_a_folder_of_its_own_is_refused_and_no_other_folder_is(project: Any, place: str) -> None:
    folder = project.write()
    for name in (place, ".drafts/x.yaml", "trials/notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a: 1")
    (problem,) = problems(folder)
    assert problem.file == str(folder / place)
    assert "beside review.yaml" in problem.allowed


def test_an_empty_form_is_not_read_and_a_filled_one_ends_the_waiting(project: Any) -> None:
    waiting = project.study.replace("state: included", "state: awaiting data, reason: none yet")
    form = waiting.replace("events: 5, total: 40", "events: , total: ").replace(
        "events: 3, total: 40", "events: , total:"
    )
    study = load(project.write(form)).studies[0]
    assert (study.status.state, study.results) == ("awaiting data", ())
    study = load(project.write(waiting)).studies[0]
    assert (study.status.state, len(study.results)) == ("included", 1)


def test_a_form_that_is_half_filled_in_is_a_problem(project: Any) -> None:
    half = project.study.replace("events: 5, total: 40", "events: , total: ")
    found = [(p.where, p.found) for p in problems(project.write(half))]
    assert ("results[death].arms.drug", "'events' has no value") in found


def test_the_digest_is_of_names_and_bytes(project: Any) -> None:
    folder = project.write()
    digest = load(folder).digest
    (folder / "notes.txt").write_text("not the registry's")
    assert load(folder).digest == digest
    assert len(digest) == 64
    path = folder / "doe-2020.yaml"
    path.write_bytes(path.read_bytes() + b"# a comment\n")
    assert load(folder).digest != digest


def test_values_never_change(project: Any) -> None:
    study = load(project.write()).studies[0]
    with pytest.raises(ValueError, match="frozen"):
        study.label = "another"


ARMS = "      drug: {events: 5, total: 40}\n      control: {events: 3, total: 40}\n"


@pytest.mark.parametrize(
    ("arms", "where", "found", "allowed"),
    [
        ("drug: {deaths: 5, n: 40}, control: {deaths: 3, n: 40}", "arms.drug", "'deaths'", "did you mean events"),
        ("drug: {deaths: 5, n: 40}, control: {deaths: 3, n: 40}", "arms.control", "'n'", "did you mean total"),
        ("drug: {Events: 5, Total: 40}, control: {Events: 3, Total: 40}", "arms.drug", "'Events'", "events"),
        ("drug: {deaths: , n: }, control: {deaths: , n: }", "arms.drug", "'deaths'", "did you mean events"),
        ("drug: {events: , n: 40}, control: ", "arms.drug", "'n'", "did you mean total"),
        ("drug: {events: 5, total: 40}, control: ", "arms.control", "'control' is empty", "no entry for an arm"),
        ("drug: {events: 5, total: 40}, control: {}", "arms.control", "'events' is missing", "required"),
        ("drug: {events: , total: 40}, control: {events: , total: 40}", "arms.drug", "'events' has no value", ""),
        ("drug: {events: 5, total: 40,000}, control: {events: 3, total: 40}", "arms.drug", "'000'", "events, total"),
        ("drug: {events: 5, total: 40, n: }, control: {events: 3, total: 40}", "arms.drug", "'n'", "mean total"),
        ("drug: 5, control: 3", "arms.drug", "5 stands where keys", "key: value"),
        ("drug: [5, 40], control: [3, 40]", "arms.drug", "a list stands where keys", "key: value"),
    ],
)
def test_numbers_under_other_keys_never_vanish(project: Any, arms: str, where: str, found: str, allowed: str) -> None:
    assert ARMS in project.study
    all_found = problems(project.write(project.study.replace(f"    arms:\n{ARMS}", f"    arms: {{{arms}}}\n")))
    (one,) = (p for p in all_found if p.where == f"results[death].{where}" and found in p.found)
    assert allowed in one.allowed
    assert not [p for p in all_found if "type" in p.found]


@pytest.mark.parametrize(
    ("old", "new", "where", "found", "allowed"),
    [
        ("outcome: death", "outcome: deth", "results[deth].outcome", "'deth' is unknown", "did you mean death"),
        ("    name: death\n", "    nmae: death\n", "results[death]", "key 'nmae'", "did you mean name"),
        ("level: primary", "level: first", "results[death].source.level", "'first'", "primary"),
        ("outcome: death", "outcome: ", "results[1]", "'outcome' has no value", "required"),
    ],
)
def test_a_form_is_checked_too(project: Any, old: str, new: str, where: str, found: str, allowed: str) -> None:
    form = project.study.replace(ARMS, "      drug: {events: , total: }\n      control:\n")
    assert load(project.write(form)).studies[0].results == ()
    (one,) = problems(project.write(form.replace(old, new)))
    assert (one.where, found in one.found, allowed in one.allowed) == (where, True, True)


def test_a_study_whose_form_is_empty_is_said_to_be_waited_for(project: Any) -> None:
    from metaan.synthesis.analyse import analyse

    form = project.study.replace(ARMS, "      drug:\n      control:\n")
    (left_out,) = analyse(load(project.write(form)))[0].excluded
    assert left_out.reason == "its form for this outcome is not filled in yet"


THREE_ARMS = "  - {id: high, role: experimental, name: more of it, randomised: 40}\nresults:"


def test_an_arm_that_does_not_report_an_outcome_is_absent(project: Any) -> None:
    from metaan.synthesis.analyse import analyse

    study = project.study.replace("results:", THREE_ARMS)
    (row,) = analyse(load(project.write(study)))[0].rows
    assert dict(row.data) == {"ai": 5, "n1i": 40, "ci": 3, "n2i": 40}
    (one,) = problems(project.write(study.replace("      control: {events: 3, total: 40}\n", "")))
    assert (one.found, one.allowed) == ("arm 'control' is missing", "allowed: numbers of at least one control arm")


@pytest.mark.parametrize("time", ["28 days", "28-day", "D28", "4 weeks"])
def test_a_time_is_taken_however_it_is_written(project: Any, time: str) -> None:
    from metaan.synthesis.analyse import analyse

    review = project.review.replace("[day 28, nearest]", "[day 28]")
    (row,) = analyse(load(project.write(project.study.replace("day 28", time), review)))[0].rows
    assert row.result.time == time


@pytest.mark.parametrize(
    ("points", "where", "found"),
    [
        ("[{from: day 35, to: day 21}]", ".time_points[1]", "day 35 to day 21 is no window"),
        ("[{from: soon, to: day 21}]", ".time_points[1]", "soon to day 21 is no window"),
        ("[{from: day 3}]", ".time_points[1]", "'to' is missing"),
        ("[{from: day 3, till: day 5}]", ".time_points[1]", "key 'till' is unknown"),
        ("[[day 3, day 5]]", ".time_points[1]", "a list is not text"),
        ("[in hospital, nearest]", ".time_points", "'nearest' has no day"),
        ("[day 28, nearset]", ".time_points[2]", "'nearset' is neither a time nor 'nearest'"),
        ("[day 28, closest]", ".time_points[2]", "'closest' is neither a time nor 'nearest'"),
        ("[day 28, the closest time]", ".time_points[2]", "'the closest time' is neither a time nor 'nearest'"),
        ("[day 28, Nearest]", ".time_points[2]", "'Nearest' is neither a time nor 'nearest'"),
        ("[visit 4, nearest]", ".time_points", "'nearest' has no day"),
    ],
)
def test_time_points_that_cannot_be_read(project: Any, points: str, where: str, found: str) -> None:
    review = project.review.replace("[day 28, nearest]", points)
    all_found = problems(project.write(review=review))
    assert [p.where.endswith(where) for p in all_found if found in p.found] == [True]


def test_a_window_takes_what_lies_in_it(project: Any) -> None:
    from metaan.synthesis.analyse import analyse

    review = project.review.replace("[day 28, nearest]", "[day 28, {from: day 21, to: 5 weeks}]")
    for time, rows in (("1 month", 1), ("day 20", 0)):
        analysis = analyse(load(project.write(project.study.replace("day 28", time), review)))[0]
        assert len(analysis.rows) == rows
    (left_out,) = analysis.excluded
    assert left_out.reason.endswith("the protocol takes day 28, day 21 to 5 weeks (time_points in review.yaml)")


def test_a_file_whose_name_is_no_id_is_to_be_renamed(project: Any) -> None:
    folder = project.write()
    (folder / "doe-2020.yaml").rename(folder / "Doe 2020.yaml")
    (one,) = problems(folder)
    assert (one.found, one.allowed) == (
        "id 'doe-2020' in a file of another name",
        "allowed: a file that is called doe-2020.yaml",
    )
    (folder / "Doe 2020.yaml").write_text(project.study.replace("id: doe-2020", "id: Doe 2020"), encoding="utf-8")
    (one,) = problems(folder)
    assert one.found == "'Doe 2020' is not an id"
    assert one.allowed.startswith("did you mean doe-2020? allowed: a-z")


@pytest.mark.parametrize("wrong", ["ODDS", "O.R.", "qqq", "SMDX"])
def test_a_message_does_not_list_seventy_codes(project: Any, wrong: str) -> None:
    (one,) = problems(project.write(review=project.review.replace("measure: OR", f"measure: {wrong}", 1)))
    assert one.found == f"measure {wrong} is unknown"
    assert one.allowed.count(",") < 24
    assert " more" in one.allowed
