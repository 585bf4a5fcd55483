"""Every form of the report, and every plot, of every kind of data: nothing falls over, and each says what it is of."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.errors import MetaanError
from metaan.registry.load import Review
from metaan.report.plots.catalogue import PLOTS
from metaan.report.writers.catalogue import WRITERS
from metaan.report.writers.terminal import tables
from metaan.workflows.publish.plot import plot_outcome
from metaan.workflows.publish.report import make_report
from tests.synthesis.test_every_kind import CASES, write

EXPLORE = {
    "leave_one_out": True, "cumulative": "year", "influence": True, "small_study_tests": [{"test": "egger"}],
    "trim_and_fill": "L0", "regressions": [{"moderators": ["year"]}], "multiverse": True,
    "plots": ["funnel", "radial", "drapery"],
}  # fmt: skip
SMALL = [case for case in CASES if 3 <= len(next(iter(case["data"].values()))) <= 15 and "GLMM" not in case["id"]]
#: The first small data set of each kind of data and measure.
FIRST = list({(case["family"], json.dumps(case["args"])): case for case in reversed(SMALL)}.values())
#: The first of each kind of data: Word spends a second on its pictures, and a measure changes only the words by them.
IN_WORD = list({case["family"]: case["id"] for case in reversed(FIRST)}.values())


@pytest.fixture(params=FIRST, ids=lambda case: case["id"])
def review(request: pytest.FixtureRequest, tmp_path: Path) -> Review:
    folder = write(tmp_path / "studies", request.param)
    info: dict[str, Any] = json.loads((folder / "review.yaml").read_text())
    info["analyses"][0] |= {"explore": EXPLORE, "bayes": {"tau_prior": "half-normal(0.5)"}, "selection": {}}
    (folder / "review.yaml").write_text(json.dumps(info))
    return ma.load(folder)


def test_every_form_can_be_written(review: Review, request: pytest.FixtureRequest) -> None:
    [analysis] = ma.analyse(review)
    assert analysis.rows[0].label in tables([analysis])
    for name, writer in WRITERS.items():
        if name == "zip":
            continue  # the others in one file, with pictures that take seconds: tests/report/writers/bundle
        if name != "docx" or request.node.callspec.params["review"]["id"] in IN_WORD:
            assert writer.write(make_report(review, parts=writer.can))
    for kind in PLOTS:
        with suppress(MetaanError):  # a plot that this kind of data does not have
            assert "<svg" in plot_outcome(review, "main", kind).svg
