"""What is put away on disk comes back as it was, in any order, and leaves no file behind."""

import pytest

from metaan.records.record import AbstractPart, Correction, Record
from metaan.workflows.search.disk_list import DiskList
from metaan.workflows.search.searching import Sighted

RECORDS = [
    Record("Müller’s Ångström", ("Doe J",), year=2021, abstract=(AbstractPart("AIMS", "a"), AbstractPart(None, "c"))),
    Record("", corrections=(Correction("ErratumIn", "x", pmid="1"),), extra={"source": "MED"}),
    Record("A" * 100_000, registrations=("NCT99999999",)),
]


def test_what_was_put_in_comes_out_in_any_order_while_more_is_added(tmp_path):
    sighted = [Sighted(record, "pubmed", str(at), "digest", "http://x") for at, record in enumerate(RECORDS)]
    with DiskList[Sighted](tmp_path) as values:
        assert len(values) == 0
        values.extend(sighted[:2])
        assert values[1] == sighted[1]
        values.extend(sighted[2:])
        assert [values[2], values[0], values[-1]] == [sighted[2], sighted[0], sighted[2]]
        assert list(values) == sighted == values[:]
        assert values[1:] == sighted[1:]
        with pytest.raises(IndexError):
            values[3]


def test_it_leaves_no_file_behind(tmp_path):
    with DiskList[int](tmp_path) as values:
        values.extend(range(3))
        assert not list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
