"""Tables in files and frames: whatever they come in, the answers are the same; nothing is lost on the way."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

import metaan as ma
from metaan.batch import pool
from metaan.batch.files import source as on_disk
from metaan.batch.files.streaming import pool_file
from metaan.batch.plan import BatchPlan, methods_of
from metaan.cli.main import main
from metaan.errors import DataError, UsageError


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(1)
    k = random.integers(1, 6, 30)
    n = int(k.sum())
    sizes = random.integers(10, 60, (2, n))
    return pd.DataFrame(
        {
            "analysis": np.repeat([f"A{i:02}" for i in range(30)], k),
            "trial": [f"T{i}" for i in range(n)],
            "ai": random.binomial(sizes[0], 0.2), "n1i": sizes[0],
            "ci": random.binomial(sizes[1], 0.3), "n2i": sizes[1],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def answers(frame):
    return pool(frame, by="analysis", measure="OR", model="MH,random", tau2="DL,REML").to_frame()


def same(got, want):
    """Hold two frames to be equal to the last bit, whatever their types of texts and their marks of nothing are."""
    assert list(got.columns) == list(want.columns)
    for name in want.columns:
        mine, other = got[name].tolist(), want[name].tolist()
        assert [None if pd.isna(x) else x for x in mine] == [None if pd.isna(x) else x for x in other], name


def test_frames_of_every_kind_give_the_same(frame, answers):
    table = pa.Table.from_pandas(frame)
    kinds = (pl.from_pandas(frame), pl.from_pandas(frame).lazy(), table, frame.to_dict("list"))
    for kind in (*kinds, table.append_column("x", pa.array(["y"] * len(frame)).dictionary_encode())):
        same(pool(kind, by="analysis", measure="OR", model="MH,random", tau2="DL,REML").to_frame(), answers)


def test_rows_of_an_analysis_may_stand_apart(frame, answers):
    mixed = frame.sample(frac=1, random_state=3)
    got = pool(mixed, by="analysis", measure="OR", model="MH,random", tau2="DL,REML").to_frame()
    want = answers.set_index("analysis").loc[list(dict.fromkeys(mixed["analysis"]))].reset_index()
    assert np.allclose(got.select_dtypes("number"), want.select_dtypes("number"), rtol=1e-9, equal_nan=True)


def test_columns_under_other_names_and_arrays(frame, answers):
    names = {"ai": "ill", "n1i": "people", "ci": "ill0", "n2i": "people0"}
    got = pool(frame.rename(columns=names), by="analysis", measure="OR", columns=names)
    at = np.concatenate([np.flatnonzero(~frame["analysis"].duplicated()), [len(frame)]])
    ragged = pool({name: frame[name] for name in names}, offsets=at, measure="OR")
    want = answers[answers["tau2_method"] == "DL"]["estimate"]
    assert got["estimate"].tolist() == ragged["estimate"].tolist() == want.tolist()


def test_the_answer_is_a_table_for_whoever_reads_arrow(frame):
    got = pool(frame, by="analysis", measure="OR", also=["tau2_ci", "notes"])
    table = got.to_arrow()
    assert pl.DataFrame(got).shape == got.to_polars().shape == (30, 24)
    assert table.column_names == list(got.columns)
    assert table["estimate"].to_pylist()[0] == got.estimate[0]
    assert pa.types.is_int8(table["conclusion"].type)
    assert table["reason"].null_count + sum(why is not None for why in got["reason"]) == 30
    assert "30 analyses" in repr(got)
    assert pd.DataFrame(dict(got)).shape == (30, 24)
    assert len(got[got["k"] > 2]) == (got["k"] > 2).sum()
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["rows"][0]["analysis"] == "A00"


def test_subgroups_are_analyses_of_their_own(frame):
    halves = frame.assign(half=np.where(np.arange(len(frame)) % 2, "odd", "even"))
    got = pool(halves, by="analysis", subgroup="half", measure="OR").to_frame()
    largest = halves["analysis"].mode()[0]
    one = halves[(halves["analysis"] == largest) & (halves["half"] == "odd")]
    es = ma.effect_sizes("OR", data=one, ai="ai", n1i="n1i", ci="ci", n2i="n2i")
    row = got[(got["analysis"] == largest) & (got["subgroup"] == "odd")]
    assert row["estimate"].tolist() == pytest.approx([ma.pool(es).estimate], rel=1e-12)


WRITERS = {
    "csv": lambda frame, path: csv.write_csv(pa.Table.from_pandas(frame), path),
    "tsv": lambda frame, path: frame.to_csv(path, sep="\t", index=False),
    "parquet": lambda frame, path: parquet.write_table(pa.Table.from_pandas(frame), path, row_group_size=7),
    "feather": lambda frame, path: feather.write_feather(frame, path),
    "arrow": lambda frame, path: feather.write_feather(frame, path, compression="uncompressed"),
}


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(on_disk, "PART_ROWS", 20)
    monkeypatch.setattr(on_disk.survey, "__defaults__", (20,))


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("to", ["parquet", "csv", "tsv"])
@pytest.mark.usefixtures("small_parts")
def test_from_a_file_to_a_file(frame, answers, ending, to, tmp_path, capsys):
    source, target = tmp_path / f"table.{ending}", tmp_path / f"answers.{to}"
    WRITERS[ending](frame, source)
    status = main(
        ["batch", str(source), "--measure", "OR", "--model", "MH,random", "--tau2", "DL,REML", "-o", str(target)]
    )
    assert status == 0, capsys.readouterr().err
    got = pd.read_parquet(target) if to == "parquet" else pd.read_csv(target, sep="\t" if to == "tsv" else ",")
    same(got, answers)
    assert "30 analyses, OR" in capsys.readouterr().out


@pytest.mark.usefixtures("small_parts")
def test_a_file_out_of_order_is_sorted_first_and_that_is_said(frame, answers, tmp_path, capsys):
    mixed = frame.iloc[np.argsort(np.arange(len(frame)) % 5, kind="stable")]
    parquet.write_table(pa.Table.from_pandas(mixed), tmp_path / "mixed.parquet")
    assert main(["batch", str(tmp_path / "mixed.parquet"), "--measure", "OR", "-o", str(tmp_path / "out.parquet")]) == 0
    got = pd.read_parquet(tmp_path / "out.parquet")
    assert "sorting them first" in capsys.readouterr().err
    want = answers[answers["tau2_method"] == "DL"]
    assert got["analysis"].tolist() == want["analysis"].tolist()
    assert got["estimate"].tolist() == pytest.approx(want["estimate"].tolist(), rel=1e-12)


def test_what_cannot_be_true_is_counted_and_the_rest_goes_on(tmp_path, capsys):
    lines = ["analysis;trial;ai;n1i;ci;n2i", "a;X 2001;1;20;3;20", "a;Y;2;30;4;30", "b;Z;five;20;1;20", "b;W;1;9;1;9"]
    (tmp_path / "t.csv").write_text("\n".join([*lines, "c;V;30;20;1;20", "d;U;NA;20;1;20", "d;T;2;20;1;20"]))
    assert (
        main(["batch", str(tmp_path / "t.csv"), "--measure", "RR", "--slab", "trial", "--model", "MH,random", "--json"])
        == 0
    )
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["analyses"] == 4
    assert found["bad_rows"] == 2
    assert found["bad"] == [
        ["b", "study 'Z': ai = 'five' is not a number"],
        ["c", "study 'V': ai = 30: events exceed the total (n1i)"],
    ]
    assert [method["answered"] for method in found["methods"]] == [2, 2]
    assert found["changes"] == [
        {"first": ["MH", None, "wald"], "second": ["random", "DL", "wald"], "both": 2, "changed": 0}
    ]
    assert "2 rows cannot be true" in said.err


def test_csv_is_printed_where_no_file_is_named_and_marks_and_quotes_are_read(tmp_path, capsys):
    text = '\ufeff"analysis";"yi";"vi"\n"a; one";0.5;0.1\n"a; one";0.7;.\nb;x;0.1\n'
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert main(["batch", str(tmp_path / "t.csv")]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("analysis,measure,model,tau2_method,ci_method,estimate,se,")
    assert lines[1].startswith("a; one,GEN,random,DL,wald,0.5,")
    assert "study 'Study 1': yi = 'x' is not a number" in lines[2]
    assert "1 rows cannot be true" in said.err


def test_an_interruption_leaves_the_finished_parts(frame, tmp_path, monkeypatch, capsys, small_parts):
    parquet.write_table(pa.Table.from_pandas(frame), tmp_path / "t.parquet")
    stop = iter([False, False, True])

    def told(self, done, total):
        if next(stop):
            raise KeyboardInterrupt

    monkeypatch.setattr("metaan.cli.batch._Bar.tell", told)
    assert main(["batch", str(tmp_path / "t.parquet"), "--measure", "OR", "-o", str(tmp_path / "out.parquet")]) == 130
    assert "3 finished parts" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.partial.parquet", "t.parquet"]
    assert 0 < len(pd.read_parquet(tmp_path / "out.partial.parquet")) < 30


def test_after_an_error_nothing_stays(frame, tmp_path, monkeypatch):
    parquet.write_table(pa.Table.from_pandas(frame), tmp_path / "t.parquet")
    monkeypatch.setattr(
        "metaan.batch.files.writing.Output.parts", property(lambda self: 0, lambda self, n: 1 / 0), raising=False
    )
    with pytest.raises(ZeroDivisionError):
        main(["batch", str(tmp_path / "t.parquet"), "--measure", "OR", "-o", str(tmp_path / "out.parquet")])
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["t.csv", "--by", "analyses"], "no column 'analyses'; did you mean analysis?"),
        (["u.csv", "--measure", "SMD"], "no columns for SMD"),
        (["t.csv", "--tau2", "DLL"], "did you mean DL"),
        (["t.csv", "--model", "MH", "--measure", "OR"], "pools tables"),
        (["t.csv", "--columns", "yi"], "--columns 'yi'"),
        (["t.csv", "-o", "x.txt"], "allowed: .csv, .tsv, .parquet"),
        (["t.xlsx"], "no such file"),
        (["t.csv", "--vtype", "AV"], "averages over studies"),
        (["t.csv", "--also", "everything"], "allowed: tau2_ci, leave_one_out, notes"),
    ],
)
def test_what_is_wrong_is_said(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("analysis,yi,vi\na,1,0.1\n")
    (tmp_path / "u.csv").write_text("analysis,effect\na,1\n")
    assert main(["batch", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_row_of_no_analysis_is_an_error_with_its_place(frame):
    with pytest.raises(DataError, match="1 rows have no analysis, the first is row 4"):
        pool(frame.assign(analysis=frame["analysis"].where(frame.index != 3)), by="analysis", measure="OR")


def test_arrays_that_do_not_go_together():
    for arguments, said in (
        ({"yi": [[1, 2]], "vi": [[1, 2, 3]]}, "differ in shape"),
        ({"yi": [1, 2], "vi": [1, 2]}, "offsets="),
        ({"yi": [1, 2], "vi": [1, 2], "offsets": [0, 3]}, "from 0 to 2"),
        ({"yi": [1, 2], "vi": [1, 2], "offsets": [0, 2], "analysis": ["a", "b"]}, "2 labels for 1"),
        ({"ai": [[1]], "n1i": [[9]], "ci": [[1]], "n2i": [[9]]}, "no name of a method"),
        ({}, "no columns"),
    ):
        with pytest.raises((DataError, UsageError), match=said):
            pool(**arguments)


def test_without_numba_or_duckdb_a_plain_message(monkeypatch, frame, tmp_path):
    from metaan.batch.kernels import jit

    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.raises(UsageError, match=r"metaan\[batch\]"):
        jit.kernel(len)
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    parquet.write_table(pa.Table.from_pandas(frame.iloc[::-1].sort_values("ai")), tmp_path / "t.parquet")
    source = on_disk.TableFile.of(tmp_path / "t.parquet", "analysis", "OR")
    with pytest.raises(UsageError, match=r"metaan\[batch\]"):
        pool_file(source, BatchPlan("OR", methods_of("random", "DL", "wald")), print)


def test_nothing_at_all_and_nothing_of_use(frame):
    for model in ("random", "MH,Peto,birge"):
        none = pool(frame.iloc[:0], by="analysis", measure="OR", model=model, also=["notes", "tau2_ci"])
        assert len(none) == len(none.to_frame()) == none.to_arrow().num_rows == none.summary()["analyses"] == 0
        empty = pool(frame.assign(ai=np.nan), by="analysis", measure="OR", model=model, also=["notes", "tau2_ci"])
        assert np.isnan(empty["estimate"]).all()
        assert all(empty["reason"])
        assert (empty["k"] == 0).all()


def test_whatever_types_the_columns_have(frame, answers):
    typed = frame.astype({"ai": "Int64", "n1i": "int32[pyarrow]", "ci": "float32", "analysis": "category"})
    want = answers[answers["tau2_method"] == "REML"]["estimate"].tolist()
    assert pool(typed, by="analysis", measure="OR", tau2="REML")["estimate"].tolist() == want
    missing = typed.assign(ai=typed["ai"].where(typed.index != 0))
    assert pool(missing, by="analysis", measure="OR")["left_out"][0] == 1
    numbered = frame.assign(analysis=frame["analysis"].str[1:].astype(int))
    assert pool(numbered, by="analysis", measure="OR")["analysis"].tolist() == list(range(30))
    with pytest.raises(DataError, match="'trial' is not of numbers"):
        pool(frame, by="analysis", columns={"yi": "trial", "vi": "ai"})
