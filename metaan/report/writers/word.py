"""The report as a Word document: Word's own headings, lists and tables, drawings as pictures, a table of contents.

The same report gives the same bytes: every date in the file is a fixed one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ...errors import UsageError
from ..blocks import Block, Bullets, Heading, Illustration, Paragraph, Table
from ..document import Code, Line, Strong, stretches
from ..drawing.svg import sound
from ..plots.convert import convert
from ..plots.standalone import as_file
from ..sections.contents import SECTIONS, Content, head_blocks

if TYPE_CHECKING:
    from ..report import Report

EPOCH = datetime(1980, 1, 1)
PAGE, MARGIN = (21.0, 29.7), 2.0  # cm: A4
WIDE = PAGE[0] - 2 * MARGIN
DPI = 200
PX_PER_CM = 96 / 2.54
SMALL, SMALLER, MANY = 8.0, 7.0, 6  # points in a table, and in one of more columns than this
LONGEST, PADDING = 60, 5  # letters: from which on a column is not wider, and what the sides of a cell take
MOST = 255  # letters of a property
FONT = "Liberation Sans"


def to_word(report: Report) -> bytes:
    """Return the report as a .docx file.

    Raises
    ------
    UsageError
        The package that writes such files, or draws the pictures, is missing; the message names it.
    """
    try:
        import docx
    except ImportError:
        raise UsageError(
            "a DOCX needs the package python-docx, which is not installed; allowed: pip install 'metaan[word]'"
        ) from None
    said = Content(report)
    found = [(section.id, blocks) for section in SECTIONS if (blocks := section.blocks(said))]
    word = _Word(docx.Document())
    word.prepare(said)
    for block in (Heading(said.review.title, 1), *head_blocks(said)):
        word.add(block)
    word.contents([(name, blocks[0].text) for name, blocks in found if isinstance(blocks[0], Heading)])
    for name, blocks in found:
        for block in blocks:
            word.add(block, name if block is blocks[0] else "")
    return word.saved()


class _Word:
    """A document that grows by one block after the other."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._marks = 0

    def prepare(self, said: Content) -> None:
        """Set page, typeface and properties."""
        from docx.shared import Cm, Pt

        page = self._document.sections[0]
        page.page_width, page.page_height = map(Cm, PAGE)
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(MARGIN)
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"):
            style = self._document.styles[name]
            style.font.name = FONT
            fonts = style.element.rPr.rFonts.attrib
            fonts.clear()  # those of a theme would win
            fonts.update(dict.fromkeys(map(_q, FONT_ROLES), FONT))
        self._document.styles["Normal"].font.size = Pt(10)
        about = self._document.core_properties
        about.title, about.author = (sound(text)[:MOST] for text in (said.review.title, ", ".join(said.review.authors)))
        about.comments = ""
        about.created = about.modified = EPOCH
        about.language = "en"

    def add(self, block: Block, mark: str = "") -> None:
        """Write a block; ``mark`` is what the contents know a heading by."""
        if isinstance(block, Heading):
            heading = self._document.add_heading(sound(block.text), block.level - 1)
            if mark:
                self._bookmark(heading, mark)
        else:
            _WRITERS[type(block)](self._document, block)

    def contents(self, entries: Sequence[tuple[str, str]]) -> None:
        """Write a table of contents: a field that Word fills with pages, and until then the sections as links."""
        _paragraph(self._document, Paragraph(Strong("Contents")))
        first = last = None
        for name, title in entries:
            last = self._document.add_paragraph()
            first = first or last
            link = _element("w:hyperlink", {"w:anchor": _mark(name)})
            link.append(run := _element("w:r"))
            run.append(_text(sound(title)))
            last._p.append(link)
            last.paragraph_format.space_after = 0
        if first is not None and last is not None:
            start = (_field("begin", dirty=True), _instruction('TOC \\o "1-2" \\h \\z \\u'), _field("separate"))
            for element in reversed(start):
                first._p.insert(1 if first._p.pPr is not None else 0, element)
            last._p.append(_field("end"))

    def _bookmark(self, heading: Any, name: str) -> None:
        self._marks += 1
        number = {"w:id": str(self._marks)}
        heading._p.insert(1, _element("w:bookmarkStart", {**number, "w:name": _mark(name)}))
        heading._p.append(_element("w:bookmarkEnd", number))

    def saved(self) -> bytes:
        """Return the file, whose parts all have the same date."""
        made, stamped = BytesIO(), BytesIO()
        self._document.save(made)
        with ZipFile(made) as old, ZipFile(stamped, "w") as new:
            for name in old.namelist():
                part = ZipInfo(name, EPOCH.timetuple()[:6])
                part.compress_type = ZIP_DEFLATED
                new.writestr(part, old.read(name))
        return stamped.getvalue()


def _paragraph(document: Any, block: Paragraph) -> None:
    if block.line:
        _write(document.add_paragraph(), block.line)


def _bullets(document: Any, block: Bullets) -> None:
    for item in block.items:
        paragraph = document.add_paragraph(style="List Bullet")
        _write(paragraph, item)
        paragraph.paragraph_format.space_after = 0


def _table(document: Any, block: Table) -> None:
    """Write a table whose headings are repeated on every page, and whose rows are never torn apart."""
    from docx.shared import Cm

    _keep_with_next(document)
    table = document.add_table(0, len(block.heads), style="Table Grid")
    table.autofit = False
    widths = _widths(block)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in (tuple(map(Strong, block.heads)), *block.rows):
        _row(table.add_row(), row, widths, block.numbers)
    table.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader"))
    for cell in table.rows[0].cells:
        cell._tc.get_or_add_tcPr().append(_element("w:shd", {"w:val": "clear", "w:fill": "E8EEF4"}))
    document.add_paragraph().paragraph_format.space_after = 0


def _row(row: Any, cells: Sequence[Line], widths: Sequence[float], numbers: Sequence[bool]) -> None:
    from docx.shared import Cm

    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
    for i, (cell, line) in enumerate(zip(row.cells, cells, strict=True)):
        cell.width = Cm(widths[i])
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = 0
        paragraph.alignment = 2 if numbers and numbers[i] else 0
        _write(paragraph, line, SMALLER if len(cells) > MANY else SMALL)


def _widths(block: Table) -> list[float]:
    """Return the width of each column in cm: as its longest words need it, and by how much its cells hold."""
    columns = list(zip(*(map(_words, row) for row in (block.heads, *block.rows)), strict=True))
    needs = [max((len(word) for text in column for word in text.split()), default=1) for column in columns]
    wishes = [min(max(map(len, column)), LONGEST) for column in columns]
    weights = [PADDING + need + max(wish - need, 0) / 6 for need, wish in zip(needs, wishes, strict=True)]
    return [WIDE * weight / sum(weights) for weight in weights]


def _words(line: Line) -> str:
    return "".join(map(str, stretches(line)))


def _illustration(document: Any, block: Illustration) -> None:
    """Write a drawing as a picture that says in words what it shows."""
    from docx.shared import Cm

    image = BytesIO(convert(as_file(block.picture), "png", dpi=DPI))
    width = min(WIDE, block.picture.size[0] / PX_PER_CM)
    high = width * block.picture.size[1] / block.picture.size[0]
    _keep_with_next(document)
    shape = document.add_picture(image, height=Cm(min(high, PAGE[1] - 3 * MARGIN)))
    shape._inline.docPr.attrib.update({"title": sound(block.picture.title), "descr": sound(block.picture.description)})


def _keep_with_next(document: Any) -> None:
    """Keep what was written last on the page of what comes now."""
    *_, last, _ = document.element.body
    if last.tag == _q("w:p"):
        last.get_or_add_pPr().get_or_add_keepNext()


def _write(paragraph: Any, line: Line, size: float | None = None) -> None:
    """Write a line; what a part of it is, its run looks like."""
    from docx.shared import Pt

    for part in stretches(line):
        run = paragraph.add_run(sound(" ".join(str(part).splitlines())))
        run.bold = True if isinstance(part, Strong) else None
        if isinstance(part, Code):
            run.font.name = "Liberation Mono"
        if size:
            run.font.size = Pt(size)


def _element(tag: str, attributes: dict[str, str] | None = None) -> Any:
    from docx.oxml import OxmlElement

    made = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        made.set(_q(name), value)
    return made


def _q(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(name))


def _mark(name: str) -> str:
    """Return the name of a bookmark, which has no hyphen."""
    return name.replace("-", "_")


def _text(text: str, tag: str = "w:t") -> Any:
    made = _element(tag, {"xml:space": "preserve"})
    made.text = text
    return made


def _field(kind: str, dirty: bool = False) -> Any:
    run = _element("w:r")
    run.append(_element("w:fldChar", {"w:fldCharType": kind, **({"w:dirty": "true"} if dirty else {})}))
    return run


def _instruction(code: str) -> Any:
    run = _element("w:r")
    run.append(_text(code, "w:instrText"))
    return run


FONT_ROLES = ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia")
#: What writes a block into a document, by its type.
_WRITERS: dict[type[Block], Callable[[Any, Any], None]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Table: _table,
    Illustration: _illustration,
}
