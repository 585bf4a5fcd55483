"""The report as a Word document: Word's own headings, tables, pictures and contents, and the same bytes each time."""

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import fromstring
from zipfile import ZipFile

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from metaan.errors import UsageError
from metaan.report.blocks import Illustration, Table
from metaan.report.document import Marks, stretches
from metaan.report.report import Report
from metaan.report.sections.contents import SECTIONS, Content
from metaan.report.writers.markdown import to_markdown
from metaan.report.writers.word import to_word
from metaan.report.writers.word_xml import SEPARATORS, SVG
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


def test_beside_each_picture_is_its_drawing_which_needs_no_stylesheet(report: Report, word: Any) -> None:
    found = [shape._inline.graphic.graphicData.pic for shape in word.inline_shapes]
    names = [one.get(qn("r:embed")) for pic in found for one in pic.iter(f"{{{SVG}}}svgBlip")]
    drawings = [fromstring(word.part.related_parts[name].blob) for name in names]
    drawn = [block.picture for block in built(report, Illustration)]
    assert [one.findtext("{*}title") for one in drawings] == [picture.title for picture in drawn]
    parts = [part for one in drawings for part in one.iter()]
    assert not any(part.get("class") or part.tag.endswith("style") for part in parts)
    assert all(part.get("fill") and part.get("font-family") for part in parts if part.tag.endswith("text"))
    squares = [part.get("fill") for part in drawings[0].iter() if part.tag.endswith("polygon")]
    assert "#2f6f9f" in squares  # what the stylesheet says of ``.forest polygon.square``


def test_footnotes_are_those_of_word_and_a_second_mark_refers_to_the_first(report: Report, word: Any) -> None:
    notes = [note for table in built(report, Table) for note in table.notes]
    found = fromstring(word.part.part_related_by(RELATIONSHIP_TYPE.FOOTNOTES).blob).findall(qn("w:footnote"))
    lines = {one.get(qn("w:id")): "".join(t.text for t in one.iter(qn("w:t"))).strip() for one in found}
    assert [one.get(qn("w:type")) for one in found] == [*SEPARATORS, *(None for _ in notes)]
    assert sorted(filter(None, lines.values())) == sorted(note.text for note in notes)
    body = word.element.body
    marks = [one.get(qn("w:id")) for one in body.iter(qn("w:footnoteReference"))]
    assert marks == sorted(set(lines) - {"-1", "0"}, key=int)
    again = [one.text.split()[1] for one in body.iter(qn("w:instrText")) if one.text.startswith("NOTEREF")]
    assert again
    assert set(again) <= {one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))}
    cells = [part for table in built(report, Table) for row in table.rows for cell in row for part in stretches(cell)]
    assert len(marks) + len(again) == sum(len(part.notes) for part in cells if isinstance(part, Marks))
    assert all(word.styles[name] for name in ("footnote reference", "footnote text"))
    assert "[a]" not in "".join(cell.text for table in word.tables for cell in table._cells)


def test_a_table_of_many_columns_lies_on_its_side_and_all_tables_fit_their_page(report: Report, word: Any) -> None:
    pages = [(page.orientation, page.page_width.cm > page.page_height.cm) for page in word.sections]
    assert pages == [(0, False), (1, True), (0, False)]
    wide, fitting = False, []
    for part in word.element.body:
        if part.tag == qn("w:tbl"):
            columns = part.tblGrid.gridCol_lst
            assert sum(one.w.cm for one in columns) == pytest.approx(25.7 if wide else 17, abs=0.1)
            fitting.append((len(columns) > 9, wide))
        elif part.tag == qn("w:p") and part.pPr is not None and part.pPr.sectPr is not None:
            wide = not wide
    assert set(fitting) == {(True, True), (False, False)}


def test_the_contents_are_a_field_whose_links_lead_to_the_sections(word: Any) -> None:
    body = word.element.body
    assert "TOC" in "".join(one.text for one in body.iter(qn("w:instrText")))
    kinds = [one.get(qn("w:fldCharType")) for one in body.iter(qn("w:fldChar"))]
    assert kinds[:3] == ["begin", "separate", "end"]
    assert kinds == kinds[:3] * (len(kinds) // 3)
    links = [one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))]
    marks = [one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))]
    marks = [name for name in marks if not name.startswith("_Ref")]
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
