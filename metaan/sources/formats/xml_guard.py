"""What must be known of an XML document from outside before a tree is built of it."""

from __future__ import annotations

from functools import lru_cache
from pyexpat import EXPAT_VERSION, ExpatError, ParserCreate, version_info
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ...errors import SourceError
from ..net.answers import UnreadableError

MOST_ELEMENTS = 5_000_000  # of 64 MB; PubMed's largest answers have a million, and every one costs some 100 bytes
DEEPEST = 100  # elements; PubMed's deepest records, those with MathML, stay below 30
_OLDEST_EXPAT = (2, 4, 1)  # older ones let an attribute or an entity grow without bound


class _Survey:
    """Walks over a document and notes where the children of its root stand."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.places: list[tuple[int, int]] = []
        self.depth = self.start = self.elements = 0
        self.parser = ParserCreate()
        self.parser.StartElementHandler = self.open
        self.parser.EndElementHandler = self.close
        self.parser.EntityDeclHandler = self.entity

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Note where a child of the root begins."""
        self.depth += 1
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise UnreadableError(f"more than {MOST_ELEMENTS:,} elements")
        if self.depth > DEEPEST:
            raise UnreadableError(f"more than {DEEPEST} elements inside one another")
        if self.depth == 2:
            self.start = self.parser.CurrentByteIndex

    def close(self, name: str) -> None:
        """Note where a child of the root ends: at the end of its closing tag."""
        if self.depth == 2:
            end = self.body.find(b">", self.parser.CurrentByteIndex) + 1
            self.places.append((self.start, end or len(self.body)))
        self.depth -= 1

    def entity(self, name: str, *rest: object) -> None:
        """Refuse: PubMed declares none, and an entity bomb has to."""
        raise UnreadableError("it declares an entity of its own")


@lru_cache(maxsize=1)  # an answer is looked at twice, by who keeps its parts and by who reads it
def guard(body: bytes) -> tuple[tuple[int, int], ...]:
    """Return where each child of the root stands in a well-formed and harmless document, as offsets in bytes.

    Raises
    ------
    UnreadableError
        The document is not well formed, declares entities, or nests too deeply.
    SourceError
        This Python's expat is too old to be given anything from outside.
    """
    if version_info < _OLDEST_EXPAT:
        raise SourceError(f"{EXPAT_VERSION} is too old to read XML safely; install a newer Python")
    survey = _Survey(body)
    try:
        survey.parser.Parse(body, True)
    except (ExpatError, LookupError, ValueError) as error:
        raise UnreadableError(f"the XML is cut off or garbled: {error}") from None
    finally:
        # The parser knows the survey that knows it: apart, they do not keep the whole answer until a collection.
        del survey.parser
    return tuple(survey.places)


def tree(body: bytes) -> Element:
    """Build the tree of a guarded document; an entity that only a DTD could explain is first noticed here."""
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - the guard has refused declared entities and depth
    except ElementTree.ParseError as error:
        raise UnreadableError(f"the XML is cut off or garbled: {error}") from None


def sound_tree(body: bytes) -> Element:
    """Return the tree of a document from outside.

    Raises
    ------
    UnreadableError, SourceError
        As in `guard`.
    """
    guard(body)
    return tree(body)
