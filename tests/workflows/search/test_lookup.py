"""A DOI that PubMed does not have is looked up elsewhere, and the answer says where."""

import pytest

from metaan.errors import SourceError
from metaan.registry.load import load
from metaan.workflows.studies.add import add
from tests.server.crossref import Crossref
from tests.server.crossref_works import update, work
from tests.server.europepmc import PREPRINTS, EuropePMC, result_of
from tests.server.eutils import Eutils
from tests.server.living import NOW, at, empty_registry
from tests.server.papers import Paper

DOI = "10.5555/elsewhere.1"
WORK = work(
    DOI,
    "A trial of nothing that PubMed does not have",
    author=[{"family": "van der Doe", "given": "Jane Q."}, {"name": "The Nobody Group"}],
    relation={"is-preprint-of": [{"id-type": "doi", "id": "10.5555/later", "asserted-by": "subject"}]},
    issued={"date-parts": [[2024, 2]]},
    **{"updated-by": [update("10.5555/notice.9", "retraction", "publisher", 2025, 1, 1)]},
)


@pytest.fixture
def folder(tmp_path):
    return empty_registry(tmp_path)


@pytest.fixture
def ask(folder):
    """Add a DOI where the services know these papers, works and results."""

    def call(doi, papers=(), works=(), results=(), plan=()):
        with (
            Eutils(papers={paper.pmid: paper for paper in papers}, rate=None) as pubmed,
            Crossref(plan, works={found["DOI"]: found for found in works}, rate=None) as crossref,
            EuropePMC(results=results, rate=None) as europepmc,
        ):
            run = at(NOW, pubmed=pubmed.url, crossref=crossref.url, europepmc=europepmc.url)
            return add(folder, doi=doi, run=run)[0]

    return call


def test_crossref_has_what_pubmed_does_not(folder, ask):
    added = ask(DOI, works=[WORK])
    study = load(folder).study("van-der-doe-2024")
    assert (study.doi, study.pmid, study.title) == (DOI, None, "A trial of nothing that PubMed does not have")
    assert study.citation.authors == ("van der Doe JQ", "The Nobody Group")
    assert study.citation.published == "2024-02"
    assert not (folder / "metadata").exists()
    assert added.notes[0] == f"the data are Crossref's: no PubMed record carries the DOI {DOI}"
    assert any("preprint of 10.5555/later" in note for note in added.notes)
    assert "Crossref flags it as retracted" in added.notes


def test_europe_pmc_has_a_preprint_that_neither_has(folder, ask):
    added = ask(PREPRINTS[0]["doi"], results=PREPRINTS)
    assert load(folder).study(added.study_id).doi == "10.5555/preprint.1"
    assert added.notes[0].startswith("the data are Europe PMC's: no PubMed record")


def test_a_doi_that_pubmeds_search_misses_is_found_by_europe_pmcs_pmid(folder, ask):
    there = Paper("5", "A trial of nothing", authors=("Doe J",), date=("2024",))
    listed = {**result_of(there), "doi": DOI}
    added = ask(DOI, papers=[there], works=[WORK], results=[listed])
    assert load(folder).study(added.study_id).pmid == "5"
    assert (folder / "metadata" / f"{added.study_id}.json").exists()
    assert "the PMID that Europe PMC names" in added.notes[0]


def test_a_pmid_whose_record_carries_another_doi_is_not_believed(folder, ask):
    other = Paper("5", "Another trial", authors=("Roe R",), date=("2024",), doi="10.5555/other")
    added = ask(DOI, papers=[other], works=[WORK], results=[{**result_of(other), "doi": DOI}])
    assert added.study_id == "van-der-doe-2024"


def test_where_crossref_does_not_answer_europe_pmc_still_does(ask):
    added = ask(PREPRINTS[0]["doi"], works=[WORK], results=PREPRINTS, plan=["refused"] * 9)
    assert added.notes[0].startswith("the data are Europe PMC's")


def test_a_doi_with_the_word_several_is_looked_up_elsewhere_too(ask):
    with pytest.raises(SourceError, match="no agency knows this DOI"):
        ask("10.5555/several.trials")


def test_where_nobody_has_it_each_has_said_so(folder, ask):
    before = sorted(folder.rglob("*"))
    with pytest.raises(SourceError, match=r"no PubMed record.*no agency knows this DOI; nothing was written"):
        ask("10.5555/nowhere")
    assert sorted(folder.rglob("*")) == before
