"""The sections of a report: one order for every form of it, and blocks where the page has no part for one."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from metaan.report.blocks import Bullets, Heading, Illustration, Paragraph, Table
from metaan.report.document import Code, Strong
from metaan.report.drawing.svg import Svg
from metaan.report.report import Report
from metaan.report.sections import contents
from metaan.report.sections.contents import SECTIONS, Section
from metaan.report.writers.markdown import to_markdown
from metaan.report.writers.page import render
from metaan.synthesis.values import Analysis


@pytest.fixture
def report(death: Analysis, review: Callable[..., Any]) -> Report:
    return Report(review([death]), [death])


def test_page_contents_and_markdown_have_the_order_of_the_table(report: Report) -> None:
    page, text = render(report), to_markdown(report)
    order = [section.id for section in SECTIONS]
    sections = [name for name in re.findall(r'<section id="([a-z-]+)"', page) if name in order]
    assert sections == [name for name in order if name in sections]
    assert len(sections) > 12
    nav = re.findall(r'<li><a href="#([a-z-]+)"', page[page.index("<nav") : page.index("</nav>")])
    assert nav == ["top", *(section.id for section in SECTIONS if section.nav and section.id != "changes")]
    titles = [section.title for section in SECTIONS]
    heads = [line[3:] for line in text.splitlines() if line.startswith("## ") and line[3:] in titles]
    assert heads == [title for title in titles if title in heads]
    assert len(heads) > 12


def test_a_section_without_a_part_of_its_own_is_its_blocks(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = (
        Heading("Who <paid>"),
        Paragraph(("By ", Strong("a fund"), " in ", Code("a.yaml"))),
        Paragraph(""),
        Bullets(("one & two",)),
        Table(("Name", "Sum"), (("Fund", "5"),), (False, True)),
        Illustration(Svg("x", "chart", "A <drawing>", "", (10.0, 10.0), ())),
    )
    money, empty = Section("money", "Money", lambda _: blocks, "Money"), Section("none", "None", lambda _: ())
    monkeypatch.setattr(contents, "SECTIONS", (money, empty, *SECTIONS))
    page = render(report)
    part = re.search(r'<section id="money".*?</section>', page, re.DOTALL)[0]
    for said in (
        '<h2 id="money-title">Money</h2>',
        "<h3>Who &lt;paid&gt;</h3>",
        "<p>By <strong>a fund</strong> in <code>a.yaml</code></p>",
        "<li>one &amp; two</li>",
        '<title id="x-title">A &lt;drawing&gt;</title>',
        '<th scope="col" class="n">Sum</th>',
        '<th scope="row">Fund</th><td class="n">5</td>',
    ):
        assert said in part, said
    assert "<p></p>" not in part
    assert '<a href="#money">Money</a>' in page
    assert 'id="none"' not in page
