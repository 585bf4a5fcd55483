"""A real cluster on the loopback: a scheduler and two workers, each a process; the answers are those of one machine."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from metaan.batch import engines, pool
from metaan.batch.files import cluster
from metaan.batch.files.source import TableFile
from metaan.batch.files.streaming import pool_file
from metaan.batch.plan import BatchPlan, methods_of
from metaan.cli.main import main
from metaan.errors import ConflictError, UsageError

ROOT = Path(__file__).parents[2]
PLAN = BatchPlan("GEN", methods_of("random", "DL,REML", "wald"), also=("notes",))


def started(folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *words]
    with (folder / f"{len(list(folder.iterdir()))}.log").open("w") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Yield the address of a scheduler and the processes of two workers."""
    pool(yi=[[0.1, 0.2, 0.9]], vi=[[0.1, 0.1, 0.1]], tau2="DL,REML")  # compiled, for all of them
    folder = tmp_path_factory.mktemp("cluster")
    address = folder / "scheduler.json"
    quiet = ("--no-dashboard", "--scheduler-file", str(address))
    processes = [started(folder, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *quiet)]
    while not (address.exists() and address.read_text()):
        assert processes[0].poll() is None, "".join(log.read_text() for log in folder.glob("*.log"))
        time.sleep(0.02)
    worker = (
        "distributed.cli.dask_worker",
        "--no-nanny",
        "--nthreads",
        "1",
        "--host",
        "127.0.0.1",
        "--memory-limit",
        "0",
    )
    processes += [started(folder, *worker, *quiet) for _ in range(2)]
    yield json.loads(address.read_text())["address"], processes[1:]
    for process in processes[::-1]:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    random = np.random.default_rng(1)
    k = random.integers(1, 8, 200)
    frame = pd.DataFrame({"analysis": np.repeat([f"A{i:03}" for i in range(200)], k)})
    frame["yi"] = random.normal(size=len(frame)).round(6)
    frame["vi"] = random.gamma(1, 0.1, len(frame)).round(6) + 0.001
    frame.loc[50, "vi"] = -1
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    parquet.write_table(pa.Table.from_pandas(frame), path, row_group_size=70, compression="none")
    return path


@pytest.fixture(scope="module")
def here(table):
    tables = []
    totals = pool_file(TableFile.of(table, "analysis", "GEN"), PLAN, tables.append)
    return pa.concat_tables(tables).to_pandas(), totals.to_dict()


def on_cluster(table, folder, scheduler, **options):
    return cluster.pool_on_cluster(
        TableFile.of(table, "analysis", "GEN"), PLAN, folder, scheduler, part_rows=80, **options
    )


def answers(folder):
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("part-*.parquet"))], ignore_index=True)


def same(mine, other):
    assert list(mine.columns) == list(other.columns)
    for name in other.columns:
        one, two = ([None if pd.isna(x) else x for x in frame[name].tolist()] for frame in (mine, other))
        assert one == two, name


def test_the_answers_are_those_of_one_machine_and_a_rerun_goes_on(machines, table, here, tmp_path):
    heard = []
    totals, failures = on_cluster(table, tmp_path / "out", machines[0], tell=lambda *told: heard.append(told))
    same(answers(tmp_path / "out"), here[0])
    assert (totals.to_dict(), failures) == (here[1], [])
    assert heard[-1][0] == heard[-1][1] > 0
    files = sorted((tmp_path / "out").glob("part-*"))
    assert len(files) > 5
    for lost in files[1:3]:
        lost.unlink()
    kept = files[0].stat().st_mtime_ns
    said = []
    totals, _ = on_cluster(table, tmp_path / "out", machines[0], say=said.append)
    same(answers(tmp_path / "out"), here[0])
    assert totals.to_dict() == here[1]
    assert files[0].stat().st_mtime_ns == kept
    assert f"{len(files) - 2} of {len(files)} parts were there already" in said[0]
    with pytest.raises(ConflictError, match="other plan"):
        cluster.pool_on_cluster(
            TableFile.of(table, "analysis", "GEN"), BatchPlan("GEN", PLAN.methods), tmp_path / "out"
        )


def test_a_csv_file_that_has_changed_since_is_not_gone_on_with(machines, table, here, tmp_path):
    file = tmp_path / "table.csv"
    frame = pd.read_parquet(table)
    frame.to_csv(file, index=False)
    on_cluster(file, tmp_path / "out", machines[0])
    same(answers(tmp_path / "out"), here[0])
    said = []
    on_cluster(file, tmp_path / "out", machines[0], say=said.append)
    assert len(said) == 1
    frame.iloc[:-1].to_csv(file, index=False)
    with pytest.raises(ConflictError, match="other file"):
        on_cluster(file, tmp_path / "out", machines[0])


def test_frames_go_to_a_cluster_too(machines, table, monkeypatch):
    monkeypatch.setattr(engines, "CHUNK_ROWS", 100)
    frame = pd.read_parquet(table)
    mine, other = (
        pool(frame, by="analysis", tau2="REML", engine=engine, scheduler=machines[0]) for engine in ("dask", "local")
    )
    same(mine.to_frame(), other.to_frame())
    assert mine.summary() == other.summary()


def test_a_part_that_fails_is_reported_with_its_analyses_and_the_rest_goes_on(machines, table, here, tmp_path, capsys):
    broken = bytearray(table.read_bytes())
    column = parquet.read_metadata(table).row_group(3).column(2)
    start = column.dictionary_page_offset or column.data_page_offset
    broken[start : start + 12] = b"\xff" * 12
    (tmp_path / "broken.parquet").write_bytes(broken)
    _, failures = on_cluster(tmp_path / "broken.parquet", tmp_path / "out", machines[0])
    assert failures
    lost = pd.read_parquet(table)["analysis"][failures[0].part.first : failures[0].part.last]
    assert failures[0].analyses == (lost.iloc[0], lost.iloc[-1])
    assert str(failures[0]).startswith(f"rows {failures[0].part.first + 1} to {failures[0].part.last}, analyses ")
    same(answers(tmp_path / "out"), here[0][here[0]["analysis"].isin(answers(tmp_path / "out")["analysis"])])
    words = ["batch", str(tmp_path / "broken.parquet"), "--engine", "dask", "--scheduler", machines[0]]
    assert main([*words, "-o", str(tmp_path / "again")]) == 1
    assert "without answers: rows 1 to" in capsys.readouterr().err


def test_the_parts_of_a_worker_that_dies_are_computed_again(machines, table, here, tmp_path):
    address, workers = machines

    def kill(done, total):
        if done and workers[0].poll() is None:
            workers[0].kill()

    totals, failures = on_cluster(table, tmp_path / "out", address, tell=kill)
    workers[0].wait()
    same(answers(tmp_path / "out"), here[0])
    assert (totals.to_dict(), failures) == (here[1], [])


def test_what_does_not_go_together_is_said(table, tmp_path, capsys):
    for words, said in (
        (["--engine", "dask"], "-o FOLDER"),
        (["--engine", "dask", "-o", str(tmp_path / "x.parquet")], "-o FOLDER"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--engine dask"),
    ):
        assert main(["batch", str(table), *words]) == 2
        assert said in capsys.readouterr().err


def test_without_dask_a_plain_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"metaan\[cluster\]"):
        engines.connected(None)
