"""The ZIP holds every figure and table of the report, the results and what repeats them; the same bytes each time."""

import csv
import io
import json
import re
from zipfile import ZipFile

import pytest

import metaan as ma
from metaan.report.blocks import Table
from metaan.report.report import Report
from metaan.report.sections.contents import SECTIONS, Content
from metaan.report.writers.bundle import archive
from metaan.workflows.publish.report import make_report


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report(ma.load(ma.example("bcg")))


@pytest.fixture(scope="module")
def opened(report: Report) -> ZipFile:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "find_spec", lambda _: None)
        one, two = archive.to_zip(report), archive.to_zip(report)
    assert one == two
    return ZipFile(io.BytesIO(one))


def test_it_lists_all_that_it_holds(opened: ZipFile) -> None:
    listed = re.findall(r"^- `([^`]+)`: .", opened.read("README.md").decode(), re.MULTILINE)
    assert ["README.md", *listed] == opened.namelist()
    assert opened.testzip() is None
    assert {"analyses.R", "results.csv", "report.json", "report.md", "references.ris", "references.bib"} < {*listed}
    assert all(re.fullmatch(r"[\w./-]+", name) for name in listed)


def test_every_table_of_the_report_is_a_file(report: Report, opened: ZipFile) -> None:
    said = Content(report)
    tables = [block for section in SECTIONS for block in section.blocks(said) if isinstance(block, Table)]
    files = [name for name in opened.namelist() if name.startswith("tables/")]
    assert len(files) == len(tables) > 10
    for name, table in zip(files, tables, strict=True):
        rows = [*csv.reader(io.StringIO(opened.read(name).decode("utf-8-sig")))]
        assert rows[0] == [str(head) for head in table.heads]
        assert len(rows) == 1 + len(table.rows) + len(table.notes)
    assert "- `tables/results-01.csv`: table: Results, Tuberculosis" in opened.read("README.md").decode()


def test_every_figure_of_the_page_is_a_file_with_its_styles(report: Report, opened: ZipFile) -> None:
    said = Content(report)
    figures = [outcome.figure for outcome in said.outcomes]
    figures += [
        drawn for one in said.outcomes for pool in one.explored for part in pool.parts for drawn in part.figures
    ]
    files = [name for name in opened.namelist() if name.startswith("figures/")]
    assert len(files) == len(figures) > 8
    assert all(b"<style>" in opened.read(name) for name in files)


def test_results_are_those_of_the_report(opened: ZipFile) -> None:
    plain = json.loads(opened.read("report.json"))
    rows = [*csv.DictReader(io.StringIO(opened.read("results.csv").decode("utf-8-sig")))]
    assert float(rows[0]["yi"]) == plain["analyses"][0]["studies"][0]["yi"]


def test_png_stand_beside_where_they_can_be_written() -> None:
    pytest.importorskip("resvg_py")
    report = make_report(ma.load(ma.example("anakinra")), ma.Choices(explore=False))
    analyses = report.analyses[:1]
    names = ZipFile(io.BytesIO(archive.to_zip(Report(report.review, analyses)))).namelist()
    assert [name for name in names if name.startswith("figures/")] == [
        "figures/clinical-failure-forest.svg", "figures/clinical-failure-forest.png",
    ]  # fmt: skip
