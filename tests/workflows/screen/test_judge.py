from __future__ import annotations

import hashlib
import shutil

import pytest

from metaan.errors import ConflictError, UsageError
from metaan.registry.load import load
from metaan.registry.store.decisions import read_decisions
from metaan.workflows.screen.judge import Vote, judge, open_screening, undo
from metaan.workflows.screen.words import pieces, reviewer, search_terms
from metaan.workflows.search.update import update
from tests.server.eutils import Eutils
from tests.server.living import NOW, PAPERS, at, contents, registry

WASPS, FOLLOW_UP, ERRATUM, OTHER = (f"pmid-9000000{n}" for n in (12, 13, 14, 15))


@pytest.fixture(scope="module")
def updated(tmp_path_factory):
    folder = registry(tmp_path_factory.mktemp("updated"))
    with Eutils(papers=PAPERS, rate=None) as server:
        update(folder, run=at(NOW, pubmed=server.url))
    return contents(folder)


@pytest.fixture
def folder(updated, tmp_path):
    return written(tmp_path / "studies", updated)


def written(folder, files):
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def decide(folder, key, action="include", by="ada", **more):
    return judge(folder, key, Vote(action, by, **more), at(NOW))


def states(folder):
    return {key: standing.state for key, standing in open_screening(folder).standings.items()}


def test_an_included_candidate_is_a_study_that_awaits_its_numbers(folder):
    judged = decide(folder, WASPS)
    assert judged.file == folder / "nobody12-2025.yaml"
    study = load(folder).study("nobody12-2025")
    assert (study.pmid, study.status.state) == ("900000012", "awaiting data")
    assert load(folder).metadata["nobody12-2025"].abstract[0].text == "Of the bees, 9 and 3 died."
    (decision,) = read_decisions(folder)
    assert (decision.key, decision.action, decision.by, decision.at) == (
        WASPS,
        "include",
        "ada",
        "2026-11-22T12:00:05Z",
    )
    assert (decision.study, decision.written) == ("nobody12-2025", hashlib.sha256(judged.file.read_bytes()).hexdigest())
    assert states(folder)[WASPS] == "included"


def test_an_exclusion_has_a_reason_and_leaves_the_registry_alone(folder):
    before = load(folder).digest
    with pytest.raises(UsageError, match="needs its reason"):
        decide(folder, "900000014", "exclude")
    with pytest.raises(UsageError, match="belongs to an exclusion"):
        decide(folder, "900000014", "later", reason="x")
    decide(folder, "10.5555/metaan.14", "exclude", reason="an erratum\x1b[2J of bees")
    assert read_decisions(folder)[0].reason == "an erratum[2J of bees"
    assert load(folder).digest == before
    assert open_screening(folder).flow.excluded == {"an erratum[2J of bees": 1}


def test_a_second_publication_of_a_study_makes_no_second_study(folder):
    before = contents(folder)
    with pytest.raises(ConflictError, match=r"NCT99999911 is in studies/bees\.yaml already.*--exclude"):
        decide(folder, FOLLOW_UP)
    assert contents(folder) == before


def test_undo_takes_back_the_own_last_decision_and_the_untouched_file(folder):
    before = contents(folder)
    decide(folder, OTHER, "later", by="bob")
    judged = decide(folder, WASPS)
    undone = undo(folder, "ada", at(NOW))
    assert (undone.decision.key, undone.removed) == (WASPS, judged.file)
    assert {name for name, raw in contents(folder).items() if before.get(name) != raw} == {"decisions.jsonl"}
    assert states(folder) == {WASPS: "open", FOLLOW_UP: "open", ERRATUM: "open", OTHER: "later"}
    assert [decision.action for decision in read_decisions(folder)] == ["later", "include", "undo"]
    with pytest.raises(UsageError, match="nothing that could be taken back"):
        undo(folder, "ada")


def test_a_study_file_that_was_worked_on_is_not_removed(folder):
    file = decide(folder, WASPS).file
    file.write_text(file.read_text(encoding="utf-8") + "# read in full\n", encoding="utf-8")
    before = contents(folder)
    with pytest.raises(ConflictError, match="worked on"):
        undo(folder, "ada")
    assert contents(folder) == before


def test_a_run_cut_between_the_file_and_the_decision_goes_on(folder):
    decide(folder, WASPS)
    (folder / "decisions.jsonl").unlink()
    judged = decide(folder, WASPS)
    assert (judged.file, judged.decision.study) == (None, "nobody12-2025")
    assert states(folder)[WASPS] == "included"


def test_two_reviewers_their_conflicts_and_kappa(updated, tmp_path):
    more = updated["review.yaml"] + b"screening: {reviewers: 2}\n"
    folder = written(tmp_path / "studies", updated | {"review.yaml": more})
    assert decide(folder, WASPS).standing.state == "second opinion"
    assert not (folder / "nobody12-2025.yaml").exists()
    decide(folder, ERRATUM, "exclude", reason="erratum")
    decide(folder, OTHER)
    decide(folder, ERRATUM, "exclude", by="bob", reason="erratum")
    assert decide(folder, OTHER, "exclude", by="bob", reason="twice").standing.state == "conflict"
    assert decide(folder, WASPS, by="bob").file == folder / "nobody12-2025.yaml"
    screening = open_screening(folder)
    agreement = screening.agreement()["ada", "bob"]
    assert (agreement.n, agreement.observed) == (3, pytest.approx(2 / 3))
    assert agreement.kappa == pytest.approx(0.4)  # (2/3 - 4/9) / (1 - 4/9)
    assert screening.keys_to_judge("cy") == [FOLLOW_UP, OTHER]
    assert screening.keys_to_judge("ada") == [FOLLOW_UP]
    assert decide(folder, OTHER, "exclude", by="consensus", reason="the same as wasps").standing.state == "excluded"
    assert open_screening(folder).agreement() == screening.agreement()


def test_what_was_put_off_comes_last(folder):
    decide(folder, WASPS, "later")
    assert open_screening(folder).keys_to_judge("ada") == [FOLLOW_UP, ERRATUM, OTHER, WASPS]


def test_the_flow_adds_up(folder):
    decide(folder, WASPS)
    decide(folder, ERRATUM, "exclude", reason="erratum")
    flow = open_screening(folder).flow
    assert flow.identified == {"pubmed": 5}
    assert (flow.known, flow.duplicates, flow.screened, flow.included, flow.undecided) == (1, 0, 2, 1, 2)
    assert (flow.previous, flow.studies) == (1, {"awaiting data": 2})


def test_an_unknown_candidate_and_a_nameless_reviewer_are_refused(folder):
    with pytest.raises(UsageError, match="did you mean"):
        decide(folder, "pmid-900000010")
    with pytest.raises(UsageError, match="a reviewer of 0 characters"):
        decide(folder, WASPS, by=" \x1b ")


@pytest.mark.skipif(shutil.which("git") is None, reason="git")
def test_who_judges(tmp_path, monkeypatch):
    settings = tmp_path / "gitconfig"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert reviewer("ada", {}) == "ada"
    assert reviewer(None, {"METAAN_REVIEWER": "bob"}) == "bob"
    assert reviewer(None, {"USER": "cy"}) == "cy"
    assert reviewer(None, {}) == "unnamed"
    settings.write_text("[user]\n\tname = Zoë Müller\n", encoding="utf-8")
    assert reviewer(None, {"USER": "cy"}) == "Zoë Müller"


def test_terms_of_the_review_are_highlighted():
    query = (
        '(anakinra[tiab] OR kineret[tiab]) AND ("COVID-19"[mh] OR covid*[ti]) AND ("2020/01/01"[crdt] : "3000"[crdt])'
    )
    terms = search_terms([query])
    assert set(terms) == {"anakinra", "kineret", "COVID-19", "covid"}
    assert marked("COVID-19 and Anakinra (IL-1) discovered", terms) == "<COVID-19> and <Anakinra> (IL-1) discovered"
    assert marked("Mice, anakinra, mice-free", terms, ["mice"]) == "[Mice], <anakinra>, [mice]-free"
    assert marked("在新冠肺炎中", ["新冠"]) == "在<新冠>肺炎中"
    assert marked("x", ()) == "x"


def marked(text, wanted, unwanted=()):
    signs = {"include": "<{}>", "exclude": "[{}]", "": "{}"}
    return "".join(signs[mark].format(piece) for piece, mark in pieces(text, wanted, unwanted))
