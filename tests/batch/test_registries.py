"""A folder of reviews: the effects are those that the protocols pool."""

from pathlib import Path

import pytest

import metaan as ma
from metaan.batch import pool
from metaan.errors import UsageError

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_analysis_of_every_review_is_pooled():
    got = pool(EXAMPLES, tau2="DL,REML").to_frame()
    for name in ("bcg", "continuous"):
        for analysis in ma.analyse(ma.load(EXAMPLES / name / "studies")):
            for own in analysis.results:
                rows = got[(got["analysis"] == f"{name}/{analysis.plan.key}") & (got["subgroup"] == own.name)]
                assert len(rows) == 2
                if own.random is not None:
                    want = ma.pool(own.random.effects, tau2_method="REML").estimate
                    assert rows["estimate"].iloc[1] == pytest.approx(want, rel=1e-9)


def test_of_one_measure():
    assert {label.split("/")[0] for label in pool(str(EXAMPLES), measure="RR")["analysis"]} == {"bcg"}


def test_what_is_no_folder_of_reviews(tmp_path):
    with pytest.raises(UsageError, match="no review"):
        pool(tmp_path)
    with pytest.raises(UsageError, match="leave by"):
        pool(EXAMPLES, by="analysis")
