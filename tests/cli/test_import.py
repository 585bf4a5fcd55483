from __future__ import annotations

import json
import os

import pytest

from tests.server.living import registry
from tests.workflows.studies.test_extract import RM5

RIS = "TY  - JOUR\nTI  - Zymodrug in moths: a made-up trial\nAU  - Moth, A.\nPY  - 2025\nER  -\n"


@pytest.fixture
def review(tmp_path):
    return registry(tmp_path)


def test_it_says_of_each_file_what_became_of_it(review, run):
    file = review.parent / "a.ris"
    file.write_text(RIS, encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert status == 0
    assert out.startswith(f"{file}: 1 read, 1 new, 0 duplicate, 0 failed\n  moth-2025-")
    assert out.endswith("next: metaan screen (1 to judge)\n")
    out = run("import", file, "--project", review.parent)[1]
    assert out.startswith(f"{file}: 1 read, 0 new, 1 duplicate, 0 failed\n")


def test_what_failed_ends_with_1_and_is_named(review, run):
    file, none = review.parent / "a.bib", review.parent / "none.txt"
    file.write_text("@article{a, title = {No end\n\n@article{b, title = {Bees}, year = 2020}\n", encoding="utf-8")
    none.write_text("hello", encoding="utf-8")
    status, out, _ = run("import", file, none, "--project", review.parent)
    assert status == 1
    (kept,) = (review.parent / "outputs").glob("a.bib-*.failed.txt")
    assert f"what failed is in {kept}; the first: line 1" in out
    assert "No end" in kept.read_text(encoding="utf-8")
    assert {path.name for path in review.parent.iterdir()} >= {"a.bib", "none.txt", "outputs"}
    assert f"not read - {none}: the format is not known" in out
    status, out, _ = run("import", file, "--json", "--project", review.parent)
    assert status == 1
    answer = json.loads(out)["files"][0]
    assert (answer["read"], answer["duplicate"], answer["failed"][0]["line"]) == (1, 1, 1)
    assert answer["kept"] == str(kept)


def test_a_review_of_revman_says_that_its_numbers_stay_where_they_are(review, run):
    file = review.parent / "other.rm5"
    file.write_text(RM5, encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert status == 0
    assert f"{file}: 1 read, 1 new, 0 duplicate, 0 failed\n  it also holds the numbers of 1 analysis, which are" in out
    assert f"metaan extract ID --from {file}\n" in out
    assert json.loads(run("import", file, "--json", "--project", review.parent)[1])["files"][0]["analyses"] == 1
    status, out, _ = run("extract", "bees", "--from", file, "--project", review.parent)
    assert status == 0
    assert "note: other.rm5 has no data of Bees 2024; it has those of Doe 2026" in out


def test_what_failed_in_a_folder_that_cannot_be_written_to_is_kept_in_the_project(review, run, tmp_path):
    names = ["a/same.bib", "b/same.bib", "b/\u202eéx [1].bib"]
    for number, name in enumerate(names):
        file = tmp_path / "readonly" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"@article{{a{number}, title = {{No end {number}\n", encoding="utf-8")
        file.parent.chmod(0o555)
    files = [tmp_path / "readonly" / name for name in names]
    status, _, err = run("import", *files, "--project", review.parent)
    assert (status, "Permission" in err) == (1, False)
    assert [sorted(p.name for p in f.parent.iterdir() if "failed" in p.name) for f in files] == [[], [], []]
    kept = sorted((review.parent / "outputs").iterdir())
    assert [path.read_text(encoding="utf-8").count("No end") for path in kept] == [1, 1, 1]
    assert all(path.name.isprintable() for path in kept)


def test_a_thousand_records_do_not_flood_the_terminal(review, run):
    file = review.parent / "a.ris"
    words = ["bees", "wasps", "moths", "ants"]
    titles = (f"{words[n % 4]} {n} {n * 7919} {n * 104729}" for n in range(300))
    file.write_text("".join(f"TY  - JOUR\nTI  - {title}\nER  -\n" for title in titles), encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert (status, len(out.splitlines()) < 150) == (0, True)
    assert "  and 280 more: metaan screen --list\n" in out


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_table_without_a_column_that_says_what_it_lists_is_told_what_it_lacks(review, run, name):
    file = review.parent / name
    file.write_text("study;year\nBees;2020\n", encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert (status, "the format is not known" in out) == (1, False)
    assert "no column of titles or identifiers in 'study, year'; allowed: title: title, article title" in out


@pytest.mark.parametrize("text", ["pmid\n9049571\n", "doi;year\n10.5555/a;2020\n", "PubMed ID,Year\n9049571,2020\n"])
def test_a_table_of_identifiers_is_a_list_of_records_without_titles(review, run, text):
    file = review.parent / "a.csv"
    file.write_text(text, encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert (status, "1 read, 1 new" in out, "[no title]" in out) == (0, True, True)


def test_an_import_counts_under_the_database_that_it_came_from(tmp_path, run):
    search = "[{source: pubmed, query: x}, {source: Embase, query: zymodrug/exp}, {source: CENTRAL, query: x}]"
    review = registry(tmp_path / "other", search)
    plain, named = review.parent / "a.ris", review.parent / "b.ris"
    plain.write_text(RIS, encoding="utf-8")
    named.write_text("".join(f"TY  - JOUR\nDB  - Embase\nTI  - Ants {n} {w}\nER  -\n" for n, w in enumerate("ab")))
    assert run("import", plain, "--database", "central", "--project", review.parent)[0] == 0
    assert run("import", named, "--project", review.parent)[0] == 0
    out = run("screen", "--list", "--project", review.parent)[1]
    assert "records: 3 (CENTRAL 1, Embase 2)" in out
    status, _, err = run("import", plain, "--database", "Enbase", "--project", review.parent)
    assert (status, "did you mean Embase?" in err) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
@pytest.mark.parametrize("name", ["y\n::error::z", "y\rz", "y\u2028z", "y\x85z", "y\x1b[31mz"])
def test_a_name_of_a_file_never_begins_a_line(review, run, name):
    """Of what is imported, and of what stands in the store and cannot be read."""
    file, none = review.parent / f"{name}.ris", review.parent / f"{name}.none"
    file.write_text(RIS, encoding="utf-8")
    said = "".join(run("import", file, none, "--project", review.parent)[1:])
    for folder in ("candidates", "runs", "metadata"):
        (review / folder).mkdir(exist_ok=True)
        (review / folder / f"{name}.json").write_text("{", encoding="utf-8")
    for words in (["screen", "--list"], ["screen", "--list", "--left", "--by", "A"], ["check"]):
        said += "".join(run(*words, "--project", review.parent)[1:])
    assert said.count("z.ris") == 1
    assert not {"\r", "\u2028", "\x85", "\x1b"} & set(said)
    assert not [line for line in said.splitlines() if line.startswith(("::error", "z"))]
