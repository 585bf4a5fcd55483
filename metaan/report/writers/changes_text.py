"""What changed, as one HTML page, as Markdown, and as plain text for the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..changes.view import ChangesView, EditRow, PoolView

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
RESULT_HEADER = ("Model", "Version", "Studies", "Effect (interval)", "τ²", "I²", "Prediction interval", "Reading")
SHARE_HEADER = ("Change", "Without it", "Alone", "Estimate", "Lower limit", "Upper limit", "τ²", "Conclusion")


def changes_page(changes: ChangesView, *, version: str, templates: Path | None = None) -> str:
    """Return one self-contained HTML page.

    Parameters
    ----------
    changes
        What `metaan.report.changes.changes.changes_section` returned.
    version
        metaan's version.
    templates
        A folder whose files replace the packaged templates of the same name.
    """
    from .page import fill

    return fill("changes.html", {"changes": changes, "version": version}, templates)


def changes_markdown(changes: ChangesView) -> str:
    """Return what changed as Markdown, such as for the description of a pull request."""
    blocks = [
        f"# {_md(changes.title)}: what changed",
        f"From {_md(changes.old_name)} (registry `{changes.digests[0][:12]}`) to {_md(changes.new_name)} "
        f"(registry `{changes.digests[1][:12]}`).",
        _bullets(
            f"**{_md(headline)}**" if changes.conclusion_changed else _md(headline) for headline in changes.headlines
        ),
        _md(changes.summary),
        *(block for pool in changes.pools for block in _pool_markdown(pool)),
        *_section("Changes that moved no result", _bullets(map(_md, changes.silent))),
        *_section("Not changed", _bullets(map(_md, changes.unchanged))),
        *_section("Studies", _bullets(_study_lines(changes))),
        *_section("Protocol", _bullets(map(_edit_markdown, changes.protocol))),
        *_section("PRISMA-LSR", _bullets(f"{_md(_coded(i.code, i.title))}: {_md(i.text)}" for i in changes.living)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def changes_entry(changes: ChangesView) -> str:
    """Return what changed as the items of a Markdown list, in words and without tables: the entry of a changelog."""
    said = (
        *(f"**{_md(headline)}**" for headline in changes.headlines),
        _md(changes.summary),
        *(_md(sentence) for pool in changes.pools for sentence in pool.sentences),
        *map(_md, changes.silent),
        *(f"Protocol: {_edit_markdown(edit)}" for edit in changes.protocol),
    )
    return _bullets(said)


def markdown_text(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _md(text)


def _section(title: str, body: str) -> tuple[str, ...]:
    return (f"## {title}", body) if body else ()


def _coded(code: str, title: str) -> str:
    return f"{code} {title}" if code else title


def _pool_markdown(pool: PoolView) -> Iterable[str]:
    yield f"## {_md(pool.heading)}"
    yield f"**{_md(pool.flips)}**" if pool.flips else ""
    yield _bullets(map(_md, pool.sentences))
    yield _table(
        RESULT_HEADER,
        [(r.model, r.when, r.k, r.effect, r.tau2, r.i2, r.prediction, r.conclusion) for r in pool.results],
    )
    yield _table(SHARE_HEADER, _share_rows(pool)) if pool.shares else ""
    yield _md(pool.note)


def _share_rows(pool: PoolView) -> list[tuple[str, ...]]:
    return [
        (f"{s.cause} ({s.change})", s.without, s.alone, s.estimate, s.lower, s.upper, s.tau2, s.conclusion)
        for s in pool.shares
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([_md(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _study_lines(changes: ChangesView) -> Iterable[str]:
    for study in changes.studies:
        yield "\n".join(
            (
                f"{_md(study.label)}: {_md(study.what)} ({_code(study.place)})",
                *(f"  - {_edit_markdown(e)}" for e in study.edits),
            )
        )


def _edit_markdown(edit: EditRow) -> str:
    old, new = (f" ({_code(place)})" if place else "" for place in (edit.old_place, edit.new_place))
    return f"{_md(edit.where)}: {_md(edit.old)}{old} → {_md(edit.new)}{new}"


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _md(text: str) -> str:
    """Escape what Markdown would read as markup; a line break would end a list or a table."""
    return _MARKDOWN.sub(r"\\\1", _plain(" ".join(text.split())))


def _code(text: str) -> str:
    """Return text between backticks, which it must not end itself."""
    return f"`{_plain(text).replace('`', chr(39))}`"


def _plain(text: str) -> str:
    """Leave out what would steer a terminal."""
    return _CONTROL.sub("", text)


def changes_terminal(changes: ChangesView, width: int = 100) -> str:
    """Return what changed as lines of text, none wider than ``width`` unless a single word is."""
    lines = [f"{changes.title}: {changes.old_name} -> {changes.new_name}", ""]
    lines += [*(line for headline in changes.headlines for line in _wrapped(headline, width))]
    if changes.studies:
        lines += ["", changes.summary, *(line for study in _study_texts(changes) for line in _wrapped(study, width, 2))]
    if changes.protocol:
        lines += [
            "",
            "Protocol:",
            *(line for edit in changes.protocol for line in _wrapped(_edit_text(edit), width, 2)),
        ]
    for pool in changes.pools:
        lines += ["", pool.heading, *_pool_lines(pool, width)]
    if changes.silent:
        lines += ["", *(line for sentence in changes.silent for line in _wrapped(sentence, width))]
    if changes.unchanged and changes.pools:
        lines += ["", *_wrapped(f"Not changed: {'; '.join(changes.unchanged)}.", width)]
    if changes.studies or changes.protocol:
        items = (f"{_coded(item.code, item.title)}: {item.text}" for item in changes.living)
        lines += [
            "",
            "For the report of this version (PRISMA-LSR):",
            *(x for i in items for x in _wrapped(i, width, 2)),
        ]
    return "\n".join(map(_plain, lines))


def _pool_lines(pool: PoolView, width: int) -> Iterable[str]:
    rows = [(r.when, r.model, f"k = {r.k}", r.effect, f"τ² {r.tau2}", f"I² {r.i2}", r.conclusion) for r in pool.results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  " + "  ".join(cell.ljust(room) for cell, room in zip(row, widths)).rstrip()
    for sentence in (*pool.sentences, *([pool.flips] if pool.flips and len(pool.sentences) > 1 else [])):
        yield from _wrapped(sentence, width, 2)


def _study_texts(changes: ChangesView) -> Iterable[str]:
    for study in changes.studies:
        yield f"{study.label}: {study.what} ({study.place})"
        yield from (f"  {_edit_text(edit)}" for edit in study.edits)


def _edit_text(edit: EditRow) -> str:
    old, new = (f" ({place})" if place else "" for place in (edit.old_place, edit.new_place))
    return f"{edit.where}: {edit.old}{old} -> {edit.new}{new}"


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    first = " " * (indent + len(text) - len(text.lstrip()))
    lines = textwrap.TextWrapper(width, first, f"{first}  ", break_long_words=False, break_on_hyphens=False)
    return lines.wrap(text.strip())
