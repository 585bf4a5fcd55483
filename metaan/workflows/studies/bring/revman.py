"""A review of RevMan as the files of a new one: the registry, a copy of the file, and a list of what has no place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ....errors import SourceError
from ....registry.scaffold import REVIEW_SCHEMA, STUDY_SCHEMA, schema_files
from ....registry.text.block import block_text
from ....sources.files.ris import parse_ris
from ....sources.formats.encoding import read_file
from ....sources.net.answers import UnreadableError
from ....sources.revman.package import folder_files, package_files, parse_package
from ....sources.revman.review import Kept, WholeReview, parse_review
from .revman_registry import Registry, brought
from .started import NewReview, checked
from .stored import TOLERANCE, Compared, compare

LISTED = 20  # lines of one kind on a terminal; the file has all


def start_from_revman_5(path: Path, name: str) -> NewReview:
    """Return the files of a new review that is made of a review of RevMan 5.

    Raises
    ------
    SourceError
        The file cannot be read, or what it says cannot be.
    """
    raw = read_file(path)
    try:
        review = parse_review(raw)
    except (SourceError, UnreadableError) as error:
        raise SourceError(f"{path}: {error}") from None
    return _started(review, path, name, {f"revman/{path.name}": raw})


def start_from_package(path: Path, name: str) -> NewReview:
    """Return the files of a new review that is made of a data package of RevMan Web: a ZIP file, or a folder of tables.

    Raises
    ------
    SourceError
        As in `start_from_revman_5`.
    """
    files = package_files(path)
    try:
        review = parse_package(files, parse_ris)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from None
    copies = folder_files(path) if path.is_dir() else {path.name: read_file(path)}
    return _started(review, path, name, {f"revman/{inner}": body for inner, body in copies.items()})


def _started(review: WholeReview, path: Path, name: str, copies: Mapping[str, bytes]) -> NewReview:
    made = brought(review, path.resolve().name, name)
    files = {
        f"studies/{key}.yaml": (_REVIEW if key == "review" else _STUDY).format(file=path.name) + block_text(entry)
        for key, entry in made.files.items()
    }
    compared = compare(checked(files, path), made)
    listed = _listed(path.name, compared, made.left_out, review.kept)
    said = (*_counted(made), *_results(compared), *_without_place(made.left_out, review.kept), *_ASSUMED)
    return NewReview({**files, **schema_files(), **copies, KEPT: listed}, said)


def _counted(made: Registry) -> Iterator[str]:
    results = sum(len(entry["results"]) for key, entry in made.files.items() if key != "review")
    plans = sum(part.pooled for part in made.parts)
    yield f"{len(made.files) - 1} studies, {len(made.parts)} outcomes, {plans} analyses, {results} results"


def _results(compared: Sequence[Compared]) -> Iterator[str]:
    if not compared:
        yield "the file stores no pooled results to compare with"
        return
    agreeing = sum(one.agrees for one in compared)
    yield (
        f"pooled results: {agreeing} of {len(compared)} agree with those that the file stores "
        f"(estimate and interval within {TOLERANCE} standard errors)"
    )
    yield from _some([f"  differs: {one}" for one in compared if not one.agrees])


def _without_place(left_out: Sequence[Kept], kept: Sequence[Kept]) -> Iterator[str]:
    if left_out:
        yield f"rows without an effect, which no study file has: {len(left_out)}"
        yield from _some([f"  {one.where}: {one.text}" for one in left_out])
    if kept:
        yield f"texts without a place in a registry, verbatim in {KEPT}: {len(kept)}"
        parts = Counter("/".join(one.place.split("/")[:2]) for one in kept)
        yield from _some([f"  {place}: {number}" for place, number in parts.items()])


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - LISTED
    return lines if more <= 0 else [*lines[:LISTED], f"  and {more} more, in {KEPT}"]


def _listed(file: str, compared: Sequence[Compared], left_out: Iterable[Kept], kept: Iterable[Kept]) -> str:
    """Return the list of what was compared and what has no place, each text whole."""
    lines = [f"# What {file} has beside the registry", "", "## Pooled results that the file stores", ""]
    lines += [f"- {'agrees' if one.agrees else 'differs'}: {one}" for one in compared] or ["none"]
    lines += ["", "## Rows without an effect", ""]
    lines += [f"- {one.where}: {one.text}" for one in left_out] or ["none"]
    lines += ["", "## Texts without a place in a registry", ""]
    lines += [line for one in kept for line in (f"### {one.where}", "", one.text, "")] or ["none"]
    return "\n".join(lines).rstrip() + "\n"


KEPT = "revman/kept.md"

_ASSUMED = (
    "assumed, because RevMan does not say; look at these first:",
    "  every study is randomised (design: kind:)",
    "  the direction of every outcome follows from the words below its plot, else more of it is bad (direction:)",
)

_REVIEW = (
    REVIEW_SCHEMA
    + """\
# Made of {file} by `metaan init`. The protocol is what the file states. RevMan does not say whether more of an outcome
# is good or bad for patients: each `direction` follows from the words below its plot, else it is bad. Check them.

"""
)
_STUDY = (
    STUDY_SCHEMA
    + """\
# Made of {file} by `metaan init`. RevMan does not say what design a study has: `kind` is assumed. Times are not stated
# either. Every number is what the review says of the study, and has its place in that file.

"""
)
