"""The Cochrane data package, which RevMan Web exports: tables of analyses, results, studies and bias, and references.

To add a table: its reader, and the end of its name in `parse_package`.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ...errors import SourceError
from ...records.markup import clean_text
from ...records.record import Read, Record
from ..formats.encoding import LARGEST, decode, read_file
from .review import Judgement, Kept, RevManStudy, WholeReview
from .rows import RevManAnalysis, number_of
from .tables import Rows, rows_of_web, table_rows

Files = Mapping[str, bytes]


def package_files(path: Path) -> dict[str, bytes]:
    """Return the files of a package by name: of a folder, or of a ZIP file and those that are packed in it.

    Raises
    ------
    SourceError
        It cannot be opened, or is too large.
    """
    if not path.is_dir():
        return _unpacked(read_file(path), str(path), 0)
    files = folder_files(path)
    for name in [name for name in files if name.lower().endswith(".zip")]:
        files |= _unpacked(files.pop(name), f"{path}/{name}", 1)
    return files


def folder_files(path: Path) -> dict[str, bytes]:
    """Return those files of a folder that a package can have, by their place in it."""
    found = (file for file in sorted(path.rglob("*")) if file.suffix.lower() in _OF_PACKAGES and file.is_file())
    return {file.relative_to(path).as_posix(): read_file(file) for file in found}


def _unpacked(body: bytes, name: str, depth: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with ZipFile(io.BytesIO(body)) as packed:
            inside = [info for info in packed.infolist() if not info.is_dir()]
            if (size := sum(info.file_size for info in inside)) > LARGEST:
                raise SourceError(f"{name}: {size >> 20} MB unpacked; allowed: {LARGEST >> 20} MB")
            for info in inside:
                with packed.open(info) as opened:
                    files[info.filename] = opened.read(LARGEST)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: the ZIP file cannot be unpacked: {error}") from None
    for inner in [inner for inner in files if inner.lower().endswith(".zip") and depth < _DEEPEST]:
        files |= _unpacked(files.pop(inner), f"{name}/{inner}", depth + 1)
    return files


def parse_package(files: Files, references: Callable[[str], Read]) -> WholeReview:
    """Return all that a package holds.

    Parameters
    ----------
    files
        Its files by name.
    references
        What reads the records of a text in RIS.

    Raises
    ------
    SourceError
        A table is missing or has not its columns.
    """
    tables = {end: _table(files, end) for end in (_DATA, _SETTINGS, _SUBGROUPS, _STUDIES, _BIAS)}
    for end in (_DATA, _SETTINGS):
        if not tables[end]:
            raise SourceError(f"no {end} with rows; a package of RevMan Web has one")
    settings = {_number(row): row for _, row in tables[_SETTINGS]}
    data = rows_of_web(tables[_DATA], {number: _KINDS.get(_said(row, "Data type"), "effects")
                                       for number, row in settings.items()})  # fmt: skip
    stored = _stored(tables[_SUBGROUPS])
    analyses = (_analysis(one, settings.get(one.number, {}), stored.get(one.number, {})) for one in data.analyses)
    return WholeReview(
        title="",
        data=replace(data, analyses=tuple(analyses)),
        studies=tuple(_studies(tables[_STUDIES], tables[_BIAS], _records(files, references))),
        kept=(*_kept_columns(tables), *_kept_files(files)),
    )


def _table(files: Files, end: str) -> Rows:
    name = next((name for name in files if name.lower().endswith(end)), None)
    try:
        return [] if name is None else table_rows(decode(files[name]))
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from None


def _number(row: Mapping[str, str]) -> str:
    return f"{row.get('Analysis group', '')}.{row.get('Analysis number', '')}"


def _said(row: Mapping[str, str], column: str) -> str:
    return clean_text(row.get(column) or "")


def _analysis(
    analysis: RevManAnalysis, row: Mapping[str, str], stored: Mapping[str, tuple[float, float, float]]
) -> RevManAnalysis:
    total, subgroups = (_said(row, f"{what} estimates") == "true" for what in ("Overall", "Subgroup"))
    own = _result(row) if total else None
    return replace(
        analysis,
        comparison=_said(row, "Analysis group name") or analysis.comparison,
        measure=_said(row, "Effect measure"),
        experimental=_said(row, "Experimental group label") or _said(row, "Experimental intervention"),
        control=_said(row, "Control group label") or _said(row, "Control intervention"),
        method=_said(row, "Statistical method"),
        random={"random effects": True, "fixed effect": False}.get(_said(row, "Analysis model").casefold()),
        level=(number_of(_said(row, "Estimate CI").removesuffix("%")) or 95) / 100,
        log={"true": True, "false": False}.get(_said(row, "Log-scale data")),
        totals="YES" if total else "SUB" if subgroups else "NO",
        unit=_said(row, "Unit of effect measure"),
        swapped=_said(row, "Swap event and non-event") == "true",
        pooled={**({"": own} if own else {}), **(stored if subgroups else {})},
    )


def _result(row: Mapping[str, str]) -> tuple[float, float, float] | None:
    found = [number for key in ("Mean", "CI start", "CI end") if (number := number_of(row.get(key) or "")) is not None]
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def _stored(rows: Rows) -> dict[str, dict[str, tuple[float, float, float]]]:
    stored: dict[str, dict[str, tuple[float, float, float]]] = {}
    for _, row in rows:
        if (result := _result(row)) is not None:
            stored.setdefault(_number(row), {})[_said(row, "Subgroup")] = result
    return stored


def _studies(rows: Rows, bias: Rows, records: Mapping[str, list[Record]]) -> Iterator[RevManStudy]:
    judged = {_said(row, "Study"): tuple(_judgements(row)) for _, row in bias}
    for _, row in rows:
        name = _said(row, "Study")
        texts = {heading: text for heading in _TEXTS if (text := _said(row, f"Char: {heading.capitalize()}"))}
        yield RevManStudy(name, _said(row, "Year"), tuple(records.get(name, ())), texts, judged.get(name, ()))


def _judgements(row: Mapping[str, str]) -> Iterator[Judgement]:
    for column, judgement in row.items():
        domain = (column or "").removeprefix(_JUDGEMENT)
        support = _said(row, f"Domain (support): {domain}")
        if domain != column and (support or judgement not in ("", "Not applicable", None)):
            yield Judgement(domain, clean_text(judgement or ""), support)


def _records(files: Files, references: Callable[[str], Read]) -> dict[str, list[Record]]:
    """Return the publications by study, which a tag of its own names in each."""
    found: dict[str, list[Record]] = {}
    text = next((decode(body) for name, body in files.items() if name.lower().endswith(_REFERENCES)), "")
    block: list[str] = []
    for line in text.lstrip("\ufeff").splitlines():
        block.append(line)
        if line.startswith("ER  -"):
            study = next((clean_text(said[6:]) for said in block if said.startswith("NS  - ")), "")
            found.setdefault(study, []).extend(references("\n".join(block)).records)
            block = []
    return found


def _kept_columns(tables: Mapping[str, Rows]) -> Iterator[Kept]:
    """Yield what stands in columns that are read nowhere; what RevMan computed is computed anew."""
    for end, rows in tables.items():
        for line, row in rows:
            for column, text in row.items():
                if isinstance(text, str) and text.strip() not in _EMPTY and not _is_read(end, column, text):
                    yield Kept(f"{end.removesuffix('.csv')}/{column}", clean_text(text), f"line {line}")


def _is_read(end: str, column: str, text: str) -> bool:
    computed = (
        column.startswith(("Heterogeneity", "Effect ", "Subgroup ")) and number_of(text.strip(" <>%")) is not None
    )
    return computed or column in _READ[end] or column.startswith("Domain (")


def _kept_files(files: Files) -> Iterator[Kept]:
    for name, body in files.items():
        if not name.lower().endswith((_DATA, _SETTINGS, _SUBGROUPS, _STUDIES, _BIAS, _REFERENCES)):
            text = name.lower().endswith((".csv", ".ris", ".txt"))
            yield Kept(f"file {name}", clean_text(decode(body)) if text else f"{len(body)} bytes, in the copy only")


_OF_PACKAGES = (".csv", ".ris", ".zip")
_DEEPEST = 2  # packages hold a ZIP file of data
_DATA, _SETTINGS = "data-rows.csv", "overall-estimates-and-settings.csv"
_SUBGROUPS, _STUDIES, _BIAS = "subgroup-estimates.csv", "study-information.csv", "risk-of-bias.csv"
_REFERENCES = "included.ris"
_JUDGEMENT = "Domain (judgement): "
_TEXTS = ("methods", "participants", "interventions", "outcomes", "notes")
_EMPTY = ("", "#N/A", "SUBGROUP_AND_OVERALL", "Custom input")
_KINDS = {
    "Dichotomous": "counts", "Continuous": "means", "Generic Inverse Variance": "effects",
    "Generic inverse variance": "effects", "Inverse Variance": "effects", "Inverse variance": "effects",
    "O-E and Variance": "log-rank", "O-E and variance": "log-rank", "Contrast level": "effects",
}  # fmt: skip
_COMPUTED = ("Weight", "Mean", "CI start", "CI end", "Study CI", "ID")
_GROUPS = ("Experimental cases", "Experimental N", "Control cases", "Control N")
_WHERE = ("Analysis group", "Analysis number", "Analysis name", "Subgroup")
_READ: dict[str, tuple[str, ...]] = {
    _DATA: (
        *_WHERE, *_GROUPS, *_COMPUTED, "Study", "Study year", "GIV Mean", "GIV SE", "Experimental mean",
        "Experimental SD", "Control mean", "Control SD", "O-E", "Variance", "Footnotes",
    ),
    _SETTINGS: (
        *_WHERE, *_GROUPS, *_COMPUTED, "Analysis group name", "Data type", "Log-scale data", "Statistical method",
        "Experimental intervention", "Control intervention", "Experimental group label", "Control group label",
        "Effect measure", "Unit of effect measure", "Analysis model", "Overall estimates", "Estimate CI",
        "Test for subgroup differences", "Swap event and non-event",
    ),
    _SUBGROUPS: (*_WHERE, *_GROUPS, *_COMPUTED),
    _STUDIES: ("Study", "Year", *(f"Char: {heading.capitalize()}" for heading in _TEXTS)),
    _BIAS: ("Study",),
}  # fmt: skip
