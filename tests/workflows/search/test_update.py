from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import ConflictError, SourceError, UsageError
from metaan.registry.load import load
from metaan.registry.store.candidate import read_candidates, read_raw
from metaan.registry.store.commit import locked
from metaan.registry.store.runs import read_runs, read_watermark
from metaan.workflows.run import Run
from metaan.workflows.screen.judge import Vote, judge
from metaan.workflows.search.update import update
from tests.server.crossref import Crossref
from tests.server.ctgov import CTGov
from tests.server.europepmc import EuropePMC
from tests.server.eutils import Eutils
from tests.server.faults import FAULTS, LIES, Reply
from tests.server.living import LATER, NOW, PAPERS, RETRACTED, STUDY, at, clients, contents, paper, registry
from tests.server.pace import PATIENCE
from tests.server.papers import FOOT, HEAD

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def server():
    with Eutils(papers=PAPERS, rate=None) as running:
        yield running


@pytest.fixture(autouse=True)
def sound(server):
    server.reset()
    server.papers = dict(PAPERS)


@pytest.fixture
def folder(tmp_path):
    return registry(tmp_path)


def run(folder, server, now=NOW, **more):
    return update(folder, run=at(now, pubmed=server.url), **more)


def asked(server, path):
    return [call.params for call in server.calls if call.path == path]


def test_what_is_new_becomes_a_candidate_and_what_is_known_does_not(folder, server):
    report = run(folder, server)
    assert [candidate.key for candidate in report.candidates] == [f"pmid-9000000{n}" for n in (15, 14, 13, 12)]
    assert report.run.known == {"pubmed:900000011": "bees"}
    assert report.waiting == 4
    assert {key: c.pmid for key, c in read_candidates(folder).items()} == {
        f"pmid-{pmid}": pmid for pmid in PAPERS if pmid != STUDY.pmid
    }
    assert load(folder).studies[0].id == "bees"


def test_publications_of_one_study_are_linked_and_look_alikes_are_asked_about(folder, server):
    run(folder, server)
    found = read_candidates(folder)
    assert [(link.to, link.how) for link in found["pmid-900000013"].linked] == [("bees", "registered as NCT99999911")]
    assert [(link.to, link.how) for link in found["pmid-900000014"].linked] == [("bees", "ErratumFor")]
    (question,) = [q for candidate in found.values() for q in candidate.questions]
    assert question.to in ("pmid-900000012", "pmid-900000015")
    assert question.similarity > 95
    assert "pmid" in question.differ


def test_the_run_is_kept_with_everything_that_was_asked_and_answered(folder, server):
    report = run(folder, server)
    (kept,) = read_runs(folder)
    assert kept == report.run
    (search,) = kept.searches
    assert (search.source, search.term, search.asked, search.since) == ("pubmed", "zymodrug[tiab]", search.term, None)
    assert search.translation == "zymodrug[tiab]"
    assert search.count == len(search.identifiers) == len(PAPERS)
    assert kept.versions["metaan"]
    assert (kept.started, kept.finished) == ("2026-11-22T12:00:05Z", "2026-11-22T12:00:05Z")
    assert json.loads(read_raw(folder, search.answers[0]))["esearchresult"]["count"] == str(len(PAPERS))
    sighting = read_candidates(folder)["pmid-900000012"].sightings[0]
    assert b'<PMID Version="1">900000012</PMID>' in read_raw(folder, sighting.digest)
    assert load(folder).metadata["bees"].pmid == STUDY.pmid
    assert STUDY.pmid.encode() in read_raw(folder, load(folder).metadata["bees"].digest)


def test_the_next_run_asks_from_the_watermark_with_an_overlap(folder, server):
    first = run(folder, server)
    (mark,) = read_watermark(folder)["pubmed"].values()
    assert (mark.searched.isoformat(), mark.run) == ("2026-11-22", first.run.id)
    server.reset()
    server.papers = PAPERS | {LATER.pmid: LATER}
    report = run(folder, server, NOW + WEEK)
    assert '"2026/11/08"[crdt] : "3000"[crdt]' in asked(server, "esearch.fcgi")[0]["term"]
    assert [candidate.key for candidate in report.candidates] == [f"pmid-{LATER.pmid}"]
    assert report.run.searches[0].since == "2026-11-08"
    assert report.waiting == 5


def test_a_run_without_news_fetches_nothing_again(folder, server):
    run(folder, server)
    before = contents(folder)
    server.reset()
    report = run(folder, server, full=True)
    assert (len(report.candidates), report.run.searches[0].fetched) == (0, 0)
    assert [params["id"] for params in asked(server, "efetch.fcgi")] == [STUDY.pmid]
    changed = {name for name, raw in contents(folder).items() if before.get(name) != raw}
    assert changed == {"runs/20261122T120005Z-2.json", "watermark.json"}


def test_studies_are_looked_at_again_in_few_requests(folder, server):
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    for number in range(450):
        pmid, name = str(800000000 + number), f"bees-{number}"
        server.papers[pmid] = paper(pmid, f"Trial {number}", doi=f"10.5555/{number}")
        other = (
            text.replace("id: bees", f"id: {name}").replace(STUDY.pmid, pmid).replace(STUDY.doi, f"10.5555/{number}")
        )
        (folder / f"{name}.yaml").write_text(other.replace("Bees 2024", name), encoding="utf-8")
    server.papers = {pmid: one for pmid, one in server.papers.items() if pmid == STUDY.pmid or pmid.startswith("8")}
    report = run(folder, server)
    assert len(report.recheck.studies) == 451
    assert len(asked(server, "efetch.fcgi")) == 1 + 3  # of the search, and ceil(451 / 200)


def test_studies_without_a_pmid_are_found_together_by_their_doi(folder, server):
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    (folder / "bees.yaml").write_text(text.replace(f'pmid: "{STUDY.pmid}"\n', ""), encoding="utf-8")
    (folder / "gone.yaml").write_text(
        text.replace("id: bees", "id: gone").replace(f'pmid: "{STUDY.pmid}"\n', "").replace(STUDY.doi, "10.5555/gone")
        .replace("Bees 2024", "Gone 2024"),
        encoding="utf-8",
    )  # fmt: skip
    report = run(folder, server)
    assert report.recheck.studies == ("bees",)
    assert "no record carries the DOI 10.5555/gone" in report.recheck.unknown[0]
    assert [params["term"].count("[doi]") for params in asked(server, "esearch.fcgi")] == [0, 2]
    server.reset()
    run(folder, server)  # what was found by its DOI has a PMID now
    assert [params["term"].count("[doi]") for params in asked(server, "esearch.fcgi")][-1] == 1


def test_a_retraction_is_new_once(folder, server):
    assert run(folder, server).recheck.notices == ()
    server.papers[STUDY.pmid] = RETRACTED
    (notice,) = run(folder, server, NOW + WEEK).recheck.notices
    assert (notice.study, notice.kind, notice.severity, notice.known) == ("bees", "RetractionIn", "retracted", False)
    assert (notice.pmid, notice.doi, notice.by) == ("900000099", "10.5555/metaan.notice", "PubMed")
    assert load(folder).metadata["bees"].retracted
    (notice,) = run(folder, server, NOW + 2 * WEEK).recheck.notices
    assert notice.known


def test_a_notice_that_the_study_names_is_known(folder, server):
    with (folder / "bees.yaml").open("a", encoding="utf-8") as file:
        file.write("\nrelations:\n  - {kind: retraction, pmid: '900000099'}\n")
    server.papers[STUDY.pmid] = RETRACTED
    (notice,) = run(folder, server).recheck.notices
    assert notice.known


def test_dropped_words_fail_the_run_unless_they_are_accepted(tmp_path, server):
    search = "[{source: pubmed, query: 'zymodrug[tiab] OR zzzword[tiab]'}]"
    folder = registry(tmp_path, search)
    before = contents(folder)
    with pytest.raises(SourceError, match=r"accept_dropped: \[zzzword\]"):
        run(folder, server)
    assert contents(folder) == before
    accepted = search.replace("}]", ", accept_dropped: [zzzword]}]")
    folder = registry(tmp_path / "accepted", accepted)
    assert run(folder, server).run.searches[0].accepted == ("not found and left out: zzzword",)


def test_a_record_that_is_listed_and_never_comes_fails_the_run(folder, server):
    before = contents(folder)
    server.reset([None, "a record missing", "empty set"])
    with pytest.raises(SourceError, match="lists 1 record"):
        run(folder, server)
    assert contents(folder) == before


def test_another_query_begins_anew_and_since_is_kept(tmp_path, server):
    folder = registry(tmp_path)
    run(folder, server)
    review = folder / "review.yaml"
    text = review.read_text(encoding="utf-8")
    review.write_text(
        text.replace("query: 'zymodrug[tiab]'", "query: 'bees[tiab]', since: 2026-01-01"), encoding="utf-8"
    )
    search = run(folder, server, NOW + WEEK).run.searches[0]
    assert search.since == "2026-01-01"
    assert len(read_watermark(folder)["pubmed"]) == 2


def test_a_full_run_says_what_is_no_longer_listed(folder, server):
    run(folder, server)
    del server.papers["900000012"]
    assert run(folder, server, NOW + WEEK).run.searches[0].no_longer == ()
    assert run(folder, server, NOW + WEEK, full=True).run.searches[0].no_longer == ("900000012",)


@pytest.mark.parametrize(
    ("search", "sources", "message"),
    [
        ("[]", None, "has no search"),
        ("[{source: pubmde, query: x}]", None, "did you mean pubmed"),
        ("[{source: pubmed, query: 'x[tiab]'}]", ["ctgov"], "no search of 'ctgov'"),
        ("[{source: pubmed, query: 'x[tiabb]'}]", None, r"field tag \[tiabb\] is unknown"),
    ],
)
def test_a_search_that_cannot_be_right_is_refused_before_anything_is_asked(tmp_path, server, search, sources, message):
    folder = registry(tmp_path, search)
    with pytest.raises(UsageError, match=message):
        run(folder, server, sources=sources)
    assert server.calls == []


def test_hostile_records_are_text_and_stay_in_the_folder(folder, server):
    evil = paper(
        "900000031",
        "Zymodrug &lt;script&gt;alert(1)&lt;/script&gt; <i>x</i> =cmd|calc",
        doi="10.5555/../../../evil",
        authors=("../../etc/passwd A",),
        registration=("ClinicalTrials.gov", "../NCT1"),
        abstract=(("../X", "&lt;img src=x onerror=alert(1)&gt;"),),
    )
    server.papers = {STUDY.pmid: STUDY, evil.pmid: evil}
    before = {path for path in folder.parent.rglob("*") if path.is_file()}
    (candidate,) = run(folder, server).candidates
    assert candidate.title.startswith("Zymodrug &lt;script&gt;alert(1)&lt;/script&gt; <i>x</i>")
    assert candidate.abstract[0].text == "&lt;img src=x onerror=alert(1)&gt;"
    judged = judge(folder, candidate.key, Vote("include", "ada"))
    file = judged.file
    assert file.parent == folder
    assert "left out, for no registry has such a number: ../NCT1" in judged.notes
    assert load(folder).study(file.stem).title.startswith("Zymodrug <script>")
    new = {path for path in folder.parent.rglob("*") if path.is_file()} - before
    assert {path.parent.name for path in new} <= {"studies", ".update", "candidates", "metadata", "raw", "runs"}


def huge(megabytes):
    """A record whose abstract has that many megabytes, sent piece by piece."""
    head, tail = paper("900000032", "Zymodrug at length.", abstract=(("", "CUT"),)).xml().split(b"CUT")
    piece = b"bees " * 209_716
    return (HEAD + head, *[piece[: 1 << 20]] * megabytes, tail + FOOT)


def test_an_abstract_of_a_megabyte_is_a_candidate(folder, server):
    long = paper("900000032", "Zymodrug at length.", abstract=(("", "bees " * 200_000),))
    server.papers = {STUDY.pmid: STUDY, long.pmid: long}
    assert [candidate.pmid for candidate in run(folder, server).candidates] == [long.pmid]
    (part,) = read_candidates(folder)[f"pmid-{long.pmid}"].abstract
    assert len(part.text) == 999_999


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(200, "text/xml", b"", flood=lambda: iter(huge(100))), "larger than 64 MB"),
        (Reply(302, "text/html", b"", {"Location": "http://127.0.0.2:9/"}), "redirects to another host"),
        (Reply(200, "text/xml", b"", flood=lambda: iter([b"x" * (1 << 20)] * 80)), "larger than 64 MB"),
    ],
)
def test_answers_that_lead_away_or_do_not_end_change_nothing(folder, server, reply, message):
    before = contents(folder)
    server.reset([None, reply])
    with pytest.raises(SourceError, match=message):
        run(folder, server)
    assert contents(folder) == before


def test_a_second_run_stops(folder, server):
    with locked(folder, "metaan update"), pytest.raises(ConflictError, match="is at work on these studies"):
        run(folder, server)
    assert server.calls == []


def test_nobody_there_leaves_everything_as_it_was(folder, server):
    run(folder, server)
    before = contents(folder)
    with Eutils() as gone:
        url = gone.url
    with pytest.raises(SourceError, match="nobody answers there"):
        update(folder, run=at(NOW + WEEK, pubmed=url))
    assert contents(folder) == before


def test_an_included_candidate_is_a_known_study_afterwards(folder, server):
    run(folder, server)
    judge(folder, "900000012", Vote("include", "ada"))
    report = run(folder, server, NOW + WEEK, full=True)
    assert (len(report.candidates), report.waiting) == (0, 3)
    assert len(report.recheck.studies) == 2


def test_every_source_that_is_named_is_asked(tmp_path, server):
    search = """
  - {source: pubmed, query: 'zymodrug[tiab]'}
  - {source: ctgov, query: anakinra}
  - {source: europepmc, query: anakinra}
"""
    folder = registry(tmp_path, search)
    with CTGov(rate=None) as trials, EuropePMC(rate=None) as europepmc:
        made = clients(pubmed=server.url, ctgov=trials.url, europepmc=europepmc.url)
        report = update(folder, run=Run(lambda: NOW, services=made))
        again = update(folder, run=Run(lambda: NOW + WEEK, services=made), full=True)
        only = update(folder, run=Run(lambda: NOW + WEEK, services=made), sources=["ctgov"])
    assert [search.source for search in report.run.searches] == ["pubmed", "ctgov", "europepmc"]
    assert all(search.count for search in report.run.searches)
    assert report.run.searches[1].version
    assert any(key.startswith("nct") for key in report.run.new)
    assert not again.candidates
    assert not only.candidates
    assert only.run.recheck is None
    assert sorted(read_watermark(folder)) == ["ctgov", "europepmc", "pubmed"]


def test_results_of_a_registered_study_are_told(tmp_path, server):
    folder = registry(tmp_path, "[{source: ctgov, query: nothing}]")
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    (folder / "bees.yaml").write_text(text.replace("NCT99999911", "NCT99990001"), encoding="utf-8")
    with CTGov(rate=None) as trials:
        report = update(folder, run=at(NOW, pubmed=server.url, ctgov=trials.url))
    (search,) = report.run.searches
    assert report.run.known["ctgov:NCT99990001"] == "bees"
    assert [(change.to, change.what) for change in search.changes] == [("bees", "results posted")]


def test_a_registration_is_linked_to_the_articles_that_it_names_as_its_own(tmp_path, server):
    folder = registry(tmp_path, "[{source: ctgov, query: nothing}]")
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    (folder / "bees.yaml").write_text(text.replace(STUDY.pmid, "900000001"), encoding="utf-8")
    with CTGov(rate=None) as trials:
        update(folder, run=at(NOW, pubmed=server.url, ctgov=trials.url))
    links = read_candidates(folder)["nct99990001"].linked
    study = judge(folder, "NCT99990002", Vote("include", "ada")).decision.study
    assert load(folder).study(study).registrations[0] == "NCT99990002"
    assert [(link.to, link.how) for link in links] == [("bees", "RESULT reference")]


def about_metaan_2(folder):
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    (folder / "bees.yaml").write_text(text.replace(STUDY.doi, "10.5555/metaan.2"), encoding="utf-8")
    return folder


def test_crossref_is_asked_from_both_ends_in_two_requests(tmp_path, server):
    with Crossref(rate=None) as crossref:
        folder = about_metaan_2(registry(tmp_path))
        report = update(folder, run=at(NOW, pubmed=server.url, crossref=crossref.url))
    assert {(n.by, n.severity) for n in report.recheck.notices} >= {("Crossref", "retracted")}
    assert [call.params["filter"] for call in crossref.calls] == ["doi:10.5555/metaan.2", "updates:10.5555/metaan.2"]
    assert report.recheck.unasked == ()


def test_where_crossref_does_not_answer_that_is_said_and_nothing_else_fails(tmp_path, server):
    with Crossref(rate=None) as crossref:
        crossref.reset(["bad gateway"] * 20)
        make = clients(pubmed=server.url, crossref=crossref.url)
        report = update(about_metaan_2(registry(tmp_path)), run=Run(lambda: NOW, services=make))
    assert len(report.candidates) > 0
    assert "HTTP 502" in report.recheck.unasked[0]
    assert all(notice.by != "Crossref" for notice in report.recheck.notices)


# One lie at most: a sound answer that lacks something shows only by being asked for twice.
_FAULTS = st.lists(st.sampled_from([None, *(name for name in FAULTS if name not in LIES)]), max_size=10)
_PLANS = st.tuples(_FAULTS, st.sampled_from([None, *LIES]), _FAULTS).map(lambda plan: [*plan[0], plan[1], *plan[2]])


@pytest.fixture(scope="module")
def outcome(server, tmp_path_factory):
    """A registry that was updated once, and what a run without faults makes of it when there is more."""
    folder = registry(tmp_path_factory.mktemp("faultless"))
    server.reset()
    server.papers = dict(PAPERS)
    run(folder, server)
    before = contents(folder)
    server.papers = PAPERS | {LATER.pmid: LATER, STUDY.pmid: RETRACTED}
    run(folder, server, NOW + WEEK)
    return folder, before, contents(folder)


def restore(folder, files):
    shutil.rmtree(folder)
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)


@given(plan=_PLANS)
@settings(max_examples=30)
def test_whatever_fails_the_end_is_the_faultless_one_or_an_error_and_the_old_files(outcome, server, plan):
    folder, before, after = outcome
    restore(folder, before)
    server.papers = PAPERS | {LATER.pmid: LATER, STUDY.pmid: RETRACTED}
    server.reset(plan)
    try:
        run(folder, server, NOW + WEEK)
    except SourceError:
        assert contents(folder) == before
    else:
        assert contents(folder) == after


# Each child runs a whole update and kills itself at one of the times it touches a file, or asks for something.
_KILLED = """
import os, random, signal, sys
sys.path.insert(0, sys.argv[3])
from datetime import timedelta
from pathlib import Path
from metaan.registry.store.commit import locked
from metaan.workflows.search.update import update
from tests.server.living import NOW, at, contents, registry
url, root = sys.argv[1], Path(sys.argv[2])
def work(folder):
    update(folder, run=at(NOW, pubmed=url))
old = contents(registry(root / "old"))
work(registry(root / "new"))
new = contents(root / "new" / "studies")
events, seen = [], 0
def hook(event, args):
    global seen
    if not watched or not (event in ("os.rename", "os.mkdir", "os.remove", "socket.connect") or event == "open"):
        return
    seen += 1
    if seen == stop:
        os.kill(os.getpid(), signal.SIGKILL)
watched, stop = False, 0
sys.addaudithook(hook)
folder = registry(root / "count")
watched = True
work(folder)
watched, total = False, seen
rng = random.Random(5)
ends = set()
for nth in sorted(rng.sample(range(1, total + 1), 8)) + [total - 8, total - 4]:
    folder = registry(root / str(nth))
    child = os.fork()
    if child == 0:
        seen, stop, watched = 0, nth, True
        work(folder)
        os._exit(0)
    os.waitpid(child, 0)
    with locked(folder, "the next run"):
        after = contents(folder)
    assert after in (old, new), (nth, total, sorted(after))
    ends.add(after == new)
    work(folder) if after == old else None
    assert contents(folder) == new
assert ends == {True, False}, (ends, total)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_at_random_points_it_leaves_the_old_or_the_new_state(tmp_path, server):
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _KILLED, server.url, tmp_path, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_while_one_run_waits_a_second_stops_and_killing_the_first_changes_nothing(folder, server):
    before = contents(folder)
    server.reset([Reply(429, "text/plain", b"", headers={"Retry-After": "110"})] * 6)
    environment = os.environ | {"METAAN_PUBMED_URL": server.url}
    command = [sys.executable, "-m", "metaan", "update", "--project", folder.parent]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as working:
        assert "asking again" in working.stderr.readline()
        second = subprocess.run(command, capture_output=True, env=environment, text=True, check=False)
        working.send_signal(signal.SIGKILL)
    assert (second.returncode, second.stdout) == (1, "")
    assert "at work on these studies; nothing was done" in second.stderr
    assert working.returncode == -signal.SIGKILL
    assert contents(folder) == before
    server.reset()
    assert run(folder, server).candidates
