"""What Crossref and Europe PMC say of studies beside PubMed, and of those that PubMed does not know."""

from dataclasses import replace
from datetime import timedelta

import pytest

from metaan.records.record import Correction, Record
from metaan.registry.store.runs import LINK, Notice
from metaan.registry.write import scaffold_study
from metaan.sources.crossref.work import VERSIONS, Update, WorkRelation
from metaan.workflows.release.watch import watch
from metaan.workflows.release.watch_summary import summary
from metaan.workflows.run import Run
from metaan.workflows.search.fetch import oddities
from metaan.workflows.search.notices import SEVERITIES, as_one, notices_of_crossref, notices_of_links
from metaan.workflows.search.update import update
from tests.server.crossref import Crossref
from tests.server.crossref_works import update as notice_of
from tests.server.crossref_works import work
from tests.server.europepmc import EuropePMC, result_of
from tests.server.eutils import Eutils
from tests.server.living import NOW, STUDY, at, clients, registry

SEARCH = "[{source: pubmed, query: 'nothingfound[tiab]'}]"


@pytest.fixture
def server():
    with Eutils(papers={STUDY.pmid: STUDY}, rate=None) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return registry(tmp_path, SEARCH)


def related(doi, **relations):
    links = {
        kind.replace("_", "-"): [{"id-type": "doi", "id": other, "asserted-by": "subject"}]
        for kind, other in relations.items()
    }
    return {doi: work(doi, STUDY.title, relation=links)}


def add(folder, name, doi):
    (folder / f"{name}.yaml").write_text(
        scaffold_study(name, name, Record(f"Zymodrug in {name}", doi=doi)), encoding="utf-8"
    )


def told(folder, server, when=NOW, **services):
    report = update(folder, run=at(when, pubmed=server.url, **services))
    return report.recheck, [(n.study, n.severity, n.kind, n.doi or n.pmid, n.by) for n in report.recheck.notices]


def test_a_preprint_that_became_an_article_is_told_once_as_news(folder, server):
    with Crossref(works=related(STUDY.doi, is_preprint_of="10.5555/article"), rate=None) as crossref:
        recheck, found = told(folder, server, crossref=crossref.url)
        again, _ = told(folder, server, NOW + timedelta(7), crossref=crossref.url)
    assert found == [("bees", "newer version", "is-preprint-of", "10.5555/article", "Crossref")]
    assert [n.asks for n in (*recheck.notices, *again.notices)] == [True, False]


def test_the_preprint_of_an_article_is_a_link_and_asks_for_nothing(folder, server):
    with Crossref(works=related(STUDY.doi, has_preprint="10.5555/preprint"), rate=None) as crossref:
        make = clients(pubmed=server.url, crossref=crossref.url)
        found = watch(folder, run=Run(lambda: NOW, services=make))
    (notice,) = found.notices
    assert (notice.severity, notice.doi, notice.asks) == (LINK, "10.5555/preprint", False)
    assert found.status == 0
    assert "bees: another version (has-preprint; 10.5555/preprint; Crossref)" in summary(found)


def without_its_doi(folder):
    text = (folder / "bees.yaml").read_text(encoding="utf-8")
    (folder / "bees.yaml").write_text(text.replace(f"doi: {STUDY.doi}", "doi:"), encoding="utf-8")


def test_crossref_is_asked_by_the_doi_that_pubmed_names(folder, server):
    without_its_doi(folder)
    with Crossref(works=related(STUDY.doi, is_replaced_by="10.5555/v2"), rate=None) as crossref:
        _, found = told(folder, server, crossref=crossref.url)
    assert found == [("bees", "newer version", "is-replaced-by", "10.5555/v2", "Crossref")]


def test_two_studies_with_one_doi_are_both_told(folder, server):
    without_its_doi(folder)
    add(folder, "ants", STUDY.doi)
    with Crossref(works=related(STUDY.doi, is_replaced_by="10.5555/v2"), rate=None) as crossref:
        _, found = told(folder, server, crossref=crossref.url)
    assert [study for study, *_ in found] == ["ants", "bees"]


def test_a_doi_that_no_list_can_hold_is_asked_for_by_itself(folder, server):
    works = {
        "10.5555/a,b": work("10.5555/a,b", "x", **{"updated-by": [notice_of("10.5555/n", "retraction", "p", 2026)]})
    }
    add(folder, "ants", "10.5555/a,b")
    with Crossref(works=works, rate=None) as crossref:
        _, found = told(folder, server, crossref=crossref.url)
        assert [call.path for call in crossref.calls] == ["works", "works", "works/10.5555%2Fa%2Cb"]
    assert found == [("ants", "retracted", "retraction", "10.5555/n", "Crossref")]


PREPRINT = {
    "id": "PPR1",
    "source": "PPR",
    "doi": "10.5555/pre",
    "title": "Zymodrug in ants",
    "commentCorrectionList": {
        "commentCorrection": [{"id": "900000077", "source": "MED", "type": "Preprint of", "reference": "J Made-up"}]
    },
}


def test_a_study_that_pubmed_does_not_know_is_looked_at_in_europe_pmc(folder, server):
    add(folder, "ants", "10.5555/pre")
    add(folder, "moths", "10.5555/nowhere")
    with EuropePMC(results=[PREPRINT], rate=None) as europepmc:
        recheck, found = told(folder, server, europepmc=europepmc.url)
        assert len({call.params["query"] for call in europepmc.calls}) == 1
    assert found == [("ants", "newer version", "PreprintOf", "900000077", "Europe PMC")]
    assert recheck.studies == ("ants", "bees")
    assert [line.split(":")[0] for line in recheck.unknown] == ["moths"]
    assert not (folder / "metadata" / "ants.json").exists()


def test_europe_pmc_leads_to_the_record_of_pubmed_unless_that_is_of_another_doi(folder, server):
    silent = replace(STUDY, pmid="900000031", doi="", registration=None, title="Zymodrug in ants.")
    other = replace(silent, pmid="900000032", doi="10.5555/other")
    server.papers = {one.pmid: one for one in (STUDY, silent, other)}
    add(folder, "ants", "10.5555/ants")
    add(folder, "moths", "10.5555/moths")
    results = [result_of(replace(silent, doi="10.5555/ants")), result_of(replace(other, doi="10.5555/moths"))]
    with EuropePMC(results=results, rate=None) as europepmc:
        recheck, _ = told(folder, server, europepmc=europepmc.url)
    assert recheck.studies == ("ants", "bees", "moths")
    assert [(folder / "metadata" / f"{name}.json").exists() for name in ("ants", "moths")] == [True, False]


def test_where_europe_pmc_does_not_answer_that_is_said(folder, server):
    add(folder, "ants", "10.5555/pre")
    with EuropePMC(results=[PREPRINT], rate=None) as europepmc:
        europepmc.reset(["maintenance"] * 20)
        recheck, found = told(folder, server, europepmc=europepmc.url)
    assert found == []
    assert "maintenance" in recheck.unasked[0]
    assert [line.split(":")[0] for line in recheck.unknown] == ["ants"]


@pytest.mark.parametrize("kind", SEVERITIES)
def test_every_link_has_its_meaning_and_a_citation_has_none(kind):
    links = [Correction("Cites", "x", "1"), Correction(kind, "J. doi: 10.5555/N.1", "2")]
    (notice,) = notices_of_links("bees", links, (), False, "PubMed")
    assert (notice.kind, notice.severity, notice.pmid, notice.doi) == (kind, SEVERITIES[kind], "2", "10.5555/n.1")


def test_a_record_that_is_itself_a_notice_is_no_retracted_study():
    said = [n.severity for n in notices_of_links("bees", [Correction("RetractionOf", "x", "1")], (), False, "PubMed")]
    assert said == ["itself a notice"]


@pytest.mark.parametrize("name", ["Retraction of Publication", "Retraction Notice", "Published Erratum"])
def test_a_publication_type_alone_says_that_a_record_is_a_notice(name):
    (notice,) = notices_of_links("bees", [], ("Journal Article", name), False, "PubMed")
    assert (notice.kind, notice.severity) == (name, "itself a notice")
    linked = [Correction("RetractionOf", "x", "1")]
    assert len(list(notices_of_links("bees", linked, (name,), False, "PubMed"))) == 1
    assert list(oddities(Record("x", publication_types=(name,)))) == ["a notice about another publication, not a study"]


def test_a_retraction_without_a_link_is_told_and_with_one_only_once():
    linked = [Correction("RetractedandRepublishedIn", "x", "1")]
    assert [n.kind for n in notices_of_links("b", (), (), True, "PubMed")] == ["Retracted Publication"]
    assert [n.kind for n in notices_of_links("b", linked, (), True, "PubMed")] == ["RetractedandRepublishedIn"]


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("retraction", "retracted"),
        ("partial-retraction", "concern"),
        ("expression-of-concern", "concern"),
        ("corrigendum", "re-extract"),
        ("addendum", "re-extract"),
        ("a-word-of-tomorrow", "re-extract"),
        ("new-version", "newer version"),
        ("new-edition", "newer version"),
    ],
)
def test_what_crossref_calls_a_notice_says_how_grave_it_is(kind, severity):
    (notice,) = notices_of_crossref("bees", [Update(kind, "10.5555/n", ("publisher",), "2026")], ())
    assert (notice.severity, notice.source, notice.by) == (severity, "2026, publisher", "Crossref")


@pytest.mark.parametrize("kind", VERSIONS)
def test_of_two_texts_only_the_later_one_asks_to_be_looked_at(kind):
    (notice,) = notices_of_crossref("bees", (), [WorkRelation(kind, "10.5555/n")])
    assert notice.asks is VERSIONS[kind]


def noticed(by, kind, **more):
    return Notice(**({"study": "bees", "severity": "re-extract", "kind": kind, "by": by} | more))


PUBMED = noticed(
    "PubMed", "ErratumIn", pmid="900000014", source="J Made-up. 2026 Apr;3:1. doi: 10.5555/e", doi="10.5555/e"
)
CROSSREF = noticed("Crossref", "correction", doi="10.5555/e", source="2026-04-01, publisher")
WITHOUT_DOI = PUBMED.model_copy(update={"doi": None, "source": "J Made-up. 2026 Apr;3:1"})
BOTH = [("ErratumIn", "900000014", "10.5555/e", "PubMed and Crossref")]


@pytest.mark.parametrize(
    ("notices", "expect"),
    [
        ((PUBMED, CROSSREF), BOTH),
        ((WITHOUT_DOI, CROSSREF), BOTH),
        ((PUBMED, CROSSREF.model_copy(update={"doi": "10.5555/another"})), None),
        ((PUBMED, CROSSREF.model_copy(update={"severity": "retracted"})), None),
        ((PUBMED, CROSSREF.model_copy(update={"study": "ants"})), None),
        ((WITHOUT_DOI, CROSSREF.model_copy(update={"source": "2025-04-01, publisher"})), None),
        ((WITHOUT_DOI, CROSSREF, CROSSREF.model_copy(update={"doi": "10.5555/another"})), None),
        ((WITHOUT_DOI, WITHOUT_DOI.model_copy(update={"pmid": "900000015"}), CROSSREF), None),
    ],
    ids=[
        "one DOI",
        "one year",
        "two DOIs",
        "two kinds",
        "two studies",
        "two years",
        "two in Crossref",
        "two in PubMed",
    ],
)
def test_what_two_services_tell_of_one_notice_is_told_once_by_both(notices, expect):
    found = [(n.kind, n.pmid, n.doi, n.by) for n in as_one(notices)]
    assert found == (expect or [(n.kind, n.pmid, n.doi, n.by) for n in notices])


def test_an_erratum_that_both_tell_of_is_one_line_and_no_news_when_told_again(folder, server):
    with_erratum = replace(STUDY, corrections=(("ErratumIn", "J Made-up. 2026;3:1. doi: 10.5555/e", "900000014"),))
    works = {STUDY.doi: work(STUDY.doi, STUDY.title, **{"updated-by": [notice_of("10.5555/e", "erratum", "p", 2026)]})}
    with Crossref(works=works, rate=None) as crossref:
        server.papers = {STUDY.pmid: with_erratum}
        make = clients(pubmed=server.url, crossref=crossref.url)
        first = watch(folder, run=Run(lambda: NOW, services=make))
        again = watch(folder, run=Run(lambda: NOW + timedelta(7), services=make))
    assert [(n.pmid, n.doi, n.by) for n in first.notices] == [("900000014", "10.5555/e", "PubMed and Crossref")]
    assert summary(first).count("re-extract") == 1
    assert "PMID 900000014, 10.5555/e; PubMed and Crossref" in summary(first)
    assert not again.notices
