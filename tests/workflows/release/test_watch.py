"""The whole cycle against local services: what is to be judged, what would happen, and what a scheduler is told."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

import metaan as ma
from metaan.errors import ConflictError, SourceError
from metaan.workflows.release.release import release
from metaan.workflows.release.watch import NOTHING, TO_JUDGE, WOULD_FLIP, watch, write_plots
from metaan.workflows.release.watch_summary import as_json, summary
from metaan.workflows.screen.judge import Vote, judge
from metaan.workflows.search.fetch import fetch
from metaan.workflows.versions.pending import unanswered
from tests.repository import NEEDS_GIT, commit, repository
from tests.server.crossref import Crossref
from tests.server.eutils import Eutils
from tests.server.living import LATER, NOW, PAPERS, RETRACTED, STUDY, at, contents, paper, registry

RESULT = """
results:
  - outcome: death
    name: death
    time: day 28
    arms:
      drug: {{events: {0}, total: 100}}
      control: {{events: {1}, total: 100}}
    source: {{document: abstract, level: primary}}
"""
OTHER = """\
id: {0}
label: {0}
title: Zymodrug in {0}
design: {{kind: randomised}}
status: {{state: included}}
arms:
  - {{id: drug, role: experimental, name: drug}}
  - {{id: control, role: control, name: usual care}}
"""
BEES = OTHER.format("bees") + f"pmid: '{STUDY.pmid}'\n"
REVIEW = """\
title: Zymodrug
question: {population: p, intervention: i, comparator: c}
outcomes:
  - {id: death, name: death, direction: bad, measure: OR}
analyses:
  - {outcome: death, model: [common]}
search: [{source: pubmed, query: 'zymodrug[tiab]'}]
"""


@pytest.fixture(scope="module")
def server():
    with Eutils(papers=PAPERS, rate=None) as running:
        yield running


@pytest.fixture(autouse=True)
def sound(server):
    server.reset()
    server.papers = {STUDY.pmid: STUDY}


@pytest.fixture
def folder(tmp_path):
    """Two studies, of which only the one that PubMed knows makes the conclusion."""
    folder = registry(tmp_path / "review")
    for name, text in (
        ("review", REVIEW),
        ("bees", BEES + RESULT.format(5, 40)),
        ("wasps", OTHER.format("wasps") + RESULT.format(20, 21)),
    ):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def edit(folder, name, old, new):
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(folder, server, now=NOW):
    return watch(folder, run=at(now, pubmed=server.url))


def scenario(found, key):
    (one,) = [scenario for scenario in found.scenarios if scenario.key == key]
    return one


def test_nothing_new_is_status_0(folder, server):
    found = run(folder, server)
    assert (found.status, found.waiting, found.scenarios, found.flagged) == (NOTHING, (), (), ())
    first = summary(found).split("\n\n")[:2]
    assert first == [
        "# Zymodrug: watched on 2026-11-22",
        "**Nothing to do was found; 1 study could not be looked up.**",
    ]


def test_new_candidates_are_to_be_judged_until_they_are(folder, server):
    server.papers = PAPERS
    found = run(folder, server)
    assert (found.status, len(found.waiting)) == (TO_JUDGE, 4)
    text = summary(found)
    assert "## Candidates to judge: 4\n" in text
    assert "- new: `pmid-900000012` " in text
    again = run(folder, server, NOW + timedelta(days=7))
    assert again.status == TO_JUDGE
    assert "new: " not in summary(again)
    for candidate in found.waiting:
        judge(folder, candidate.key, Vote("exclude", "A", "not a trial"))
    assert run(folder, server, NOW + timedelta(days=14)).status == NOTHING


def test_study_files_are_not_changed(folder, server):
    before = {path: path.read_bytes() for path in folder.glob("*.yaml")}
    server.papers = PAPERS | {STUDY.pmid: RETRACTED}
    run(folder, server)
    assert {path: path.read_bytes() for path in folder.glob("*.yaml")} == before


def test_a_retraction_that_carries_the_conclusion_is_status_4_until_it_is_decided(folder, server):
    run(folder, server)
    server.papers = {STUDY.pmid: RETRACTED}
    found = run(folder, server, NOW + timedelta(days=7))
    assert found.status == WOULD_FLIP
    assert [(flag.study.id, flag.about) for flag in found.flagged] == [("bees", "retraction")]
    assert [notice.pmid for notice in found.notices] == ["900000099"]
    flagged = scenario(found, "flagged")
    assert flagged.flips
    text = summary(found)
    assert "**A conclusion would change.**" in text
    assert "## Studies that need a signed decision\n\n- bees is retracted according to PubMed" in text
    assert "## If the retracted and questioned studies were excluded" in text
    assert "the conclusion changed from favours the treatment to no clear difference" in text
    said = "about: retraction, decision: keep, reason: r, by: A, date: 2026-11-22"
    edit(folder, "bees", "results:", f"decisions: [{{{said}}}]\nresults:")
    decided = run(folder, server, NOW + timedelta(days=14))
    assert (decided.status, decided.scenarios, decided.flagged) == (NOTHING, (), ())


CORRECTED = replace(STUDY, corrections=(("ErratumIn", "J Made-up. 2026;3:1. doi: 10.5555/e", "900000077"),))
UPDATED = replace(STUDY, corrections=(("UpdateIn", "J Made-up. 2026;4:1.", "900000078"),))
DECISION = "decisions: [{{about: correction, decision: keep, reason: r, by: A, date: {}}}]\nresults:"
NAMED = "relations: [{kind: erratum, pmid: '900000077'}]\nresults:"


@pytest.mark.parametrize("published", [CORRECTED, UPDATED])
def test_what_was_published_about_a_study_is_to_be_judged_until_somebody_has_answered(folder, server, published):
    server.papers = {STUDY.pmid: published}
    first, second = run(folder, server), run(folder, server, NOW + timedelta(days=7))
    assert (first.status, second.status) == (TO_JUDGE, TO_JUDGE)
    pmid = published.corrections[0][2]
    assert "## Published before, and not answered" not in summary(first)
    assert f"PMID {pmid}" in summary(second).split("## Published before, and not answered")[1].split("##")[0]
    assert [notice["pmid"] for notice in as_json(second)["unanswered"]] == [pmid]
    edit(folder, "bees", "results:", DECISION.format("2026-11-21"))
    assert run(folder, server, NOW + timedelta(days=8)).status == TO_JUDGE  # the decision is older than the notice
    edit(folder, "bees", "2026-11-21", "2026-11-22")
    assert run(folder, server, NOW + timedelta(days=9)).status == NOTHING


def test_a_study_that_names_its_erratum_has_answered_that_one_and_no_later_one(folder, server):
    server.papers = {STUDY.pmid: CORRECTED}
    run(folder, server)
    edit(folder, "bees", "results:", NAMED)
    assert run(folder, server, NOW + timedelta(days=7)).status == NOTHING
    later = ("ErratumIn", "J Made-up. 2026;9:1.", "900000079")
    server.papers = {STUDY.pmid: replace(CORRECTED, corrections=(*CORRECTED.corrections, later))}
    assert [run(folder, server, NOW + timedelta(days=day)).status for day in (8, 9)] == [TO_JUDGE, TO_JUDGE]
    edit(folder, "bees", "results:", DECISION.format("2026-11-30"))
    assert run(folder, server, NOW + timedelta(days=10)).status == NOTHING


def fetched(folder, server, now):
    fetch(folder, run=at(now, pubmed=server.url))
    return [notice.pmid for notice in unanswered(ma.load(folder))]


@pytest.mark.parametrize("search", [None, "search: []\n"])
def test_a_decision_answers_no_later_erratum_whoever_looked(folder, server, search):
    """Neither where every record comes by `metaan fetch`, nor where the review has no search."""
    if search:
        edit(folder, "review", "search: [{source: pubmed, query: 'zymodrug[tiab]'}]\n", search)
    look = (
        (lambda now: [n.pmid for n in run(folder, server, now).unanswered])
        if search
        else partial(fetched, folder, server)
    )
    later = ("ErratumIn", "J Made-up. 2026;9:1.", "900000079")
    server.papers = {STUDY.pmid: CORRECTED}
    assert [look(NOW), look(NOW + timedelta(days=1))] == [["900000077"], ["900000077"]]
    edit(folder, "bees", "results:", DECISION.format("2026-11-23"))
    assert look(NOW + timedelta(days=2)) == []
    server.papers = {STUDY.pmid: replace(CORRECTED, corrections=(*CORRECTED.corrections, later))}
    assert [look(NOW + timedelta(days=3)), look(NOW + timedelta(days=4))] == [["900000079"], ["900000079"]]
    server.papers = {STUDY.pmid: replace(server.papers[STUDY.pmid], volume="7")}  # another record, the same notices
    edit(folder, "bees", "2026-11-23", "2026-11-25")
    assert look(NOW + timedelta(days=5)) == []


def test_a_review_without_a_search_hears_of_what_only_crossref_knows(folder, server):
    edit(folder, "review", "search: [{source: pubmed, query: 'zymodrug[tiab]'}]\n", "")
    notice = {
        "DOI": "10.5555/n",
        "type": "retraction",
        "updated": {"date-parts": [[2026, 1, 2]]},
        "label": "Retraction",
    }
    with Crossref(works={STUDY.doi: {"DOI": STUDY.doi, "updated-by": [notice]}}, rate=None) as crossref:
        found = watch(folder, run=at(NOW, pubmed=server.url, crossref=crossref.url))
    assert [(flag.study.id, flag.about, flag.by) for flag in found.flagged] == [("bees", "retraction", "Crossref")]
    assert found.status == WOULD_FLIP


def test_an_excluded_study_asks_for_no_answer(folder, server):
    edit(folder, "bees", "{state: included}", "{state: excluded, reason: no bees}")
    server.papers = {STUDY.pmid: CORRECTED}
    assert run(folder, server).unanswered == ()


@NEEDS_GIT
@pytest.mark.usefixtures("no_settings_of_this_machine")
def test_a_release_waits_for_the_answer(folder, server):
    server.papers = {STUDY.pmid: CORRECTED}
    run(folder, server)
    repository(folder.parent)
    with pytest.raises(
        ConflictError, match=r"bees: re-extract \(ErratumIn.*nobody has answered it in studies/bees.yaml"
    ):
        release(folder, "1.0", dry_run=True)
    edit(folder, "bees", "results:", NAMED)
    commit(folder.parent)
    assert release(folder, "1.0", dry_run=True).record["version"] == "1.0"


def test_a_retraction_that_carries_nothing_is_to_be_judged(folder, server):
    edit(folder, "wasps", "drug: {events: 20,", "drug: {events: 2,")
    server.papers = {STUDY.pmid: RETRACTED}
    found = run(folder, server)
    assert found.status == TO_JUDGE
    assert not scenario(found, "flagged").flips


def test_unconfirmed_numbers_are_shown_with_what_they_would_do(folder, server):
    text = OTHER.format("flies") + RESULT.format(90, 20) + "    unconfirmed: true\n"
    (folder / "flies.yaml").write_text(text, encoding="utf-8")
    found = run(folder, server)
    assert (found.status, found.unconfirmed) == (WOULD_FLIP, ("flies: death, day 28",))
    change = scenario(found, "unconfirmed")
    (cause,) = change.difference.analyses[0].pools[0].causes
    assert (cause.id, cause.change) == ("flies", "confirmed")
    assert "flies" not in [row.id for row in ma.analyse(ma.load(folder))[0].rows]


def test_one_number_that_would_flip_alone_counts_though_another_undoes_it(folder, server):
    for name, numbers in (("flies", (90, 20)), ("ants", (20, 90))):
        text = OTHER.format(name) + RESULT.format(*numbers) + "    unconfirmed: true\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = run(folder, server)
    assert not scenario(found, "unconfirmed").difference.conclusion_changed
    assert found.status == WOULD_FLIP


@NEEDS_GIT
@pytest.mark.usefixtures("no_settings_of_this_machine")
def test_what_changed_since_the_last_release_counts(folder, server):
    repository(folder.parent)
    release(folder, "1.0", tag=False)
    assert run(folder, server).status == NOTHING
    edit(folder, "bees", "drug: {events: 5,", "drug: {events: 35,")
    found = run(folder, server)
    assert (found.status, scenario(found, "release").difference.old_name) == (WOULD_FLIP, "release 1.0")
    record = folder.parent / "releases" / "1.0.json"
    record.write_text(json.dumps(json.loads(record.read_bytes()) | {"commit": "0" * 40}), encoding="utf-8")
    lost = run(folder, server)
    assert lost.status == NOTHING
    assert lost.notes[0].startswith("Since the last release: ")


def test_plots_are_files_that_stand_alone_and_old_ones_go(folder, server, tmp_path):
    server.papers = {STUDY.pmid: RETRACTED}
    found = run(folder, server)
    plots = tmp_path / "watch"
    plots.mkdir()
    (plots / "what-if-old.svg").write_text("x", encoding="utf-8")
    (plots / "mine.svg").write_text("x", encoding="utf-8")
    written = write_plots(found, plots, plots.parent)
    assert sorted(path.name for path in plots.iterdir()) == sorted(["mine.svg", *(f"{name}.svg" for name in written)])
    (path,) = written.values()
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert "<style>" in text
    assert "var(" not in text
    assert f"](<{path.name}>)" in summary(found, written, plots / "summary.md")


def test_json_is_plain(folder, server):
    server.papers = PAPERS | {STUDY.pmid: RETRACTED}
    found = json.loads(json.dumps(as_json(run(folder, server)), allow_nan=False))
    assert (found["status"], len(found["waiting"]), found["flagged"][0]["study"]) == (WOULD_FLIP, 4, "bees")
    assert found["what_if"][0]["conclusion_changed"] is True


def test_titles_from_outside_are_text_and_call_nobody(folder, server):
    title = "Zymodrug &lt;img src=x&gt; @everyone [x](http://example.org) `a` # | end"
    server.papers = {STUDY.pmid: STUDY, "900000031": paper("900000031", title)}
    text = summary(run(folder, server))
    line = next(line for line in text.splitlines() if "900000031" in line)
    assert "@everyone" not in line
    assert "\\<img" in line
    assert "\\[x\\]" in line


def test_without_a_search_the_studies_are_looked_at_again(folder, server, monkeypatch):
    edit(folder, "review", "search: [{source: pubmed, query: 'zymodrug[tiab]'}]\n", "")
    monkeypatch.setenv("METAAN_PUBMED_URL", server.url)
    server.papers = {STUDY.pmid: RETRACTED}
    found = watch(folder, at(NOW))
    assert found.status == WOULD_FLIP
    assert found.not_found == ("wasps: neither a PMID nor a DOI to ask for",)
    assert "no search" in found.notes[0]


def test_a_service_at_fault_is_an_error_and_nothing_is_changed(folder, server):
    server.papers = PAPERS | {LATER.pmid: LATER}
    before = contents(folder)
    server.reset(["bad gateway"] * 40)
    with pytest.raises(SourceError):
        run(folder, server)
    assert contents(folder) == before
