"""What an element of somebody else's XML says: as plain text, and as a markup string."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ...records.markup import TAGS, clean_text, escape, escape_keeping_ends


def child(parent: Element, path: str) -> Element:
    """Return a child, or an empty stand-in: a record without it is thin, not broken."""
    found = parent.find(path)
    return Element("none") if found is None else found


def text_at(parent: Element, path: str) -> str | None:
    """Return all text of the element at a path, None where there is none."""
    found = parent.find(path)
    return None if found is None else _text(found) or None


def texts_at(parent: Element, path: str) -> tuple[str, ...]:
    """Return the texts of all elements at a path that say something."""
    return tuple(text for found in parent.findall(path) if (text := _text(found)))


def _text(element: Element) -> str:
    """Return all text of an element; most have no children, and need no walk."""
    return clean_text("".join(element.itertext()) if len(element) else element.text or "")


def markup(element: Element | None) -> str:
    """Return what an element says as a markup string: the text of all its children, tags only of the four kinds.

    >>> from xml.etree.ElementTree import fromstring
    >>> markup(fromstring("<T>IL-1<sub>b</sub> <u>and</u> p &lt; 3</T>"))
    'IL-1<sub>b</sub> and p &lt; 3'
    """
    if element is None:
        return ""
    if not len(element):
        return escape(element.text or "")
    return " ".join("".join(_inside(element)).split())


def _inside(element: Element) -> list[str]:
    """Serialise the inside of an element; the guard has bounded the depth of this recursion."""
    parts = [_piece(element.text)]
    for inner in element:
        inside = _inside(inner)
        parts += [f"<{inner.tag}>", *inside, f"</{inner.tag}>"] if inner.tag in TAGS else inside
        parts.append(_piece(inner.tail))
    return parts


def _piece(text: str | None) -> str:
    """Clean one piece of a text, keeping a blank at either end, because more follows."""
    if not text:
        return ""
    body = clean_text(text)
    if not body:
        return " "
    before, after = " " * text[0].isspace(), " " * text[-1].isspace()
    return f"{before}{escape_keeping_ends(body)}{after}"
