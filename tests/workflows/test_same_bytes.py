"""The same registry gives the same bytes on every processor: numbers end before the digits that depend on it."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

import metaan as ma
from metaan.comparison.difference import compare
from metaan.report.changes.changes import changes_section
from metaan.report.changes.json import changes_json
from metaan.report.writers.export import to_json
from metaan.workflows.publish.report import write_report

PROGRAM = """
import json, sys
import metaan as ma
from metaan.report.writers.export import to_json
from metaan.workflows.publish.report import write_report
for name in ("anakinra", "bcg", "continuous"):
    review = ma.load(ma.example(name))
    print(json.dumps(to_json(ma.analyse(review))))
    for form in ("html", "json", "csv", "md"):
        print(write_report(review, f"{sys.argv[1]}/{name}.{form}", form=form).read_text(encoding="utf-8"))
"""


def test_the_kernel_that_adds_leaves_no_trace(tmp_path):
    """OpenBLAS adds in another order on another processor; here it is told which one it is on."""
    written = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            env={**os.environ, "OPENBLAS_CORETYPE": kernel, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for kernel in ("Haswell", "Prescott")
    ]
    assert written[0] == written[1]


def numbers(value):
    """Yield every number with a fraction of plain values."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)


def cells(text):
    found = [cell for row in csv.reader(text.splitlines()) for cell in row]
    return [float(cell) for cell in found if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell)]


@pytest.fixture(scope="module")
def review():
    return ma.load(ma.example("bcg"))


def test_nothing_is_written_with_more_than_twelve_digits(review, tmp_path):
    text = {
        form: write_report(review, tmp_path / f"x.{form}", form=form).read_text("utf-8")
        for form in ("html", "json", "csv")
    }
    difference = compare(replace(review, studies=review.studies[2:]), review)
    explored = re.search(r'id="explore-data">(.*?)</script>', text["html"], re.DOTALL)
    assert explored is not None
    written = {
        "pool": list(numbers(to_json(ma.analyse(review)))),
        "report": list(numbers(json.loads(text["json"]))),
        "page": list(numbers(json.loads(explored[1]))),
        "csv": cells(text["csv"]),
        "diff": list(numbers(changes_json(difference, changes_section(difference)))),
    }
    for name, found in written.items():
        assert len(found) > 20, name
        assert [x for x in found if float(f"{x:.12g}") != x] == [], name
