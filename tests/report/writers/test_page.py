"""The page as a browser reads it: whole, self-contained, safe, and the same each time."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from metaan.registry.model.public import SignedDecision
from metaan.report.report import Report, Stamp
from metaan.report.writers.page import render
from metaan.stats.measures.effects import Interval
from metaan.synthesis.recompute import ReportedCheck
from metaan.synthesis.values import Analysis, Excluded, Remark

VOID = {"meta", "br", "hr", "img", "input", "link", "line", "polygon"}
EVIL = "<script>alert('x')</script>"


class Page(HTMLParser):
    """Read a page, and hold its tags, ids, links and headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(death: Analysis, review: Callable[..., object]) -> str:
    return render(Report(review([death]), [death], stamp=Stamp("1.2.3")))


def test_the_page_is_well_formed(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert Page(page).open == []


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page: str) -> None:
    got = Page(page)
    assert len(set(got.ids)) == len(got.ids)
    inner = [link[1:] for link in got.links if link.startswith("#")]
    assert len(inner) > 20
    assert set(inner) <= set(got.ids)


def test_headings_never_skip_a_level(page: str) -> None:
    levels = Page(page).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    got = Page(page)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in got.tags}
    assert not any(name in ("src", "style") or name.startswith("on") for _, attrs in got.tags for name in attrs)
    assert "@import" not in page
    assert "url(" not in page


def _script(page: str) -> str:
    return page.split("<script>")[1].split("</script>")[0]


def test_the_policy_allows_this_style_and_script_and_nothing_else(page: str) -> None:
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for t, a in Page(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    script = base64.b64encode(hashlib.sha256(_script(page).encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; script-src 'sha256-{script}'"
    assert policy == f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def test_the_same_input_gives_the_same_bytes(page: str, death: Analysis, review: Callable[..., object]) -> None:
    assert render(Report(review([death]), [death], stamp=Stamp("1.2.3"))) == page


def test_the_answer_comes_first(page: str) -> None:
    order = [
        page.index(f'id="{name}"') for name in ("answer", "results", "studies", "not-included", "methods", "sources")
    ]
    assert order == sorted(order)
    assert page.index("The designs disagree.") < page.index('id="results"')


def test_sections_stand_in_the_order_in_which_a_panel_reads(page: str) -> None:
    assert re.findall(r'<h2 id="([a-z-]+)-title"', page) == [
        "answer", "about", "summary", "results", "certainty", "risk-of-bias", "studies", "not-included", "flow",
        "published-pools", "checks", "methods", "checklist", "registration", "reproducibility", "sources", "formulas",
    ]  # fmt: skip


def test_every_table_has_a_caption_and_every_plot_a_name(page: str) -> None:
    tags = [tag for tag, _ in Page(page).tags]
    assert tags.count("table") == tags.count("caption") > 3
    plots = [attrs for tag, attrs in Page(page).tags if tag == "svg"]
    assert [plot["class"] for plot in plots] == ["forest", "forest narrow"]
    for plot in plots:
        assert plot["role"] == "img"
        assert set(str(plot["aria-labelledby"]).split()) <= set(Page(page).ids)


def test_the_table_holds_every_row_of_the_plot(page: str, death: Analysis) -> None:
    table = page.split('<table class="plot">')[1].split("</table>")[0]
    assert all(row.label in table for row in death.rows)
    assert "0.96 (0.44 to 2.11)" in table
    assert "Barkas 2021" in table


def test_text_from_outside_cannot_act(analysis: Callable[..., Analysis], review: Callable[..., object]) -> None:
    made = analysis({"randomised": [(f"Label {EVIL}", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})
    made = replace(made, excluded=(Excluded("x", EVIL, EVIL),), remarks=(Remark("flagged", EVIL, "x"),))
    page = render(Report(review([made]), [made], stamp=Stamp(EVIL)))
    assert page.count("<script") == 2  # the data and the page's own
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert Page(page).open == []


def test_abstracts_keep_inline_markup_only(
    death: Analysis, review: Callable[..., object], metadata: Callable[..., object]
) -> None:
    text = f"IL-1<sub>β</sub> <b onclick='x()'>fell</b> {EVIL}<img src=x onerror=y> p &lt; 0.05"
    known = {death.rows[0].id: metadata(title=f"T {EVIL}", abstract=[{"label": "RESULTS", "text": text}])}
    page = render(Report(review([death], metadata=known), [death]))
    assert "IL-1<sub>β</sub> <b>fell</b>  p &lt; 0.05" in page
    assert page.count("<script") == 2  # the data and the page's own
    assert EVIL not in page
    assert "onclick" not in page


def test_retraction_is_never_just_ok(
    death: Analysis, review: Callable[..., object], metadata: Callable[..., object]
) -> None:
    first, second, third = (row.id for row in death.rows[:3])
    known = {
        first: metadata(retracted=True),
        second: metadata(concern=True),
        third: metadata(checked="2026-11-21", corrections=[{"kind": "ErratumIn", "source": "Nat Med 2021"}]),
    }
    page = render(Report(review([death], metadata=known), [death]))
    for text in (
        "RETRACTED (PubMed, as of 2026-11-20)",
        "Expression of concern (PubMed, as of 2026-11-20)",
        "no flag found as of 2026-11-21 (PubMed)",
        "not fetched",
        "erratum in: Nat Med 2021",
    ):
        assert text in page
    answer = page.split('id="answer"')[1].split('id="results"')[0]
    assert f"{death.rows[0].label}: RETRACTED" in answer
    assert death.rows[2].label not in answer


def test_pubmed_and_the_registry_may_differ_and_both_are_shown(
    death: Analysis, review: Callable[..., object], metadata: Callable[..., object]
) -> None:
    known = {death.rows[0].id: metadata(title="Another title", year=2020, doi="10.1000/x")}
    page = render(Report(review([death], metadata=known), [death]))
    assert "year: the registry has “2021”, PubMed has “2020”" in page
    assert "PubMed has “Another title”" in page


def test_every_number_leads_to_its_line(page: str, death: Analysis) -> None:
    row = death.rows[0]
    anchor = f"source.{row.id}.results.0.arms.anakinra.events"
    assert f'href="#{anchor}"' in page
    source = page.split(f'id="{anchor}"')[1].split("</tr>")[0]
    assert f"studies/{row.id}.yaml:6" in source
    assert "article abstract, Results (primary)" in re.sub("<[^>]*>", "", source)


def test_a_printed_effect_of_the_opposite_outcome_is_told(death: Analysis, review: Callable[..., object]) -> None:
    row = death.rows[0]
    from metaan.registry.model.public import ReportedEffect

    reported = ReportedEffect.model_validate({"measure": "OR", "estimate": 1.762, "ci": [0.39, 7.93]})
    check = ReportedCheck(
        row.study, row.result, reported, "agrees inverted", "only for the opposite outcome",
        0.5676, Interval(0.126, 2.552), 1.7619, Interval(0.392, 7.929),
    )  # fmt: skip
    page = render(Report(review([death]), [death], checks=[check]))
    assert "OR 1.762 (95% CI 0.39 to 7.93)" in page
    assert (
        "OR 0.568 (0.126 to 2.552) as the registry counts it; OR 1.762 (0.392 to 7.929) for the opposite outcome"
        in page
    )
    assert "<strong>agrees inverted</strong>: only for the opposite outcome" in page


def test_a_project_replaces_one_part(tmp_path: Path, death: Analysis, review: Callable[..., object]) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "footer.html").write_text("<footer>Our hospital</footer>", encoding="utf-8")
    (tmp_path / "style.css").write_bytes(b"body { margin: 0 }\r\n")
    page = render(Report(review([death]), [death]), templates=tmp_path)
    assert "Our hospital" in page
    assert "<style>body { margin: 0 }\n</style>" in page
    assert "The answer" in page


def test_a_sentence_in_a_part_of_ones_own_is_its_words(
    tmp_path: Path, death: Analysis, review: Callable[..., object]
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "footer.html").write_text("{{ outcomes[0].answers[0].text }}", encoding="utf-8")
    page = render(Report(review([death]), [death]), templates=tmp_path)
    assert "In 4 randomised trials (809 people): odds ratio 0.96" in page


def test_a_review_without_studies_still_has_a_page(review: Callable[..., object]) -> None:
    page = render(Report(review([])))
    assert "The protocol names no analysis yet." in page
    assert Page(page).open == []


def test_how_to_cite_names_version_and_digest(page: str) -> None:
    assert "Anakinra in COVID-19. Computed with metaan 1.2.3, registry 000000000000." in page


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (None, "It is still among the included studies; no signed decision stands about it."),
        (
            "keep with caution",
            "still among the included studies (keep with caution, decided by A B on 2026-11-21: x).",
        ),
        ("exclude", "It is in no result (exclude, decided by A B on 2026-11-21: x)"),
    ],
)
def test_a_retraction_stands_with_what_was_decided(
    death: Analysis, review: Callable[..., object], metadata: Callable[..., object], decision: str | None, said: str
) -> None:
    made = review([death], metadata={death.rows[0].id: metadata(retracted=True)})
    signed = [] if decision is None else [
        SignedDecision(about="retraction", decision=decision, reason="x.", by="A B", date=date(2026, 11, 21))
    ]  # fmt: skip
    held = [s.model_copy(update={"decisions": signed}) if s.id == death.rows[0].id else s for s in made.studies]
    page = render(Report(replace(made, studies=tuple(held)), [death]))
    assert said in page.split('id="answer"')[1].split('id="results"')[0]
    assert said in page.split(f'id="study.{death.rows[0].id}"')[1].split("</article>")[0]
