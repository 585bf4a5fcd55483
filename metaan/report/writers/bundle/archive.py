"""Everything of a report as one ZIP: figures, tables, results, references, and the R script that repeats them.

To add a file, yield its name and its bytes in a function of `PARTS`. The same report gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ....records.label import slug
from ...blocks import Heading, Table
from ...document import stretches
from ...drawing.svg import Svg
from ...plots.convert import convert
from ...plots.standalone import as_file
from ...report import Report
from ...sections.contents import Content, sections_of
from ..citations import to_bibtex, to_ris
from ..export_csv import cell, to_csv
from ..markdown import plain, to_markdown
from ..whole_json import report_json
from .script import to_r

#: A name in the archive, what it is, and its bytes.
File = tuple[str, str, bytes]

BOM = "utf-8-sig"  # a spreadsheet knows UTF-8 by its mark
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a ZIP can hold: the clock has no part in it


def to_zip(report: Report) -> bytes:
    """Return the archive; figures are SVG, and PNG too where the program that writes those is installed."""
    files = [file for part in PARTS for file in part(report, Content(report))]
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, _, content in [("README.md", "", _readme(report, files)), *files]:
            info = ZipInfo(name, EARLIEST)
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return made.getvalue()


def _readme(report: Report, files: Iterable[File]) -> bytes:
    said = Content(report)
    lines = [f"# {plain(said.review.title)}", "", plain(said.state), "", plain(said.cite), ""]
    lines += [f"- `{name}`: {plain(what)}" for name, what, _ in files]
    lines += ["", f"Licence: {plain(said.review.license or 'not recorded')}", ""]
    return "\n".join(lines).encode()


def _results(report: Report, _: Content) -> Iterable[File]:
    how = "repeats the analyses with metafor and says what differs: Rscript analyses.R"
    yield "analyses.R", how, to_r(report).encode()
    rows = "a row a study, a pooled result and an effect per 1000 people; yi and vi on the analysis scale"
    yield "results.csv", rows, to_csv(report.analyses, report.evidence).encode(BOM)
    whole = json.dumps(report_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    yield "report.json", "everything that the report says, with all digits", whole.encode()
    yield "report.md", "the report as a text", to_markdown(report).encode()


def _references(report: Report, _: Content) -> Iterable[File]:
    if report.review.studies:
        yield "references.ris", "the included studies for a reference manager", to_ris(report.review).encode()
        yield "references.bib", "the included studies as BibTeX", to_bibtex(report.review).encode()


def _tables(report: Report, said: Content) -> Iterable[File]:
    """Yield every table of the report, named by its section and counted."""
    for section in sections_of(report):
        headings: dict[int, str] = {}
        count = 0
        for block in section.blocks(said):
            if isinstance(block, Heading):
                headings = {level: text for level, text in headings.items() if level < block.level}
                headings[block.level] = block.text
            elif isinstance(block, Table):
                count += 1
                yield f"tables/{section.id}-{count:02}.csv", f"table: {', '.join(headings.values())}", _table(block)


def _table(table: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(cell, table.heads))
    for row in table.rows:
        writer.writerow([cell("".join(map(str, stretches(line)))) for line in row])
    writer.writerows([cell(f"{note.letter}: {note.text}")] for note in table.notes)
    return out.getvalue().encode(BOM)


def _figures(_: Report, said: Content) -> Iterable[File]:
    """Yield every figure of the report, named by its outcome, the group and what it is."""
    taken: Counter[str] = Counter()
    for name, what, drawn in _drawings(said):
        taken[name] += 1
        numbered = f"figures/{name}" + (f"-{taken[name]}" if taken[name] > 1 else "")
        picture = as_file(drawn)
        yield f"{numbered}.svg", f"figure: {what}", convert(picture, "svg")
        if find_spec("resvg_py"):
            yield f"{numbered}.png", f"figure: {what}", convert(picture, "png")


def _drawings(said: Content) -> Iterable[tuple[str, str, Svg]]:
    for outcome in said.outcomes:
        if outcome.figure is not None:
            yield f"{slug(outcome.id)}-forest", f"forest plot of {outcome.title}", outcome.figure
        for one in outcome.explored:
            for part in one.parts:
                group = f"{outcome.title}, {one.heading}"
                name = "-".join(map(slug, (outcome.id, one.heading, part.name)))
                yield from ((name, f"{part.name} of {group}", drawn) for drawn in part.figures)


#: What the archive is made of, in the order of its list.
PARTS: tuple[Callable[[Report, Content], Iterable[File]], ...] = (_results, _references, _tables, _figures)
