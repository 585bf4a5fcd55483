"""A further record of a candidate that is there: what was empty is filled, whoever came first; the run says what."""

import json

import pytest

from metaan.registry.store.candidate import Candidate, read_candidates
from metaan.registry.store.runs import read_runs
from metaan.workflows.search.import_records import import_records
from metaan.workflows.versions.merge import RULES
from tests.server.living import NOW, at, contents, registry

HEAD = (
    "TY  - JOUR\nTI  - Zymodrug in moths: a made-up trial of a fourth animal\nAU  - Moth, A. B.\nDO  - 10.5555/moth\n"
)
EARLY = f"{HEAD}PY  - 2020\nJO  - J Made-up Trials\nER  -\n"
FINAL = f"{HEAD}PY  - 2021\nVL  - 12\nIS  - 3\nSP  - 100\nEP  - 109\nAB  - Words about moths.\nPM  - 900042\nER  -\n"
THIRD = (
    f"{HEAD}PY  - 2021\nVL  - 12\nSP  - 100\nKW  - moths\nCN  - NCT01234567\nT2  - Journal of Made-up Trials\nER  -\n"
)


@pytest.fixture
def folder(tmp_path):
    return registry(tmp_path)


def take(folder, *texts):
    reports = []
    for at_, text in enumerate(texts):
        path = folder.parent / f"{at_}.ris"
        path.write_text(text)
        reports.append(import_records(folder, [path], run=at(NOW)))
    return reports


def said(folder):
    """Return what candidates say, without what tells of their history."""
    beside = {"key", "sightings", "linked", "questions"}
    return [one.model_dump(mode="json", exclude=beside) for one in read_candidates(folder).values()]


def test_an_early_version_gets_what_the_final_one_says(folder):
    _, second = take(folder, EARLY, FINAL)
    (candidate,) = read_candidates(folder).values()
    assert (candidate.year, candidate.volume, candidate.issue, candidate.pages) == (2021, "12", "3", "100-109")
    assert (candidate.pmid, candidate.journal) == ("900042", "J Made-up Trials")
    assert candidate.abstract[0].text == "Words about moths."
    assert [sighting.id for sighting in candidate.sightings] == ["1", "1"]
    fields = ("year", "volume", "issue", "pages", "pmid", "abstract")
    assert {key: set(names) for key, names in second.enriched.items()} == {candidate.key: {*fields}}
    assert read_runs(folder)[-1].enriched == second.enriched
    assert second.files[0].duplicate == 1


def test_an_export_that_says_nothing_new_changes_no_file(folder):
    take(folder, EARLY, FINAL)
    before = contents(folder / "candidates")
    (report,) = take(folder, EARLY)
    assert (contents(folder / "candidates"), report.enriched) == (before, {})


def test_the_order_of_imports_does_not_matter(tmp_path_factory):
    orders = [(EARLY, FINAL, THIRD), (THIRD, FINAL, EARLY), (FINAL + EARLY, THIRD)]
    folders = [registry(tmp_path_factory.mktemp("x")) for _ in orders]
    for place, order in zip(folders, orders, strict=True):
        take(place, *order)
    first, *others = map(said, folders)
    assert len(first) == 1
    assert all(other == first for other in others)


def test_what_a_person_wrote_is_not_touched(folder):
    study = contents(folder)
    title, doi = "Zymodrug in severe beriberi of honey bees: a made-up randomised trial", "10.5555/bees"
    take(folder, f"TY  - JOUR\nTI  - {title}\nDO  - {doi}\nVL  - 99\nAB  - more\nER  -\n")
    after = contents(folder)
    assert {name: after[name] for name in study if str(name).endswith(".yaml")} == {
        name: text for name, text in study.items() if str(name).endswith(".yaml")
    }


def test_two_clones_that_enriched_one_candidate_are_brought_together(folder, tmp_path_factory):
    take(folder, EARLY, FINAL)
    other = registry(tmp_path_factory.mktemp("other"))
    take(other, EARLY, THIRD)
    (ours,), (theirs,) = ([*(one / "candidates").iterdir()] for one in (folder, other))
    rule = next(rule for pattern, rule in RULES.items() if pattern.startswith("candidates"))
    bytes_of = (ours.read_bytes(), theirs.read_bytes())
    both = [Candidate.model_validate(json.loads(rule(ours, *pair))) for pair in (bytes_of, bytes_of[::-1])]
    assert both[0].abstract == both[1].abstract
    assert len(both[0].abstract) == 1
    assert both[0].pmid == both[1].pmid == "900042"
    assert both[0].registrations == ("NCT01234567",)


def test_what_failed_in_a_workbook_is_kept_in_words(folder):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["Title", "Year", "Remark"], ["Zymodrug in ants", 2021, ""], ["", "", "of nothing"]):
        book.active.append(row)
    book.save(path := folder.parent / "x.xlsx")
    (file,) = import_records(folder, [path], run=at(NOW)).files
    assert (file.read, len(file.failed)) == (1, 1)
    assert file.kept.read_text(encoding="utf-8") == f"# line 3: {file.failed[0].reason}\nof nothing\n"


def test_fields_that_nobody_understands_are_listed_once(folder):
    path = folder.parent / "ovid.txt"
    path.write_text("<1. >\nDB  - Embase\nUI  - 1\nTI  - Zymodrug in wasps\nXX  - kept\n")
    (file,) = import_records(folder, [path], run=at(NOW)).files
    assert file.not_understood == ("xx",)


def test_a_record_that_is_of_two_candidates_makes_a_question_of_them(folder):
    end = "AU  - Moth, A.\nPY  - 2021\nER  -\n"
    one = f"TY  - JOUR\nTI  - Zymodrug in moths: a made-up trial of a fourth animal\nJO  - J Made-up Trials\n{end}"
    place = "DO  - 10.5555/moth\nVL  - 3\nSP  - 77\n"
    other = f"TY  - JOUR\nTI  - Effects on moths of zymodrug, a fourth made-up animal trial\n{place}{end}"
    _, second, third = take(folder, one, other, one.replace("AU", f"{place}AU"))
    assert (second.files[0].new, third.files[0].new) == (1, 0)
    found = read_candidates(folder)
    (asks,) = (key for key, candidate in found.items() if candidate.questions)
    (question,) = found[asks].questions
    assert {asks, question.to} == set(found)
    assert question.why == "same title"
    assert third.enriched[asks] == ("questions",)
