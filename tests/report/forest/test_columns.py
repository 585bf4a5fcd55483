"""Columns follow what was pooled: each kind of data has its own, in the words of the style."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product

import pytest

from metaan.preparation.kinds import KINDS
from metaan.report.forest.columns import ForestColumn, columns, data_cells, decimals, total_cells
from metaan.report.forest.forest import forest
from metaan.report.forest.styles import STYLES
from metaan.report.language.words import Arms
from metaan.stats.numerics.layouts import LAYOUTS
from metaan.synthesis.values import Analysis

ARMS = Arms("drug", "placebo")
PLAIN, REVMAN, BMJ = STYLES["default"], STYLES["revman"], STYLES["bmj"]
MEANS = {"m1i": 5.1, "sd1i": 1.0, "n1i": 20.0, "m2i": -6.0, "sd2i": 1.25, "n2i": 12_000.0}


def with_data(analysis: Analysis, data: Mapping[str, float]) -> Analysis:
    pools = [replace(pool, rows=tuple(replace(row, data=data) for row in pool.rows)) for pool in analysis.pools]
    return replace(analysis, pools=tuple(pools))


def headings(found: tuple[ForestColumn, ...]) -> list[str]:
    return [f"{column.group}|{column.header}" for column in found if column.key.startswith(("experimental", "control"))]


@pytest.mark.parametrize(
    "layout", [pair for pair in product(KINDS, ("two", "only")) if getattr(LAYOUTS[pair[0]], pair[1])]
)
@pytest.mark.parametrize("style", STYLES)
def test_every_kind_of_data_has_columns_for_all_of_its_cells(
    death: Analysis, layout: tuple[str, str], style: str
) -> None:
    kind, arms = KINDS[layout[0]], layout[1]
    data = dict.fromkeys(getattr(LAYOUTS[kind.code], arms), 12.0)
    keys = {c.key for c in columns(with_data(death, data), ARMS, STYLES[style]) if c.side == "left"}
    cells = data_cells(data, STYLES[style], {})
    assert 0 < len(keys & set(cells)) == (len(data) if STYLES[style].split else len(kind.roles(data)))
    assert all("12" in text for text in cells.values())
    assert set(total_cells([data, data], STYLES[style], {})) <= set(cells)


def test_means_stand_with_their_standard_deviation_and_number(death: Analysis) -> None:
    made = with_data(death, MEANS)
    assert headings(columns(made, ARMS)) == ["Drug|mean (SD), n", "Placebo|mean (SD), n"]
    assert headings(columns(made, ARMS, REVMAN)) == [
        "Drug|Mean", "Drug|SD", "Drug|Total", "Placebo|Mean", "Placebo|SD", "Placebo|Total",
    ]  # fmt: skip
    assert headings(columns(made, ARMS, BMJ)) == ["Mean (SD), No|Drug", "Mean (SD), No|Placebo"]
    cells = data_cells(MEANS, PLAIN, decimals([MEANS]))
    assert (cells["experimental"], cells["control"]) == ("5.1 (1), 20", "−6 (1.25), 12000")


def test_numbers_of_a_column_have_the_same_decimals() -> None:
    other = MEANS | {"m1i": 4.25}
    assert data_cells(MEANS, PLAIN, decimals([MEANS, other]))["experimental"] == "5.10 (1), 20"


def test_means_do_not_add_up_but_people_do() -> None:
    totals = total_cells([MEANS, MEANS], REVMAN, decimals([MEANS]))
    assert totals == {"experimental": "40", "experimental:n1i": "40", "control": "24000", "control:n2i": "24000"}


def test_journals_part_the_thousands_of_five_digits() -> None:
    counts = {"ai": 505.0, "n1i": 88_391.0, "ci": 4990.0, "n2i": 9_999.0}
    assert data_cells(counts, BMJ, {})["experimental"] == "505/88\u00a0391"
    assert data_cells(counts, BMJ, {})["control"] == "4990/9999"
    assert data_cells(counts, REVMAN, {})["experimental"] == "505/88391"


def test_data_without_an_entry_have_no_column(death: Analysis) -> None:
    assert headings(columns(with_data(death, {"yi": 1.0}), ARMS)) == []
    assert data_cells({"yi": 1.0}, PLAIN, {}) == total_cells([], PLAIN, {}) == {}


def test_a_time_that_all_results_share_is_said_once(death: Analysis, analysis: Callable[..., Analysis]) -> None:
    assert "time" not in {column.key for column in columns(death, ARMS)}
    assert "Time: day 28." in forest(death, ARMS).notes
    first, *rest = death.pools[0].rows
    later = replace(first, result=first.result.model_copy(update={"time": "day 90"}))
    made = replace(death, pools=(replace(death.pools[0], rows=(later, *rest)), *death.pools[1:]))
    plot = forest(made, ARMS)
    assert "time" in {column.key for column in plot.columns}
    assert not any(note.startswith("Time:") for note in plot.notes)
