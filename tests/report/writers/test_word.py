"""The report as a Word document: Word's own headings, tables, pictures and contents, and the same bytes each time."""

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn

from metaan.errors import UsageError
from metaan.report.blocks import Illustration, Table
from metaan.report.report import Report
from metaan.report.sections.contents import SECTIONS, Content
from metaan.report.writers.markdown import to_markdown
from metaan.report.writers.word import to_word
from metaan.synthesis.certainty import evidence
from metaan.synthesis.values import Analysis

EVIL = "<w:t>&amp; \x07 _]_ "


@pytest.fixture
def report(death: Analysis, review: Callable[..., Any]) -> Report:
    return Report(review([death]), [death], {"death": evidence(death)})


@pytest.fixture
def word(report: Report) -> Any:
    return docx.Document(BytesIO(to_word(report)))


def built(report: Report, kind: type) -> list[Any]:
    said = Content(report)
    return [block for section in SECTIONS for block in section.blocks(said) if isinstance(block, kind)]


def test_sections_are_headings_of_word_in_the_order_of_the_table(report: Report, word: Any) -> None:
    heads = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    titles = [line[3:] for line in to_markdown(report).splitlines() if line.startswith("## ")]
    assert heads == titles
    assert [p.text for p in word.paragraphs if p.style.name == "Title"] == [report.review.info.title]
    assert "Randomised trials" in [p.text for p in word.paragraphs if p.style.name == "Heading 3"]


def test_every_table_is_there_and_repeats_its_row_of_headings(report: Report, word: Any) -> None:
    tables = built(report, Table)
    assert len(tables) == len(word.tables) > 4
    for made, table in zip(word.tables, tables, strict=True):
        first, *others = made._tbl.tr_lst
        assert tuple(cell.text for cell in made.rows[0].cells) == table.heads
        assert len(others) == len(table.rows)
        assert first.trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in others)
    assert ("Item", "Section", "Topic", "Where") in [table.heads for table in tables]


def test_drawings_are_pictures_that_say_what_they_show(report: Report, word: Any) -> None:
    drawn = [block.picture for block in built(report, Illustration)]
    found = [shape._inline.docPr for shape in word.inline_shapes]
    assert [one.get("descr") for one in found] == [picture.description for picture in drawn]
    assert [one.get("title") for one in found] == [picture.title for picture in drawn]
    assert drawn
    assert all(shape.width <= docx.shared.Cm(17) for shape in word.inline_shapes)


def test_the_contents_are_a_field_whose_links_lead_to_the_sections(word: Any) -> None:
    body = word.element.body
    assert "TOC" in "".join(one.text for one in body.iter(qn("w:instrText")))
    assert [one.get(qn("w:fldCharType")) for one in body.iter(qn("w:fldChar"))] == ["begin", "separate", "end"]
    links = [one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))]
    marks = [one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))]
    assert links == marks
    assert len(marks) == len([p for p in word.paragraphs if p.style.name == "Heading 1"]) - 1  # two are one section


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    first = to_word(report)
    assert to_word(report) == first
    with ZipFile(BytesIO(first)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.testzip() is None


def test_any_text_is_text(death: Analysis, review: Callable[..., Any]) -> None:
    made = replace(death, outcome=death.outcome.model_copy(update={"name": EVIL, "description": EVIL}))
    found = docx.Document(BytesIO(to_word(Report(review([made]), [made]))))
    heads = [p.text for p in found.paragraphs if p.style.name == "Heading 2"]
    assert "<w:t>&amp;  _]_ " in heads


def test_a_missing_package_is_named(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(UsageError, match=r"python-docx.*pip install 'metaan\[word\]'"):
        to_word(report)
