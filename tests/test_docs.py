"""The documentation names every method, and its code runs."""

import ast
import contextlib
import inspect
import io
import json
import re
import shutil
from pathlib import Path

import pytest

import metaan as ma
from metaan.registry.check.draft import STAND_INS, read_document
from metaan.registry.model.public import ReviewFile, Study
from metaan.registry.text.nodes import compose
from metaan.stats.dependent.pooled import pool_dependent
from tests.layers import drawing
from tests.tables import tables

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
METHODS = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
TABLES = tables()
TABLE_NAME = re.compile(r"`([a-z_0-9.]+\.[A-Z_0-9]+)`")
ROW = re.compile(r"^\| `([^`]+)` \|.*$", re.MULTILINE)
FENCE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`([a-z_0-9.]+)::(test_\w+)`")


def sections():
    """The rows under each heading that names a table, down to the next heading that does, or to a higher one."""
    found, name, depth = {}, None, 0
    for line in METHODS.splitlines():
        heading = re.match(r"(#+) ", line)
        if heading and (TABLE_NAME.search(line) or len(heading[1]) <= depth):
            named = TABLE_NAME.search(line)
            name, depth = (named[1], len(heading[1])) if named else (None, 0)
        elif name and (row := ROW.match(line)):
            found.setdefault(name, {})[row[1]] = line
    return found


ROWS = sections()


@pytest.mark.parametrize("name", TABLES)
def test_methods_name_every_key_of_a_table_and_no_other(name):
    assert list(ROWS.get(name, {})), f"docs/methods.md has no section for {name}"
    assert set(ROWS[name]) == set(TABLES[name])


def test_methods_speak_of_no_table_that_does_not_exist():
    assert set(ROWS) == set(TABLES)


#: Table, function and argument: what is called a default is one.
DEFAULTS = {
    "pooling.models.MODELS": (ma.pool, "model"),
    "pooling.tau2.TAU2_METHODS": (ma.pool, "tau2_method"),
    "pooling.intervals.CI_METHODS": (ma.pool, "ci_method"),
    "pooling.prediction.PI_METHODS": (ma.pool, "pi_method"),
    "pooling.tau2_ci.TAU2_CI_METHODS": (ma.Pooled.tau2_ci, "method"),
    "measures.catalogue.TO": (ma.effect_sizes, "to"),
    "regression.fit_regression.MODELS": (ma.meta_regression, "model"),
    "regression.tau2.REGRESSION_TAU2_METHODS": (ma.meta_regression, "tau2_method"),
    "regression.ci.REGRESSION_CI_METHODS": (ma.meta_regression, "ci_method"),
    "regression.inference.REGRESSION_TAU2_CI_METHODS": (ma.MetaRegression.tau2_ci, "method"),
    "regression.inference.REGRESSION_PI_METHODS": (ma.MetaRegression.predict, "pi_method"),
    "regression.design.REDUNDANT": (ma.meta_regression, "redundant"),
    "bayes.distributions.INTERVALS": (ma.bayes, "interval"),
    "dependent.multilevel.MULTILEVEL_METHODS": (ma.multilevel, "method"),
    "dependent.multilevel.MULTILEVEL_CI_METHODS": (ma.multilevel, "ci_method"),
    "dependent.multilevel.MULTILEVEL_PI_METHODS": (ma.multilevel, "pi_method"),
    "dependent.rve.RVE_WEIGHTS": (ma.rve, "weights"),
    "dependent.location_scale.LINKS": (ma.location_scale, "link"),
    "dependent.location_scale.LOCATION_SCALE_CI_METHODS": (ma.location_scale, "ci_method"),
    "dependent.structures.STRUCTURES": (ma.multilevel, "struct"),
    "dependent.pooled.DEPENDENT": (pool_dependent, "structure"),
    "dependent.sandwich.CORRECTIONS": (ma.robust, "small_sample"),
    "dependent.robust.ROBUST_TESTS": (ma.robust, "test"),
    "dependent.robust.ROBUST_WALD_TESTS": (ma.Robust.wald_test, "test"),
    "network.fit.NETWORK_MODELS": (ma.network, "model"),
    "network.split.SPLIT_METHODS": (ma.Network.split, "method"),
    "network.contributions.CONTRIBUTION_METHODS": (ma.Network.contributions, "method"),
    "network.rare.methods.NETWORK_METHODS": (ma.network, "method"),
    "network.covariate.INTERACTIONS": (ma.network_regression, "interaction"),
    "network.ranking.SMALL_VALUES": (ma.Network.p_scores, "small_values"),
    "robustness.gosh.GOSH_TAU2_METHODS": (ma.gosh, "tau2_method"),
    "small_studies.catalogue.SMALL_STUDY_TESTS": (ma.small_study_test, "test"),
    "small_studies.catalogue.PREDICTORS": (ma.small_study_test, "predictor"),
    "small_studies.trimfill.K0_ESTIMATORS": (ma.trim_and_fill, "estimator"),
    "small_studies.failsafe.FAILSAFE_METHODS": (ma.fail_safe_n, "method"),
    "selection.functions.SELECTION_FUNCTIONS": (ma.selection_model, "kind"),
    "selection.limit_meta.LIMIT_METHODS": (ma.limit_meta, "method"),
    "selection.p_uniform.SIDES": (ma.p_uniform, "side"),
    "measures.proportions.PROPORTION_CI_METHODS": (ma.proportion_ci, "method"),
    "selection.selection_model.ALTERNATIVES": (ma.selection_model, "alternative"),
    "printed.quantiles.QUANTILE_METHODS": (ma.mean_sd_from_quantiles, "method"),
    "printed.rescaling.SD_OF_LOG_ODDS": (ma.smd_from_odds_ratio, "assuming"),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_called_the_default_is_the_default(name):
    function, argument = DEFAULTS[name]
    marked = [key for key, row in ROWS[name].items() if "**default**" in row]
    assert marked == [inspect.signature(function).parameters[argument].default]


def snippets():
    for page in PAGES:
        for number, (code, printed) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")), start=1):
            yield pytest.param(code, printed, id=f"{page.relative_to(ROOT)}, {number}")


@pytest.fixture
def _project(tmp_path, monkeypatch):
    """Work in a folder with the studies, so that what a snippet writes is not left in the repository."""
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    (tmp_path / "outputs").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_project")
@pytest.mark.parametrize(("code", "printed"), list(snippets()))
def test_code_runs_and_prints_what_the_page_shows(code, printed):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "snippet", "exec"), {})
    assert not printed or out.getvalue().strip() == printed.strip()


NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))


@pytest.mark.usefixtures("_project")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_of_a_notebook_runs_and_shows_something(path):
    names = {}
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 5
    for cell in cells:
        *before, last = ast.parse("".join(cell["source"])).body
        exec(compile(ast.Module(before, []), path.name, "exec"), names)
        shown = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
        rich = [getattr(shown, name) for name in ("_repr_html_", "_repr_svg_") if hasattr(shown, name)]
        assert any(make().startswith("<") for make in rich) or isinstance(shown, Path)
    assert Path("bcg.html").stat().st_size > 100_000


def test_there_is_code_to_run():
    assert len(list(snippets())) >= 3


def test_every_test_that_a_page_points_to_exists():
    pointed = {found for page in PAGES for found in TEST.findall(page.read_text(encoding="utf-8"))}
    assert len(pointed) > 30
    for module, test in pointed:
        *folders, name = module.split(".")
        file = ROOT.joinpath("tests", "stats", *folders, f"test_{name}.py")
        assert f"def {test}(" in file.read_text(encoding="utf-8"), test


def test_every_item_of_the_page_on_security_names_tests_that_exist():
    rows = [line for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    for row in rows[2:]:
        pointed = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert pointed, row
        for file, test in pointed:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), test


def test_every_link_between_pages_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+\.(?:md|yml))", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_function_that_a_page_names_exists():
    named = {name for page in PAGES for name in re.findall(r"\bma\.(\w+)", page.read_text(encoding="utf-8"))}
    assert len(named) > 40
    assert sorted(name for name in named if not hasattr(ma, name)) == []


EXAMPLES = [
    pytest.param(text, id=f"{page.name}, {text.partition(':')[0]}")
    for page in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "templates" / "README.md")
    for text in YAML.findall(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_yaml_example_is_valid(text):
    """A block that begins with an id is a whole study file; others are keys of one, or of review.yaml."""
    tree, _ = compose(text)
    model = Study if tree.value.keys() <= Study.model_fields.keys() else ReviewFile
    if next(iter(tree.value)) not in ("id", "title"):
        missing = {key: value for key, value in STAND_INS[model].items() if key not in tree.value}
        text += "\n" + "".join(f"{key}: {value!r}\n" for key, value in missing.items())
    assert read_document("example.yaml", "example", text.encode(), model)[1] == []


def test_the_examples_are_found():
    assert len(EXAMPLES) > 4


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_drawing_of_the_layers_is_made_of_the_list_that_is_enforced():
    assert f"```\n{drawing()}\n```" in ARCHITECTURE


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name
)
def test_no_page_holds_what_a_merge_left(page: Path) -> None:
    assert re.findall(r"^(?:<{7}|>{7}|={7}$).*", page.read_text(encoding="utf-8"), re.MULTILINE) == []
