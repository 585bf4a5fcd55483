"""The R script repeats with metafor what was printed; it is run where R and metafor are at hand."""

import csv
import math
import shutil
import subprocess
from pathlib import Path

import pytest

import metaan as ma
from metaan.registry.load import Review
from metaan.report.report import Report
from metaan.report.writers.bundle import calls, r_text
from metaan.report.writers.bundle.explored import EXPLORED
from metaan.report.writers.bundle.script import to_r
from metaan.report.writers.export import to_json
from metaan.stats.measures.catalogue import MEASURES
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.models import MODELS
from metaan.stats.pooling.prediction import PI_METHODS
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.synthesis.exploration import STEPS
from metaan.workflows.publish.report import make_report

TABLE = {"ai": [3, 5, 9, 0], "n1i": [20, 30, 44, 20], "ci": [5, 7, 12, 4], "n2i": [20, 30, 40, 21]}
NAMES = ['A "2019"', "B \\n 2020", "Çağlar 2021", "𝔇\n2022"]


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    return [make_report(ma.load(ma.example(name)), parts=("results",)) for name in ("anakinra", "bcg", "continuous")]


@pytest.fixture(scope="module")
def together(reports: list[Report]) -> Report:
    """All analyses of the examples as if they were of one review: R takes a second to start."""
    return Report(reports[0].review, [analysis for one in reports for analysis in one.analyses])


@pytest.fixture(scope="module")
def repeated(together: Report, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What R found and what was expected, of the examples; that of arrays runs before them."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    folder = tmp_path_factory.mktemp("r")
    es = ma.effect_sizes("OR", add=0.25, slab=NAMES, **TABLE)
    fits = [ma.mantel_haenszel("OR", slab=NAMES, **TABLE), ma.pool(es, "random", "PM", "hksj", "HTS")]
    ma.report({"two": fits, "peto": ma.peto(slab=NAMES, **TABLE), "birge": ma.pool(es, "birge")}, folder / "arrays.r")
    (folder / "examples.r").write_bytes(to_r(together).encode("ascii"))
    run = 'if (!nzchar(system.file(package = "metafor"))) quit(status = 3)\n'
    run += 'for (f in c("arrays.r", "examples.r")) source(f)'
    done = subprocess.run(
        ["Rscript", "-e", run, "told.csv"], cwd=folder, capture_output=True, text=True, check=False,
        env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    if done.returncode == 3:
        pytest.skip("metafor is not installed")
    assert (done.returncode, done.stdout.count(" 0 differ")) == (0, 2), done.stdout[-2000:] + done.stderr
    return list(csv.DictReader((folder / "told.csv").read_text(encoding="utf-8").splitlines()))


def test_r_finds_what_pool_prints(together: Report, repeated: list[dict[str, str]]) -> None:
    found = {(row["where"], row["number"]): float(row["found"]) for row in repeated}
    compared = 0
    for plain in to_json(together.analyses)["analyses"]:
        for block in (plain, *plain["subgroups"]):
            for model in ("common", "random"):
                where = ", ".join(filter(None, (plain["id"], block.get("name") if block is not plain else "", model)))
                if (fit := block[model]) is None or (where, "estimate") not in found or plain["id"] == "stay":
                    continue
                back = math.exp if MEASURES[plain["measure"]].scale.is_ratio else float
                got = [back(found[where, name]) for name in ("estimate", "ci.lb", "ci.ub")]
                assert got == pytest.approx([fit["estimate"], *fit["ci"]], rel=1e-6)
                assert found[where, "se"] == pytest.approx(fit["se"], rel=1e-6)
                compared += 1
    assert compared >= 15
    assert len(repeated) > 350


def test_r_repeats_every_kind_of_number(repeated: list[dict[str, str]]) -> None:
    numbers = {row["number"] for row in repeated}
    assert numbers >= {
        "estimate",
        "ci.lb",
        "tau2",
        "q",
        "i2",
        "pi.lb",
        "tau2.ub",
        "pval",
        "without.1",
        "b.1",
        "qm.pval",
    }


def test_the_script_is_ascii_whatever_studies_are_called() -> None:
    fit = ma.pool(ma.effect_sizes("OR", slab=NAMES, **TABLE))
    assert r_text.vector(fit.effects.slab).isascii()
    assert r_text.comment("a\nquit()\u2028b") == "# a\\nquit()\\u2028b"
    assert r_text.text("\n") == '"\\\\n"'


def test_numbers_are_those_of_every_machine() -> None:
    assert r_text.named({"a": 0.1 + 0.2, "b": None, "c": -0.0}) == "c(a = 0.3, c = 0)"
    assert r_text.vector([1.5] * 40).count("\n") == 1


def test_every_method_is_repeated_or_says_why_not() -> None:
    """Whatever a protocol can ask for has a call, or a reason."""
    es = ma.effect_sizes("OR", slab=NAMES, **TABLE)
    told: dict[str, str] = {}
    asked = [*((model, "DL", "wald") for model in MODELS), *(("random", code, "wald") for code in TAU2_METHODS)]
    for model, tau2, ci in [*asked, *(("random", "REML", code) for code in CI_METHODS)]:
        if tau2 in ("GENQ", "GENQM"):
            continue  # they need weights, which no protocol gives
        try:
            told[f"{model}, {tau2}, {ci}"] = calls.call(ma.pool(es, model, tau2, ci), "dat")
        except calls.CannotError as why:
            told[f"{model}, {tau2}, {ci}"] = f"not repeated, as {why}"
    assert all(text.startswith(("rma(", "not repeated, as metafor has no ")) for text in told.values())
    assert sum(text.startswith("rma(") for text in told.values()) >= 15
    fits = [ma.pool(es, pi_method=method) for method in PI_METHODS if method != "NNF"]
    assert {fit.pi_method for fit in fits if fit.pi_method in calls.NEW_STUDY} == set(calls.NEW_STUDY)
    assert set(EXPLORED) == set(STEPS)
    assert set(MEASURES) >= calls.ESCALC


def test_a_mixed_model_is_only_run_where_its_package_is() -> None:
    fit = ma.glmm("CM.EL", slab=NAMES, **TABLE)
    assert calls.call(fit, "dat1").startswith(
        'rma.glmm(measure = "OR", ai = ai, bi = bi, ci = ci, di = di, data = dat1'
    )
    script = _of_arrays(fit)
    assert 'if (requireNamespace("lme4", quietly = TRUE)) {\nfit <- rma.glmm(' in script


def test_what_metafor_has_not_stands_as_a_comment() -> None:
    script = _of_arrays(ma.pool(ma.effect_sizes("OR", slab=NAMES, **TABLE), "ivhet"))
    assert "fit <- NULL  # effect, random: not repeated, as metafor has no ivhet model" in script


def _of_arrays(fit: ma.Pooled) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return ma.report(fit, Path(folder) / "x.r").read_text(encoding="ascii")


def test_an_empty_review_is_a_script_that_compares_nothing(reports: list[Report]) -> None:
    review: Review = reports[0].review
    assert "nrow(told)" in to_r(Report(review))
