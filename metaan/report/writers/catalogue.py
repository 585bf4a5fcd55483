"""The formats of a report by the endings of their files' names; what writes one is imported when it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..report import Report


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of the report."""

    # ending, media: how names of its files end, and the media type
    ending: str
    media: str
    write: Callable[[Report], bytes]  # returns the bytes of a file
    # What of a report it says: ``"results"``; ``"text"``, which is everything else that is known; ``"since"`` where it
    # can be asked to compare with another version than the last. The rest is not computed for it.
    can: frozenset[str]


def _html(report: Report) -> bytes:
    from .page import written

    return written(report)


def _markdown(report: Report) -> bytes:
    from .markdown import to_markdown

    return to_markdown(report).encode()


def _word(report: Report) -> bytes:
    from .word import to_word

    return to_word(report)


def _json(report: Report) -> bytes:
    from .whole_json import report_json

    return (json.dumps(report_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _csv(report: Report) -> bytes:
    from .export_csv import to_csv

    return to_csv(report.analyses, report.evidence).encode("utf-8-sig")  # a spreadsheet knows UTF-8 by this mark


def _ris(report: Report) -> bytes:
    from .citations import to_ris

    return to_ris(report.review).encode()


def _bibtex(report: Report) -> bytes:
    from .citations import to_bibtex

    return to_bibtex(report.review).encode()


def _r(report: Report) -> bytes:
    from .bundle.script import to_r

    return to_r(report).encode()


def _zip(report: Report) -> bytes:
    from .bundle.archive import to_zip

    return to_zip(report)


_TEXT = frozenset({"results", "text"})
WRITERS = {
    writer.ending: writer
    for writer in (
        Writer("html", "text/html", _html, _TEXT | {"since"}),
        Writer("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _word, _TEXT),
        Writer("md", "text/markdown", _markdown, _TEXT),
        Writer("json", "application/json", _json, _TEXT),
        Writer("csv", "text/csv", _csv, frozenset({"results"})),
        Writer("zip", "application/zip", _zip, _TEXT),
        Writer("r", "text/x-r-source", _r, frozenset({"results"})),
        Writer("ris", "application/x-research-info-systems", _ris, frozenset()),
        Writer("bib", "application/x-bibtex", _bibtex, frozenset()),
    )
}
