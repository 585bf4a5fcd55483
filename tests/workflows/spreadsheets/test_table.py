from __future__ import annotations

import csv
import io
import re
import shutil
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from metaan.errors import ConflictError, SourceError, UsageError
from metaan.registry.load import load
from metaan.workflows.spreadsheets import changes as changes_module
from metaan.workflows.spreadsheets.changes import changes_of
from metaan.workflows.spreadsheets.export import tables_of
from metaan.workflows.spreadsheets.files import csv_files, workbook

ROOT = Path(__file__).resolve().parents[3]
REVIEWS = ("studies", "examples/bcg/studies", "examples/continuous/studies")
STUDY = "huet-2020"
SAVE_MORE = "kyriazopoulou-2021-save-more"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return what exports of the reviews hold, written once."""
    made = {name: workbook(tables_of(ROOT / name)) for name in REVIEWS}
    folder = tmp_path_factory.mktemp("exported")
    for name, content in made.items():
        (folder / f"{name.replace('/', '-')}.xlsx").write_bytes(content)
    return folder


@pytest.fixture
def folder(tmp_path):
    """Return a copy of the anakinra review, to change."""
    copy = tmp_path / "review" / "studies"
    copy.mkdir(parents=True)
    for name in ("review", STUDY, SAVE_MORE):  # a few, so that the many tests of this file are quick
        shutil.copyfile(ROOT / "studies" / f"{name}.yaml", copy / f"{name}.yaml")
    return copy


@pytest.fixture
def book(folder, tmp_path):
    """Return the table of that review as a person has it open: `save` returns where it is."""
    opened = openpyxl.load_workbook(io.BytesIO(workbook(tables_of(folder))))
    opened.to = tmp_path / "data.xlsx"
    return opened


def save(book):
    book.save(book.to)
    return book.to


def column(sheet, title):
    return next(cell.column for cell in sheet[1] if cell.value == title)


def row_of(sheet, **wanted):
    found = [
        row
        for row in range(2, sheet.max_row + 1)
        if all(
            sheet.cell(row, column(sheet, title.replace("_", " "))).value == value for title, value in wanted.items()
        )
    ]
    return found[0]


def put(sheet, row, **values):
    for title, value in values.items():
        sheet.cell(row, column(sheet, title.replace("_", " "))).value = value


def new_row(sheet, **values):
    row = sheet.max_row + 1
    put(sheet, row, **values)
    return row


def texts(changes):
    return {file.path.stem: file.after.decode() for file in changes.files}


def lines_changed(before, after):
    return [(a, b) for a, b in zip(before.splitlines(), after.splitlines()) if a != b]


@pytest.mark.parametrize("name", REVIEWS)
def test_what_was_exported_changes_nothing_byte_for_byte(exported, name):
    before = {path: path.read_bytes() for path in (ROOT / name).glob("*.yaml")}
    changes = changes_of(ROOT / name, exported / f"{name.replace('/', '-')}.xlsx")
    assert (changes.files, changes.doubts) == ((), ())
    changes.write()
    assert {path: path.read_bytes() for path in (ROOT / name).glob("*.yaml")} == before


@pytest.mark.parametrize("name", REVIEWS)
def test_nor_do_csv_files_as_excel_saves_them_again(tmp_path, name):
    for path, content in csv_files(tmp_path / "data.csv", tables_of(ROOT / name)).items():
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        again = io.StringIO()
        csv.writer(again, delimiter=";", lineterminator="\r\n").writerows(rows)
        path.write_text(again.getvalue(), encoding="utf-8", newline="")
    assert changes_of(ROOT / name, tmp_path / "data.csv").files == ()


def test_the_same_registry_gives_the_same_bytes(exported):
    assert workbook(tables_of(ROOT / "examples/bcg/studies")) == (exported / "examples-bcg-studies.xlsx").read_bytes()


def test_a_changed_cell_is_a_changed_value_and_every_comment_stays(folder, book):
    sheet = book["counts"]
    row = row_of(sheet, study=STUDY)
    before = (folder / f"{STUDY}.yaml").read_text(encoding="utf-8")
    events = sheet.cell(row, column(sheet, "events 1")).value
    put(sheet, row, events_1=events + 1)
    changes = changes_of(folder, save(book))
    ((old, new),) = lines_changed(before, texts(changes)[STUDY])
    assert new == old.replace(f"events: {events}", f"events: {events + 1}", 1)
    (words,) = changes.files[0].words
    assert f"events: {events} becomes {events + 1} (counts!G{row} (events 1) of {STUDY})" in words
    assert (folder / f"{STUDY}.yaml").read_text(encoding="utf-8") == before
    changes.write()
    assert (folder / f"{STUDY}.yaml").read_text(encoding="utf-8") == texts(changes)[STUDY]


def test_an_emptied_cell_takes_the_value_out_and_a_filled_one_puts_it_in(folder, book):
    studies = book["studies"]
    row = row_of(studies, id=STUDY)
    put(studies, row, setting=None, notes="=cmd|' /C calc'!A0")
    studies.cell(row, column(studies, "notes")).data_type = "s"  # what a person types after an apostrophe
    changes = changes_of(folder, save(book))
    changes.write()
    study = load(folder).study(STUDY)
    assert (study.setting, study.notes) == (None, "=cmd|' /C calc'!A0")
    again = tables_of(folder)
    (folder.parent / "x.xlsx").write_bytes(workbook(again))
    cell = openpyxl.load_workbook(folder.parent / "x.xlsx")["studies"].cell(row, column(studies, "notes"))
    assert (cell.data_type, cell.value) == ("s", "=cmd|' /C calc'!A0")
    saved = csv_files(folder.parent / "x.csv", again)[folder.parent / "x.studies.csv"].decode("utf-8-sig")
    assert "'=cmd|' /C calc'!A0" in saved
    (folder.parent / "x.studies.csv").write_text(saved, encoding="utf-8", newline="")
    assert changes_of(folder, folder.parent / "x.studies.csv").files == ()
    assert changes_of(folder, folder.parent / "x.xlsx").files == ()


def test_a_new_study_its_arms_and_its_result_become_a_file(folder, book):
    new_row(book["studies"], id="doe-2030", label="Doe 2030", title="A trial", design="randomised", pages="9-12")
    for arm, role in (("a", "experimental"), ("c", "control")):
        new_row(book["arms"], study="doe-2030", id=arm, role=role, name=arm, randomised="40")
    result = {"outcome": "death", "time": "day 28", "document": "the article", "level_of_source": "primary"}
    counts = {"arm_1": "a", "events_1": 3, "total_1": 40, "arm_2": "c", "events_2": 5, "total_2": 40.0}
    new_row(book["counts"], study="doe-2030", **result, **counts)
    changes = changes_of(folder, save(book))
    assert [(file.path.name, file.before) for file in changes.files] == [("doe-2030.yaml", None)]
    changes.write()
    study = load(folder).study("doe-2030")
    assert [str(arm) for arm in study.results[0].arms.values()] == ["3 of 40", "5 of 40"]
    assert (study.design.kind, study.arms[0].randomised, study.citation.pages) == ("randomised", 40, "9-12")


def test_rows_without_a_number_are_added_to_what_is_there(folder, book):
    before = load(folder).study(STUDY)
    new_row(book["moderators"], study=STUDY, name="mean age", value="71,5")
    domains = {"domain_1": "confounding", "judgement_1": "serious", "support_1": "not matched"}
    new_row(book["risk-of-bias"], study=STUDY, tool="ROBINS-I", version="2016", overall="serious", **domains)
    effect = {"measure": "HR", "estimate": 0.5, "lower": 0.3, "upper": 0.9, "adjusted_for": "age; sex"}
    new_row(book["reported"], study=STUDY, result=1, measure="OR", estimate=0.5, p="<0.001")
    said = {"outcome": "death", "time": "day 90", "document": "the article", "level_of_source": "primary"}
    new_row(book["effects"], study=STUDY, **said, **effect)
    changes = changes_of(folder, save(book))
    changes.write()
    after = load(folder).study(STUDY)
    assert [(one.name, one.value) for one in after.moderators] == [("mean age", 71.5)]
    assert after.risk_of_bias[-1].domains[0].judgement == "serious"
    assert after.results[-1].effects[0].ci == (0.3, 0.9)
    assert after.results[-1].effects[0].adjusted_for == ("age", "sex")
    assert after.results[0].reported[-1].p == "<0.001"
    assert after.results[1 : len(before.results)] == before.results[1:]


def test_a_judgement_of_certainty_enters_review_yaml(folder, book):
    domain = {"domain_1": "imprecision", "judgement_1": "serious", "reason_1": "few events"}
    plan = load(folder).info.analyses[0].key
    new_row(book["certainty"], outcome=plan, level="moderate", by="A. Reader; B. Writer", on="2026-11-30", **domain)
    changes_of(folder, save(book)).write()
    (judged,) = load(folder).info.certainty
    assert (judged.by, judged.domains[0].reason) == (("A. Reader", "B. Writer"), "few events")


WRONG = {
    "a number that is none": ("counts", {"events_1": "many"}, r"counts!G\d+ \(events 1\) of \S+: 'many' is no number"),
    "a fraction of people": ("counts", {"events_1": 3.5}, r"3\.5 is no whole number; allowed: a whole number"),
    "9-12 as Excel has it": ("studies", {"pages": datetime(2026, 9, 12)}, "2026-09-12, a date: spreadsheets make one"),
    "9-12 as it is shown": ("studies", {"pages": "12-Sep"}, "12-Sep, a date"),
    "thousands or a fraction": ("counts", {"total_1": "1,234"}, "'1,234' could be thousands or a decimal comma"),
    "a word of no list": ("studies", {"design": "randomized"}, "'randomized'; did you mean randomised"),
    "neither yes nor no": ("counts", {"primary": "perhaps"}, "'perhaps'; allowed: yes or no"),
    "an unknown study": ("counts", {"study": "huet-2021"}, "study 'huet-2021' is unknown; did you mean huet-2020"),
    "an unknown number": ("counts", {"result": 99}, r"there is no result 99 in this sheet; allowed: 1"),
    "an arm renamed": ("counts", {"arm_1": "other"}, "of this result is in no column any more"),
    "more events than people": ("counts", {"events_1": 9999}, r"counts!\w+ .* of huet-2020: results\[\S+\]"),
    "an outcome of no review": ("counts", {"outcome": "deth"}, "did you mean death"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_cell_and_study_and_nothing_is_written(folder, book, name):
    sheet, values, said = WRONG[name]
    key = {"id": STUDY} if sheet == "studies" else {"study": STUDY}
    put(book[sheet], row_of(book[sheet], **key), **values)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SourceError, match=said) as error:
        changes_of(folder, save(book))
    assert "nothing was written" in str(error.value)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_an_unknown_column_a_second_one_and_an_unknown_sheet_are_named(folder, book):
    sheet = book["arms"]
    sheet.cell(1, sheet.max_column + 1).value = "roll"
    sheet.cell(1, sheet.max_column + 1).value = "name"
    book.create_sheet("count").append(["study"])
    with pytest.raises(SourceError) as error:
        changes_of(folder, save(book))
    said = str(error.value)
    assert "column 'roll' is unknown; did you mean role?" in said
    assert "a column that is there twice" in said
    assert "sheet 'count' is unknown; did you mean counts?" in said


def test_titles_above_the_headings_and_columns_in_another_order_are_no_matter(folder, book):
    sheet = book["arms"]
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Arms of all studies"
    sheet.merge_cells("A1:D1")
    sheet.move_range(f"D3:D{sheet.max_row}", cols=20)
    sheet.delete_cols(4)
    assert changes_of(folder, save(book)).files == ()


def test_a_study_that_was_changed_after_the_export_is_not_overwritten(folder, book):
    path = folder / f"{STUDY}.yaml"
    path.write_bytes(path.read_bytes() + b"# read again\n")
    put(book["studies"], row_of(book["studies"], id=STUDY), notes="new")
    with pytest.raises(SourceError, match=rf"{STUDY}\.yaml was changed after this table was exported"):
        changes_of(folder, save(book))
    put(book["studies"], row_of(book["studies"], id=STUDY), notes=load(folder).study(STUDY).notes)
    assert changes_of(folder, save(book)).files == ()


def test_a_file_that_is_changed_between_preview_and_writing_stops_all(folder, book):
    put(book["studies"], row_of(book["studies"], id=STUDY), notes="new")
    changes = changes_of(folder, save(book))
    path = folder / f"{STUDY}.yaml"
    path.write_bytes(path.read_bytes() + b"# read again\n")
    with pytest.raises(ConflictError, match="changed by somebody meanwhile"):
        changes.write()


def test_a_row_that_was_copied_with_its_number_is_refused(folder, book):
    sheet = book["counts"]
    row = row_of(sheet, study=STUDY)
    sheet.append([cell.value for cell in sheet[row]])
    with pytest.raises(SourceError, match=rf"the same result of {STUDY} as in row {row}"):
        changes_of(folder, save(book))


def test_one_bound_of_an_interval_is_not_emptied_alone(folder, book):
    sheet = book["reported"]
    row = next(r for r in range(2, sheet.max_row + 1) if sheet.cell(r, column(sheet, "lower")).value is not None)
    put(sheet, row, lower=None)
    with pytest.raises(SourceError, match="one bound of an interval is empty"):
        changes_of(folder, save(book))


def test_two_cells_of_one_value_must_agree(folder, book):
    for name, note in (("counts", "one"), ("effects", "other")):
        put(book[name], row_of(book[name], study=STUDY, result=1), note=note)
    with pytest.raises(SourceError, match=r"'other' here, and 'one' in counts!\w+ \(note\)"):
        changes_of(folder, save(book))


def test_a_formula_without_its_value_is_not_taken_for_an_emptied_cell(folder, book):
    put(book["counts"], row_of(book["counts"], study=STUDY), events_1="=1+1")
    with pytest.raises(SourceError, match=r"counts!G\d+: a formula without its value"):
        changes_of(folder, save(book))


def test_without_the_package_it_is_named(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for call in (lambda: workbook([]), lambda: changes_module.read_grids(tmp_path / "x.xlsx")):
        with pytest.raises(UsageError, match=re.escape("pip install 'metaan[tables]'")):
            call()


def test_what_is_no_table_is_named(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK nothing")
    for name, said in (("a.xlsx", "no workbook that can be read"), ("b.csv", "there is no such table")):
        with pytest.raises(SourceError, match=said):
            changes_of(ROOT / "examples/bcg/studies", tmp_path / name)
