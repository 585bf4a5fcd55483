"""Every function of columns takes them by their names in a frame, whatever kind of frame it is."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import metaan as ma
from metaan.errors import UsageError
from metaan.stats.numerics.by_name import by_name

TABLE = {
    "trial": ["A 2019", "B 2020", "C 2021", "D 2022"],
    "cases": [3, 5, 9, 2], "people": [20, 30, 44, 50], "cases0": [5, 7, 12, 6], "people0": [20, 30, 40, 51],
}  # fmt: skip
NAMES = {"ai": "cases", "n1i": "people", "ci": "cases0", "n2i": "people0"}
PLAIN = {key: TABLE[name] for key, name in NAMES.items()}
FRAMES = {
    "dict": dict, "pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table,
    "structured": lambda table: np.array(
        list(zip(*table.values())), [(name, "U9" if name == "trial" else "f8") for name in table]
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FRAMES)
def test_columns_of_every_kind_of_frame_are_those_of_lists(kind):
    es = ma.effect_sizes("OR", data=FRAMES[kind](TABLE), slab="trial", **NAMES)
    plain = ma.effect_sizes("OR", slab=TABLE["trial"], **PLAIN)
    assert es.slab == plain.slab
    assert es.yi.tolist() == plain.yi.tolist()
    again = ma.EffectSizes.of("yi", "vi", "slab", "OR", data=plain.to_frame())
    assert (again.slab, again.vi.tolist()) == (plain.slab, plain.vi.tolist())


FUNCTIONS = {
    "effect_sizes": (ma.effect_sizes, ("OR",)), "mantel_haenszel": (ma.mantel_haenszel, ("OR",)), "peto": (ma.peto, ()),
    "glmm": (ma.glmm, ("CM.AL",)), "beta_binomial": (ma.beta_binomial, ()), "explain": (ma.explain, ("OR",)),
    "method_spread": (ma.method_spread, ("OR",)), "multiverse": (ma.multiverse, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_tables_takes_names_beside_values(name):
    function, first = FUNCTIONS[name]
    mixed = {**NAMES, "n1i": TABLE["people"]}
    assert function(*first, data=TABLE, **mixed).to_dict() == function(*first, **PLAIN).to_dict()


@pytest.mark.parametrize("kind", ["dict", "pandas"])
def test_levels_and_networks_take_names(kind):
    rows = FRAMES[kind]({
        "lab": ["a", "a", "b", "b", "c", "c"], "trial": ["1", "2", "3", "4", "5", "6"],
        "y": [0.10, 0.20, 0.50, 0.65, 0.30, 0.15], "v": [0.02, 0.03, 0.02, 0.04, 0.03, 0.02],
        "one": ["x", "x", "y", "x", "y", "x"], "two": ["y", "z", "z", "y", "z", "z"],
    })  # fmt: skip
    es = ma.EffectSizes.of("y", "v", "trial", data=rows)
    plain = ma.multilevel(es, list(rows["lab"]), rho=0.6)
    assert ma.multilevel(es, "lab", rho=0.6, data=rows).estimate == plain.estimate
    net = ma.network("trial", "one", "two", yi="y", vi="v", data=rows)
    assert net.treatments == ma.network(*(list(rows[n]) for n in ("trial", "one", "two", "y")), vi=rows["v"]).treatments
    with pytest.raises(UsageError, match="cluster: data has no column 'laboratory'; did you mean"):
        ma.multilevel(es, "laboratory", data={"laboratories": [1] * 6})


def test_options_are_no_names():
    by_words = ma.effect_sizes(measure="RR", to="all", data=TABLE, **NAMES)
    assert by_words.vi.tolist() == ma.effect_sizes("RR", to="all", **PLAIN).vi.tolist()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "ai = 'cases' is the name of a column; allowed: values, or data="),
        ({"case": [1]}, "ai: data has no column 'cases'; did you mean case"),
        (3, "data is a int; allowed: a frame"),
    ],
)
def test_a_name_that_leads_nowhere_says_what_is_there(data, said):
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        by_name(data, {"ai": "cases"})
