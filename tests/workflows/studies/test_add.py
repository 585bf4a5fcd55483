from __future__ import annotations

from datetime import UTC, datetime

import pytest

from metaan.errors import ConflictError, SourceError, UsageError
from metaan.records.record import Record
from metaan.registry.load import load
from metaan.registry.write import scaffold_study
from metaan.workflows.studies.add import add, new_study
from tests.server.eutils import Eutils
from tests.server.living import at, empty_registry
from tests.server.papers import Paper

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    folder = empty_registry(tmp_path)
    record = Record("An old study", doi="10.5555/OLD", pmid="77", registrations=("NCT00000077",))
    old = scaffold_study("old-2020", "Old 2020", record)
    (folder / "old-2020.yaml").write_text(old, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server():
    with Eutils(rate=None) as running:
        yield running


@pytest.fixture(autouse=True)
def sound(server):
    server.reset()


def run(folder, server, **what):
    return add(folder, run=at(NOW, pubmed=server.url), **what)


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("what", [{"doi": "https://doi.org/10.5555/METAAN.1"}, {"pmid": "900000001"}])
def test_a_trial_enters_the_registry_and_awaits_its_numbers(folder, server, what):
    (added,) = run(folder, server, **what)
    assert (added.name, added.study_id, added.problem) == ("Ångström 2024", "angstrom-2024", None)
    assert added.file == folder / "angstrom-2024.yaml"
    review = load(folder)
    study = review.study("angstrom-2024")
    assert study.status.state == "awaiting data"
    assert study.title == "A made-up trial of nothing against IL-1b in Apis mellifera <script>alert(1)</script>"
    assert (study.doi, study.pmid, study.registrations) == ("10.5555/metaan.1", "900000001", ("NCT99999991",))
    assert study.citation.authors == ("Ångström Å", "O'Nobody QR", "The Nobody Group")
    assert not study.citation.authors_complete
    assert (study.citation.published, study.citation.pages) == ("2024-02-05", "3-14")
    assert [arm.role for arm in study.arms] == ["experimental", "control"]
    assert "outcome: death" in added.file.read_text(encoding="utf-8")
    assert review.metadata["angstrom-2024"].checked == "2026-11-22"


def test_once_numbers_are_in_it_takes_part(folder, server):
    (added,) = run(folder, server, pmid="900000001")
    text = added.file.read_text(encoding="utf-8")
    text = text.replace("experimental: {events: , total: }", "experimental: {events: 1, total: 10}")
    text = text.replace("control: {events: , total: }", "control: {events: 2, total: 10}")
    added.file.write_text(text, encoding="utf-8")
    study = load(folder).study("angstrom-2024")
    assert study.status.state == "included"
    assert study.results[0].arms["control"].events == 2


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"doi": "10.5555/old"}, r"the DOI 10\.5555/old is in studies/old-2020\.yaml already"),
        ({"pmid": "77"}, r"the PMID 77 is in studies/old-2020\.yaml already"),
    ],
)
def test_what_is_there_is_refused_before_anybody_is_asked(folder, server, what, words):
    before = tree(folder)
    with pytest.raises(ConflictError, match=words):
        run(folder, server, **what)
    assert (tree(folder), server.calls) == (before, [])


def test_the_same_trial_under_another_number_is_refused(folder):
    twin = Paper("78", "A second paper.", doi="10.5555/new", registration=("ClinicalTrials.gov", "NCT00000077"))
    before = tree(folder)
    with Eutils(papers={"78": twin}, rate=None) as server, pytest.raises(ConflictError, match=r"NCT00000077.*old-2020"):
        run(folder, server, pmid="78")
    assert tree(folder) == before


def test_what_the_stored_record_knows_counts_too(folder, server):
    run(folder, server, doi="10.5555/metaan.3")
    file = folder / "nobody-2022.yaml"
    file.write_text(
        file.read_text(encoding="utf-8")
        .replace('doi: "10.5555/metaan.3"', "doi:")
        .replace("doi: 10.5555/metaan.3", "doi:"),
        encoding="utf-8",
    )
    assert load(folder).study("nobody-2022").doi is None
    with pytest.raises(ConflictError, match=r"studies/nobody-2022\.yaml"):
        run(folder, server, doi="10.5555/metaan.3")


def test_an_erratum_of_a_study_is_no_new_study(folder, server):
    file = folder / "old-2020.yaml"
    text = file.read_text(encoding="utf-8") + "relations:\n  - {kind: erratum, doi: 10.5555/metaan.1}\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConflictError, match=r"10\.5555/metaan\.1 is in studies/old-2020\.yaml"):
        run(folder, server, doi="10.5555/metaan.1")


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ({"doi": "10.5555/none"}, SourceError, "no PubMed record carries the DOI 10.5555/none"),
        ({"pmid": "123456789"}, SourceError, "PubMed has no record with the PMID 123456789"),
        ({"doi": "nonsense"}, UsageError, "'nonsense' is no DOI"),
        ({"pmid": "42.9"}, UsageError, "'42.9' is no PMID"),
        ({"doi": ""}, UsageError, "is no DOI"),
        ({}, UsageError, "give one of"),
        ({"doi": "10.5555/metaan.1", "pmid": "900000001"}, UsageError, "give one of"),
        ({"bibtex": "none.bib"}, SourceError, "none.bib"),
    ],
)
def test_what_cannot_be_added_changes_nothing(folder, server, what, error, words):
    before = tree(folder)
    with pytest.raises(error, match=words):
        run(folder, server, **what)
    assert tree(folder) == before


def test_nobody_there_changes_nothing(folder):
    before = tree(folder)
    with Eutils() as gone:
        url = gone.url
    with pytest.raises(SourceError, match="nobody answers there"):
        add(folder, doi="10.5555/metaan.1", run=at(NOW, pubmed=url))
    assert tree(folder) == before


def test_what_a_person_should_look_at_is_said(folder, server):
    (retracted,) = run(folder, server, pmid="900000002")
    assert retracted.notes == ("PubMed flags it as retracted",)
    (doubted,) = run(folder, server, pmid="900000003")
    assert doubted.notes[0] == "an expression of concern about it has been published"
    (review,) = run(folder, server, pmid="33999135")
    assert review.notes == ("PubMed calls it Meta-Analysis, Systematic Review: look at design.kind",)


def test_ids_stay_apart(folder, server):
    (first,) = run(folder, server, pmid="900000002")
    (folder / "Nobody-2022.yaml").write_text((folder / "old-2020.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "Nobody-2022.yaml").rename(folder / "nobody-2022.txt")
    (second,) = run(folder, server, pmid="900000003")
    assert (first.study_id, second.study_id) == ("nobody-2023", "nobody-2022-2")


BIB = """
@article{good, author={Good, Ann}, title={A good entry}, year=2024, doi={10.5555/good}}
@article{same, author={Good, Ann}, title={The same again}, year=2024, doi={https://doi.org/10.5555/GOOD}}
@article{old, author={Old, Bob}, title={Old}, year=2020, note={NCT00000077}}
@article{untitled, author={No, Title}, year=2020}
@article{broken, author={Bro
@article{twin, author={Good, Carl and others}, title={Another <i>good</i> & entry: "quoted" # not a comment}, year=2024}
@article{copy, author={Good, Carl}, title={Another good & Entry: quoted # not a comment!}, year=2024}
"""


def test_every_sound_entry_of_a_file_is_added_and_the_others_are_reported(folder, server, tmp_path):
    file = tmp_path / "export.bib"
    file.write_text(BIB, encoding="utf-8")
    added = run(folder, server, bibtex=file)
    assert [(entry.study_id, bool(entry.problem)) for entry in added] == [
        ("good-2024", False),
        (None, True),
        (None, True),
        (None, True),
        ("good-2024-2", False),
        (None, True),
        (None, True),
    ]
    problems = [f"{entry.name}: {entry.problem}" for entry in added if entry.problem]
    assert problems[0].endswith(
        "export.bib:3: same: the DOI 10.5555/good is in studies/good-2024.yaml already; nothing was written for it"
    )
    assert "registration NCT00000077 is in studies/old-2020.yaml" in problems[1]
    assert "no title" in problems[2]
    assert "a study with this title is in studies/good-2024-2.yaml" in problems[3]
    assert "export.bib:6" in problems[4]
    review = load(folder)
    assert review.study("good-2024-2").title == 'Another good & entry: "quoted" # not a comment'
    assert not review.study("good-2024-2").citation.authors_complete
    assert server.calls == []


def test_a_file_without_entries_is_an_error(folder, server, tmp_path):
    file = tmp_path / "empty.bib"
    file.write_text("nothing here", encoding="utf-8")
    with pytest.raises(SourceError, match="no BibTeX entry found"):
        run(folder, server, bibtex=file)


HOSTILE = [
    "x}\nstatus: {state: included",
    "- [a, b]: &anchor *alias !!python/object/apply:os.system",
    "'\"\\ \u2028 \u0085 \x1b[31m %TAG",
    "yes",
    "1e3",
    "null",
    "# comment",
    "2021-02-05",
    "=" * 5_000,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_can_write_more_than_a_title(folder, title):
    from xml.sax.saxutils import escape

    clean = "".join(char for char in title if char >= " ")
    paper = Paper("5", escape(clean), authors=("../../etc/passwd X", "null N"), journal=escape(clean), date=("2024",))
    with Eutils(papers={"5": paper}, rate=None) as server:
        (added,) = run(folder, server, pmid="5")
    study = load(folder).study(added.study_id)
    assert study.title == " ".join(clean.replace("\u2028", " ").replace("\u0085", " ").split())
    assert study.status.state == "awaiting data"
    assert added.study_id == "etc-passwd-2024"
    assert added.file.parent == folder


def test_records_without_author_or_year_get_an_id(folder, server):
    (added,) = run(folder, server, pmid="900000005")
    assert (added.study_id, added.name) == ("a-made-up-paper", "A made-up paper")


@pytest.mark.parametrize(
    ("title", "types", "kind"),
    [
        ("A randomised trial of nothing", (), "randomised"),
        ("Nothing, in people", ("Randomized Controlled Trial", "Meta-Analysis"), "randomised"),
        ("A non-randomised trial of nothing", (), "non-randomised"),
        ("Nothing: a retrospective, observational study", (), "non-randomised"),
        ("Mendelian randomization of nothing", (), "non-randomised"),
        ("Nothing: a meta-analysis of randomised trials", (), "systematic review"),
        ("Nothing: a case series", (), "case series"),
    ],
)
def test_nothing_counts_as_randomised_that_does_not_say_so(folder, title, types, kind):
    new = new_study(load(folder), Record(title=title, publication_types=types))
    new.write(folder)
    assert load(folder).study(new.id).design.kind == kind
    assert any("until somebody has looked" in note for note in new.notes) == (kind == "non-randomised")
