"""The whole way: four studies in the registry, the later trials found, judged, their numbers in, and what each did."""

import shutil

import pytest

import metaan as ma
from metaan.report.changes import changes_section
from metaan.workflows.diff import compare_folders
from metaan.workflows.screen import judge
from metaan.workflows.update import update
from tests.server.eutils import Eutils
from tests.server.living import NOW, clients
from tests.server.papers import ANAKINRA

CORE = ("review", "elmekaty-2023", "audemard-verger-2022", "balkhair-2021", "barkas-2021")
LATER = {  # PMID -> study of the example, whose file stands for what a person types in
    "34480127": "kyriazopoulou-2021-save-more",
    "33493450": "corimuno-ana-1-2021",
    "34762351": "kharazmi-2022",
    "33547169": "franzetti-2021",
}
DEATH = "death from any cause among"
DID = (
    f"CORIMUNO-ANA-1 2021 (added) moved the odds ratio of {DEATH} randomised trials from 1.12 (0.16 to 7.89) to 0.99 (",
    f"SAVE-MORE 2021 (added) moved the odds ratio of {DEATH} randomised trials from 1.58 (0.50 to 5.00) to 0.99 (",
    f"Franzetti 2021 (added) moved the odds ratio of {DEATH} non-randomised studies from 0.48 (0.17 to 1.34) to 0.37 (",
    "Kharazmi 2022 (added) gives the first result for invasive mechanical ventilation among randomised trials: "
    "odds ratio 0.13 (0.024 to 0.66), favours anakinra.",
)


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "studies"
    target.mkdir()
    for name in CORE:
        shutil.copy(ma.example("anakinra") / f"{name}.yaml", target)
    review = target / "review.yaml"
    text = review.read_text(encoding="utf-8").split("\nsearch:")[0]
    review.write_text(text + "\nsearch: [{source: pubmed, query: 'anakinra[tiab]'}]\n", encoding="utf-8")
    shutil.copytree(target, tmp_path / "before" / "studies")
    return target


def test_from_four_studies_to_a_sentence_for_each_later_trial(folder, tmp_path):
    with Eutils(papers={paper.pmid: paper for paper in ANAKINRA}, rate=None) as server:
        report = update(folder, client=clients(pubmed=server.url), now=lambda: NOW)
    known = {name.removeprefix("pubmed:") for name in report.run.known}
    found = {candidate.pmid for candidate in report.candidates}
    assert set(LATER) <= found
    assert not known & found
    assert {"35925914", "33999135"} <= known
    for pmid, name in LATER.items():
        file = judge(folder, f"pmid-{pmid}", "include", by="ada").file
        assert ma.load(folder).study(file.stem).status.state == "awaiting data"
        file.unlink()
        shutil.copy(ma.example("anakinra") / f"{name}.yaml", folder)
    changes = changes_section(compare_folders(tmp_path / "before", folder))
    said = [sentence for pool in changes.pools for sentence in pool.sentences]
    for sentence in DID:
        assert sum(one.startswith(sentence) for one in said) == 1, sentence
    assert any(one.endswith("it turned the conclusion from no clear difference to favours anakinra.") for one in said)
