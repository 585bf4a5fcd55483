from __future__ import annotations

import pytest

from metaan.errors import UsageError
from metaan.registry.store.candidate import read_candidates
from metaan.registry.store.runs import read_runs, read_watermark
from metaan.workflows.search.import_records import import_records
from metaan.workflows.search.update import update
from tests.server.eutils import Eutils
from tests.server.living import NOW, PAPERS, STUDY, at, contents, registry
from tests.server.papers import article_set

RIS = f"""TY  - JOUR
TI  - {STUDY.title}
AU  - Nobody11, A.
PY  - 2024
DO  - {STUDY.doi.upper()}
ER  -

TY  - JOUR
TI  - Zymodrug in moths: a made-up trial of a fourth animal
AU  - Moth, A. B.
PY  - 2025
JO  - Journal of Made-up Trials
ER  -

TY  - JOUR
TI  - Zymodrug in Moths: A Made-up Trial of a Fourth Animal.
AU  - Moth, A.
PY  - 2025
JO  - J Made-up Trials
ER  -
"""
BIBTEX = """@article{moth, title = {Zymodrug in moths: a made-up trial of a fourth animal}, author = {Moth, A. B.},
 year = 2025, journal = {Journal of Made-up Trials}}

@article{broken, title = {No end

@article{ant, title = {Zymodrug in ants: a made-up trial of a fifth animal}, author = {Ant, C.}, year = 2026,
 doi = {10.5555/ant}}
"""
CSV = "title,authors,year,doi\n=cmd|' /C calc'!A0,Mallory M,2026,10.5555/evil\n../../x,Doe J,2026,10.5555/../../x\n"


@pytest.fixture
def folder(tmp_path):
    return registry(tmp_path)


def write(folder, name, text):
    path = folder.parent / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def run(folder, *paths):
    return import_records(folder, paths, run=at(NOW))


def counts(report):
    return [(file.read, file.new, file.duplicate, len(file.failed)) for file in report.files]


def test_each_file_says_what_became_of_its_records(folder):
    report = run(folder, write(folder, "a.ris", RIS), write(folder, "b.bib", BIBTEX))
    assert counts(report) == [(3, 1, 2, 0), (2, 1, 1, 1)]
    assert [candidate.title[:17] for candidate in report.candidates] == ["Zymodrug in moths", "Zymodrug in ants:"]
    assert report.candidates[0].key.startswith("moth-2025-")
    assert report.waiting == 2
    (kept,) = read_runs(folder)
    assert (kept.kind, [(file.file, file.read) for file in kept.files]) == ("import", [("a.ris", 3), ("b.bib", 2)])
    assert set(kept.known.values()) == {"bees"}
    assert read_watermark(folder) == {}


def test_what_failed_is_kept_in_the_project(folder):
    (file,) = run(folder, write(folder, "b.bib", BIBTEX)).files
    (kept,) = (folder.parent / "outputs").iterdir()
    assert file.kept == kept
    kept = file.kept.read_text(encoding="utf-8")
    assert "@article{broken, title = {No end" in kept
    assert kept.startswith(f"# line {file.failed[0].line}: ")
    assert file.failed[0].line == 4


def test_the_same_file_again_brings_nothing_new(folder):
    path = write(folder, "a.ris", RIS)
    run(folder, path)
    before = contents(folder / "candidates")
    report = run(folder, path)
    assert counts(report) == [(3, 0, 3, 0)]
    assert contents(folder / "candidates") == before


def test_pubmed_xml_and_a_search_find_the_same_candidates(folder):
    xml = article_set([one for one in PAPERS.values() if one is not STUDY])
    report = run(folder, write(folder, "set.xml", xml))
    assert counts(report) == [(4, 4, 0, 0)]
    with Eutils(papers=PAPERS, rate=None) as server:
        updated = update(folder, run=at(NOW, pubmed=server.url))
    assert not updated.candidates
    assert updated.run.searches[0].fetched == 1  # of the study; the PMIDs of candidates are known


def test_a_file_that_is_none_is_said_and_the_others_are_read(folder):
    report = run(folder, write(folder, "x.txt", "hello"), folder / "gone.ris", write(folder, "a.ris", RIS))
    assert [bool(file.problem) for file in report.files] == [True, True, False]
    assert "format is not known" in report.files[0].problem
    assert counts(report)[2] == (3, 1, 2, 0)
    before = contents(folder)
    assert run(folder, folder / "gone.ris").files[0].problem
    assert contents(folder) == before
    with pytest.raises(UsageError, match="no file"):
        run(folder)


def test_hostile_cells_and_identifiers_stay_text_in_the_folder(folder):
    before = {path for path in folder.parent.rglob("*") if ".update" not in path.parts}
    report = run(folder, write(folder, "evil.csv", CSV))
    assert len(report.candidates) == 2
    new = {path for path in folder.parent.rglob("*") if path.is_file() and ".update" not in path.parts} - before
    assert {path.parent.name for path in new - {folder.parent / "evil.csv"}} == {"candidates", "runs"}
    assert {c.title for c in read_candidates(folder).values()} == {"=cmd|' /C calc'!A0", "../../x"}


def test_abstracts_that_share_the_doi_of_their_supplement_are_candidates_of_their_own(folder):
    rows = [f"Zymodrug in animal number {n}: {'abc'[n] * 9},Doe {'ABC'[n]},2026,10.5555/supplement" for n in range(3)]
    report = run(folder, write(folder, "supplement.csv", "\n".join(["title,authors,year,doi", *rows, rows[0]])))
    assert counts(report) == [(4, 3, 1, 0)]
    assert len(read_candidates(folder)) == 3


def test_an_entity_bomb_is_refused(folder):
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>'
    (file,) = run(folder, write(folder, "bomb.xml", bomb)).files
    assert "entity" in file.problem
    assert read_runs(folder) == ()


def test_html_and_control_characters_in_a_title_are_escaped(folder):
    text = "TY  - JOUR\nTI  - <script>alert(1)</script> \x1b[31mred\x1b[0m\nAU  - Doe, J.\nPY  - 2020\nER  -\n"
    (candidate,) = run(folder, write(folder, "a.ris", text)).candidates
    assert "<script" not in candidate.title
    assert "\x1b" not in candidate.title
