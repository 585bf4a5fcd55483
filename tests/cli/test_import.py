from __future__ import annotations

import json

import pytest

from tests.server.living import registry
from tests.workflows.test_extract import RM5

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
    assert f"what failed is in {file}.failed.txt; the first: line 1" in out
    assert f"not read - {none}: the format is not known" in out
    status, out, _ = run("import", file, "--json", "--project", review.parent)
    assert status == 1
    answer = json.loads(out)["files"][0]
    assert (answer["read"], answer["duplicate"], answer["failed"][0]["line"]) == (1, 1, 1)
    assert answer["kept"] == f"{file}.failed.txt"


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
