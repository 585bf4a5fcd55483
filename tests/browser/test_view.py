"""The forest plot and its table follow the controls: they read as if Python had been asked for the same analysis."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.report.drawing.svg import svg
from metaan.report.explorer.data import why_not
from metaan.report.forest.forest import Arms, forest
from metaan.report.sections.outcomes import outcome
from metaan.synthesis.analyse import Choices

from .test_pooling import GO, address

TABLE = """key => {
  const table = document.querySelector(`[id='outcome.${key}'] table.plot`);
  const texts = row => [...row.cells].map(cell => cell.textContent);
  return [texts(table.tHead.rows[0]), [...table.tBodies[0].rows].map(row => [row.className, texts(row)])];
}"""
DRAWN = """svg => [...(typeof svg === 'string' ? new DOMParser().parseFromString(svg, 'image/svg+xml') : svg)
    .querySelectorAll('g.row')].map(row => [...row.querySelectorAll('polygon')].map(one => {
      const points = one.getAttribute('points').split(' ').map(point => point.split(',').map(Number));
      const [xs, ys] = [0, 1].map(i => points.map(point => point[i]));
      const name = one.getAttribute('class'), [lo, hi] = [Math.min(...xs), Math.max(...xs)];
      const square = name.startsWith('square'), middle = (lo + hi) / 2; // a square has one place and a size in pixels
      return [name, square ? middle : lo, square ? middle : hi, Math.max(...ys) - Math.min(...ys)];
    }))"""
TICKS = "svg => [...svg.querySelectorAll('text.tick')].map(one => one.textContent)"
AXIS = """svg => { const line = [...svg.querySelectorAll('line.axis')].sort((a, b) =>
    (b.getAttribute('x2') - b.getAttribute('x1')) - (a.getAttribute('x2') - a.getAttribute('x1')))[0];
    return [Number(line.getAttribute('x1')), Number(line.getAttribute('x2'))] }"""

CASES = [
    {"measure": "RR"},
    {"measure": "RD", "common": "IV", "random": "PM", "ci": "hksj-adhoc", "pi": "t(k-2)"},
    {"measure": "OR", "common": "IV", "random": "REML", "ci": "auto", "pi": "normal"},
    {"random": "SJ", "ci": "t"},
    {"measure": "RD", "random": "none"},
    {"common": "none", "random": "ML", "ci": "hksj"},
]
NAMES = ("anakinra", "bcg")


def asked(review: Any, key: str, choice: dict[str, str], without: tuple[str, ...] = ()) -> Any:
    """Return the analysis that Python makes of the same choice."""
    models = tuple(name for name in ("common", "random") if choice.get(name) != "none")
    codes = {"common_method": choice.get("common"), "tau2_method": choice.get("random")}
    codes = {name: None if code == "none" else code for name, code in codes.items()}
    given = {name: choice.get(name) for name in ("measure",)} | codes
    given |= {"ci_method": choice.get("ci"), "pi_method": choice.get("pi")}
    chosen = Choices(model=models, exclude=without, explore=False, **given)
    return ma.analyse(review, [key], chosen)[0]


def lines(headers: list[str], rows: list[tuple[str, list[str]]]) -> list[dict[str, str]]:
    """Return each row as text by heading, without cells that say nothing."""
    return [{"kind": kind, **{h: text for h, text in zip(headers, cells) if text}} for kind, cells in rows]


def written(review: Any, analysis: Any) -> list[dict[str, str]]:
    """Return the rows of Python's own page."""
    shown = outcome(analysis, named(review))
    rows = [(row.kind, [cell.text for cell in row.cells]) for row in shown.rows]
    return lines([header.text for header in shown.headers], rows)


def named(review: Any) -> Arms:
    return Arms(review.info.labels.experimental, review.info.labels.control)


def with_controls(review: Any) -> list[Any]:
    """Return the plans of the analyses that the page can pool another way."""
    return [plan for plan, one in zip(review.info.analyses, ma.analyse(review), strict=True) if not why_not(one)]


@pytest.fixture(params=NAMES)
def opened(request: pytest.FixtureRequest, reports: dict[str, Path], visit: Callable[..., Any]) -> tuple[Any, Any]:
    """A report in the browser with its review."""
    return visit(reports[request.param]), ma.load(ma.example(request.param))


@pytest.mark.parametrize("choice", CASES, ids=lambda choice: "-".join(choice.values()))
def test_the_table_reads_as_python_writes_it(opened: tuple[Any, Any], choice: dict[str, str]) -> None:
    page, review = opened
    for plan in with_controls(review):
        page.run(GO, address(plan.key, choice, []))
        headers, rows = page.run(TABLE, plan.key)
        got = [{**row, "kind": row["kind"].split()[0]} for row in lines(headers, rows)]
        assert got == written(review, asked(review, plan.key, choice)), plan.key
    assert page.words == []


@pytest.mark.parametrize("choice", CASES[:2], ids=lambda choice: "-".join(choice.values()))
def test_the_plot_stands_where_python_draws_it(opened: tuple[Any, Any], choice: dict[str, str]) -> None:
    """Marks have the same places between the ends of the axis, which may lie elsewhere, and squares the same size."""
    page, review = opened
    for plan in with_controls(review):
        page.run(GO, address(plan.key, choice, []))
        wanted = svg(forest(asked(review, plan.key, choice), named(review)))
        page.run("text => { document.body.insertAdjacentHTML('beforeend', `<div id=python>${text}</div>`) }", wanted)
        mine, python = (
            page.page.locator(where) for where in (f"[id='outcome.{plan.key}'] svg.forest >> nth=0", "#python svg")
        )
        assert sorted(mine.evaluate(TICKS)) == sorted(python.evaluate(TICKS)), plan.key
        for got, right in zip(_places(mine), _places(python), strict=True):
            assert [name for name, *_ in got] == [name for name, *_ in right]
            for one, other in zip(got, right):
                assert one[1:] == pytest.approx(other[1:], abs=0.04), (plan.key, one, other)
        page.run("document.getElementById('python').remove()")


@pytest.mark.parametrize("choice", CASES[2:4], ids=lambda choice: "-".join(choice.values()))
def test_the_axis_stays_while_the_measure_does(opened: tuple[Any, Any], choice: dict[str, str]) -> None:
    page, review = opened
    for plan in with_controls(review):
        page.run(GO, "")
        plot = page.page.locator(f"[id='outcome.{plan.key}'] svg.forest >> nth=0")
        before = plot.evaluate(TICKS), plot.evaluate(AXIS)
        page.run(GO, address(plan.key, choice | {"measure": plan.measure}, []))
        assert (sorted(plot.evaluate(TICKS)), plot.evaluate(AXIS)) == (sorted(before[0]), before[1])


def _places(drawn: Any) -> list[list[tuple[str, float, float, float]]]:
    """Return the shapes of each row that has some: name, ends in hundredths of the axis, height."""
    left, right = drawn.evaluate(AXIS)
    rows = drawn.evaluate(DRAWN)
    share = [
        [(name, _share(lo, left, right), _share(hi, left, right), high) for name, lo, hi, high in row] for row in rows
    ]
    found = [[one for one in row if not one[0].startswith(("arrow", "diamond reference"))] for row in share]
    return [row for row in found if row]


def _share(x: float, left: float, right: float) -> float:
    return 100 * (x - left) / (right - left)


def test_studies_left_out_stay_as_grey_rows(opened: tuple[Any, Any]) -> None:
    page, review = opened
    for plan in with_controls(review):
        whole = asked(review, plan.key, {})
        full = [pool.rows[0].id for pool in whole.pools if pool.k > 2]
        if not full:
            continue
        page.run(GO, address(plan.key, {}, full))
        headers, rows = page.run(TABLE, plan.key)
        wanted = written(review, asked(review, plan.key, {}, tuple(full)))
        assert [row for row in lines(headers, rows) if "out" not in row["kind"].split()] == wanted
        grey = [row for row in lines(headers, rows) if "out" in row["kind"].split()]
        assert len(grey) == len(full)
        assert all("left out" in row.values() for row in grey)
