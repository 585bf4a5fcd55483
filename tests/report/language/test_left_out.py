"""What is left out is said once, studies together that share a reason in the same analyses."""

from collections.abc import Callable
from dataclasses import replace

from metaan.report.language.left_out import left_out
from metaan.report.language.words import Arms
from metaan.report.sections.outcomes import outcome
from metaan.report.writers.terminal import tables
from metaan.synthesis.values import Analysis, Excluded


def with_name(made: Analysis, name: str, *gone: Excluded) -> Analysis:
    about = made.outcome.model_copy(update={"name": name})
    return replace(made, outcome=about, plan=made.plan.model_copy(update={"id": name}), excluded=gone)


def test_each_reason_is_said_once(death: Analysis) -> None:
    a, b = Excluded("a", "A 2001", "no control arm"), Excluded("b", "B 2002", "does not report this outcome")
    both = [with_name(death, "death", a), with_name(death, "infection", a, b)]
    assert [str(one) for one in left_out(both)] == [
        "Left out (no control arm): A 2001.",
        "Left out of infection (does not report this outcome): B 2002.",
    ]
    text = tables(both, width=200)
    assert text.count("A 2001") == 1
    assert text.rstrip().endswith("B 2002.")


def test_the_answers_come_first_and_alone_where_that_is_asked(death: Analysis) -> None:
    text = tables([death], brief=True, width=400)
    assert len(text.splitlines()) == len(death.pools)
    assert "no clear difference in death from any cause" in text.splitlines()[0]
    assert tables([death], width=400).startswith(text)


def test_no_plot_of_the_page_repeats_what_is_left_out(death: Analysis, review: Callable[..., object]) -> None:
    shown = outcome(replace(death, excluded=(Excluded("a", "A 2001", "no control arm"),)), Arms())
    assert not any("A 2001" in note for note in shown.notes)


def test_critical_outcomes_are_read_first(death: Analysis) -> None:
    critical = replace(death, outcome=death.outcome.model_copy(update={"importance": "critical", "name": "stroke"}))
    assert tables([death, critical], brief=True).startswith("Stroke")
