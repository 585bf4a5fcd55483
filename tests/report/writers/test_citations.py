"""RIS and BibTeX of the included studies: what our own readers give back is what the registry holds."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.records.record import Record
from metaan.registry.load import Review
from metaan.report.writers.citations import CITATIONS, Cited, cited
from metaan.sources.files.read import read_records

FIELDS = (
    "title", "authors", "published", "journal", "journal_abbreviation", "volume", "issue", "pages", "pmid",
    "pmcid", "registrations", "keywords",
)  # fmt: skip
ABSTRACT = [
    {"label": "BACKGROUND", "text": "IL-1<sub>b</sub> &amp; p &lt; 0.05, 50% of 5 µg."},
    {"label": None, "text": 'It\'s "so".'},
]


@pytest.fixture(scope="module", params=["anakinra", "bcg"])
def review(request: pytest.FixtureRequest) -> Review:
    return ma.load(ma.example(request.param))


def read(review: Review, form: str, folder: Path) -> dict[str, tuple[Cited, Record]]:
    path = folder / f"studies.{form}"
    path.write_text(CITATIONS[form](review), encoding="utf-8")
    found = read_records(path)
    assert not found.failed
    written = cited(review)
    assert len(found.records) == len(written)
    return {one.id: (one, record) for one, record in zip(written, found.records, strict=True)}


def same(one: Cited, record: Record) -> None:
    assert (record.doi or "").casefold() == (one.doi or "").casefold()
    for name in FIELDS:
        assert getattr(record, name) == getattr(one, name), (one.id, name)
    assert record.authors_complete == one.complete
    assert record.abstract_text == one.abstract


@pytest.mark.parametrize("form", CITATIONS)
def test_what_is_written_is_read_back(review: Review, form: str, tmp_path: Path) -> None:
    found = read(review, form, tmp_path)
    assert set(found) == {study.id for study in review.studies if study.status.state == "included"}
    for one, record in found.values():
        same(one, record)


@pytest.mark.parametrize("form", CITATIONS)
def test_what_pubmed_said_fills_the_gaps(form: str, tmp_path: Path, metadata) -> None:
    bcg = ma.load(ma.example("bcg"))
    said = metadata(
        authors=("Comstock GW", "Smith AB Jr", "van der Berg J", "RECOVERY Collaborative Group"), journal="J & Sons",
        journal_abbreviation="J S", volume="12", issue="3 Suppl", pages="123-9", doi="10.1000/x_y(1)",
        authors_complete=False, abstract=ABSTRACT,
    )  # fmt: skip
    review = replace(bcg, metadata={"comstock-1976": said})
    one, record = read(review, form, tmp_path)["comstock-1976"]
    same(one, record)
    assert record.authors == said.authors
    assert not record.authors_complete
    assert (record.journal, record.pages, record.doi, record.pmid) == ("J & Sons", "123-9", "10.1000/x_y(1)", "1")
    assert record.abstract_text == 'BACKGROUND: IL-1b & p < 0.05, 50% of 5 µg. It\'s "so".'


@pytest.mark.parametrize("form", CITATIONS)
def test_a_range_without_an_end_is_its_first_page(form: str, tmp_path: Path) -> None:
    one, record = read(ma.load(ma.example("anakinra")), form, tmp_path)["kyriazopoulou-2021-save-more"]
    assert one.pages == record.pages == "1752"
    assert "1752-" not in CITATIONS[form](ma.load(ma.example("anakinra")))


titles = st.text(st.sampled_from("aB 9é張-_&%$#{}~'`\\.,:;()<>/"), min_size=1, max_size=40).map(
    lambda text: " ".join(text.split())
)


@example("}}#")  # an unbalanced brace ends no value of the entry
@given(titles.filter(lambda text: text.strip(" -.") != "" and unescape(text) == text))  # an entity is a character
@settings(max_examples=50)
def test_any_title_comes_back(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    bcg = ma.load(ma.example("bcg"))
    study = bcg.studies[0].model_copy(update={"title": f"T{title}T"})
    review = replace(bcg, studies=(study,))
    folder = tmp_path_factory.mktemp("titles")
    for form in CITATIONS:
        ((_, record),) = read(review, form, folder).values()
        assert record.title == f"T{title}T", form
