"""The sheets for a panel: one statement a result, the critical plots, the methods in five lines; nothing else."""

import re
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import UsageError
from metaan.workflows.publish.report import default_output


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    review = ma.load(ma.example("anakinra"))
    return ma.write_report(review, tmp_path_factory.mktemp("p") / "p.html", panel=True).read_text(encoding="utf-8")


def test_it_says_of_each_result_what_the_page_says(page: str, tmp_path: Path) -> None:
    whole = ma.write_report(ma.load(ma.example("anakinra")), tmp_path / "whole.html").read_text(encoding="utf-8")
    said = re.findall(r"<td>(These studies[^<]*|[^<]*less frequent[^<]*)</td>", page)
    assert len(said) > 5
    assert all(f"<br>{text}</span>" in whole for text in said)


def test_it_draws_the_critical_outcomes_and_no_published_pool(page: str) -> None:
    assert re.findall(r"<figcaption>(.*?)</figcaption>", page) == [
        "Death from any cause",
        "Invasive mechanical ventilation",
    ]
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="forest') == 2
    assert "Published pools" not in page


def test_its_methods_are_five_lines_and_it_leads_nowhere(page: str) -> None:
    methods = page[page.index('id="methods-title"') :]
    assert methods[: methods.index("</section>")].count("<li>") == 5
    assert "href=" not in page
    assert "<script" not in page
    assert len(page) < 120_000


def test_without_critical_outcomes_it_draws_the_first(tmp_path: Path) -> None:
    text = ma.write_report(ma.load(ma.example("bcg")), tmp_path / "b.html", panel=True).read_text(encoding="utf-8")
    assert re.findall(r"<figcaption>(.*?)</figcaption>", text) == ["Tuberculosis"]


def test_only_the_page_has_it(tmp_path: Path) -> None:
    review = ma.load(ma.example("bcg"))
    with pytest.raises(UsageError, match="--panel goes with the HTML report, not with md"):
        ma.write_report(review, tmp_path / "b.md", panel=True)
    assert default_output(review, panel=True).name.endswith("-panel.html")
