from collections.abc import Callable

import pytest

from metaan.registry.model.public import Study
from metaan.report.sections.studies import citation, studies

BASE = {
    "id": "x-2021",
    "label": "X 2021",
    "title": "A trial",
    "design": {"kind": "randomised"},
    "status": {"state": "included"},
}


def made(**changes: object) -> Study:
    return Study.model_validate(BASE | changes)


def test_a_citation_reads_like_a_reference_list() -> None:
    given = {
        "authors": ["Segala FV", "Rando E"],
        "authors_complete": True,
        "journal": "PLoS One",
        "published": "2023-04-04",
        "volume": "18",
        "issue": "4",
        "pages": "e0273202",
    }
    assert citation(made(citation=given), None) == "Segala FV, Rando E. PLoS One. 2023;18(4):e0273202."


def test_pubmed_fills_what_the_registry_leaves_empty(metadata: Callable[..., object]) -> None:
    known = metadata(authors=["Doe J", "Roe R"], journal="Lancet", volume="9", published="2021-02")
    study = made(citation={"authors": ["Doe J"], "published": "2021"})
    assert citation(study, known) == "Doe J, Roe R. Lancet. 2021;9."


@pytest.mark.parametrize(("complete", "text"), [(True, "A, B."), (False, "A, B, et al.")])
def test_an_incomplete_list_of_authors_ends_in_et_al(complete: bool, text: str) -> None:
    assert citation(made(citation={"authors": ["A", "B"], "authors_complete": complete}), None) == text


def test_links_are_built_from_identifiers(review: Callable[..., object]) -> None:
    study = made(
        doi="10.1016/S2665-9913(20)30164-8", pmid="123", pmcid="PMC7", registrations=["NCT04643678", "EU-2020-1"]
    )
    [view] = studies(review([], studies=(study,)))
    hrefs = {link.text: link.href for link in view.links}
    assert hrefs["doi:10.1016/S2665-9913(20)30164-8"] == "https://doi.org/10.1016/S2665-9913%2820%2930164-8"
    assert hrefs["PubMed 123"] == "https://pubmed.ncbi.nlm.nih.gov/123/"
    assert hrefs["NCT04643678"] == "https://clinicaltrials.gov/study/NCT04643678"
    assert hrefs["EU-2020-1"] == ""


def test_a_title_that_differs_only_in_marks_is_the_same(
    metadata: Callable[..., object], review: Callable[..., object]
) -> None:
    known = metadata(title="A <i>trial</i>.")
    [view] = studies(review([], studies=(made(),), metadata={"x-2021": known}))
    assert view.disagreements == ()


def test_included_studies_come_before_the_others(review: Callable[..., object]) -> None:
    out = made(id="a-2020", label="A 2020", status={"state": "excluded", "reason": "no control arm"})
    wait = made(id="b-2020", label="B 2020", status={"state": "awaiting data", "reason": "not seen"})
    views = studies(review([], studies=(out, wait, made())))
    assert [view.id for view in views] == ["x-2021", "b-2020", "a-2020"]


def test_a_judgement_of_bias_names_its_tool(review: Callable[..., object]) -> None:
    domains = [{"name": "randomisation", "judgement": "low", "support": "computer list"}]
    judged = {"tool": "RoB 2", "version": "2019", "outcome": "death", "domains": domains, "overall": "some concerns"}
    [view] = studies(review([], studies=(made(risk_of_bias=[judged]),)))
    assert dict(view.facts)["Risk of bias"] == ("RoB 2 2019, death. overall: some concerns; randomisation: low")
