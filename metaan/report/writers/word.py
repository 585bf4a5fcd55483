"""The report as a Word document: Word's own headings, lists and tables, drawings as pictures, a table of contents.

The same report gives the same bytes: every date in the file is a fixed one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ...errors import UsageError
from ..blocks import Block, Bullets, Heading, Illustration, Paragraph, Table
from ..document import Code, Line, Marks, Strong, stretches
from ..drawing.svg import Svg, sound
from ..plots.convert import convert
from ..plots.standalone import as_file, without_rules
from ..sections.contents import Content, head_blocks, sections_of
from .word_xml import Footnotes, add_drawing, element, field, link, marked, q, run

if TYPE_CHECKING:
    from ..report import Report

EPOCH = datetime(1980, 1, 1)
PAGE, MARGIN = (21.0, 29.7), 2.0  # cm: A4
DPI = 200
PX_PER_CM = 96 / 2.54
SMALL, SMALLER, MANY = 8.0, 7.0, 6  # points in a table, and in one of more columns than this
LETTER = 0.57 * 2.54 / 72  # cm: how wide one is at a size of 1 point
LONGEST, PADDING = 240, 4  # letters: from which on a column is not wider, and what the sides of a cell take
LANDSCAPE = 9  # columns: a section with a table of more has pages that lie on their side
MOST = 255  # letters of a property
FONT = "Liberation Sans"
HEADS, RULES = "E8EEF4", "B9C4CE"  # colours of a table
CENTRED = 1


def to_word(report: Report) -> bytes:
    """Return the report as a .docx file.

    Raises `UsageError` where the package that writes such files, or draws the pictures, is missing; it is named.
    """
    try:
        import docx
    except ImportError:
        raise UsageError(
            "a DOCX needs the package python-docx, which is not installed; allowed: pip install 'metaan[word]'"
        ) from None
    said = Content(report)
    found = [(section.id, blocks) for section in sections_of(report) if (blocks := section.blocks(said))]
    word = _Word(docx.Document())
    word.prepare(said)
    for block in (Heading(said.review.title, 1), *head_blocks(said)):
        word.add(block)
    word.contents([(name, blocks[0].text) for name, blocks in found if isinstance(blocks[0], Heading)])
    for name, blocks in found:
        word.section(name, blocks)
    return word.saved()


class _Word:
    """A document that grows by one block after the other."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._footnotes = Footnotes(document)
        self._marks = 0

    def prepare(self, said: Content) -> None:
        """Set page, typeface and properties."""
        from docx.shared import Cm, Pt

        page = self._document.sections[0]
        page.page_width, page.page_height = map(Cm, PAGE)
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(MARGIN)
        foot = page.footer.paragraphs[0]
        foot.alignment = CENTRED
        foot._p.extend(field("PAGE", run("1")))
        styles = self._document.styles
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"):
            _set_font(styles[name])
        styles["Normal"].font.size = Pt(10)
        for line in next(styles["Table Grid"].element.iter(q("w:tblBorders"))):
            line.set(q("w:color"), RULES)
        about = self._document.core_properties
        about.title, about.author = (sound(text)[:MOST] for text in (said.review.title, ", ".join(said.review.authors)))
        about.comments = ""
        about.created = about.modified = EPOCH
        about.language = "en"

    def section(self, name: str, blocks: Sequence[Block]) -> None:
        """Write a section, whose first heading the contents know by its name."""
        self._turn(any(isinstance(block, Table) and len(block.heads) > LANDSCAPE for block in blocks))
        for block in blocks:
            self.add(block, name if block is blocks[0] else "")

    def _turn(self, wide: bool) -> None:
        """Go on with pages that lie on their side, or stand."""
        page = self._document.sections[-1]
        if wide == (page.page_width > page.page_height):
            return
        *_, last, _ = self._document.element.body
        new = self._document.add_section()
        new.orientation, new.page_width, new.page_height = int(wide), page.page_height, page.page_width
        if last.tag == q("w:p"):  # the break stands in a paragraph of its own, which could fall on an empty page
            carrier = last.getnext()
            last.get_or_add_pPr().append(carrier.pPr.sectPr)
            carrier.getparent().remove(carrier)

    def add(self, block: Block, mark: str = "") -> None:
        """Write a block; ``mark`` is what the contents know a heading by."""
        if isinstance(block, Heading):
            heading = self._document.add_heading(sound(block.text), block.level - 1)
            if mark:
                self._marks += 1
                heading._p.extend(marked(self._marks, _mark(mark), *heading._p.r_lst))
        else:
            _WRITERS[type(block)](self, block)

    def contents(self, entries: Sequence[tuple[str, str]]) -> None:
        """Write a table of contents: a field that Word fills with pages, and until then the sections as links."""
        _paragraph(self, Paragraph(Strong("Contents")))
        links = [link(sound(title), _mark(name)) for name, title in entries]
        *start, end = field('TOC \\o "1-2" \\h \\z \\u', dirty=True)
        for i, one in enumerate(links):
            line = self._document.add_paragraph()
            line.paragraph_format.space_after = 0
            line._p.extend([*(start if i == 0 else ()), one, *([end] if i == len(links) - 1 else ())])

    def paragraph(self, line: Line, style: str | None = None) -> Any:
        """Write a line as a paragraph."""
        made = self._document.add_paragraph(style=style)
        self.write(made, line)
        return made

    def write(self, paragraph: Any, line: Line, size: float | None = None) -> None:
        """Write a line; what a part of it is, its run looks like."""
        from docx.shared import Pt

        for part in stretches(line):
            if isinstance(part, Marks):
                paragraph._p.extend(self._footnotes.marks(part.notes))
                continue
            made = paragraph.add_run(sound(" ".join(str(part).splitlines())))
            made.bold = True if isinstance(part, Strong) else None
            if isinstance(part, Code):
                made.font.name = "Liberation Mono"
            if size:
                made.font.size = Pt(size)

    def table(self, columns: int) -> Any:
        """Begin a table on the page of what stands above it."""
        self.keep_with_next()
        made = self._document.add_table(0, columns, style="Table Grid")
        made.autofit = False
        return made

    def picture(self, drawn: Svg) -> None:
        """Write a drawing as a picture that says in words what it shows."""
        from docx.shared import Cm

        alone = as_file(drawn)
        width = min(self.room, drawn.size[0] / PX_PER_CM)
        high = min(width * drawn.size[1] / drawn.size[0], PAGE[1] - 3 * MARGIN)
        self.keep_with_next()
        shape = self._document.add_picture(BytesIO(convert(alone, "png", dpi=DPI)), height=Cm(high))
        shape._inline.docPr.attrib.update({"title": sound(drawn.title), "descr": sound(drawn.description)})
        add_drawing(shape, self._document.part, without_rules(alone))

    @property
    def room(self) -> float:
        """The width of what a page holds, in cm."""
        return float(self._document.sections[-1].page_width.cm) - 2 * MARGIN

    def keep_with_next(self) -> None:
        """Keep what was written last on the page of what comes now."""
        *_, last, _ = self._document.element.body
        if last.tag == q("w:p"):
            last.get_or_add_pPr().get_or_add_keepNext()

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


def _set_font(style: Any) -> None:
    style.font.name = FONT
    fonts = style.element.rPr.rFonts.attrib
    fonts.clear()  # those of a theme would win
    fonts.update(dict.fromkeys(map(q, FONT_ROLES), FONT))


def _paragraph(word: _Word, block: Paragraph) -> None:
    if block.line:
        word.paragraph(block.line)


def _bullets(word: _Word, block: Bullets) -> None:
    for item in block.items:
        word.paragraph(item, "List Bullet")


def _table(word: _Word, block: Table) -> None:
    """Write a table whose headings are repeated on every page, and whose rows are never torn apart."""
    from docx.shared import Cm

    table = word.table(len(block.heads))
    widths = _widths(block, word.room)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in (tuple(map(Strong, block.heads)), *block.rows):
        _row(word, table.add_row(), row, widths, block.numbers)
    table.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader"))
    for cell in table.rows[0].cells:
        cell._tc.get_or_add_tcPr().append(element("w:shd", {"w:val": "clear", "w:fill": HEADS}))
    word.paragraph("").paragraph_format.space_after = 0


def _row(word: _Word, row: Any, cells: Sequence[Line], widths: Sequence[float], numbers: Sequence[bool]) -> None:
    from docx.shared import Cm

    row._tr.get_or_add_trPr().append(element("w:cantSplit"))
    for i, (cell, line) in enumerate(zip(row.cells, cells, strict=True)):
        cell.width = Cm(widths[i])
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = 0
        paragraph.alignment = 2 if numbers and numbers[i] else 0
        word.write(paragraph, line, _size(len(cells)))


def _size(columns: int) -> float:
    return SMALLER if columns > MANY else SMALL


def _widths(block: Table, room: float) -> list[float]:
    """Return the width of each column in cm: as its longest words need it, and by how much its cells hold."""
    columns = list(zip(*(map(_words, row) for row in (block.heads, *block.rows)), strict=True))
    needs = [
        PADDING + max((len(word) for text in column for word in _WHOLE.findall(text)), default=1) for column in columns
    ]
    wishes = [max(PADDING + min(max(map(len, c)), LONGEST) - need, 0) for c, need in zip(columns, needs, strict=True)]
    spare = max(room / (LETTER * _size(len(columns))) - sum(needs), 0)
    share = min(spare / max(sum(wishes), 1), 1)
    weights = [need + share * wish for need, wish in zip(needs, wishes, strict=True)]
    return [room * weight / sum(weights) for weight in weights]


def _words(line: Line) -> str:
    return "".join(map(str, stretches(line)))


def _mark(name: str) -> str:
    """Return the name of a bookmark, which has no hyphen."""
    return name.replace("-", "_")


_WHOLE = re.compile(r"[^\s-]+-?")  # what is not broken at the end of a line
FONT_ROLES = ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia")
#: What writes a block into a document, by its type.
_WRITERS: dict[type[Block], Callable[[_Word, Any], None]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Table: _table,
    Illustration: lambda word, block: word.picture(block.picture),
}
