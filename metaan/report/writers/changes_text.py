"""What changed, as one HTML page, as Markdown, and as plain text for the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from ..blocks import Bullets, Table
from ..changes.view import ChangesView, EditRow, PoolView, changes_lines, edit_line
from ..document import Code
from .markdown import line, plain, written

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
RESULT_HEADER = ("Model", "Version", "Studies", "Effect (interval)", "τ²", "I²", "Prediction interval", "Reading")
SHARE_HEADER = ("Change", "Without it", "Alone", "Estimate", "Lower limit", "Upper limit", "τ²", "Conclusion")


def changes_page(changes: ChangesView, *, version: str, templates: Path | None = None) -> str:
    """Return one self-contained HTML page; files of ``templates`` replace the packaged ones of the same name."""
    from .page import fill

    return fill("changes.html", {"changes": changes, "version": version}, templates)


def changes_markdown(changes: ChangesView) -> str:
    """Return what changed as Markdown, such as for the description of a pull request."""
    blocks = [
        f"# {plain(changes.title)}: what changed",
        f"From {plain(changes.old_name)} (registry `{changes.digests[0][:12]}`) to {plain(changes.new_name)} "
        f"(registry `{changes.digests[1][:12]}`).",
        _bullets(
            f"**{plain(headline)}**" if changes.conclusion_changed else plain(headline)
            for headline in changes.headlines
        ),
        plain(changes.summary),
        *(block for pool in changes.pools for block in _pool_markdown(pool)),
        *_section("Changes that moved no result", _bullets(map(plain, changes.silent))),
        *_section("Not changed", _bullets(map(plain, changes.unchanged))),
        *_section("Studies", _bullets(_study_lines(changes))),
        *_section("Protocol", written(Bullets(tuple(map(edit_line, changes.protocol))))),
        *_section("PRISMA-LSR", _bullets(f"{plain(_coded(i.code, i.title))}: {plain(i.text)}" for i in changes.living)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def changes_entry(changes: ChangesView) -> str:
    """Return what changed as the items of a Markdown list, in words and without tables: the entry of a changelog."""
    return written(Bullets(tuple(changes_lines(changes))))


def _section(title: str, body: str) -> tuple[str, ...]:
    return (f"## {title}", body) if body else ()


def _coded(code: str, title: str) -> str:
    return f"{code} {title}" if code else title


def _pool_markdown(pool: PoolView) -> Iterable[str]:
    yield f"## {plain(pool.heading)}"
    yield f"**{plain(pool.flips)}**" if pool.flips else ""
    yield _bullets(map(plain, pool.sentences))
    results = ((r.model, r.when, r.k, r.effect, r.tau2, r.i2, r.prediction, r.conclusion) for r in pool.results)
    yield written(Table(RESULT_HEADER, tuple(results)))
    yield written(Table(SHARE_HEADER, _share_rows(pool))) if pool.shares else ""
    yield plain(pool.note)


def _share_rows(pool: PoolView) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (f"{s.cause} ({s.change})", s.without, s.alone, s.estimate, s.lower, s.upper, s.tau2, s.conclusion)
        for s in pool.shares
    )


def _study_lines(changes: ChangesView) -> Iterable[str]:
    for study in changes.studies:
        yield "\n".join(
            (
                f"{plain(study.label)}: {plain(study.what)} ({line((Code(study.place),))})",
                *(f"  - {line(edit_line(e))}" for e in study.edits),
            )
        )


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _plain(text: str) -> str:
    """Leave out what would steer a terminal."""
    return _CONTROL.sub("", text)


def changes_terminal(changes: ChangesView, width: int = 100) -> str:
    """Return what changed as lines of text, none wider than ``width`` unless a single word is."""
    lines = [f"{changes.title}: {changes.old_name} -> {changes.new_name}", ""]
    lines += _all(changes.headlines, width)
    if changes.studies:
        lines += ["", changes.summary, *_all(_study_texts(changes), width, 2)]
    if changes.protocol:
        lines += ["", "Protocol:", *_all(map(_edit_text, changes.protocol), width, 2)]
    for pool in changes.pools:
        lines += ["", pool.heading, *_pool_lines(pool, width)]
    if changes.silent:
        lines += ["", *_all(changes.silent, width)]
    if changes.unchanged and changes.pools:
        lines += ["", *_wrapped(f"Not changed: {'; '.join(changes.unchanged)}.", width)]
    if changes.studies or changes.protocol:
        items = (f"{_coded(item.code, item.title)}: {item.text}" for item in changes.living)
        lines += ["", "For the report of this version (PRISMA-LSR):", *_all(items, width, 2)]
    return "\n".join(map(_plain, lines))


def _pool_lines(pool: PoolView, width: int) -> Iterable[str]:
    rows = [(r.when, r.model, f"k = {r.k}", r.effect, f"τ² {r.tau2}", f"I² {r.i2}", r.conclusion) for r in pool.results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  " + "  ".join(cell.ljust(room) for cell, room in zip(row, widths)).rstrip()
    yield from _all((*pool.sentences, *([pool.flips] if len(pool.sentences) > 1 else [])), width, 2)


def _study_texts(changes: ChangesView) -> Iterable[str]:
    for study in changes.studies:
        yield f"{study.label}: {study.what} ({study.place})"
        yield from (f"  {_edit_text(edit)}" for edit in study.edits)


def _edit_text(edit: EditRow) -> str:
    return "".join(edit_line(edit, "->"))


def _all(texts: Iterable[str], width: int, indent: int = 0) -> list[str]:
    return [line for text in texts for line in _wrapped(text, width, indent)]


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    first = " " * (indent + len(text) - len(text.lstrip()))
    lines = textwrap.TextWrapper(width, first, f"{first}  ", break_long_words=False, break_on_hyphens=False)
    return lines.wrap(text.strip())
