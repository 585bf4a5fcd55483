"""Effects that an analysis mixes, or cannot pool, are said by `metaan check`, and fail nothing."""

from pathlib import Path

import pytest

from metaan.registry.load import load
from metaan.workflows.versions.checking import ADJUSTED, OTHER, remarks

REVIEW = """\
title: A review
question: {population: p, intervention: i, comparator: c}
outcomes:
  - {id: death, name: death, direction: bad, measure: OR}
analyses:
  - {outcome: death}
"""

STUDY = """\
id: {id}
label: {id}
title: A trial
design: {{kind: {design}, control: historical}}
arms:
  - {{id: drug, role: experimental, name: drug, randomised: 40}}
  - {{id: control, role: control, name: usual care}}
baseline:
  - {{name: women, value: {women}, unit: "%", arm: drug, source: {{document: abstract, level: primary}}}}
results:
  - outcome: death
    time: day 28
    effect: {{measure: {measure}, estimate: 0.7, ci: [0.5, 0.98]{more}}}
    source: {{document: abstract, level: primary}}
"""


def said(folder: Path, *studies: dict[str, str]) -> list[str]:
    (folder / "review.yaml").write_text(REVIEW, encoding="utf-8")
    usual = {"design": "non-randomised", "measure": "OR", "more": "", "women": "32.5"}
    for name, study in zip(("first", "second", "third"), studies):
        (folder / f"{name}.yaml").write_text(STUDY.format(**(usual | study), id=name), encoding="utf-8")
    return [remark.check for remark in remarks(load(folder))]


SEX = {"more": ", adjusted_for: [sex]"}


@pytest.mark.parametrize(
    ("studies", "checks"),
    [
        ([SEX, {}], [ADJUSTED]),
        ([SEX, SEX], []),
        ([SEX, {"design": "randomised"}], []),
        ([{}, {"measure": "HR"}], [OTHER]),
        ([{}, {"women": "33.7"}], ["percentages are of people"]),
        ([{}, {"women": "33"}], []),
    ],
)
def test_what_is_to_be_looked_at_is_said(tmp_path: Path, studies: list[dict[str, str]], checks: list[str]) -> None:
    assert said(tmp_path, *studies) == checks
