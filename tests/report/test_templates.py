"""A project's own templates: part by part, with documented names, and with errors that name file and line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import metaan as ma
from metaan.cli.main import main
from metaan.errors import RegistryError
from metaan.report.language.words import upper_first
from metaan.report.report import Report
from metaan.report.sections.contents import Content
from metaan.report.writers.page import fill, render
from metaan.resources import templates

GUIDE = (templates() / "README.md").read_text(encoding="utf-8")
ADDED = {"sections", "content", "stretches", "explore", "upper_first", "style", "style_hash", "script", "script_hash"}


@pytest.fixture
def page(tmp_path: Path, death: object, review: Callable[..., object]) -> Callable[[str, str], str]:
    """Render the page with one file of the project's own."""

    def rendered(name: str, text: str) -> str:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return render(Report(review([death]), [death]), templates=tmp_path)

    return rendered


def test_one_part_is_replaced_and_the_others_stay(page: Callable[[str, str], str]) -> None:
    got = page("parts/footer.html", "<footer>{{ review.title }} at our hospital: {{ states }}</footer>\n")
    assert "<footer>Anakinra in COVID-19 at our hospital: 8 studies" in got
    assert "The answer" in got
    assert got.count("<footer") == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<p>\n{% if x %}\n", 2, "Unexpected end of template"),
        ("one\ntwo {{ reviev.title }}\n", 2, "'reviev' is no variable of this page; did you mean review?"),
        ("{% for one in studies %}\n{{ one.nothing }}\n{% endfor %}", 2, "has no attribute 'nothing'"),
        ("\n\n{% include 'parts/nowhere.html' %}\n", 3, "there is no template 'parts/nowhere.html'"),
        ("\n{{ title + 1 }}\n", 2, "'title' is no variable of this page"),
        ("\n{{ review.title + 1 }}\n", 2, "can only concatenate str"),
        ("{{ review.title | shout }}\n", 1, "No filter named 'shout'"),
    ],
)
def test_a_broken_part_names_its_file_and_line(
    page: Callable[[str, str], str], tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(RegistryError) as error:
        page("parts/footer.html", text)
    [problem] = error.value.problems
    assert (Path(problem.file), problem.line) == (tmp_path / "parts" / "footer.html", line)
    assert said in str(problem)


def test_the_command_says_it_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "demo"), "--example", "bcg"]) == 0
    part = tmp_path / "demo" / "templates" / "parts" / "answer.html"
    part.parent.mkdir(parents=True)
    part.write_text("<section>\n{{ nobody }}\n", encoding="utf-8")
    assert main(["--project", str(tmp_path / "demo"), "report"]) == 1
    assert f"{part}:2: 'nobody' is no variable of this page" in capsys.readouterr().err
    assert not list((tmp_path / "demo").glob("outputs/*.html"))


def test_every_variable_and_file_is_documented() -> None:
    review = ma.load(ma.example("bcg"))
    cells = re.findall(r"^\| (`[^|]+) \|", GUIDE, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert {*Content(Report(review)).named(), *ADDED} <= named
    parts = {path.name for path in (templates() / "parts").iterdir()}
    assert {path.removeprefix("parts/") for path in named if path.endswith(".html")} == {
        *parts,
        "page.html",
        "panel.html",
        "changes.html",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "unsafe"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{{ self._TemplateReference__context }}{{ render.__globals__ }}", "unsafe"),
        ("{{ upper_first.__globals__ }}", "unsafe"),
        ("{{ '{0.__class__}'.format(1) }}", "unsafe"),
        ("{% set d = {1: 2} %}{{ d.clear() }}", "unsafe"),
        ("{{ review.parse_file('studies/review.yaml') }}", "not safely callable"),
        ("{{ review.parse_raw('x', proto='pickle', allow_pickle=True) }}", "not safely callable"),
        ("{{ path.write_text('x') }}", "not safely callable"),
        ("{% set found = [] %}{{ found.append(1) }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ range(1000000000) | list }}", "Range too big"),
        ("{{ 'x' * 10000000000 }}", "unsafe"),
        ("{{ [0] * 10000000000 }}", "unsafe"),
        ("{{ 9999999 ** 9999999 }}", "unsafe"),
        ("{% include '../outside.html' %}", "there is no template"),
    ],
)
def test_a_template_shows_and_does_nothing_else(tmp_path: Path, text: str, said: str) -> None:
    given = {
        **Content(Report(ma.load(ma.example("bcg")))).named(),
        "path": tmp_path / "written",
        "upper_first": upper_first,
    }
    (tmp_path / "part.html").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=said) as error:
        fill("part.html", given, tmp_path)
    assert error.value.problems[0].line == 1
    assert not (tmp_path / "written").exists()


def test_a_template_that_is_no_text_is_named(page: Callable[[str, str], str], tmp_path: Path) -> None:
    (tmp_path / "style.css").write_bytes(b"\xff\xfe")
    with pytest.raises(RegistryError, match=r"style\.css:1: is not UTF-8"):
        page("parts/footer.html", "")
