"""What python-docx does not write: fields, links, bookmarks, footnotes, and a drawing beside its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..document import Note

SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"  # by which Word knows that a picture has a drawing
#: The lines above footnotes, and above those that go on from the page before; Word has no footnotes without them.
SEPARATORS = ("separator", "continuationSeparator")
AFTER_FOOTNOTES = ("w:endnotePr", "w:compat", "w:rsids")  # of the settings, whose order is a rule


def q(name: str) -> str:
    """Return a name such as ``w:p`` with its namespace."""
    from docx.oxml.ns import qn

    return str(qn(name))


def element(tag: str, attributes: Mapping[str, str] | None = None, *children: Any) -> Any:
    """Return an element."""
    from docx.oxml import OxmlElement

    made = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        made.set(q(name), value)
    made.extend(children)
    return made


def run(text: str, style: str = "", tag: str = "w:t") -> Any:
    """Return a run of text, in a style of characters."""
    made = element(tag, {"xml:space": "preserve"})
    made.text = text
    return element("w:r", None, *_styled(style), made)


def _styled(style: str) -> Iterable[Any]:
    if style:
        yield element("w:rPr", None, element("w:rStyle", {"w:val": style}))


def field(code: str, *shown: Any, dirty: bool = False) -> tuple[Any, ...]:
    """Return a field, which shows some runs until Word computes it; a dirty one is computed when the file is opened."""
    start = element("w:fldChar", {"w:fldCharType": "begin", **({"w:dirty": "true"} if dirty else {})})
    middle, end = (element("w:fldChar", {"w:fldCharType": kind}) for kind in ("separate", "end"))
    first, then, last = (element("w:r", None, part) for part in (start, middle, end))
    return first, run(code, tag="w:instrText"), then, *shown, last


def link(text: str, mark: str) -> Any:
    """Return a link to a bookmark."""
    return element("w:hyperlink", {"w:anchor": mark}, run(text))


def marked(number: int, name: str, *content: Any) -> tuple[Any, ...]:
    """Return elements within a bookmark; every bookmark of a document has a number of its own."""
    ends = {"w:id": str(number)}
    return (element("w:bookmarkStart", {**ends, "w:name": name}), *content, element("w:bookmarkEnd", ends))


class Footnotes:
    """The footnotes of a document: the first mark of each is the note's own, the others refer to that one."""

    def __init__(self, document: Any) -> None:
        self._numbers: dict[str, int] = {}
        self._notes = element("w:footnotes")
        for number, kind in enumerate(SEPARATORS, -1):
            line = element("w:p", None, element("w:r", None, element(f"w:{kind}")))
            self._notes.append(element("w:footnote", {"w:type": kind, "w:id": str(number)}, line))
        _add_part(document, "footnotes", self._notes)
        known = (element("w:footnote", {"w:id": str(number)}) for number in range(-1, 1))
        settings = document.settings.element
        place = next(child for child in settings if child.tag in map(q, AFTER_FOOTNOTES))
        place.addprevious(element("w:footnotePr", None, *known))
        _add_styles(document.styles)

    def marks(self, notes: Sequence[Note]) -> Iterable[Any]:
        """Yield the marks of some notes."""
        for i, note in enumerate(notes):
            if i:
                yield run(", ", "FootnoteReference")
            name = f"_Ref_{note.id.replace('.', '_')}"
            if number := self._numbers.get(note.id):
                yield from field(f"NOTEREF {name} \\f \\h", run(str(number), "FootnoteReference"))
            else:
                yield from marked(1000 + len(self._numbers), name, self._add(note))

    def _add(self, note: Note) -> Any:
        number = self._numbers[note.id] = len(self._numbers) + 1
        own = element("w:r", None, *_styled("FootnoteReference"), element("w:footnoteRef"))
        style = element("w:pPr", None, element("w:pStyle", {"w:val": "FootnoteText"}))
        known = {"w:id": str(number)}
        self._notes.append(element("w:footnote", known, element("w:p", None, style, own, run(f" {note.text}"))))
        return element("w:r", None, *_styled("FootnoteReference"), element("w:footnoteReference", known))


def _add_part(document: Any, name: str, content: Any) -> None:
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import XmlPart

    kind = getattr(CONTENT_TYPE, f"WML_{name.upper()}")
    part = XmlPart(PackURI(f"/word/{name}.xml"), kind, content, document.part.package)
    document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, name.upper()))


def _add_styles(styles: Any) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    mark = styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    mark.font.superscript = True
    text = styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH)
    text.base_style, text.font.size, text.paragraph_format.space_after = styles["Normal"], Pt(8), 0
    mark.element.set(q("w:styleId"), "FootnoteReference")
    text.element.set(q("w:styleId"), "FootnoteText")


def add_drawing(picture: Any, part: Any, drawing: bytes) -> None:
    """Put a drawing beside a picture, which programs without SVG show."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    name = PackURI(f"/word/media/drawing{picture._inline.docPr.id}.svg")
    where = part.relate_to(Part(name, "image/svg+xml", drawing, part.package), RELATIONSHIP_TYPE.IMAGE)
    blip = next(picture._inline.iter(q("a:blip")))
    known = parse_xml(f'<asvg:svgBlip xmlns:asvg="{SVG}"/>')
    known.set(q("r:embed"), where)
    extension = element("a:ext", None, known)
    extension.set("uri", SVG_EXTENSION)
    blip.append(element("a:extLst", None, extension))
