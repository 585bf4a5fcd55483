import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaan.report.language.words import Arms
from metaan.report.writers.terminal import PLOT_FROM, display_width, table, wrap
from metaan.synthesis.values import Analysis, Excluded

ARMS = Arms("anakinra", "usual care")


def test_every_result_is_in_the_table(death: Analysis) -> None:
    text = table(death, ARMS, width=100)
    for number in ("0.88 (0.54 to 1.44)", "0.96 (0.44 to 2.11)", "0.42 (0.27 to 0.65)", "0.11 to 8.80", "13/405"):
        assert number in text
    assert "Randomised and non-randomised evidence disagree about death" in " ".join(text.split())
    assert "Barkas 2021" in text


@pytest.mark.parametrize("width", [60, 80, 110, 150, 200])
def test_no_line_is_wider_than_the_terminal(death: Analysis, width: int) -> None:
    assert max(map(display_width, table(death, ARMS, width=width).splitlines())) <= width


def test_the_plot_appears_where_there_is_room(death: Analysis) -> None:
    assert "■" not in table(death, ARMS, width=PLOT_FROM - 1)
    wide = table(death, ARMS, width=160)
    assert wide.count("■") == 8
    assert wide.count("◆") == 2
    assert "Favours anakinra | Favours usual care" in wide


def test_points_stand_left_and_right_of_no_effect(death: Analysis) -> None:
    lines = table(death, ARMS, width=160).splitlines()
    harmful = next(line for line in lines if "Audemard" in line)
    helpful = next(line for line in lines if "Franzetti" in line)
    assert harmful.index("┼") < harmful.index("■")
    assert helpful.index("■") < helpful.index("│")


def test_wide_characters_keep_the_columns(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"randomised": [("張偉 臨床試験 2021", 5, 40, 3, 40), ("Elmekaty 2023", 11, 37, 3, 34)]})
    lines = table(made, ARMS, width=100).splitlines()
    ends = [display_width(line[: line.index(")") + 1]) for line in lines if "2021" in line or "2023" in line]
    assert len(set(ends)) == 1


def test_color_is_only_there_when_asked_for(death: Analysis) -> None:
    assert "\x1b" not in table(death, ARMS)
    colored = table(death, ARMS, color=True)
    assert colored.count("\x1b[0m") == sum(colored.count(f"\x1b[{code}m") for code in ("1", "2", "1;33"))


def test_ascii_only(death: Analysis) -> None:
    assert table(death, ARMS, width=160, ascii_only=True).isascii()


def test_studies_left_out_have_their_reason(death: Analysis) -> None:
    text = table(replace(death, excluded=(Excluded("x", "Aouba 2020", "no control arm"),)), ARMS)
    assert "Left out (no control arm): Aouba 2020." in text


def test_one_study_and_none(analysis: Callable[..., Analysis]) -> None:
    assert "0.13 (0.024 to 0.66)" in table(analysis({"randomised": [("only", 3, 15, 10, 15)]}), ARMS)
    assert "No study reports this outcome." in table(analysis({"": []}), ARMS)


@pytest.mark.parametrize("width", [80, 140])
def test_no_study_is_said_and_not_drawn(analysis: Callable[..., Analysis], width: int) -> None:
    text = table(analysis({"": []}), ARMS, width=width)
    assert "avours" not in text
    assert "0.95" not in text


def test_a_line_is_broken_by_its_width_on_the_screen() -> None:
    assert wrap("張偉張偉 張偉張偉", 10) == ["張偉張偉", "張偉張偉"]


def test_it_imports_nothing_heavy() -> None:
    heavy = "{'jinja2', 'markupsafe', 'nh3', 'requests', 'pandas', 'pydantic', 'scipy.stats'}"
    writers = "metaan.report.writers.terminal, metaan.report.writers.export"
    code = f"import sys, {writers}; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
