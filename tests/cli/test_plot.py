"""`metaan plot` writes one plot as a file."""

import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import metaan as ma
from metaan.cli.main import main
from metaan.cli.plot import FORMATS as OFFERED_FORMATS
from metaan.cli.plot import KINDS, ORDERS
from metaan.cli.plot import STYLES as OFFERED
from metaan.errors import UsageError
from metaan.registry.model.plan import ForestOptions
from metaan.report.forest.order import KEYS
from metaan.report.forest.styles import STYLES
from metaan.report.plots.catalogue import PLOTS
from metaan.report.plots.convert import FORMATS
from metaan.workflows.publish.plot import NEEDS, Look, choose_pool, plot_outcome


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ma.example("anakinra"), folder / "studies")
    return folder


def run(project: Path, *words: str) -> int:
    return main(["--project", str(project), "plot", *words])


def test_the_choices_of_the_command_are_those_of_the_library() -> None:
    assert set(KINDS) == set(PLOTS)
    assert list(OFFERED) == list(STYLES)
    assert list(OFFERED_FORMATS) == list(FORMATS)
    assert list(ORDERS) == list(KEYS)
    assert set(NEEDS) < set(PLOTS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("bubble",)])
def test_every_kind_is_written_also_where_the_protocol_does_not_ask(
    project: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "death", "--kind", kind) == 0
    path = project / "outputs" / f"death-{kind}.svg"
    assert capsys.readouterr().out.strip() == str(path.resolve())
    assert ET.parse(path).getroot().get("role") == "img"


def test_a_bubble_plot_regresses_on_the_year_unless_told(project: Path) -> None:
    target = project / "new" / "bubble.svg"
    assert run(project, "death", "--kind", "bubble", "--pool", "non-randomised", "-o", str(target)) == 0
    assert "meta-regression on year" in target.read_text(encoding="utf-8")


def test_the_same_registry_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        assert run(project, "death", "--kind", "baujat", "-o", str(tmp_path / name)) == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_first_pool_is_shown_and_the_others_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, "death", "--kind", "funnel") == 0
    assert "randomised studies; for the others: --pool non-randomised" in capsys.readouterr().err
    first = (project / "outputs" / "death-funnel.svg").read_text(encoding="utf-8")
    assert "SAVE-MORE 2021" in first
    assert "Franzetti" not in first
    assert run(project, "death", "--kind", "funnel", "--pool", "non-randomised") == 0
    other = (project / "outputs" / "death-funnel-non-randomised.svg").read_text(encoding="utf-8")
    assert "Franzetti" in other
    assert "SAVE-MORE" not in other


def test_a_forest_plot_shows_all_pools_or_one(project: Path) -> None:
    review = ma.load(project / "studies")
    assert "Franzetti" in plot_outcome(review, "death").svg
    one = plot_outcome(review, "death", look=Look(pool="randomised")).svg
    assert "Franzetti" not in one
    assert "SAVE-MORE 2021" in one


def test_designs_in_one_pool(project: Path) -> None:
    drawn = plot_outcome(ma.load(project / "studies"), "death", "funnel", choices=ma.Choices(by="none"))
    assert drawn.others == ()
    assert "Franzetti" in drawn.svg
    assert "SAVE-MORE 2021" in drawn.svg


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("clinical-failure", "--kind", "funnel"), 1, "k = 2; a funnel plot needs at least 3 studies"),
        (("infection", "--kind", "baujat"), 1, "one study with an effect size"),
        (("death", "--kind", "bubble", "--moderator", "latitude"), 1, "has no moderator 'latitude'"),
        (("death", "--kind", "funnel", "--moderator", "year"), 2, "a funnel plot has no moderator"),
        (("death", "--pool", "randomized"), 2, "did you mean randomised?"),
        (("deaht",), 2, "did you mean death?"),
        (("death", "-o", "figure.tiff"), 2, "figure.tiff ends in .tiff; allowed: .svg, .pdf, .png, .eps"),
        (("death", "-o", "a.pdf", "--format", "png"), 2, "a.pdf with --format png"),
        (("death", "-o", "studies"), 2, "studies is a folder"),
        (("death", "--lights"), 2, "no study of death has a judgement of bias"),
        (("death", "--kind", "funnel", "--sort", "year"), 2, "a funnel plot has no order of rows"),
        (("death", "--kind", "funnel", "--no-lights"), 2, "a funnel plot has no signs of bias"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, message: str
) -> None:
    assert run(project, *words) == status
    assert message in capsys.readouterr().err


def test_a_pool_over_all_studies_comes_first(project: Path) -> None:
    (analysis,) = ma.analyse(ma.load(project / "studies"), ["death"])
    assert choose_pool(analysis, None).name == "randomised"
    with pytest.raises(UsageError, match="no pool"):
        choose_pool(analysis, "all")


def test_the_format_follows_the_option_or_the_name(project: Path, tmp_path: Path) -> None:
    assert run(project, "death", "--format", "pdf", "--style", "jama") == 0
    assert (project / "outputs" / "death-forest.pdf").read_bytes().startswith(b"%PDF")
    assert (
        run(project, "death", "--kind", "funnel", "--width", "80", "--dpi", "200", "-o", str(tmp_path / "a.png")) == 0
    )
    png = (tmp_path / "a.png").read_bytes()
    assert int.from_bytes(png[16:20], "big") == round(80 / 25.4 * 200)


def test_rows_are_sorted_and_columns_added(project: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    words = ("--sort", "effect", "--columns", "year,design", "--model", "random", "--style", "revman")
    assert run(project, "death", *words, "-o", str(target)) == 0
    texts = [element.text for element in ET.parse(target).getroot().iter("{http://www.w3.org/2000/svg}text")]
    assert texts.index("SAVE-MORE 2021") < texts.index("Audemard-Verger 2022")
    assert {"Year", "Design", "IV, Random, 95% CI"} <= set(texts)
    assert not any("Mantel-Haenszel" in text for text in texts)


def test_the_protocol_says_how_the_plot_looks(project: Path, tmp_path: Path) -> None:
    review = ma.load(project / "studies")
    plans = tuple(
        plan.model_copy(update={"plot": ForestOptions(sort="name", columns=("year",), style="bmj")})
        for plan in review.info.analyses
    )
    made = replace(review, info=review.info.model_copy(update={"analyses": plans}))
    svg = plot_outcome(made, "death").svg
    assert ">No of events/total<" in svg
    assert svg.index(">Audemard-Verger 2022<") < svg.index(">SAVE-MORE 2021<")
    assert "<title>" in svg
    assert "No of events/total" not in plot_outcome(made, "death", look=Look(style="default")).svg


def test_an_outcome_without_a_study_is_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert run(tmp_path / "new", "death") == 1
    assert "no study reports death: there is nothing to draw" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.svg"))


def test_the_page_says_that_an_outcome_has_no_study(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert main(["--project", str(tmp_path / "new"), "report", "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No study reports this outcome." in page
    assert 'class="forest"' not in page
    assert "Left out (awaiting data: numbers are not in yet): Example 2026." in page


def test_a_width_is_laid_out_for_or_refused(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, "death", "--width", "60") == 2
    assert "text of 6 points needs a plot of at least 71 mm" in capsys.readouterr().err
    assert run(project, "death", "--width", "84", "-o", str(tmp_path / "a.svg")) == 0
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert 'width="84.00mm"' in text
    assert "Without room at this width: time, weights and the data of the arms." in text


def test_numbers_that_nobody_has_confirmed_are_drawn_when_asked_for_and_marked(tmp_path: Path) -> None:
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    study = tmp_path / "studies" / "segala-2023.yaml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("outcome: death\n", "outcome: death\n    unconfirmed: true\n"), encoding="utf-8")
    plain, asked = tmp_path / "plain.svg", tmp_path / "asked.svg"
    assert run(tmp_path, "death", "-o", str(plain)) == run(tmp_path, "death", "-o", str(asked), "--unconfirmed") == 0
    assert "Segala 2023:" not in plain.read_text(encoding="utf-8")  # as its row is read aloud
    assert "Segala 2023 (unconfirmed)" in asked.read_text(encoding="utf-8")
