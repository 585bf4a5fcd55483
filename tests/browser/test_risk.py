"""The slider says at another risk what Python says there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.report.language.needed import PER, at_risk
from metaan.report.language.words import Arms
from metaan.stats.evidence.absolute import risk_with_treatment
from metaan.stats.measures.effects import Interval

MOVE = """(box, risk) => {
  const slider = box.querySelector('input');
  slider.value = risk;
  slider.dispatchEvent(new Event('input'));
  return [box.querySelector('output').textContent, {...box.dataset}];
}"""


def said(given: dict[str, str], risk: float) -> str:
    def difference(effect: float) -> float:
        return PER * (risk_with_treatment(given["measure"], effect, risk) - risk)

    effect, low, high = (float(given[name]) for name in ("effect", "lb", "ub"))
    treated = risk_with_treatment(given["measure"], effect, risk)
    arms = Arms(given["experimental"], given["control"])
    return at_risk(risk, treated, difference(effect), Interval(difference(low), difference(high)), arms)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "HR"])
def test_another_risk_is_said_as_python_says_it(visit: Callable[..., Any], tmp_path: Path, measure: str) -> None:
    review = ma.load(ma.example("anakinra"))
    name = "death-time-to-event" if measure == "HR" else "death"
    chosen = ma.Choices(measure=None if measure == "HR" else measure, explore=False)
    opened = visit(ma.write_report(review, tmp_path / "page.html", chosen))
    boxes = opened.page.locator(f"[id='outcome.{name}'] .what-if")
    for box in boxes.all():
        own = box.locator("output").text_content()
        for risk in (1, 20, 333, 999):
            text, given = box.evaluate(MOVE, str(risk))
            assert text == said(given, risk / PER)
        assert given["measure"] == measure
        box.locator("button").evaluate("one => one.click()")
        assert box.locator("output").text_content() == own
    assert boxes.count() >= (0 if measure == "HR" else 2)
    assert opened.words == []
