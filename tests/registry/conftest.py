"""A small registry that is valid, for tests to break."""

from dataclasses import dataclass
from pathlib import Path

import pytest

REVIEW = """\
title: A review
question: {population: p, intervention: i, comparator: c}
outcomes:
  - {id: death, name: death, direction: bad, measure: OR}
  - {id: success, name: success, direction: good, measure: OR}
analyses:
  - {outcome: death, time_points: [day 28, nearest]}
"""

STUDY = """\
id: doe-2020
label: Doe 2020
title: A trial
doi: 10.1000/x
pmid: "123"
design: {kind: randomised}
status: {state: included}
arms:
  - {id: drug, role: experimental, name: drug, randomised: 40}
  - {id: control, role: control, name: usual care, randomised: 40}
results:
  - outcome: death
    name: death
    time: day 28
    arms:
      drug: {events: 5, total: 40}
      control: {events: 3, total: 40}
    source: {document: abstract, level: primary}
    reported:
      - {measure: OR, estimate: 1.762, ci: [0.39, 7.93], level: 0.95, p: 0.712}
"""


@dataclass
class Project:
    """The texts of a registry, and the way to a folder that holds them."""

    folder: Path
    review: str = REVIEW
    study: str = STUDY

    def write(self, study: str | None = None, review: str | None = None, **more: str) -> Path:
        """Write review.yaml, doe-2020.yaml and further studies, whose names have - for _."""
        files = {"review": review or self.review, "doe-2020": study or self.study}
        self.folder.mkdir(exist_ok=True)
        for name, text in (files | {name.replace("_", "-"): text for name, text in more.items()}).items():
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return self.folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A valid registry, not yet written."""
    return Project(tmp_path / "studies")
